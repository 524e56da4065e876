import { request } from 'node:http'
import { connect, type Socket } from 'node:net'
import t from 'tap'
import { ANA } from '../control/bench-control.ts'
import { type ApiBench, apiBench } from './bench-api.ts'

interface Seen {
  readonly ids: number[]
  readonly events: string[]
  text: string
  /** waits until so many events came */
  until(count: number): Promise<void>
  close(): void
}

/** Follows a stream as a browser's EventSource would. */
function follow(b: ApiBench, path: string, token: string, headers: Record<string, string> = {}): Promise<Seen> {
  return new Promise((resolve, reject) => {
    const url = new URL(path, b.listening.url.startsWith('unix:') ? 'http://localhost' : b.listening.url)
    const socketPath = /^unix:(.+)$/.exec(b.listening.url)?.[1]
    const asked = request(
      url,
      {
        headers: { authorization: `Bearer ${token}`, ...headers },
        ...(socketPath === undefined ? {} : { socketPath }),
      },
      (response) => {
        if (response.statusCode !== 200) {
          reject(new Error(`status ${response.statusCode}`))
          return
        }
        let waiting: (() => void) | undefined
        const seen: Seen = {
          ids: [],
          events: [],
          text: '',
          until: (count) =>
            new Promise((done) => {
              const look = (): void => {
                if (seen.ids.length >= count) done()
                else waiting = look
              }
              look()
            }),
          close: () => asked.destroy(),
        }
        let rest = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => {
          seen.text += chunk
          const blocks = (rest + chunk).split('\n\n')
          rest = blocks.pop() ?? ''
          for (const block of blocks) {
            const id = /^id: (\d+)$/m.exec(block)?.[1]
            const event = /^event: (\S+)$/m.exec(block)?.[1]
            if (event !== undefined) seen.events.push(event)
            if (id !== undefined) seen.ids.push(Number(id))
          }
          waiting?.()
        })
        response.on('error', () => undefined)
        resolve(seen)
      },
    )
    asked.on('error', reject)
    asked.end()
  })
}

