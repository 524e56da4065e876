// The example's nodes must be somewhere: small web servers on loopback addresses, one for each node of zones/portal.yaml.
// GET /health says ok. Each can be stopped and started to see what the name server makes of it:
//
//   curl -X POST http://127.0.0.10:8080/stop/de-1      curl -X POST http://127.0.0.10:8080/start/de-1
//
// A stopped origin listens no more: its clients are refused, as from a machine whose web server has died. The process ends with its
// parent (the IPC channel closes), so that nothing is left behind.
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'

export const CONTROL = '127.0.0.10'
export const PORT = 8080
export const ORIGINS = { 'de-1': '127.0.0.11', 'de-2': '127.0.0.12', 'md-1': '127.0.0.13', spare: '127.0.0.14' }

/** Listens; rejects with a sentence for people. */
function listen(server, address) {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const why =
        error.code === 'EADDRINUSE'
          ? `${address}:${PORT} is in use: another \`npm start\`, or a web server on all addresses. End it, or see with: ss -ltnp 'sport = :${PORT}'`
          : error.code === 'EADDRNOTAVAIL'
            ? `this machine has no address ${address}. On macOS add it with: sudo ifconfig lo0 alias ${address}`
            : error.message
      reject(new Error(why))
    })
    server.listen(PORT, address, resolve)
  })
}

function createOrigin(name, address) {
  let server
  const start = async () => {
    if (server !== undefined) return 'runs already'
    const next = createServer((request, response) => {
      const path = request.url?.split('?')[0]
      // Without keep-alive a stop is seen at once.
      response.setHeader('Connection', 'close')
      response.setHeader('Content-Type', 'text/plain; charset=utf-8')
      if (path === '/health') response.end('ok\n')
      else if (path === '/stop' && request.method === 'POST') response.end(`${name} stops\n`, stop)
      else if (path === '/') response.end(`This is ${name} at ${address}.\n`)
      else {
        response.statusCode = 404
        response.end('there is only / and /health\n')
      }
    })
    await listen(next, address)
    server = next
    return 'started'
  }
  const stop = () => {
    if (server === undefined) return 'is stopped already'
    server.close()
    server.closeAllConnections()
    server = undefined
    return 'stopped'
  }
  return { start, stop, toggle: () => (server === undefined ? start() : stop()), runs: () => server !== undefined }
}

const origins = new Map(Object.entries(ORIGINS).map(([name, address]) => [name, createOrigin(name, address)]))

const control = createServer(async (request, response) => {
  const [, verb, name] = /^\/(stop|start|toggle)\/([\w-]+)$/.exec(request.url ?? '') ?? []
  const origin = origins.get(name) ?? [...origins].find(([each]) => ORIGINS[each] === name)?.[1]
  response.setHeader('Content-Type', 'text/plain; charset=utf-8')
  if (request.method !== 'POST' || origin === undefined) {
    response.statusCode = request.method === 'GET' && request.url === '/' ? 200 : 404
    const states = [...origins].map(([each, it]) => `${each} (${ORIGINS[each]}) ${it.runs() ? 'runs' : 'is stopped'}\n`)
    response.end(`${states.join('')}POST /stop/NAME or /start/NAME\n`)
    return
  }
  try {
    response.end(`${name} ${await origin[verb]()}\n`)
  } catch (error) {
    response.statusCode = 500
    response.end(`${error.message}\n`)
  }
})

if (process.send !== undefined && process.argv[1] === fileURLToPath(import.meta.url)) {
  let guarded
  process.on('disconnect', () => {
    // The parent is gone, perhaps by SIGKILL: its server must not stay behind with the ports.
    if (guarded !== undefined) process.kill(guarded, 'SIGTERM')
    process.exit(0)
  })
  process.on('message', async ({ verb, name, pid }) => {
    if (verb === 'guard') guarded = pid
    const origin = origins.get(name)
    if (origin === undefined) return
    try {
      process.send({ kind: 'done', name, what: await origin[verb]() })
    } catch (error) {
      process.send({ kind: 'done', name, what: error.message })
    }
  })
  process.on('SIGINT', () => {})
  try {
    for (const origin of origins.values()) await origin.start()
    await listen(control, CONTROL)
    process.send({ kind: 'ready' })
  } catch (error) {
    process.send({ kind: 'failed', why: error.message }, () => process.exit(1))
  }
}
