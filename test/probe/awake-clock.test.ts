import t from 'tap'
import { AwakeClock } from '../../src/probe/awake-clock.ts'
import { createProber } from '../../src/probe/index.ts'
import { answering, httpProbe, origin, target } from './origins.ts'

t.test('the clock stands still while nobody listens', async (t) => {
  let wall = 1000
  const clock = new AwakeClock(() => wall)
  clock.enter()
  const start = clock.nowMs()
  for (let i = 0; i < 5; i++) {
    wall += 20
    clock.tick()
  }
  t.equal(clock.nowMs() - start, 100, 'ticks in time: awake')
  wall += 23
  clock.tick()
  t.equal(clock.nowMs() - start, 123, 'a trifle late: awake')
  for (let i = 0; i < 10; i++) {
    wall += 90
    clock.tick()
  }
  t.equal(clock.nowMs() - start, 1023, 'busy, but it comes round: awake')
  wall += 3020
  t.equal(clock.nowMs() - start, 1043, 'a stall is seen before its tick')
  clock.tick()
  t.equal(clock.nowMs() - start, 1043, 'and after')
  wall += 10
  t.equal(clock.nowMs() - start, 1053)
  clock.leave()
})

t.test('a stall of this process is not held against a node that answered meanwhile', async (t) => {
  const prober = createProber({ version: '0.0.0' })
  // The origin is in this process: it answers only after the stall, as a kernel's buffer would be read only then.
  const server = await origin(answering('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'))
  const running = prober.probe(target(httpProbe(server.port), { timeoutMs: 150, budgetMs: 100 }))
  await new Promise((resolve) => setTimeout(resolve, 0))
  const until = performance.now() + 400
  while (performance.now() < until);
  const result = await running
  t.equal(result.class, 'ok', result.detail)
  t.ok(result.durationMs < 150, `${result.durationMs} ms awake`)
  await server.close()
  await prober.close()
})
