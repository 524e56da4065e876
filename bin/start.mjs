// `npm start`: the main job on an example. Makes the checkout ready, starts four small origins and the name server, says what
// to try, and ends everything on ^C.
import { fork, spawn } from 'node:child_process'
import { join } from 'node:path'
import { CONTROL, ORIGINS, PORT } from './origins.mjs'
import { root } from './ready.mjs'

const say = (text) => process.stderr.write(`${text}\n`)
let ending = false
const children = new Set()

function end(code) {
  if (ending) return
  ending = true
  process.exitCode = code
  for (const child of children) child.kill('SIGTERM')
  // The server stops within a second; what does not is ended.
  setTimeout(() => {
    for (const child of children) child.kill('SIGKILL')
  }, 5000).unref()
  if (process.stdin.isTTY) {
    process.stdin.setRawMode(false)
    process.stdin.pause()
  }
}
// npm dies of a signal that its shell does not hand on: who lost the parent ends, too.
const parent = process.ppid
setInterval(() => {
  if (process.ppid !== parent) end(0)
}, 500).unref()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => end(0))

function keep(child, name) {
  children.add(child)
  child.on('exit', (code, signal) => {
    children.delete(child)
    if (!ending) {
      say(`\n${name} ended (${signal ?? `exit ${code}`}); the lines above say why.`)
      end(1)
    }
  })
  return child
}

const origins = keep(
  fork(join(root, 'bin/origins.mjs'), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }),
  'The origins',
)
await new Promise((resolve) => {
  origins.on('message', (message) => {
    if (message.kind === 'ready') resolve()
    if (message.kind === 'done') say(`${message.name} ${message.what}`)
    if (message.kind === 'failed') {
      say(`The example's origins cannot start: ${message.why}`)
      end(1)
    }
  })
})

const server = keep(
  spawn(process.execPath, [join(root, 'build/src/main.js'), 'serve', ...process.argv.slice(2)], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    // Its own group: ^C reaches it through us, once.
    detached: true,
  }),
  'The name server',
)
origins.send({ verb: 'guard', pid: server.pid })
server.once('exit', () => origins.connected && origins.send({ verb: 'guard' }))
let line = ''
let ready = false
server.stdout.setEncoding('utf8')
server.stdout.on('data', (text) => {
  process.stdout.write(text)
  if (ready) return
  const lines = (line + text).split('\n')
  line = lines.pop() ?? ''
  ready = lines.some((each) => each.includes('"msg":"ready"'))
  if (ready) tell()
})

function tell() {
  const names = Object.keys(ORIGINS)
  say(`
Meridian answers on 127.0.0.1:5300 (UDP and TCP); its API is on http://127.0.0.1:8053.
The example: zones/portal.example.zone and zones/portal.yaml; its nodes are the origins ${Object.entries(ORIGINS)
    .map(([name, address]) => `${name} (${address})`)
    .join(', ')}.

Try, in another terminal:

  dig @127.0.0.1 -p 5300 www.portal.example                               the German nodes, in turn
  dig @127.0.0.1 -p 5300 video.portal.example +subnet=178.168.0.0/24      a client in Moldova: the mirror there
  dig @127.0.0.1 -p 5300 video.portal.example +subnet=80.128.0.0/24       a client in Germany: never the mirror
  bin/meridian status
  bin/meridian explain video.portal.example --client 178.168.0.1
  bin/meridian drain de-1 --reason "disk swap"                            gone from the very next answer
  bin/meridian resume de-1
  bin/meridian add de-4 --a ${ORIGINS.spare} --pool germany                     probed first, then answered
  curl -X POST http://${CONTROL}:${PORT}/stop/de-2                        an origin dies: out of the answers in about 22 s
  bin/meridian events --follow                                            the story, as it happens
  curl -X POST http://${CONTROL}:${PORT}/start/de-2                       and it comes back
${process.stdin.isTTY ? `\nKeys here: 1-4 stop or start ${names.join(', ')}; q ends everything.\n` : '\n^C ends everything.\n'}`)
  if (!process.stdin.isTTY) return
  process.stdin.setRawMode(true)
  process.stdin.on('data', (keys) => {
    for (const key of keys.toString()) {
      if (key === 'q' || key === '\u0003' || key === '\u0004') end(0)
      const name = names[Number(key) - 1]
      if (name !== undefined) origins.send({ verb: 'toggle', name })
    }
  })
}
