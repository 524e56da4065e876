import t from 'tap'
import { seededRandom } from '../../src/base/index.ts'
import type { Check } from '../../src/steer/index.ts'
import { type Answer, Clock, calm, named, type Plan, refused, steering } from './fleet-harness.ts'

const dead: Answer = { ok: false, class: 'timeout', detail: 'no answer within 2s', durationMs: 2000 }

function alerts(clock: Clock): string[] {
  return clock.fleet.alerts().map(({ code }) => code)
}

t.test('a node that says drain or maint leaves at once, and ready brings it back without a flap', (t) => {
  for (const state of ['drain', 'maint'] as const) {
    const clock = calm({ nodes: named(4) })
    clock.answer = (node) => (node === 'n0' ? { word: { state } } : {})
    clock.run(5600)
    t.same(clock.inService(), ['n1', 'n2', 'n3'], state)
    t.match(clock.fleet.standing('pool')?.members[0]?.why, `the node itself says ${state}`)
    t.equal(clock.fleet.health('n0')[0]?.health, 'up', 'what was observed is another matter')
    clock.answer = (node) => (node === 'n0' ? dead : {})
    clock.run(60_000)
    t.same(clock.inService(), ['n1', 'n2', 'n3'], 'its farewell stands while it is silent')
    clock.answer = (node) => (node === 'n0' ? { word: { state: 'ready' } } : {})
    clock.run(40_000)
    t.same(clock.inService(), ['n0', 'n1', 'n2', 'n3'])
    t.equal(clock.fleet.health('n0')[0]?.flaps, 0)
  }
  t.end()
})

t.test('a node may say its weight and its load', (t) => {
  const clock = calm({ nodes: named(2) })
  clock.answer = (node) => (node === 'n0' ? { word: { weightPercent: 25, load: 0.7 } } : {})
  clock.run(6000)
  t.equal(clock.fleet.standing('pool')?.members[0]?.weight, 25)
  t.equal(clock.fleet.health('n0')[0]?.load, 0.7)
  clock.apply({ kind: 'weight', node: 'n0', weight: 40 })
  t.equal(clock.fleet.standing('pool')?.members[0]?.weight, 10)
  clock.apply({ kind: 'weight', node: 'n0', weight: undefined })
  t.equal(clock.fleet.standing('pool')?.members[0]?.weight, 25)
  clock.answer = () => ({})
  clock.run(6000)
  t.equal(
    clock.fleet.standing('pool')?.members[0]?.weight,
    100,
    'a node that says nothing any more has all of its weight',
  )
  t.end()
})

t.test('the removal budget lets a quarter of the pool go within a minute, and then the next', (t) => {
  const clock = calm({ nodes: named(8) })
  clock.answer = (node) => (['n0', 'n1', 'n2'].includes(node) ? dead : {})
  clock.run(28_000)
  t.equal(clock.inService().length, 6)
  t.same(alerts(clock), ['removal-budget'])
  t.equal(clock.fleet.standing('pool')?.members.filter(({ kept }) => kept).length, 1)
  clock.run(60_000)
  t.equal(clock.inService().length, 5)
  t.same(alerts(clock), [])
  t.end()
})

t.test('a whole site that is down leaves at once', (t) => {
  const clock = calm({ nodes: named(8, (i) => (i < 4 ? 's1' : 's2')) })
  clock.answer = (node) => (node < 'n4' ? dead : {})
  clock.run(28_000)
  t.same(clock.inService(), ['n4', 'n5', 'n6', 'n7'])
  t.end()
})

t.test('the floor keeps the least bad', (t) => {
  const clock = calm({ nodes: named(4, () => 's1'), pool: { minInService: { nodes: 3 } } })
  clock.answer = (node) => (node < 'n2' ? dead : {})
  clock.run(90_000)
  t.equal(clock.inService().length, 3)
  t.equal(clock.fleet.standing('pool')?.condition, 'below-floor')
  const kept = clock.fleet.standing('pool')!.members.find((member) => member.kept)!
  t.match(kept.why, /kept by min_in_service although down since/)
  t.end()
})

