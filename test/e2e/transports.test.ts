/**
 * What carries the questions, end to end: a server that takes over from another, and DNS over TLS with a real client.
 */
import { execFileSync, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { freePort } from '../transfer/peers.ts'
import { missing } from './dig.ts'
import { steering, ZONE } from './portal.ts'
import { noServer, run, startServer, until } from './server.ts'

const ENTRY = fileURLToPath(new URL('../../src/main.js', import.meta.url))
const FILES = { 'zones/portal.example.zone': ZONE, 'zones/portal.yaml': steering({ port: 0 }) }
/** static.portal.example A, with a random-looking ID */
const QUESTION = Buffer.from('4d4d010000010000000000000673746174696306706f7274616c076578616d706c650000010001', 'hex')

t.test('a new server takes over from the running one, and no query is lost', { skip: noServer() }, async (t) => {
  if (process.platform !== 'linux') return t.comment('skipped: taking over needs Linux')
  const server = await startServer(t, FILES)
  const sockets = Array.from({ length: 20 }, () => createSocket('udp4'))
  let asked = 0
  let answered = 0
  for (const socket of sockets) socket.on('message', () => answered++)
  const asking = setInterval(() => {
    for (const socket of sockets) {
      socket.send(QUESTION, server.port, '127.0.0.1')
      asked++
    }
  }, 5)
  await until('the first answers', () => answered > 100)
  const former = server.pid
  const successor = spawn(
    process.execPath,
    [ENTRY, 'serve', '--replace', '--config', join(server.folder, 'meridian.yaml')],
    {
      cwd: server.folder,
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  let log = ''
  successor.stdout.setEncoding('utf8').on('data', (text: string) => {
    log += text
  })
  const gone = once(successor, 'exit')
  t.teardown(async () => {
    successor.kill('SIGKILL')
    await gone
  })
  await until('the successor to be ready', () => log.includes('"msg":"ready"'))
  t.equal(isAlive(former), false, 'the former server is gone')
  t.equal((await fetch(`${server.api}/livez`)).status, 200, 'the API is the successor’s')
  const soFar = answered
  await until('answers of the successor', () => answered > soFar + 100)
  clearInterval(asking)
  await until('the last answers', () => answered >= asked).catch(() => {})
  t.equal(answered, asked)
  for (const socket of sockets) socket.close()
  successor.kill('SIGTERM')
  t.same((await gone)[0], 0)
})

t.test('a second server on the same ports is refused, and says what to do', { skip: noServer() }, async (t) => {
  const server = await startServer(t, FILES)
  const second = await run(process.execPath, [ENTRY, 'serve', '--config', join(server.folder, 'meridian.yaml')], {
    cwd: server.folder,
  })
  t.equal(second.exit, 1)
  t.match(second.stderr, /in use|another|already/i)
})

t.test('DNS over TLS', { skip: noServer() || missing('kdig') || missing('openssl') }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'meridian-tls-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256']
  execFileSync(
    'openssl',
    ['req', '-x509', ...curve, '-nodes', '-days', '2', '-subj', '/CN=ns1', '-keyout', key, '-out', cert],
    {
      stdio: 'ignore',
    },
  )
  const port = await freePort()
  await startServer(t, FILES, [
    `tls: { listen: ["127.0.0.1:${port}"], cert: "${cert}", key: "${key}" }`,
    'transfer: { allow: ["127.0.0.1"] }',
  ])
  const ask = (...words: string[]) => run('kdig', ['@127.0.0.1', '-p', String(port), '+tls', '+retry=0', ...words])

  t.test('answers what UDP answers', async (t) => {
    const { stdout } = await ask('static.portal.example', 'A')
    t.match(stdout, /status: NOERROR/)
    t.match(stdout, /static\.portal\.example\.\s+3600\s+IN\s+A\s+192\.0\.2\.90/)
    t.match(stdout, /TLS/)
  })
  t.test('pads where the client does (RFC 8467)', async (t) => {
    const { stdout } = await ask('+padding=128', 'static.portal.example', 'A')
    t.match(stdout, /PADDING/i)
    t.equal(Number(/Received (\d+) B/.exec(stdout)?.[1]) % 468, 0, stdout.slice(-300))
  })
  t.test('several questions on one connection', async (t) => {
    const { stdout } = await ask('+keepopen', 'static.portal.example', 'A', 'portal.example', 'SOA')
    t.equal(stdout.match(/status: NOERROR/g)?.length, 2)
  })
  t.test('transfers the zone (RFC 9103)', async (t) => {
    const { stdout } = await ask('portal.example', 'AXFR')
    t.equal(stdout.match(/\bSOA\b/g)?.length, 2)
    t.match(stdout, /admin\.user\.portal\.example/)
  })
})

/** Whether a process still runs. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
