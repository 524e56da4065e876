import t from 'tap'
import {
  compareDetectors,
  type LabSummary,
  plainWorld,
  replayProbes,
  runLoadTrial,
  runScenario,
  tuneProbes,
} from '../../src/lab/index.ts'

const json = (...lines: object[]): string[] => lines.map((line) => JSON.stringify(line))

function run(...lines: object[]): { changes: Record<string, unknown>[]; summary: LabSummary } {
  const { issues, output } = runScenario(json(...lines))
  if (issues.length > 0) throw new Error(issues.map(({ message }) => message).join('; '))
  const all = [...output].map((line) => JSON.parse(line) as Record<string, unknown>)
  return { changes: all.slice(0, -1), summary: all.at(-1)!.summary as LabSummary }
}

t.test('the output is a line for each change and one summary, as the contract names them', (t) => {
  const { changes, summary } = run(
    { nodes: ['a', 'b'], sites: { a: 's1' }, profile: 'normal', adaptive: false, until: 900 },
    { t: 300, site: 's1', truth: 'down' },
    { t: 400, node: 'a', truth: 'up' },
  )
  for (const change of changes) t.same(Object.keys(change), ['t', 'node', 'health', 'effective'])
  const of = changes.filter(({ node, t: at }) => node === 'a' && Number(at) > 300)
  t.same(
    of.map(({ health, effective }) => [health, effective]),
    [
      ['suspect', true],
      ['down', false],
      ['recovering', false],
      ['warming', true],
      ['up', true],
    ],
  )
  t.same(Object.keys(summary).slice(0, 6), [
    'node_days',
    'false_removals',
    'false_removals_per_node_day',
    'detect_s',
    'answer_changes_per_hour',
    'empty_answers',
  ])
  t.same(Object.keys(summary.detect_s), ['p50', 'p95', 'max'])
  t.same(summary.answer_changes_per_hour, [2])
  t.equal(summary.empty_answers, 0)
  t.equal(summary.false_removals, 0)
  t.equal(summary.detections, 1)
  t.end()
})

t.test('what is wrong with a scenario is told line by line, and nothing runs', (t) => {
  const rows: [string[], RegExp][] = [
    [[], /begins with a line that names its nodes/],
    [['nonsense', '{"nodes":["a"]}'], /no JSON object/],
    [['{"nodes":["a"],"until":60}', '{"t":1 "node":"a"}'], /no JSON object: .* at position 7/],
    [['{"nodes":["a"]}', '[1]'], /no JSON object: it is another kind of JSON value/],
    [json({ nodes: [] }), /"nodes" must be a list/],
    [json({ nodes: ['a'] }, { t: 1, node: 'b', truth: 'down' }), /"node" is "b", which is not known/],
    [json({ nodes: ['a'] }, { t: 1, node: 'a', truth: 'dwon' }), /"truth" is "dwon"/],
    [json({ nodes: ['a'] }, { t: 1, node: 'a', truth: 'up', loss: 2 }), /probability/],
    [json({ nodes: ['a'] }, { t: 'soon', node: 'a', truth: 'up' }), /"t" must be a number of seconds/],
    [json({ nodes: ['a'] }, { t: 1 }), /neither which node/],
    // Paces of nothing kept virtual time from passing, for ever.
    [json({ nodes: ['a'], interval: 0, until: 9 }), /"interval" must be a number of seconds, 0.1 to/],
    [json({ nodes: ['a'], suspect_interval: 0, until: 9 }), /"suspect_interval" must be/],
    [json({ nodes: ['a'], timeout: 0, until: 9 }), /"timeout" must be/],
    [json({ nodes: ['a'], until: 9 }, { t: 1, node: 'a', truth: 'bursts', every: 0 }), /"every" must be/],
    [json({ nodes: ['a'], until: 9 }, { t: 1, node: 'a', truth: 'bursts', mean: 0 }), /"mean" must be/],
    [json({ nodes: ['a'], until: 9 }, { t: -1, node: 'a', truth: 'down' }), /"t" must be .*; it is -1/],
    [json({ nodes: ['a'], sites: 's1', until: 9 }), /"sites" must say which node is where/],
    [json({ nodes: ['alpha'], sites: { alpa: 's1' }, until: 9 }), /"sites" is "alpa"/],
    [json({ nodes: ['a'], seed: 'x', until: 9 }), /"seed" must be a whole number/],
    [json({ nodes: ['a'], adaptive: 'yes', until: 9 }), /"adaptive" must be true or false/],
    [json({ nodes: ['a'], until: 9 }, { t: 1, restart: 'now' }), /"restart" must be true or false/],
    [json({ nodes: ['a'], until: 9 }, { t: 1, check: 'worng' }), /"check" is "worng"/],
    [json({ nodes: [{ name: 'a' }], until: 9 }), /must be a list of names/],
    [json({ nodes: ['a'], profile: 'norml' }), /"profile" is "norml"/],
  ]
  for (const [lines, message] of rows) {
    const { issues, output } = runScenario(lines, { file: 'x.jsonl' })
    t.match(issues[0]?.message, message)
    t.equal(issues[0]?.file, 'x.jsonl')
    t.same([...output], [])
  }
  const { issues, output } = runScenario(json({ nodes: ['a'], untill: 5, until: 60 }))
  t.match(issues[0], { severity: 'warning', advice: 'Did you mean "until"?' })
  t.equal([...output].length > 0, true, 'an unknown key is passed over')
  t.end()
})