t.test('all_down decides who is answered when nobody is fit', (t) => {
  const rows = [
    ['all', 4],
    ['last-good', 3],
    ['fallback', 4],
    ['nodata', 0],
    ['servfail', 0],
  ] as const
  for (const [allDown, inService] of rows) {
    const clock = calm({ nodes: named(4, () => 's1'), pool: { allDown } })
    clock.answer = (node) => (node === 'n0' ? dead : {})
    clock.run(60_000)
    clock.answer = () => dead
    clock.run(300_000)
    t.equal(clock.fleet.standing('pool')?.condition, 'all-down')
    t.equal(clock.inService().length, inService, allDown)
    // The others died together, and were found down one after the other: the last of them is not the last good one.
    if (allDown === 'last-good') t.notOk(clock.inService().includes('n0'), 'n0 had left before')
  }
  t.end()
})

t.test('the last good set is that of the beginning of the trouble', (t) => {
  const plan = { nodes: named(2), pool: { allDown: 'last-good' as const, minInService: { nodes: 1 } } }
  const late = calm(plan)
  late.answer = (node) => (node === 'n0' ? refused : {})
  late.run(600_000)
  late.answer = () => refused
  late.run(60_000)
  t.same(late.inService(), ['n1'], 'n0 had left long before')
  const together = calm(plan)
  together.answer = () => refused
  together.run(600_000)
  t.same(together.inService(), ['n0', 'n1'], 'both died together: neither bears everything alone')
  t.end()
})

t.test('who is cut off removes nobody, for a minute and for an hour', (t) => {
  for (const seed of [1, 2, 3]) {
    const clock = calm({ nodes: named(9, (i) => `s${i % 3}`) }, seed)
    clock.answer = () => dead
    for (const ms of [60_000, 3_600_000]) {
      clock.run(ms)
      t.equal(clock.inService().length, 9)
      t.same(alerts(clock), ['isolated'])
      t.equal(clock.fleet.opinions().size, 0, 'and has no opinion to tell others')
    }
    clock.answer = () => ({})
    clock.run(10_000)
    t.same(alerts(clock), [])
    t.equal(clock.of('effective').length, 0)
    t.equal(clock.fleet.health('n0')[0]?.badMs, 0, 'the silence was given back')
  }
  t.end()
})

t.test('witnesses at two sites end the doubt: what stays silent is down', (t) => {
  const clock = calm({ nodes: named(10, (i) => `s${i % 5}`), pool: { minInService: { nodes: 1 }, removalShare: 1 } })
  clock.answer = (node) => (Number(node.slice(1)) % 5 < 3 ? dead : {})
  clock.run(12_000)
  t.equal(clock.inService().length, 10)
  t.same(alerts(clock), ['isolated'])
  clock.run(24_000)
  t.equal(clock.inService().length, 4, 'the picture is clear: everybody was either silent or well')
  t.same(alerts(clock), [])
  t.end()
})

t.test('while the picture is not clear, witnesses must stand for a minute', (t) => {
  const clock = calm({ nodes: named(10, (i) => `s${i % 5}`), pool: { minInService: { nodes: 1 }, removalShare: 1 } })
  // n3 and n8 answer every other time: perhaps it is our line that loses packets.
  let odd = 0
  clock.answer = (node) => {
    const at = Number(node.slice(1)) % 5
    return at < 3 || (at === 3 && odd++ % 4 < 2) ? dead : {}
  }
  clock.run(45_000)
  t.equal(clock.inService().length, 10)
  t.same(alerts(clock), ['isolated'])
  t.end()
})

t.test('a line that loses nine packets of ten for two minutes removes nobody', (t) => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const clock = calm({ nodes: named(10, (i) => `s${i % 3}`) }, seed)
    const random = seededRandom(seed)
    clock.answer = () => (random.float() < 0.9 ? dead : {})
    clock.run(120_000)
    clock.answer = () => ({})
    clock.run(60_000)
    // Doubt used to end at each packet that came through, and to begin anew: four of ten nodes were removed meanwhile.
    t.equal(clock.of('effective').length, 0, `seed ${seed}`)
    t.same(alerts(clock), [])
  }
  t.end()
})

t.test('nodes that refuse have been reached: that is no isolation', (t) => {
  const clock = calm({ nodes: named(10, (i) => `s${i % 5}`) })
  clock.answer = () => refused
  clock.run(60_000)
  t.same(alerts(clock), ['all-down'])
  t.equal(clock.inService().length, 10)
  t.end()
})

