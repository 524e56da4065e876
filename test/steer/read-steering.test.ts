import t from 'tap'
import { printIssue, seededRandom } from '../../src/base/index.ts'
import { readSteering } from '../../src/steer/index.ts'

/** A sound file around the part in question; the part begins on line 8. */
const around = (part: string): string => `zone: example.com
checks: { web: { http: {} } }
sites: { berlin: { country: DE, at: [52.5, 13.4] } }
nodes: { n1: { a: 192.0.2.1, site: berlin }, n2: 192.0.2.2 }
pools: { all: { nodes: [n1, n2], check: web } }
records: { www: all }

${part}`

/** Issues of a whole file, as `line:column code`. */
const brief = (text: string): string[] =>
  readSteering([{ file: 'f.yaml', text }])
    .issues.filter(({ severity }) => severity !== 'note')
    .map(({ line, column, code }) => `${line}:${column} ${code.slice(6)}`)

t.test('the file of the contract means what the contract says', async (t) => {
  const text = `
zone: portal.example
defaults: { ttl: { max: 60s, min: 10s }, check: web }
checks:
  web:   { http: { path: /health, port: 80, host: www.portal.example, expect: 200 }, timeout: 2s, hysteresis: normal }
  video: { tcp: { port: 1935 }, hysteresis: { profile: patient, remove_after: 40s } }
sites:
  chisinau:    { country: MD, at: [47.01, 28.86] }
  falkenstein: { country: DE, at: [50.48, 12.37] }
nodes:
  de-1: { a: 192.0.2.11, aaaa: "2001:db8::11", site: falkenstein, weight: 100 }
  de-2: { a: 192.0.2.12, site: falkenstein }
  md-1: { a: 198.51.100.7, site: chisinau }
pools:
  germany: { nodes: [de-1, de-2], min_in_service: 50% }
  moldova: { nodes: [md-1], check: video, fallback: germany }
records:
  www: germany                          # the short form: one pool for everyone
  video:
    answers: 2                          # most addresses in an answer (default 8)
    pick: round-robin                   # weighted | failover | sticky | nearest
    rules:
      - { country: [MD], pool: moldova }       # continent, subdivision (US-CA), asn, net too
      - { pool: germany }                      # last: everyone. The outside never sees the mirror
    strict: false
`
  const { steering, issues } = readSteering([{ file: 'portal.yaml', text }])
  t.same(issues.map(printIssue), [])
  t.match(steering.nodes.get('de-1'), {
    a: [Uint8Array.of(192, 0, 2, 11)],
    aaaa: [{ length: 16 }],
    site: 'falkenstein',
    weight: 100,
    origin: { kind: 'file', file: 'portal.yaml', line: 11, column: 3 },
  })
  t.match(steering.checks.get('web'), {
    probe: {
      kind: 'http',
      port: 80,
      path: '/health',
      method: 'GET',
      host: 'www.portal.example',
      expect: { status: [[200, 200]] },
    },
    timeoutMs: 2000,
    hysteresis: {
      profile: 'normal',
      intervalMs: 5000,
      suspectIntervalMs: 2000,
      removeAfterMs: 20_000,
      restoreAfterMs: 20_000,
      drain: 0.5,
    },
  })
  t.match(steering.checks.get('video'), {
    hysteresis: { profile: 'patient', removeAfterMs: 40_000, restoreAfterMs: 30_000 },
  })
  t.match(steering.pools.get('germany'), {
    check: 'web',
    minInService: { percent: 50 },
    allDown: 'all',
    warmUpMs: 60_000,
    removalShare: 0.25,
    zone: 'portal.example.',
  })
  t.match(steering.pools.get('moldova'), { check: 'video', fallback: 'germany' })
  t.match(steering.records.get('www.portal.example.'), {
    answers: 8,
    pick: 'round-robin',
    rules: [{ pool: 'germany' }],
    ttl: { maxSeconds: 60, minSeconds: 10 },
  })
  t.match(steering.records.get('video.portal.example.'), {
    zone: 'portal.example.',
    answers: 2,
    strict: false,
    rules: [
      { match: { country: ['MD'] }, pool: 'moldova' },
      { match: { country: [] }, pool: 'germany' },
    ],
  })
})

