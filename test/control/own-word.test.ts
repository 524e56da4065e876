import t from 'tap'
import { Clock, type Plan, refused, steering } from './fleet-harness.ts'

const nodes: Plan['nodes'] = { n0: '', n1: '', n2: '', n3: '' }

function calm(plan: Plan): Clock {
  const clock = new Clock(plan)
  clock.run(60_000)
  return clock
}

function weightOf(clock: Clock, node: string): number | undefined {
  return clock.fleet.standing('pool')?.members.find((member) => member.node === node)?.weight
}

t.test("a node's own weight ends with the answer that lacks it, and with the check that carried it", (t) => {
  const clock = calm({ nodes })
  clock.answer = (node) => (node === 'n0' ? { word: { weightPercent: 10, load: 0.4 } } : {})
  clock.run(6000)
  t.equal(weightOf(clock, 'n0'), 10)
  clock.answer = (node) => (node === 'n0' ? refused : {})
  clock.run(6000)
  t.equal(weightOf(clock, 'n0'), 10, 'a node that fails has not taken it back')
  clock.answer = (node) => (node === 'n0' ? { word: { load: 0.5 } } : {})
  clock.run(6000)
  t.equal(weightOf(clock, 'n0'), 100, 'one that answers without it has')
  t.equal(clock.fleet.health('n0')[0]?.load, 0.5)

  clock.answer = (node) => (node === 'n0' ? { word: { weightPercent: 10, load: 0.5 } } : {})
  clock.run(6000)
  t.equal(weightOf(clock, 'n0'), 10)
  clock.apply({ kind: 'declare', steering: steering({ nodes, pool: { check: undefined } }) })
  t.equal(weightOf(clock, 'n0'), 100, 'the pool is not checked any more')
  clock.apply({ kind: 'declare', steering: steering({ nodes }) })
  t.equal(weightOf(clock, 'n0'), 100, 'and what was said to a check that went is not remembered')
  t.equal(clock.fleet.health('n0')[0]?.load, undefined)
  t.end()
})

t.test("a node's own weight is remembered over a restart", (t) => {
  const plan = { nodes }
  const clock = calm(plan)
  clock.answer = (node) => (node === 'n0' ? { word: { weightPercent: 10 } } : {})
  clock.run(6000)
  clock.restart(plan)
  t.equal(weightOf(clock, 'n0'), 10)
  clock.answer = () => ({})
  clock.run(2000)
  t.equal(weightOf(clock, 'n0'), 100)
  t.end()
})

t.test('a load is not shown for longer than it is told', (t) => {
  const clock = calm({ nodes })
  clock.answer = () => ({ word: { load: 0.7 } })
  clock.run(6000)
  t.equal(clock.fleet.health('n0')[0]?.load, 0.7)
  clock.answer = () => ({})
  clock.run(6000)
  t.equal(clock.fleet.health('n0')[0]?.load, undefined)
  t.end()
})

t.test('nodes that lie about their load bend the weights, within bounds, and break nothing', (t) => {
  for (const lie of [0, 1, Number.NaN, Number.POSITIVE_INFINITY, -1]) {
    const clock = calm({ nodes, pool: { loadAware: true } })
    clock.answer = (node) => ({ word: { load: node === 'n0' ? lie : 0.5 } })
    clock.run(3_600_000)
    for (const { weight, node } of clock.fleet.standing('pool')!.members)
      t.ok(weight >= 25 && weight <= 400, `${lie}: ${node} has weight ${weight}`)
    t.equal(clock.inService().length, 4)
    t.equal(clock.of('health').filter(({ atMs }) => atMs > 60_000).length, 0)
  }
  t.end()
})

t.test('a node that says maint and fails is out for its word, and its return is no flap', (t) => {
  const clock = calm({ nodes })
  clock.answer = (node) => (node === 'n0' ? { ...refused, word: { state: 'maint' } } : {})
  clock.run(60_000)
  t.same(clock.inService(), ['n1', 'n2', 'n3'])
  t.match(clock.fleet.standing('pool')?.members[0]?.why, /says maint/)
  t.equal(clock.fleet.health('n0')[0]?.health, 'down')
  clock.answer = () => ({})
  clock.run(60_000)
  t.same(clock.inService(), ['n0', 'n1', 'n2', 'n3'])
  t.equal(clock.fleet.health('n0')[0]?.flaps, 0)
  t.end()
})

t.test('spares do not leave when the others could not bear the load without them', (t) => {
  const standby = { joinAbove: 0.6, joinAfterMs: 300_000, leaveBelow: 0.3 }
  const clock = calm({ nodes: { n0: '', n1: '', n2: '' }, standby: ['n1', 'n2'], pool: { standby } })
  // One machine at 80 %: with two spares each has 27 %, which is under leave_below.
  clock.answer = () => ({ word: { load: 0.8 / clock.inService().length } })
  clock.run(3 * 3_600_000)
  const moves = clock.of('effective').filter(({ node }) => node === 'n1')
  t.equal(moves.length, 1, 'they came, and did not come and go every ten minutes')
  clock.answer = () => ({ word: { load: 0.3 / clock.inService().length } })
  clock.run(1_200_000)
  t.same(clock.inService(), ['n0'])
  t.end()
})
