import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import t from 'tap'
import { seededRandom } from '../../src/base/index.ts'
import { type Serving, startServing } from '../../src/serve/index.ts'
import { loadLibc } from '../../src/serve/libc.ts'
import { askUdp, connectTcp, framed, portOf, serveEcho, until } from './harness.ts'

const flip = (text: string): Buffer => Buffer.from(Buffer.from(text).map((octet) => octet ^ 255))
const batchedHere = typeof loadLibc() !== 'string'

t.test('both drivers answer byte for byte alike', async (t) => {
  if (!batchedHere) return t.comment('skipped: no batched system calls on this machine')
  const seed = 7
  t.comment(`seed ${seed}`)
  const random = seededRandom(seed)
  const batched = await serveEcho(['127.0.0.1:0'], { driver: 'batched' })
  const portable = await serveEcho(['127.0.0.1:0'], { driver: 'portable' })
  t.teardown(() => Promise.all([batched.stop(), portable.stop()]))
  const vectors: Buffer[] = [
    Buffer.alloc(0),
    Buffer.from('s'),
    Buffer.from('p'),
    Buffer.of(0x72, 0x10, 0),
    Buffer.of(0x72, 2, 0),
  ]
  for (let i = 0; i < 60; i++) {
    const size = i < 20 ? i : random.below(i % 5 === 0 ? 4097 : 600)
    // Anything but the letters that the echo responder obeys.
    vectors.push(Buffer.from(Uint8Array.from({ length: size }, (_, k) => (k === 0 ? 128 : 0) | random.below(128))))
  }
  vectors.push(Buffer.alloc(4096, 200), Buffer.alloc(4097, 200), Buffer.alloc(9000, 200))
  const socket = createSocket('udp4')
  let different = 0
  for (const vector of vectors) {
    const ask = async (serving: Serving): Promise<string> => {
      const reply = once(socket, 'message', {
        signal: AbortSignal.timeout(vector.length > 4096 || vector[0] === 0x73 || vector.length === 0 ? 100 : 5000),
      })
      socket.send(vector, portOf(serving, 'udp'), '127.0.0.1')
      return reply.then(([octets]) => (octets as Buffer).toString('hex')).catch(() => 'silence')
    }
    const [a, b] = [await ask(batched), await ask(portable)]
    if (a !== b) different++
  }
  socket.close()
  t.equal(different, 0, `${vectors.length} messages`)
})

t.test('a wildcard socket replies from the address that was asked', async (t) => {
  if (!batchedHere) return t.comment('skipped: needs the batched driver')
  const slowDoor = async (message: Uint8Array, request: { send(m: Uint8Array): Promise<boolean> }): Promise<void> => {
    await request.send(message)
  }
  const serving = await serveEcho(['0.0.0.0:0', '[::]:0'], { slowDoor })
  t.teardown(() => serving.stop())
  const port = portOf(serving, 'udp')
  for (const host of ['127.0.0.1', '127.0.0.2', '127.1.2.3']) {
    t.match(await askUdp('hello', port, host), { from: host, reply: flip('hello') })
    t.match(
      await askUdp('door', port, host),
      { from: host, reply: Buffer.from('door') },
      'through the slow door as well',
    )
  }
  const v6 = serving.addresses.find((address) => address.address.length === 16)!.port
  t.match(await askUdp('hello', v6, '::1'), { from: '::1', reply: flip('hello') })
  t.match(await askUdp('door', v6, '::1'), { from: '::1', reply: Buffer.from('door') })
})

t.test('silence among answers: every other query of a burst gets its own reply', async (t) => {
  const serving = await serveEcho(['127.0.0.1:0'])
  t.teardown(() => serving.stop())
  const socket = createSocket('udp4')
  const got: string[] = []
  socket.on('message', (message) =>
    got.push(String(flip(String(message.toString('latin1')))) && message.toString('hex')),
  )
  const expected: string[] = []
  for (let i = 0; i < 200; i++) {
    const text = i % 3 === 0 ? `silent ${i}` : i % 7 === 0 ? 'throw' : `a question ${i}`
    if (text.startsWith('a')) expected.push(flip(text).toString('hex'))
    socket.send(text, portOf(serving, 'udp'), '127.0.0.1')
  }
  await until(() => got.length >= expected.length, 'all replies')
  socket.close()
  t.same(got.sort(), expected.sort())
})

t.test('the slow door holds a bounded number of UDP messages', async (t) => {
  let taken = 0
  const serving = await serveEcho(['127.0.0.1:0'], {
    slowDoor: () => {
      taken++
      return new Promise(() => {})
    },
  })
  t.teardown(() => serving.stop())
  const socket = createSocket('udp4')
  for (let i = 0; i < 200; i++) socket.send('door', portOf(serving, 'udp'), '127.0.0.1')
  await until(() => serving.describe().threads[0]!.counters.received === 200, 'all received')
  socket.close()
  await until(() => taken >= 64, 'the door to be full')
  t.equal(taken, 64)
  t.equal(serving.describe().threads[0]!.counters.slowRefused, 136)
})

t.test('a successor takes over without a lost query', async (t) => {
  if (!batchedHere) return t.comment('skipped: needs the batched driver')
  const first = await serveEcho(['127.0.0.1:0'], { workers: 2 })
  const port = portOf(first, 'udp')
  const sockets = Array.from({ length: 40 }, () => createSocket('udp4'))
  let asked = 0
  let answered = 0
  for (const socket of sockets) socket.on('message', () => answered++)
  // What is on its way is bounded: on a busy machine queries would otherwise be lost in full buffers, which is not the question here.
  const asking = setInterval(() => {
    for (const socket of sockets) {
      if (asked - answered > 400) return
      socket.send(`question ${asked}`, port, '127.0.0.1')
      asked++
    }
  }, 1)
  let tcpFailed = 0
  let tcpAsked = 0
  let connecting = true
  const connections = (async () => {
    while (connecting) {
      tcpAsked++
      try {
        const client = await connectTcp(port)
        client.socket.write(framed('hello'))
        if ((await client.next()) === undefined) tcpFailed++
        client.socket.destroy()
      } catch {
        tcpFailed++
      }
    }
  })()
  await until(() => answered > 1000, 'the first one at work')
  const servings = [first]
  for (let i = 0; i < 3; i++) {
    const next: Serving = await serveEcho([`127.0.0.1:${port}`], { workers: 2, replace: true })
    servings.push(next)
    await servings[i]!.stop()
    const before = next.describe().threads[0]!.counters.received
    await until(() => next.describe().threads[0]!.counters.received > before, 'the successor at work')
  }
  clearInterval(asking)
  connecting = false
  await connections
  await until(() => answered >= asked, `all answers`).catch(() => {})
  t.equal(answered, asked)
  t.equal(tcpFailed, 0, `${tcpAsked} TCP connections`)
  for (const socket of sockets) socket.close()
  await servings[3]!.stop()
})

t.test('the messages of a module that cannot start are told', async (t) => {
  await t.rejects(
    startServing({
      listen: [],
      workers: 1,
      responderModule: new URL('./no-such-module.js', import.meta.url).href,
      init: () => undefined,
      slowDoor: async () => {},
      log: { info: () => {}, warn: () => {}, error: () => {} },
    }),
    { message: /Cannot find module/ },
  )
})
