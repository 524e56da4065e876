import type { Worker } from 'node:worker_threads'
import t from 'tap'
import { type SlowDoor, startSpareThreads } from '../../src/serve/index.ts'
import { askUdp, connectTcp, ECHO, framed, portOf, recordingLog, serveEcho, until } from './harness.ts'

const flip = (text: string): Buffer => Buffer.from(Buffer.from(text).map((octet) => octet ^ 255))
const echoing: SlowDoor = async (message, request) => {
  await request.send(Buffer.concat([Buffer.from(`slow ${request.transport} ${request.peer.join('.')} `), message]))
}

for (const driver of ['batched', 'portable'] as const) {
  t.test(`the ${driver} driver`, async (t) => {
    const log = recordingLog()
    const received: unknown[] = []
    const serving = await serveEcho(['127.0.0.1:0', '[::1]:0'], {
      driver,
      workers: 2,
      log,
      slowDoor: echoing,
      received: (_thread, message) => received.push(message),
    })
    const port = portOf(serving, 'udp')

    t.test('UDP and TCP share the port that the kernel chose', async (t) => {
      t.equal(portOf(serving, 'tcp'), port)
      t.equal(serving.addresses.length, 4)
      t.ok(serving.addresses.every((address) => address.port > 0))
    })
    t.test('answers over UDP, IPv4 and IPv6', async (t) => {
      t.same((await askUdp('hello', port))?.reply, flip('hello'))
      const v6 = serving.addresses.find((address) => address.address.length === 16)!.port
      t.same((await askUdp('hello', v6, '::1'))?.reply, flip('hello'))
      const peer = (await askUdp('p', v6, '::1'))!.reply
      t.same([...peer.subarray(0, 2)], [0, 16])
      t.same([...peer.subarray(2, 18)], [...new Uint8Array(15), 1])
    })
    t.test('tells the responder who asks', async (t) => {
      const peer = (await askUdp('p', port))!.reply
      t.same([...peer.subarray(0, 6)], [0, 4, 127, 0, 0, 1])
      t.ok(peer.readUInt16BE(6) > 0)
    })
    t.test('a throwing responder loses its query, not the server', async (t) => {
      t.equal(await askUdp('t', port, '127.0.0.1', 200), undefined)
      t.same((await askUdp('after', port))?.reply, flip('after'))
      await until(() => log.lines.some((line) => line.level === 'error'), 'the fault in the log')
    })
    t.test('the slow door answers over UDP and TCP', async (t) => {
      t.equal(String((await askUdp('door', port))?.reply), 'slow udp 127.0.0.1 door')
      const client = await connectTcp(port)
      client.socket.write(framed('door', 'quick'))
      t.same(await client.next(), flip('quick'), 'the slow one is overtaken')
      t.equal(String(await client.next()), 'slow tcp 127.0.0.1 door')
      client.socket.end()
      await client.closed
    })
    t.test('posts reach every thread', async (t) => {
      serving.post({ hello: 1 })
      await until(() => received.length === serving.describe().threads.length, 'every thread')
      t.match(String((await askUdp('i', port))?.reply), '"posted":[{"hello":1}]')
    })
    t.test('describes itself', async (t) => {
      const description = serving.describe()
      t.equal(description.driver, driver)
      t.ok(description.threads.every((thread) => thread.state === 'serving'))
      const received = description.threads.filter((t) => t.kind === 'udp').reduce((n, t) => n + t.counters.received, 0)
      t.ok(received >= 7, `${received} received`)
    })
    t.test('stops', async () => {
      await serving.stop()
      t.equal(await askUdp('hello', port, '127.0.0.1', 100), undefined)
    })
  })
}

t.test('a TCP conversation', async (t) => {
  const serving = await serveEcho(['127.0.0.1:0'])
  t.teardown(() => serving.stop())
  const client = await connectTcp(portOf(serving, 'tcp'))
  client.socket.write(framed('one', 'another', Buffer.of(0x72, 0xff, 0xff)))
  t.same(await client.next(), flip('one'))
  t.same(await client.next(), flip('another'))
  t.equal((await client.next())?.length, 65535)
  client.socket.end()
  await client.closed
})

t.test('a taken address is refused in one sentence that names who has it', async (t) => {
  const serving = await serveEcho(['127.0.0.1:0'])
  t.teardown(() => serving.stop())
  const port = portOf(serving, 'udp')
  for (const driver of ['batched', 'portable'] as const)
    await t.rejects(serveEcho([`127.0.0.1:${port}`], { driver }), {
      code: 'EADDRINUSE',
      message: new RegExp(
        `^Cannot listen on (UDP|TCP) 127.0.0.1:${port}: the address is in use by .*\\(process ${process.pid}\\)\\.$`,
      ),
    })
  await t.rejects(serveEcho(['192.0.2.77:0']), { code: 'EADDRNOTAVAIL', message: /this machine has no such address/ })
})

t.test('a thread that dies is started again, and its socket keeps what has arrived', async (t) => {
  const log = recordingLog()
  const serving = await serveEcho(['127.0.0.1:0'], { log })
  t.teardown(() => serving.stop())
  const port = portOf(serving, 'udp')
  await askUdp('x', port, '127.0.0.1', 50)
  t.same((await askUdp('waits', port))?.reply, flip('waits'))
  const state = serving.describe().threads[0]!
  t.match(state, { state: 'serving', restarts: 1 })
  t.ok(log.lines.some((line) => line.text.includes('has died')))
})

t.test('threads that were started ahead serve; what is not needed of them is ended', async (t) => {
  const ahead = startSpareThreads(4, ECHO)
  const taken: (Worker | undefined)[] = []
  let surplus: Worker | undefined
  const serving = await serveEcho(['127.0.0.1:0'], {
    workers: 2,
    spare: {
      take: () => {
        const thread = ahead.take()
        taken.push(thread)
        return thread
      },
      end: () => {
        surplus = ahead.take()
        ahead.end()
      },
    },
  })
  t.equal(taken.filter((thread) => thread !== undefined).length, 3, 'two for UDP, one for the streams')
  t.ok(surplus)
  await surplus?.terminate()
  t.equal(ahead.take(), undefined, 'none is left')
  const port = portOf(serving, 'udp')
  t.same((await askUdp('hello', port))?.reply, flip('hello'))
  t.match(String((await askUdp('i', port))?.reply), '"kind":"udp"')
  const client = await connectTcp(portOf(serving, 'tcp'))
  client.socket.write(framed('over TCP'))
  t.same(await client.next(), flip('over TCP'))
  client.socket.end()
  await client.closed

  await askUdp('x', port, '127.0.0.1', 50)
  await until(() => serving.describe().threads.some(({ restarts }) => restarts === 1), 'the restart')
  await until(() => serving.describe().threads.every(({ state }) => state === 'serving'), 'all of them again')
  t.equal(taken.length, 4, 'one that dies is replaced')
  t.equal(taken[3], undefined, 'by a new one')
  await serving.stop()
  t.ok(serving.describe().threads.every(({ state }) => state === 'stopped'))
})

t.test('a thread started ahead that cannot read its module is told as any other', async (t) => {
  const spare = startSpareThreads(2, new URL('./no-such-module.js', import.meta.url).href)
  await t.rejects(serveEcho(['127.0.0.1:0'], { spare }), /no-such-module/)
})