t.test('a stream tells what is written, as it is written, to all who follow', async (t) => {
  const b = await apiBench()
  const token = b.token('vera', 'viewer')
  const streams = await Promise.all(Array.from({ length: 20 }, () => follow(b, '/v1/events/stream', token)))
  b.control.setWeight(ANA, { node: 'de-1' }, 5)
  b.control.setWeight(ANA, { node: 'de-1' }, 6)
  for (const seen of streams) await seen.until(2)
  const last = b.control.lastEntryId()
  for (const seen of streams) t.same(seen.ids, [last - 1, last])
  t.match(streams[0]?.text, /event: write\ndata: \{"id":\d+,"at":"20/)
  for (const seen of streams) seen.close()
  await b.close()
})

t.test('who comes back with Last-Event-ID misses nothing and gets nothing twice', async (t) => {
  const b = await apiBench()
  const token = b.token('vera', 'viewer')
  const first = await follow(b, '/v1/events/stream', token)
  b.control.setWeight(ANA, { node: 'de-1' }, 1)
  await first.until(1)
  first.close()
  for (let i = 0; i < 1200; i++) b.control.setWeight(ANA, { node: 'de-1' }, i + 2)
  const second = await follow(b, '/v1/events/stream', token, { 'last-event-id': String(first.ids.at(-1)) })
  for (let i = 0; i < 50; i++) {
    b.control.setWeight(ANA, { node: 'de-1' }, i + 5000)
    if (i % 5 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  await second.until(1250)
  const all = [...first.ids, ...second.ids]
  t.same(
    all,
    all.map((_, i) => all[0]! + i),
    'every number once, in order',
  )
  second.close()
  await b.close()
})

t.test('filters, since, and what was pruned', async (t) => {
  const b = await apiBench()
  const token = b.token('vera', 'viewer')
  b.control.setWeight(ANA, { node: 'de-1' }, 1)
  b.control.setWeight(ANA, { node: 'md-1' }, 1)
  const past = await follow(b, '/v1/events/stream?node=md-1&since=2001-01-01T00:00:00Z', token)
  await past.until(1)
  b.control.setWeight(ANA, { node: 'de-1' }, 2)
  b.control.setWeight(ANA, { node: 'md-1' }, 2)
  await past.until(2)
  t.equal(past.ids.length, 2)
  past.close()
  b.db.exec('DELETE FROM journal WHERE id < 4')
  const late = await follow(b, '/v1/events/stream', token, { 'last-event-id': '1' })
  await late.until(1)
  t.equal(late.events[0], 'gap')
  late.close()
  const future = await follow(b, '/v1/events/stream', token, { 'last-event-id': '999999' })
  b.control.setWeight(ANA, { node: 'de-1' }, 3)
  await future.until(1)
  t.same(future.events, ['gap', 'write'])
  future.close()
  await t.rejects(follow(b, '/v1/events/stream', token, { 'last-event-id': 'x' }), /400/)
  await t.rejects(follow(b, '/v1/events/stream', 'nobody'), /401/)
  await b.close()
})

t.test('the API listens on a unix socket too, which only its owner and group may use', async (t) => {
  const b = await apiBench({ listen: 'unix:FOLDER/api.sock' })
  const seen = await follow(b, '/v1/events/stream', b.token('vera', 'viewer'))
  b.control.setWeight(ANA, { node: 'de-1' }, 1)
  await seen.until(1)
  seen.close()
  await t.rejects(b.api.listen({ listen: b.listening.url }), /Another process listens/)
  await b.listening.close()
  await b.close()
})

/** Streams that the server counts. */
async function streams(b: ApiBench): Promise<number> {
  return Number(/^meridian_event_streams (\d+)$/m.exec((await b.ask('GET', '/metrics')).text)?.[1])
}

function dial(b: ApiBench): Socket {
  const { hostname, port } = new URL(b.listening.url)
  const socket = connect(Number(port), hostname)
  // What the server cuts off may end with a reset.
  socket.on('error', () => {})
  return socket
}

/** The first lines of a request, as far as they are the same for all. */
function head(line: string, token: string, more = ''): string {
  return `${line} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\n${more}\r\n`
}

t.test('who sends requests behind a stream is cut off: they would never be answered', async (t) => {
  const b = await apiBench()
  t.teardown(() => b.close())
  const token = b.token('olga', 'operator')
  const stream = head('GET /v1/events/stream', token)
  const large = 'x'.repeat(157_781)
  const body = `content-length: ${large.length}\r\n`
  for (const [what, text] of [
    ['another stream', stream + stream],
    ['a body that is larger than what is read ahead', stream + head('PATCH /v1/nodes/de-1', token, body) + large],
    [
      'between an answer and a body',
      head('GET /v1/nodes', token) + stream + head('GET /metrics', token, body) + large.slice(1),
    ],
  ] as const) {
    const socket = dial(b)
    const closed = new Promise((resolve) => socket.once('close', resolve))
    socket.resume()
    socket.write(text)
    await closed
    while ((await streams(b)) > 0) await new Promise((resolve) => setImmediate(resolve))
    t.pass(what)
  }
  const late = dial(b)
  const closed = new Promise((resolve) => late.once('close', resolve))
  late.write(stream)
  await new Promise((resolve) => late.once('data', resolve))
  t.equal(await streams(b), 1)
  const before = b.control.generation()
  late.write(head('POST /v1/nodes/de-1/drain', token, 'content-length: 0\r\n'))
  await closed
  while ((await streams(b)) > 0) await new Promise((resolve) => setImmediate(resolve))
  t.equal(b.control.generation(), before, 'what comes after a stream began is not done')
})

t.test('the body of a request for a stream does not hide that its client has left', async (t) => {
  const b = await apiBench()
  t.teardown(() => b.close())
  const socket = dial(b)
  const large = 'x'.repeat(200_000)
  socket.write(head('GET /v1/events/stream', b.token('vera', 'viewer'), `content-length: ${2 * large.length}\r\n`))
  socket.write(large)
  while ((await streams(b)) < 1) await new Promise((resolve) => setImmediate(resolve))
  socket.end(large)
  socket.resume()
  while ((await streams(b)) > 0) await new Promise((resolve) => setImmediate(resolve))
  t.pass('none is left')
})
