/**
 * Odd things that happen in the middle of others: the clock is set, a profile changes, a node is added, a restart comes.
 */
import t from 'tap'
import { HYSTERESIS_FIGURES } from '../../src/health/index.ts'
import { Clock, calm, named, type Plan, refused, steering } from './fleet-harness.ts'

t.test('a clock that is set, back or forth, removes nobody and blinds nobody', (t) => {
  for (const stepMs of [3_600_000, -3_600_000, -30_000, 30_000]) {
    const clock = new Clock({ nodes: named(4) })
    clock.nowMs = 10_000_000
    clock.run(60_000)
    clock.step(stepMs)
    clock.run(30_000)
    t.equal(clock.inService().length, 4, `${stepMs} ms: nobody left`)
    const [latest, before] = clock.fleet.health('n0')[0]!.lastProbes
    t.ok(latest!.atMs > clock.nowMs - 6000 && before!.atMs < latest!.atMs, `${stepMs} ms: probing goes on`)
    clock.answer = (node) => (node === 'n0' ? refused : {})
    clock.run(27_000)
    t.same(clock.inService(), ['n1', 'n2', 'n3'], `${stepMs} ms: a dead node leaves as ever`)
    clock.answer = () => ({})
    clock.run(30_000)
    t.equal(clock.inService().length, 4, `${stepMs} ms: and returns`)
  }
  t.end()
})

t.test('a profile that changes in the middle of an outage holds from then on', (t) => {
  const plan = (profile: 'eager' | 'patient'): Plan => ({
    nodes: named(4),
    check: { hysteresis: HYSTERESIS_FIGURES[profile] },
  })
  const clock = calm(plan('patient'))
  clock.answer = (node) => (node === 'n0' ? refused : {})
  clock.run(22_000)
  t.equal(clock.inService().length, 4)
  clock.apply({ kind: 'declare', steering: steering(plan('eager')) })
  t.equal(clock.inService().length, 4, 'an edit alone is no evidence')
  clock.run(2500)
  t.equal(clock.inService().length, 3, 'the next failure is enough')
  clock.apply({ kind: 'declare', steering: steering(plan('patient')) })
  clock.run(60_000)
  t.equal(clock.inService().length, 3, 'out is out')
  clock.answer = () => ({})
  clock.run(25_000)
  t.equal(clock.inService().length, 3)
  clock.run(12_000)
  t.equal(clock.inService().length, 4, 'back after the patient restore_after')
  t.end()
})

t.test(
  'a node that is added in an outage joins when it has shown itself, and the dead ones do not come back for it',
  (t) => {
    const clock = calm({ nodes: named(4) })
    clock.answer = (node) => (node < 'n3' ? refused : {})
    clock.run(180_000)
    t.equal(clock.fleet.standing('pool')?.condition, 'below-floor')
    clock.apply({ kind: 'declare', steering: steering({ nodes: named(5) }) })
    t.same(clock.inService(), ['n3', 'n4'], 'nobody knows it yet; the floor rather keeps the unknown than the dead')
    t.match(clock.fleet.standing('pool')?.members[4]?.why, /kept by min_in_service although pending: 0 of 3/)
    clock.run(15_000)
    t.ok(clock.inService().includes('n4'))
    clock.apply({ kind: 'declare', steering: steering({ nodes: named(6) }) })
    clock.run(15_000)
    t.same(clock.inService(), ['n3', 'n4', 'n5'], 'the floor of three is met by those who work')
    t.end()
  },
)

t.test('a drain in the middle of an outage is obeyed, and the pool stays above nothing', (t) => {
  const clock = calm({ nodes: named(4) })
  clock.answer = (node) => (node < 'n2' ? refused : {})
  clock.run(60_000)
  const drain = { kind: 'drain' as const, reason: 'work', author: 'ann', sinceMs: clock.nowMs, untilMs: undefined }
  clock.apply({ kind: 'intent', node: 'n2', intent: drain })
  t.notOk(clock.inService().includes('n2'))
  t.ok(clock.inService().includes('n3'))
  t.equal(clock.inService().length, 2, 'one that is down is kept in its place')
  t.end()
})

t.test('all down, then back one by one: each counts from the moment it is back', (t) => {
  const clock = calm({ nodes: named(6) })
  clock.answer = () => refused
  clock.run(300_000)
  t.equal(clock.inService().length, 6)
  for (let back = 1; back <= 6; back++) {
    clock.answer = (node) => (Number(node.slice(1)) < back ? {} : refused)
    clock.run(90_000)
    const fit = clock.fleet.standing('pool')!.members.filter((member) => member.fit)
    t.equal(fit.length, back)
    t.equal(clock.inService().length, Math.max(3, back), 'the floor is half')
  }
  t.same(clock.fleet.alerts(), [])
  t.end()
})