t.test('what is wrong is told with its place: line and column', (t) => {
  const place = (lines: string[]): unknown => {
    const { issues } = runScenario(lines)
    return [issues[0]?.line, issues[0]?.column]
  }
  t.same(place(['{"nodes":["a"],"until":9}', '{"t":1,"node":"b","truth":"down"}']), [2, 8])
  t.same(
    place(['{"nodes":["a"],"until":9}', '', '{"t":1 "node":"a"}']),
    [3, 8],
    'where the JSON breaks; empty lines count',
  )
  t.same(place(['{"nodes":["a"],"until":9,"profile":"x"}']), [1, 26])
  t.end()
})

t.test('a file from Windows is a file; numbers may be names; what never happens is told', (t) => {
  const windows = runScenario(['\uFEFF{"nodes":["a"],"until":60}\r', '{"t":1,"node":"a","truth":"down"}\r'])
  t.same(windows.issues, [])
  t.same(runScenario(json({ nodes: [1, 2], until: 60 }, { t: 1, node: 1, truth: 'down' })).issues, [])
  const late = runScenario(json({ nodes: ['a'], until: 60 }, { t: 61, node: 'a', truth: 'down' }))
  t.match(late.issues[0], { severity: 'warning', line: 2, message: /the run ends at 60 s/ })
  const timeless = runScenario(json({ nodes: ['a'], until: 60 }, { node: 'a', truth: 'down' }))
  t.match(timeless.issues[0], { severity: 'warning', line: 2, message: /does not say when/ })
  t.equal([...timeless.output].length > 1, true)
  t.end()
})

t.test('ten nodes that all fail a third of their probes: the kept ones do not take turns', (t) => {
  const nodes = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j']
  const { summary } = run({ nodes, until: 6 * 3600 }, { t: 0, node: '*', truth: 'up', loss: 0.33 })
  // Each good probe of a node that was out made it better than one that was kept: 1,400 changes an hour.
  const most = Math.max(...summary.answer_changes_per_hour)
  t.ok(most < 80, `${most} changes of the answers in an hour`)
  t.equal(summary.empty_answers, 0)
  t.end()
})