t.test('a check that nobody passes since it was edited is the suspect; corrected, it is trusted again', (t) => {
  const plan = { nodes: named(6) }
  const edited = (port: number, check: Partial<Check> = {}): Plan => ({
    ...plan,
    check: { probe: { kind: 'tcp', port, send: undefined, expect: undefined }, ...check },
  })
  const clock = calm(plan)
  clock.apply({ kind: 'declare', steering: steering(edited(81)) })
  clock.answer = () => refused
  clock.run(600_000)
  t.same(alerts(clock), ['check-suspect'])
  t.equal(clock.inService().length, 6)
  clock.apply({ kind: 'declare', steering: steering(edited(80)) })
  clock.answer = () => ({})
  clock.run(30_000)
  t.same(alerts(clock), [])
  t.equal(clock.of('effective').length, 0)
  clock.answer = (node) => (node === 'n0' ? refused : {})
  clock.run(30_000)
  t.equal(clock.inService().length, 5, 'a passed check removes as ever')
  t.end()
})

t.test('an edit of patience alone asks no new question', (t) => {
  const clock = calm({ nodes: named(4) })
  clock.apply({ kind: 'declare', steering: steering({ nodes: named(4), check: { budgetMs: 500 } }) })
  clock.answer = (node) => (node === 'n0' ? dead : {})
  clock.run(28_000)
  t.equal(clock.inService().length, 3)
  t.end()
})

t.test('a restart forgets nothing, and one probe after it decides nothing', (t) => {
  const plan = { nodes: named(4) }
  const clock = calm(plan)
  clock.answer = (node) => (node === 'n0' ? dead : {})
  clock.run(28_000)
  t.equal(clock.fleet.health('n0')[0]?.health, 'down')
  clock.restart(plan)
  t.equal(clock.fleet.health('n0')[0]?.health, 'down')
  t.same(clock.inService(), ['n1', 'n2', 'n3'])

  // n1 is a hair's breadth from its removal when the server stops.
  clock.answer = (node) => (node === 'n1' ? refused : {})
  let guard = 0
  while ((clock.fleet.health('n1')[0]?.badMs ?? 0) < 17_000 && guard++ < 1000) clock.run(200)
  const { badMs } = clock.fleet.health('n1')[0]!
  clock.restart(plan)
  const before = clock.fleet.health('n1')[0]!
  t.equal(before.badMs, badMs)
  t.equal(before.health, 'suspect')
  clock.run(501)
  t.ok(clock.fleet.health('n1')[0]!.lastProbes.length === 1)
  t.equal(clock.fleet.health('n1')[0]?.health, 'suspect', 'one probe')
  clock.run(2500)
  t.equal(clock.fleet.health('n1')[0]?.health, 'down', 'two probes')
  t.end()
})

t.test('memory that cannot be read is forgotten, not trusted', (t) => {
  const clock = new Clock({ nodes: named(2) })
  const row = {
    node: 'n0',
    check: 'web',
    health: 'down' as const,
    sinceMs: 0,
    badMs: 20_000,
    flaps: 1,
    flapsAtMs: 0,
    more: '{nonsense',
  }
  clock.fleet.remember([row, { ...row, node: 'n1', health: 'nonsense' as 'down' }], [])
  clock.run(10_000)
  t.pass('nothing threw')
  t.end()
})

t.test('a flapping node waits longer for each return, and calm forgets', (t) => {
  const clock = calm({ nodes: named(4) })
  const out = (): boolean => !clock.inService().includes('n0')
  const waits: number[] = []
  for (let i = 0; i < 3; i++) {
    clock.answer = (node) => (node === 'n0' ? refused : {})
    while (!out()) clock.run(1000)
    clock.answer = () => ({})
    let waited = 0
    while (out() && waited < 900) {
      clock.run(1000)
      waited++
    }
    waits.push(waited)
  }
  t.ok(waits[0]! < 30 && waits[1]! > 35 && waits[1]! < 50 && waits[2]! > 60 && waits[2]! < 95, waits.join(' '))
  clock.run(7_200_000)
  t.ok((clock.fleet.health('n0')[0]?.flaps ?? 1) < 0.05)
  t.end()
})

t.test('answers carry the short TTL while a member is in doubt', (t) => {
  const clock = calm({ nodes: named(4) })
  t.equal(clock.fleet.standing('pool')?.unsettled, false)
  const before = clock.of('publish').length
  clock.answer = (node) => (node === 'n0' ? refused : {})
  clock.run(5600)
  t.equal(clock.fleet.standing('pool')?.unsettled, true)
  clock.answer = () => ({})
  clock.run(20_000)
  t.equal(clock.fleet.standing('pool')?.unsettled, false)
  t.equal(clock.of('publish').length, before + 2, 'one for the doubt, one for the calm')
  t.end()
})

