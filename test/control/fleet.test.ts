import t from 'tap'
import type { Intent } from '../../src/health/index.ts'
import { Clock, steering } from './fleet-harness.ts'

const four = { nodes: { a: '', b: '', c: '', d: '' } }
const dead = { ok: false, class: 'timeout', detail: 'no answer within 2s', durationMs: 2000 } as const

function intent(kind: Intent['kind'], untilMs?: number): Intent {
  return { kind, reason: 'disk swap', author: 'ana', sinceMs: 0, untilMs }
}

t.test('a new pool serves from the first moment, and its nodes are up after three good probes', (t) => {
  const clock = new Clock(four)
  t.same(clock.inService(), ['a', 'b', 'c', 'd'])
  t.equal(clock.fleet.health('a')[0]?.health, 'pending')
  clock.run(12_000)
  t.equal(clock.fleet.health('a')[0]?.health, 'up')
  t.same(
    clock.of('effective').filter(({ inService }) => !inService),
    [],
  )
  t.end()
})

t.test('a node that joins a pool later waits for three good probes', (t) => {
  const clock = new Clock({ nodes: { a: '', b: '' } })
  clock.run(60_000)
  clock.apply({ kind: 'declare', steering: steering(four) })
  t.same(clock.inService(), ['a', 'b'])
  clock.run(12_000)
  t.same(clock.inService(), ['a', 'b', 'c', 'd'])
  t.end()
})

t.test('a dead node leaves within 27 s, and returns after 20 s without a failure, slowly', (t) => {
  for (let seed = 1; seed <= 20; seed++) {
    const clock = new Clock(four, seed)
    clock.run(60_000)
    clock.answer = (node) => (node === 'a' ? dead : {})
    clock.run(27_000)
    t.same(clock.inService(), ['b', 'c', 'd'], `out, seed ${seed}`)
    clock.answer = () => ({})
    clock.run(15_000)
    t.same(clock.inService(), ['b', 'c', 'd'], 'not back too early')
    clock.run(15_000)
    t.same(clock.inService(), ['a', 'b', 'c', 'd'], 'back')
    const a = clock.fleet.standing('pool')!.members[0]!
    t.ok(a.share < 0.5, `slow start: ${a.share}`)
    t.equal(a.health, 'warming')
    clock.run(70_000)
    t.equal(clock.fleet.standing('pool')!.members[0]!.share, 1)
    t.equal(clock.fleet.standing('pool')!.members[0]!.health, 'up')
  }
  t.end()
})

t.test('a drain takes effect at once, ends by itself, and changes no observation', (t) => {
  const clock = new Clock(four)
  clock.run(60_000)
  const effects = clock.apply({ kind: 'intent', node: 'b', intent: intent('drain', 120_000) })
  t.same(
    effects.map(({ kind }) => kind),
    ['effective', 'publish'],
  )
  t.same(clock.inService(), ['a', 'c', 'd'])
  const b = clock.fleet.standing('pool')!.members[1]!
  t.equal(b.health, 'up')
  t.match(b.why, /drained by ana until 00:02:00: disk swap/)
  clock.run(60_001)
  t.same(clock.inService(), ['a', 'b', 'c', 'd'])
  t.equal(clock.of('intent-ended').length, 1)
  t.end()
})

t.test('when all are dead the pool answers with all, and never with nobody', (t) => {
  const clock = new Clock({ nodes: { a: 's1', b: 's1', c: 's1', d: 's1' } })
  clock.run(60_000)
  clock.answer = () => dead
  for (let i = 0; i < 200; i++) {
    clock.run(1000)
    t.ok(clock.inService().length >= 2)
  }
  t.equal(clock.fleet.standing('pool')?.condition, 'all-down')
  t.same(clock.inService(), ['a', 'b', 'c', 'd'])
  t.ok(clock.fleet.alerts().some(({ code }) => code === 'all-down'))
  clock.answer = (node) => (node === 'c' ? {} : dead)
  clock.run(40_000)
  t.equal(clock.fleet.standing('pool')?.condition, 'below-floor')
  t.ok(clock.inService().includes('c') && clock.inService().length === 2)
  t.end()
})