t.test('doubt is heard again later, never at the same moment, however the times round', (t) => {
  // A minute after the doubt began, in floating point, was not yet a minute: the hearing was due now, for ever.
  const nodes = Array.from({ length: 9 }, (_, i) => `n${i}`)
  const { issues, output } = runScenario(
    json(
      {
        ...{ nodes, until: 4300, profile: 'eager', all_down: 'fallback', remove_after: 100, restore_after: 1 },
        ...{ warm_up: 0, vantages: ['self', 'v2', 'v3'] },
      },
      { t: 2207.627526405661, node: 'n0', truth: 'bursts', mean: 5, every: 100 },
      { t: 4077.7015541935343, node: '*', truth: 'down' },
      { t: 4143.594489456909, restart: true },
    ),
    { seed: 43 },
  )
  t.same(issues, [])
  t.match([...output].at(-1), /^\{"summary":/)
  t.end()
})

t.test('a node that is kept although down was noticed: it is not undetected', (t) => {
  const { summary } = run(
    { nodes: ['a'], until: 3600 },
    { t: 600, node: 'a', truth: 'down' },
    { t: 1800, node: 'a', truth: 'up' },
  )
  t.equal(summary.undetected, 0)
  t.same(
    summary.alerts.map(({ code, raised }) => [code, raised]),
    [
      ['all-down', true],
      ['all-down', false],
    ],
  )
  t.end()
})

t.test('options take the place of what the file says', (t) => {
  const lines = json({ nodes: ['a', 'b'], profile: 'normal', until: 900 }, { t: 300, node: 'a', truth: 'down' })
  const slowest = (profile: string): number => {
    const last = [...runScenario(lines, { profile }).output].at(-1)!
    return (JSON.parse(last) as { summary: LabSummary }).summary.detect_s.max!
  }
  t.ok(slowest('eager') < slowest('patient') - 5)
  t.end()
})

t.test('three vantages: one that is cut off removes nobody, and a dead node is out when most say so', (t) => {
  const nodes = ['a', 'b', 'c', 'd']
  const { summary } = run(
    { nodes, vantages: ['self', 'fra', 'kiv'], until: 1200 },
    { t: 300, vantage: 'self', truth: 'isolated' },
    { t: 600, vantage: 'self', truth: 'up' },
    { t: 700.5, node: 'b', truth: 'down' },
  )
  t.equal(summary.false_removals, 0)
  t.equal(summary.detections, 1)
  t.ok(summary.detect_s.max! < 35, `${summary.detect_s.max} s`)
  t.end()
})

t.test('nodes that all refuse at once have been reached: floor and budget hold, and that is no isolation', (t) => {
  const nodes = ['a', 'b', 'c', 'd', 'e', 'f']
  const sites = { a: 's1', b: 's1', c: 's2', d: 's2', e: 's3', f: 's3' }
  const { summary, changes } = run(
    { nodes, sites, until: 1200 },
    ...nodes.map((node) => ({ t: 300, node, truth: 'down', class: 'refused' })),
  )
  t.same([...new Set(summary.alerts.map(({ code }) => code))].sort(), ['all-down', 'below-floor', 'removal-budget'])
  t.equal(summary.empty_answers, 0)
  const last = new Map(changes.map(({ node, effective }) => [node, effective]))
  t.same([...last.values()], [true, true, true, true, true, true])
  t.end()
})

t.test('a drained node is no false removal', (t) => {
  const { summary } = run(
    { nodes: ['a', 'b', 'c'], until: 600 },
    { t: 100, node: 'a', intent: 'drain' },
    { t: 200, node: 'a', intent: 'auto' },
  )
  t.equal(summary.false_removals, 0)
  t.same(summary.answer_changes_per_hour, [2])
  t.end()
})

/** Two nodes asked every 2 s for an hour; b is dead from 1000 s to 1300 s and has a hiccup of 16 s every ten minutes. */
function records(): string[] {
  const lines: string[] = []
  for (let at = 0; at < 3600; at += 2) {
    lines.push(JSON.stringify({ t: 1_700_000_000 + at, node: 'a', ok: true, class: 'ok', ms: 12 }))
    const bad = (at >= 1000 && at < 1300) || at % 600 < 16
    const result = bad ? { ok: false, class: 'timeout', ms: 2000 } : { ok: true, class: 'ok', ms: 9 }
    lines.push(JSON.stringify({ t: 1_700_000_000.5 + at, node: 'b', ...result }))
  }
  return lines
}

t.test('recorded probes replay through the same engine', (t) => {
  const { issues, output } = replayProbes(records())
  t.same(issues, [])
  const lines = [...output].map((line) => JSON.parse(line) as Record<string, unknown>)
  const summary = lines.at(-1)!.summary as LabSummary
  t.equal(summary.false_removals, 0)
  t.equal(summary.detections, 1)
  t.ok(summary.detect_s.max! > 18 && summary.detect_s.max! < 24)
  t.equal(summary.answer_changes_per_hour.length, 1)
  const twoChecks = records().flatMap((line) =>
    ['web', 'ping'].map((check) => JSON.stringify({ ...JSON.parse(line), check })),
  )
  const both = [...replayProbes(twoChecks).output].map((line) => JSON.parse(line) as Record<string, unknown>)
  t.same(
    new Set(both.slice(0, -1).map(({ node }) => node)),
    new Set(['a/web', 'a/ping', 'b/web', 'b/ping']),
    'a node under two checks is judged under each',
  )
  t.match(replayProbes(['{"t":1}']).issues[0]?.message, /no probe result: "node" must be a name/)
  for (const [line, told] of [
    ['{"t":1e308,"node":"a","ok":true}', /"t" must be a number of seconds/],
    ['{"t":1,"node":"a","ok":1}', /"ok" must be true or false/],
    ['{"t":1,"node":"a","ok":true,"ms":-1}', /"ms" must be/],
    ['{"t":1,"node":"a","ok":true,"ms":1e300}', /"ms" must be/],
    ['nonsense', /no probe result/],
  ] as const) {
    const broken = replayProbes([line])
    t.match(broken.issues[0]?.message, told)
    t.same([...broken.output], [])
  }
  t.match(replayProbes([]).issues[0]?.message, /no probe result in it/)
  t.end()
})

t.test('tune tells what another profile would have done', (t) => {
  const { report } = tuneProbes(records(), {
    from: plainWorld({ profile: 'normal' }),
    to: plainWorld({ profile: 'eager' }),
  })
  t.equal(report!.before.false_removals, 0)
  t.ok(report!.after.false_removals >= 4, `${report!.after.false_removals} hiccups taken for outages`)
  t.match(report!.sentences[0], /^false removals 0 -> \d+ in 59m 59s of 2 nodes: too little past/)
  t.match(
    report!.sentences.find((sentence) => sentence.includes('outage of b')),
    /the outage of b at 2023-11-14 22:30:00 UTC found 8s sooner \(after 20s -> 12s\)/,
  )
  t.end()
})

t.test('a more patient profile is replayed at its own pace, not at that of a node already taken for down', (t) => {
  // Recorded under eager figures: asked every 500 ms while in doubt, every 5 s once it was down after 4 s.
  const lines: string[] = []
  const result = (at: number, node: string, ok: boolean): void => {
    lines.push(JSON.stringify({ t: at, node, ok, class: ok ? 'ok' : 'timeout', ms: ok ? 1 : 1000 }))
  }
  for (let at = 0; at < 100; at++) result(at, 'b', true)
  for (let at = 100; at < 104; at += 0.5) result(at, 'b', false)
  for (let at = 104; at < 300; at += 5) result(at, 'b', false)
  for (let at = 300; at < 400; at += 1) result(at, 'b', true)
  for (let at = 0; at < 400; at++) result(at, 'a', true)
  const from = plainWorld({})
  const { report } = tuneProbes(lines, {
    from: {
      ...from,
      hysteresis: { ...from.hysteresis, intervalMs: 1000, suspectIntervalMs: 500, removeAfterMs: 4000 },
    },
    to: plainWorld({ profile: 'patient' }),
    epochMs: Date.UTC(2026, 4, 3),
  })
  const [outage] = report!.outages
  t.ok(outage!.beforeS! <= 5.5, `${outage!.beforeS}`)
  // It used to be 67 s and more: every 5 s a probe that spoke for 2 s.
  t.ok(outage!.afterS! >= 29 && outage!.afterS! <= 34, `${outage!.afterS}`)
  t.match(report!.sentences.join('\n'), /the outage of b at 2026-05-03 00:01:40 UTC found 2\d[.\d]*s later/)
  t.end()
})

t.test('other detectors are as eager or as blind as their figures say', (t) => {
  const rows = compareDetectors(1, 0.5)
  const of = (name: string) => rows.find(({ detector }) => detector.startsWith(name))!
  t.ok(of('bucket, normal').loss5 === 0 && of('HAProxy').loss5 > 1 && of('PowerDNS').loss5 > 500)
  t.ok(of('gdnsd').dead! > 80 && of('bucket, normal').dead! < 25)
  t.end()
})

t.test('weights that follow the load bring twelve unequal machines together, and do not swing', (t) => {
  for (const seed of [1, 2, 3]) {
    const fixed = runLoadTrial({ seed, days: 1, loadAware: false })
    t.ok(fixed.spreadAfter > 20, `fixed weights, seed ${seed}: ${fixed.spreadAfter} points`)
    const aware = runLoadTrial({ seed, days: 1, loadAware: true })
    t.ok(aware.spreadAfter <= 2.5, `load-aware, seed ${seed}: ${aware.spreadAfter} points`)
    // Twice a day the curve itself turns.
    t.ok(aware.turnsPerNodeDay <= 2, `${aware.turnsPerNodeDay} turns`)
  }
  t.end()
})
