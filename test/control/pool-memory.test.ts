import t from 'tap'
import { Clock, calm, named, refused } from './fleet-harness.ts'

t.test('all_down: last-good means the same nodes after a restart as before it', (t) => {
  const plan = { nodes: named(6), pool: { allDown: 'last-good' as const, removalShare: 1 } }
  const clock = calm(plan)
  clock.answer = (node) => (node < 'n2' ? refused : {})
  clock.run(60_000)
  clock.answer = () => refused
  clock.run(60_000)
  const before = clock.inService()
  t.equal(clock.fleet.standing('pool')?.condition, 'all-down')
  t.same(before, ['n2', 'n3', 'n4', 'n5'])
  clock.restart(plan)
  t.same(clock.inService(), before, 'at once')
  clock.run(600_000)
  t.same(clock.inService(), before, 'and later')
  clock.restart(plan)
  t.same(clock.inService(), before, 'over a second restart, too')
  t.end()
})

t.test('a restart in an outage neither spends the removal budget anew nor changes who is kept', (t) => {
  const plan = { nodes: named(8) }
  const clock = calm(plan)
  clock.answer = (node) => (node < 'n4' ? refused : {})
  clock.run(30_000)
  const before = clock.inService()
  t.equal(before.length, 6, 'two of eight may leave within a minute')
  clock.restart(plan)
  t.same(clock.inService(), before)
  t.same(
    clock.fleet.alerts().map(({ code }) => code),
    ['removal-budget'],
  )
  clock.run(20_000)
  t.same(clock.inService(), before, 'the minute is not over')
  clock.run(45_000)
  t.same(clock.inService(), ['n4', 'n5', 'n6', 'n7'])
  t.end()
})

t.test('standby members that the load called stay over a restart', (t) => {
  const plan = { nodes: named(4), standby: ['n3'] }
  const clock = calm(plan)
  clock.answer = () => ({ word: { load: 0.9 } })
  clock.run(400_000)
  t.equal(clock.inService().length, 4)
  clock.restart(plan)
  t.equal(clock.inService().length, 4)
  t.end()
})

t.test('weights that the load found stay over a restart; what cannot be read is forgotten', (t) => {
  const plan = { nodes: named(2), pool: { loadAware: true } }
  const clock = calm(plan)
  clock.answer = (node) => ({ word: { load: node === 'n0' ? 0.8 : 0.2 } })
  clock.run(600_000)
  const weights = (): number[] => clock.fleet.standing('pool')!.members.map(({ weight }) => weight)
  const before = weights()
  t.ok(before[0]! < before[1]!)
  clock.restart(plan)
  t.same(
    weights().map((weight) => Math.round(weight)),
    before.map((weight) => Math.round(weight)),
  )
  for (const more of [
    'nonsense',
    '[]',
    '{"kept":3,"lastGood":"n0","removals":[null,"x"],"factors":{"n0":1e9,"n7":2}}',
  ]) {
    const fresh = new Clock(plan)
    fresh.restart(plan)
    fresh.fleet.remember([], [{ pool: 'other', more }])
    const restarted = calm(plan)
    restarted.forget(more)
    restarted.restart(plan)
    t.same(
      restarted.fleet.standing('pool')?.members.map(({ weight }) => weight),
      [100, 100],
      more,
    )
  }
  t.end()
})

t.test('rows come only when they are others than before', (t) => {
  const clock = calm({ nodes: named(3) })
  t.equal(clock.fleet.takePoolMemory().length, 1)
  clock.run(600_000)
  t.same(clock.fleet.takePoolMemory(), [])
  t.end()
})