t.test('other vantages have their say: the median decides', (t) => {
  const clock = calm({ nodes: named(4) })
  const tell = (n0: number, n1: number): void => {
    for (const vantage of ['fra', 'kiv']) {
      clock.apply({
        kind: 'opinions',
        vantage,
        bad: new Map([
          ['n0/web', n0],
          ['n1/web', n1],
        ]),
      })
    }
  }
  clock.answer = (node) => (node === 'n0' ? refused : {})
  for (let i = 0; i < 30; i++) {
    tell(0, Math.min(20_000, i * 2000))
    clock.run(2000)
  }
  t.same(clock.inService(), ['n0', 'n2', 'n3'], 'n0 fails for us alone; n1 for both others')
  clock.run(60_000)
  t.same(clock.inService(), ['n1', 'n2', 'n3'], 'old opinions do not count: we are alone again')
  t.end()
})

t.test('standby nodes come when the load has been high for long, and go when it is low', (t) => {
  const clock = calm({ nodes: named(4), standby: ['n3'] })
  t.same(clock.inService(), ['n0', 'n1', 'n2'])
  clock.answer = () => ({ word: { load: 0.9 } })
  clock.run(240_000)
  t.same(clock.inService(), ['n0', 'n1', 'n2'], 'not yet')
  clock.run(120_000)
  t.same(clock.inService(), ['n0', 'n1', 'n2', 'n3'])
  clock.answer = () => ({ word: { load: 0.5 } })
  clock.run(1_200_000)
  t.same(clock.inService(), ['n0', 'n1', 'n2', 'n3'], 'between the marks nothing changes')
  clock.answer = () => ({ word: { load: 0.2 } })
  clock.run(600_000)
  t.same(clock.inService(), ['n0', 'n1', 'n2'])
  clock.apply({ kind: 'standby', pool: 'pool', on: true })
  t.same(clock.inService(), ['n0', 'n1', 'n2', 'n3'], 'by schedule')
  clock.apply({ kind: 'standby', pool: 'pool', on: undefined })
  clock.answer = (node) => (node < 'n2' ? refused : {})
  clock.run(120_000)
  t.same(clock.inService(), ['n2', 'n3'], 'and rather a spare than a dead member, below the floor')
  t.end()
})

t.test('trouble of our own, and strangers, are no evidence', (t) => {
  const clock = calm({ nodes: named(2) })
  clock.answer = () => ({ ok: false, class: 'local', detail: 'too many open files' })
  clock.run(12_000)
  t.same(alerts(clock), [], "passing trouble is nobody's business")
  clock.run(120_000)
  t.same(alerts(clock), ['probe-warning', 'probe-warning'])
  t.match(clock.fleet.alerts()[0]?.message, /finds nothing out about node n\d, .*too many open files.* stays up/)
  t.equal(clock.fleet.health('n0')[0]?.badMs, 0)
  t.equal(clock.fleet.health('n0')[0]?.lastProbes[0]?.detail, 'too many open files')
  t.same(clock.fleet.health('nobody'), [])
  t.equal(clock.fleet.standing('nothing'), undefined)
  const result = {
    node: 'nobody',
    check: 'web',
    startedAtMs: 1,
    durationMs: 1,
    ok: true,
    class: 'ok' as const,
    detail: '',
  }
  t.same(clock.apply({ kind: 'probe', result }), [])
  clock.answer = () => ({})
  clock.run(10_000)
  t.same(alerts(clock), [])
  t.end()
})

t.test('a warning of a probe is an alert, and no failure', (t) => {
  const clock = calm({ nodes: named(2) })
  clock.answer = (node) => (node === 'n0' ? { warning: 'certificate ends in 6 days' } : {})
  clock.run(10_000)
  t.match(clock.fleet.alerts(), [{ code: 'probe-warning', subject: 'n0/web', message: 'certificate ends in 6 days' }])
  clock.answer = (node) => (node === 'n0' ? { warning: 'certificate ends in 5 days' } : {})
  clock.run(10_000)
  t.match(clock.fleet.alerts(), [{ message: 'certificate ends in 5 days' }], 'who looks reads what is so now')
  t.equal(clock.of('alert').length, 1, 'which is no news')
  t.equal(clock.fleet.health('n0')[0]?.health, 'up')
  t.end()
})