t.test('the message of the contract, to the letter', async (t) => {
  const text =
    'zone: portal.example\nnodes: { n: 192.0.2.1 }\npools: { moldova: [n] }\nrecords:\n  video:\n    rules:\n      - { country: MD, pool: moldva }\n      - { pool: moldova }\n'
  const { issues } = readSteering([{ file: 'zones/portal.yaml', text }])
  t.same(issues.map(printIssue), [
    'zones/portal.yaml:7:30  steer/unknown-pool\n  record video sends MD to pool "moldva", which does not exist.\n  Did you mean "moldova"?',
  ])
})

t.test('each mistake at its line and column, and none because of another', async (t) => {
  const rows: readonly (readonly [title: string, part: string, ...issues: string[]])[] = [
    ['nothing wrong', ''],
    ['an unknown section', 'node: {}', '8:1 unknown-key'],
    ['a key twice', 'nodes: {}', '8:1 yaml'],
    ['a tab', 'schedules:\n\tx: 1', '9:1 yaml'],
    ['a bracket that is not closed', 'schedules: { x: [1, }', '8:21 yaml'],
    ['a section that is a list', 'schedules: [1]', '8:12 bad-value'],
    ['a second document is like a second file', '---\nzone: b\nrecords: { www: all, www.b.: all }', '10:22 duplicate'],
    ['an empty section is fine', 'schedules:'],
    ['a cron of three fields', 'schedules: { x: { cron: 1 2 3, drain: n1 } }', '8:25 bad-value'],
    ['a cron out of bounds', 'schedules: { x: { cron: 60 2 * * *, drain: n1 } }', '8:25 bad-value'],
    ['a schedule for nobody', 'schedules: { x: { cron: 1 5 * * *, drain: n9 } }', '8:43 unknown-node'],
    [
      'a schedule that does two things',
      'schedules: { x: { cron: 1 5 * * *, drain: n1, resume: n1 } }',
      '8:14 one-action',
    ],
    ['an unknown time zone', 'schedules: { x: { cron: 1 5 * * *, drain: n1, time_zone: Mars } }', '8:58 bad-value'],
    [
      'a schedule in the hour of the clock change',
      'schedules: { x: { cron: 1 2 * * *, drain: n1, time_zone: Europe/Berlin } }',
      '8:25 clock-change',
    ],
  ]
  for (const [title, part, ...issues] of rows) t.same(brief(around(part)), issues, title)
})

