/**
 * A process of its own that loads the API: event streams that stay open, and requests at an even rate. It says `ready` when all
 * streams are open, and on SIGTERM what came of it, as JSON.
 *
 *     node build/bench/api-load.js PORT STREAMS REQUESTS_PER_SECOND
 */
import { Agent, get, request } from 'node:http'

const [port, streams, rate] = process.argv.slice(2).map(Number) as [number, number, number]
const TICK_MS = 10
let open = 0
let events = 0
let answered = 0
let failed = 0

await Promise.all(
  Array.from(
    { length: streams },
    () =>
      new Promise<void>((resolve, reject) => {
        const agent = new Agent({ keepAlive: true })
        get({ host: '127.0.0.1', port, path: '/v1/events/stream', agent }, (response) => {
          open++
          response.on('data', (piece: Buffer) => {
            if (piece.includes('event:') || piece.includes('data:')) events++
          })
          response.on('error', () => {})
          resolve()
        }).on('error', reject)
      }),
  ),
)
const agent = new Agent({ keepAlive: true, maxSockets: 50 })
let owed = 0
let last = performance.now()
const asking = setInterval(() => {
  // Late ticks are made up for, pauses (SIGSTOP) are not.
  const now = performance.now()
  owed += (rate * Math.min(now - last, 10 * TICK_MS)) / 1000
  last = now
  for (; owed >= 1; owed--)
    request({ host: '127.0.0.1', port, path: '/v1/nodes', agent }, (response) => {
      response.resume()
      response.on('end', () => answered++)
    })
      .on('error', () => failed++)
      .end()
}, TICK_MS)
process.stdout.write('ready\n')
process.once('SIGTERM', () => {
  clearInterval(asking)
  process.stdout.write(`${JSON.stringify({ open, events, answered, failed })}\n`, () => process.exit(0))
})
