import { networkInterfaces } from 'node:os'
import t from 'tap'
import { createProber } from '../../src/probe/index.ts'
import { answering, closedPort, httpProbe, origin, target } from './origins.ts'

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'
const prober = createProber({ version: '0.0.0' })
t.teardown(() => prober.close())

const haveIpv6 = Object.values(networkInterfaces()).some((list) => list?.some((one) => one.family === 'IPv6'))

t.test('a node of both families is well when both are, and one result speaks for both', async (t) => {
  if (!haveIpv6) {
    t.pass('both families', { skip: 'this machine has no IPv6 loopback' })
    return
  }
  const four = await origin(answering(OK), '127.0.0.1')
  const both = { addresses: ['127.0.0.1', '::1'] }
  const half = await prober.probe(target(httpProbe(four.port), both))
  t.equal(half.class, 'refused', half.detail)
  t.match(half.detail, /::1/, 'it names the address that failed')
  await four.close()
  const all = await origin(answering(OK), '::')
  const whole = await prober.probe(target(httpProbe(all.port), both))
  t.equal(whole.class, 'ok', whole.detail)
  t.equal(all.heard.length, 2, 'each address was asked once')
  await all.close()
})

t.test('of several failures the plainest is told; a word of any address is kept, the more careful one', async (t) => {
  const drain = await origin(answering('HTTP/1.1 200 OK\r\nMeridian-Agent: drain 50%\r\n\r\n'), '127.0.0.2')
  const result = await prober.probe(target(httpProbe(drain.port), { addresses: ['127.0.0.2', '127.0.0.3'] }))
  t.equal(result.class, 'refused')
  t.same(result.word, { state: 'drain', weightPercent: 50 })
  await drain.close()
})

t.test('an address that this server cannot probe yields to those that it can, with a warning', async (t) => {
  const server = await origin(answering(OK))
  // A source address that is not here: only the IPv4 probe is ours to blame, and alone it is no evidence.
  const local = await prober.probe(target(httpProbe(server.port), { source: '192.0.2.1' }))
  t.equal(local.class, 'local', local.detail)
  t.match(local.detail, /EADDRNOTAVAIL/)
  t.notOk(local.ok)
  if (haveIpv6) {
    const all = await origin(answering(OK), '::')
    const mixed = await prober.probe(
      target(httpProbe(all.port), { addresses: ['127.0.0.1', '::1'], source: '192.0.2.1' }),
    )
    t.equal(mixed.class, 'ok', mixed.detail)
    t.match(mixed.warning, /127\.0\.0\.1 was not probed/)
    await all.close()
  }
  await server.close()
})

t.test('probes come from the source address of the check', async (t) => {
  const from: (string | undefined)[] = []
  const server = await origin((socket) => {
    from.push(socket.remoteAddress)
    answering(OK)(socket)
  })
  t.equal((await prober.probe(target(httpProbe(server.port), { source: '127.0.0.42' }))).class, 'ok')
  t.same(from, ['127.0.0.42'])
  await server.close()
})

t.test('a success over its budget is slow', async (t) => {
  const server = await origin((socket) => socket.once('data', () => setTimeout(() => socket.end(OK), 60)))
  const slow = await prober.probe(target(httpProbe(server.port), { budgetMs: 20 }))
  t.equal(slow.class, 'slow')
  t.ok(slow.ok)
  t.match(slow.detail, /status 200 in \d+ms, budget 20ms/)
  const within = await prober.probe(target(httpProbe(server.port), { budgetMs: 5000 }))
  t.equal(within.class, 'ok')
  await server.close()
})

t.test('the result says when it began and how long it took', async (t) => {
  const server = await origin(() => {})
  const before = Date.now()
  const result = await prober.probe(target(httpProbe(server.port), { timeoutMs: 100 }))
  t.ok(result.startedAtMs >= before && result.startedAtMs <= Date.now())
  t.ok(result.durationMs >= 95)
  t.equal(result.node, 'n1')
  t.equal(result.check, 'web')
  await server.close()
})

t.test('a cancelled probe is no evidence, and leaves no connection', async (t) => {
  const server = await origin(() => {})
  const stop = new AbortController()
  const running = prober.probe(target(httpProbe(server.port)), stop.signal)
  while (server.open() === 0) await new Promise((resolve) => setTimeout(resolve, 2))
  stop.abort()
  t.equal((await running).class, 'local')
  t.equal((await prober.probe(target(httpProbe(server.port)), stop.signal)).class, 'local', 'cancelled before it began')
  while (server.open() > 0) await new Promise((resolve) => setTimeout(resolve, 2))
  const closing = createProber({ version: '0.0.0' })
  const open = closing.probe(target(httpProbe(server.port)))
  await closing.close()
  t.equal((await open).class, 'local')
  t.equal((await closing.probe(target(httpProbe(await closedPort())))).class, 'local', 'after close nothing is probed')
  await server.close()
})

t.test('a node without addresses is no evidence', async (t) => {
  t.equal((await prober.probe(target(httpProbe(80), { addresses: [] }))).class, 'local')
})

t.test('nothing that a check may hold makes it throw', async (t) => {
  const odd = [
    httpProbe(70_000),
    httpProbe(80, { path: 'no-slash' }),
    httpProbe(80, { path: '/\ud800' }),
    httpProbe(80, { host: 'a\nb' }),
    { kind: 'tcp', port: -1, send: undefined, expect: undefined } as const,
    { kind: 'dns', port: 0, name: '', type: 'A', expect: undefined } as const,
    { kind: 'command', program: 'a\0b', args: [] } as const,
    { kind: 'command', program: '', args: [] } as const,
  ]
  for (const probe of odd) {
    const result = await prober.probe(target(probe, { timeoutMs: 300 }))
    t.equal(result.class, 'local', `${JSON.stringify(probe)}: ${result.detail}`)
  }
  const source = await prober.probe(target(httpProbe(80), { source: 'nonsense', timeoutMs: 300 }))
  t.notOk(source.ok)
})