t.test('mistakes in records, pools, nodes and checks', async (t) => {
  const rows: readonly (readonly [title: string, text: string, ...issues: string[]])[] = [
    ['no zone', 'records: { www: { nodes: [192.0.2.1] } }', '1:12 no-zone'],
    [
      'a zone that is no name, and records that need it',
      'zone: "a b"\nrecords: { www: { nodes: [192.0.2.1] } }',
      '1:7 bad-value',
    ],
    ['a record outside of the zone', 'zone: a.b\nrecords: { www.c.d.: { nodes: [192.0.2.1] } }', '2:12 outside-zone'],
    ['a record inside by its absolute name', 'zone: a.b\nrecords: { www.a.b.: { nodes: [192.0.2.1] } }'],
    [
      'the same record by two names',
      'zone: a.b\nrecords:\n  www: { nodes: [192.0.2.1] }\n  WWW.a.b.: { nodes: [192.0.2.1] }',
      '4:3 duplicate',
    ],
    ['a wildcard without quotes', 'zone: a.b\nrecords:\n  *.cdn: { nodes: [192.0.2.1] }', '3:8 yaml'],
    ['a wildcard with quotes', 'zone: a.b\nrecords:\n  "*.cdn": { nodes: [192.0.2.1] }'],
    ['a name that is not ASCII', 'zone: a.b\nrecords: { münchen: { nodes: [192.0.2.1] } }', '2:12 bad-name'],
    ['a record without a pool', 'zone: a.b\nrecords: { www: { answers: 2 } }', '2:12 one-way'],
    [
      'nodes and rules at once',
      'zone: a.b\npools: { p: [192.0.2.1] }\nrecords: { www: { nodes: [192.0.2.1], rules: [{ pool: p }] } }',
      '3:39 one-way',
    ],
    [
      'a pool key at a record',
      'zone: a.b\npools: { p: [192.0.2.1] }\nrecords: { www: { pool: p, fallback: p } }',
      '3:28 pool-key',
    ],
    [
      'no last rule',
      'zone: a.b\npools: { p: [192.0.2.1] }\nrecords: { www: { rules: [{ country: MD, pool: p }] } }',
      '3:27 no-last-rule',
    ],
    [
      'rules that nobody reaches',
      'zone: a.b\npools: { p: [192.0.2.1] }\nrecords:\n  www:\n    rules:\n      - { continent: EU, pool: p }\n      - { country: [MD, RO], pool: p }\n      - { net: 10.0.0.0/8, pool: p }\n      - { net: 10.1.0.0/16, country: MD, pool: p }\n      - { pool: p }\n      - { pool: p }',
      '7:9 unreachable-rule',
      '9:9 unreachable-rule',
      '11:9 unreachable-rule',
    ],
    [
      'a country that is none',
      'zone: a.b\npools: { p: [192.0.2.1] }\nrecords: { www: { rules: [{ country: [MD, UK], pool: p }, { pool: p }] } }',
      '3:43 bad-value',
    ],
    [
      'Norway is no boolean',
      'zone: a.b\npools: { p: [192.0.2.1] }\nrecords: { www: { rules: [{ country: NO, pool: p }, { pool: p }] } }',
    ],
    [
      'a network with host bits',
      'zone: a.b\npools: { p: [192.0.2.1] }\nrecords: { www: { rules: [{ net: 10.0.0.1/8, pool: p }, { pool: p }] } }',
      '3:34 bad-value',
    ],
    [
      'ttl the wrong way round',
      'zone: a.b\nrecords: { www: { nodes: [192.0.2.1], ttl: { max: 5s, min: 1m } } }',
      '2:44 ttl-order',
    ],
    ['a ttl without a unit', 'zone: a.b\nrecords: { www: { nodes: [192.0.2.1], ttl: { max: 60 } } }', '2:51 bad-value'],
    [
      'a pool and a record of one name',
      'zone: a.b\npools: { www.a.b: [192.0.2.1] }\nrecords: { www: { nodes: [192.0.2.1] } }',
      '3:12 duplicate',
    ],
    [
      'fallbacks in a circle',
      'zone: a.b\npools:\n  p: { nodes: [192.0.2.1], fallback: q }\n  q: { nodes: [192.0.2.1], fallback: p }\nrecords: { www: p }',
      '3:3 fallback-circle',
    ],
    ['a node that is not there', 'pools: { p: [n] }', '1:14 unknown-node'],
    ['a node twice in a pool', 'pools: { p: [192.0.2.1, 192.0.2.1] }', '1:25 duplicate'],
    [
      'a check that is not there',
      'pools: { p: { nodes: [192.0.2.1], check: wbe } }\nchecks: { web: { icmp: {} } }',
      '1:42 unknown-check',
    ],
    [
      'a floor that nobody can fall below',
      'pools: { p: { nodes: [192.0.2.1], min_in_service: 2 } }',
      '1:51 high-floor',
    ],
    [
      'standby that leaves before it joins',
      'pools: { p: { nodes: [192.0.2.1], standby: { join_above: 25% } } }',
      '1:44 standby',
    ],
    [
      'addresses of no use',
      'nodes: { a: 0.0.0.0, b: 224.0.0.1, c: "fe80::1", d: "::ffff:192.0.2.1", e: 192.0.2.1 }',
      '1:10 useless-address',
      '1:22 useless-address',
      '1:36 useless-address',
      '1:50 useless-address',
    ],
    ['one address, two nodes', 'nodes:\n  a: 192.0.2.1\n  b: 192.0.2.1\npools: { p: [a, b] }', '3:3 same-address'],
    ['a node without address', 'nodes: { a: {} }\n', '1:10 no-address'],
    [
      'a site that is not there',
      'nodes: { a: { a: 192.0.2.1, site: brlin } }\nsites: { berlin: {} }',
      '1:35 unknown-site',
    ],
    ['a check without a probe', 'checks: { c: { timeout: 2s } }', '1:14 one-probe'],
    ['a check with two', 'checks: { c: { icmp: {}, tcp: { port: 1 } } }', '1:22 one-probe'],
    ['a check called none', 'checks: { none: { icmp: {} } }', '1:11 bad-name'],
    [
      'fall and remove_after',
      'checks: { c: { icmp: {}, hysteresis: { fall: 3, remove_after: 9s } } }',
      '1:46 hysteresis',
    ],
    [
      'a bad figure in the defaults is told once',
      'defaults: { hysteresis: { interval: 1ms } }\nchecks: { c: { icmp: {} }, d: { icmp: {} } }',
      '1:37 hysteresis',
    ],
    ['a budget that is no budget', 'checks: { c: { icmp: {}, timeout: 1s, budget: 2s } }', '1:47 useless-budget'],
    ['HEAD has no body', 'checks: { c: { http: { method: HEAD, expect: { body: ok } } } }', '1:46 head-without-body'],
    ['a Host header by hand', 'checks: { c: { http: { headers: { host: a } } } }', '1:41 bad-value'],
    [
      'a regular expression that is none',
      'checks: { c: { http: { expect: { body_pattern: "(" } } } }',
      '1:48 bad-value',
    ],
    ['nearest of nowhere', 'zone: a.b\nrecords: { www: { nodes: [192.0.2.1], pick: nearest } }', '2:12 nowhere'],
    [
      'a broken pool does not break those who name it',
      'zone: a.b\npools: { p: { nodes: 5 } }\nrecords: { www: p }',
      '2:22 bad-value',
    ],
    ['an entry with nothing in it', 'zone: a.b\nrecords:\n  www:', '3:7 bad-value'],
  ]
  for (const [title, text, ...issues] of rows) t.same(brief(text), issues, title)
})

t.test('every issue that is no note says what to do', async (t) => {
  const { issues } = readSteering([
    {
      file: 'f.yaml',
      text: 'zone: 5\nfoo: 1\nnodes: { a: {}, "b c": 1 }\npools: { p: [x], q: { nodes: [], fallback: z } }\nrecords: 7\nchecks: { c: {}, d: { icmp: {}, tcp: {} } }\n',
    },
  ])
  t.ok(issues.length > 8)
  for (const issue of issues) t.ok(issue.advice !== undefined || / must be /.test(issue.message), printIssue(issue))
})

t.test('several files are one: names are shared, doubles are named with both places', async (t) => {
  const files = [
    { file: 'a.yaml', text: 'zone: example.com\npools: { p: [n] }\nrecords: { www: p }' },
    { file: 'b.yaml', text: 'nodes: { n: 192.0.2.1 }' },
    { file: 'c.yaml', text: 'zone: example.net\nrecords: { www: p }' },
  ]
  const { steering, issues } = readSteering(files)
  t.same(issues, [])
  t.same([...steering.records.keys()], ['www.example.com.', 'www.example.net.'])
  const doubled = readSteering([...files, { file: 'd.yaml', text: 'zone: EXAMPLE.com.\nrecords:\n  www: p' }])
  t.match(doubled.issues, [{ file: 'd.yaml', line: 3, column: 3, code: 'steer/duplicate', message: /a\.yaml:3/ }])
  const given = readSteering([
    { file: 'e.yaml', zone: 'example.org', text: 'records: { www: { nodes: [192.0.2.1] } }' },
  ])
  t.same([...given.steering.records.keys()], ['www.example.org.'], 'a zone may be given from outside')
})

t.test('defaults hold in their file', async (t) => {
  const { steering, issues } = readSteering([
    {
      file: 'a.yaml',
      text: 'zone: a.b\ndefaults: { ttl: { max: 20s }, answers: 3, pick: weighted, check: c, hysteresis: eager, timeout: 1s, min_in_service: 2, all_down: nodata, warm_up: 5s }\nchecks: { c: { icmp: {} } }\npools: { p: [192.0.2.1, 192.0.2.2] }\nrecords: { www: p }',
    },
    { file: 'b.yaml', text: 'zone: b.b\nrecords: { www: { pool: p, ttl: { max: 5s } } }' },
  ])
  t.same(issues, [])
  t.match(steering.records.get('www.a.b.'), { answers: 3, pick: 'weighted', ttl: { maxSeconds: 20, minSeconds: 10 } })
  t.match(
    steering.records.get('www.b.b.'),
    { answers: 8, pick: 'round-robin', ttl: { maxSeconds: 5, minSeconds: 5 } },
    'ttl.min is never longer than a short ttl.max',
  )
  t.match(steering.pools.get('p'), { check: 'c', minInService: { nodes: 2 }, allDown: 'nodata', warmUpMs: 5000 })
  t.match(steering.checks.get('c'), { timeoutMs: 1000, hysteresis: { profile: 'eager', intervalMs: 10_000 } })
})

t.test('fall and rise count probes', async (t) => {
  const { steering } = readSteering([
    { file: 'a.yaml', text: 'checks: { c: { icmp: {}, hysteresis: { interval: 2s, fall: 5, rise: 10 } } }' },
  ])
  t.match(steering.checks.get('c')?.hysteresis, {
    intervalMs: 2000,
    suspectIntervalMs: 2000,
    removeAfterMs: 10_000,
    restoreAfterMs: 20_000,
  })
})

t.test('whatever stands in a file, reading ends with issues and never throws', async (t) => {
  const seed = Number(process.env.SEED ?? 99)
  t.comment(`seed ${seed}`)
  const random = seededRandom(seed)
  const sound = around('schedules: { x: { cron: "1 5 * * *", drain: n1 } }')
  const pieces = [
    '&a',
    '*a',
    '<<: *a',
    '[',
    '{',
    '}',
    ']',
    ': ',
    '\n',
    '  ',
    '- ',
    '!!binary x',
    '"',
    "'",
    '|',
    '>',
    '#',
    '? ',
    'null',
    '~',
    '__proto__',
    'constructor',
    '1e999',
    '.inf',
    '\u0000',
    '\ud800',
    '%YAML 9',
    '...',
    '--- ',
  ]
  for (let i = 0; i < 600; i++) {
    let text = sound
    for (let k = random.below(4); k >= 0; k--) {
      const at = random.below(text.length)
      text = text.slice(0, at) + pieces[random.below(pieces.length)]! + text.slice(at + random.below(3))
    }
    try {
      readSteering([{ file: 'f.yaml', text }])
    } catch (error) {
      t.fail(`${error}\n${text}`)
      return
    }
  }
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghi'
    .split('')
    .map((c, i) => `${c}: &${c} [${new Array(9).fill(`*${'abcdefgh'[i]}`).join(',')}]`)
    .join('\n')}`
  // Recursion into nested values may end the whole process: V8 aborts where the stack ends inside of a regular expression.
  const nested = [
    '['.repeat(100_000),
    '{a: '.repeat(10_000),
    '- '.repeat(10_000),
    '? '.repeat(99),
    `? ${'{? '.repeat(60)}`,
  ]
  for (const text of nested) t.ok(brief(text).length > 0, `${text.slice(0, 8)}...`)
  const indented = Array.from({ length: 3000 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')
  t.same(brief(indented), ['202:1 yaml'])
  t.match(brief(bomb), [/yaml$/], 'an alias bomb is defused')
})
