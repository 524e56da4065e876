import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import t from 'tap'
import { printIssue } from '../../src/base/index.ts'
import { exportSteering, exportText, readSteering, type Steering } from '../../src/steer/index.ts'

/** The model as text, without where its parts were declared. */
function told(steering: Steering): string {
  const sections = Object.entries(steering).map(([section, all]: [string, ReadonlyMap<string, unknown>]) => [
    section,
    [...all].sort(([a], [b]) => (a < b ? -1 : 1)),
  ])
  return JSON.stringify(sections, (key, value) =>
    key === 'origin' ? undefined : value instanceof Uint8Array ? [...value] : value,
  )
}

function reads(files: readonly { file: string; text: string }[]): Steering {
  const { steering, issues } = readSteering(files)
  const errors = issues.filter(({ severity }) => severity === 'error').map(printIssue)
  if (errors.length > 0) throw new Error(`${errors.join('\n')}\n${files.map(({ text }) => text).join('\n---\n')}`)
  return steering
}

const text = (steering: Steering) => [{ file: 'export.yaml', text: exportText(steering) }]

t.test('the examples survive export and reading again', async (t) => {
  const files = ['zones/portal.yaml', 'zones/examples/three-lines.yaml', 'zones/examples/shop.yaml']
  for (const file of files) {
    const steering = reads([{ file, text: readFileSync(file, 'utf8') }])
    const exported = exportSteering(steering)
    t.equal(exported.length, 1, `${file}: one zone, one file`)
    t.equal(told(reads(text(steering))), told(steering))
  }
  const all = files.map((file) => ({ file, text: readFileSync(file, 'utf8').replaceAll('web', `web-${file.length}`) }))
  const steering = reads(all)
  const exported = exportSteering(steering)
  t.same(
    exported.map(({ name }) => name),
    ['shared', 'example.com', 'portal.example', 'shop.example'],
  )
  t.equal(told(reads(text(steering))), told(steering), 'all together')
})

t.test('any model survives', async (t) => {
  const ms = fc.oneof(
    fc.integer({ min: 200, max: 5000 }).map((n) => `${n}ms`),
    fc.integer({ min: 1, max: 600 }).map((n) => `${n}s`),
  )
  const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 })
  const pct = fc.integer({ min: 0, max: 1000 }).map((n) => `${n / 10}%`)
  const record = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
    fc.record(model as Record<string, fc.Arbitrary<unknown>>, { requiredKeys: [] })
  const word = fc.string({ minLength: 1, maxLength: 12 })
  const probe = fc.oneof(
    fc.record({ icmp: fc.constant({}) }),
    fc.record({
      tcp: fc.record({ port: fc.integer({ min: 1, max: 65535 }), send: optional(word), expect: optional(word) }),
    }),
    fc.record({
      http: record({
        path: fc.constant('/x?y#z'),
        host: word,
        method: fc.constantFrom('GET', 'POST'),
        expect: fc.constantFrom(
          200,
          '2xx',
          [200, '301-308'],
          { body: 'yes: no', status: 204 },
          { json: { path: 'a.b', equals: { n: [1, null, 'NO'] } } },
          { fresh: { header: 'date', max_age: '90s' } },
        ),
      }),
    }),
    fc.record({
      https: record({
        sni: word,
        verify: fc.boolean(),
        certificate_warning: ms,
        headers: fc.constant({ accept: '*/*' }),
      }),
    }),
    fc.record({ tls: record({ port: fc.constantFrom(443, 8443), verify: fc.boolean() }) }),
    fc.record({
      dns: fc.record({ name: fc.constant('Example.COM'), type: optional(fc.constant('soa')), expect: optional(word) }),
    }),
    fc.record({ command: fc.array(word, { minLength: 1, maxLength: 3 }) }),
  )
  const hysteresis = fc.oneof(
    fc.constantFrom('eager', 'normal', 'patient'),
    record({
      profile: fc.constantFrom('eager', 'patient'),
      interval: ms,
      suspect_interval: ms,
      down_interval: ms,
      remove_after: ms,
      restore_after: ms,
      drain: fc.constantFrom(0.25, 1),
      adaptive: fc.boolean(),
    }),
    record({ fall: fc.integer({ min: 1, max: 9 }), rise: fc.integer({ min: 1, max: 9 }), interval: ms }),
  )
  const check = fc
    .tuple(probe, record({ timeout: ms, budget: ms, source: fc.constantFrom('192.0.2.9', '::1'), hysteresis }))
    .map(([one, more]) => ({ ...one, ...more }))
  const nodes = ['n1', 'n2', '192.0.2.77', '2001:db8::77']
  const pool = fc.record(
    {
      nodes: fc.subarray(nodes, { minLength: 1 }).chain((some) =>
        fc.tuple(
          ...some.map((node) =>
            fc.oneof(
              fc.constant(node),
              fc.record({
                node: fc.constant(node),
                weight: fc.integer({ min: 0, max: 65535 }),
                standby: fc.boolean(),
              }),
            ),
          ),
        ),
      ),
      check: fc.oneof(fc.constantFrom('c', 'none'), check),
      min_in_service: fc.oneof(pct, fc.integer({ min: 0, max: 4 })),
      all_down: fc.constantFrom('all', 'last-good', 'nodata', 'servfail', 'fallback'),
      warm_up: ms,
      removal: record({ share: pct, window: ms }),
      load_aware: fc.boolean(),
      standby: fc.constantFrom({}, { join_above: '77%', leave_below: '12.5%' }),
    },
    { requiredKeys: ['nodes'] },
  )
  const match = record({
    country: fc.constantFrom('md', ['NO', 'DE']),
    continent: fc.constantFrom('EU', ['as', 'OC']),
    subdivision: fc.constant('us-ca'),
    asn: fc.constantFrom(64500, ['AS1', 2]),
    net: fc.constantFrom('192.0.2.0/24', ['2001:db8::/32', '10.0.0.1']),
  })
  const policy = {
    answers: fc.integer({ min: 1, max: 64 }),
    pick: fc.constantFrom('round-robin', 'weighted', 'failover', 'sticky', 'nearest'),
    strict: fc.boolean(),
    ttl: fc.constantFrom({ max: '1h' }, { max: '5s' }, { min: '3s', max: '3s' }),
  }
  const steered = fc.oneof(
    fc.constantFrom('p', 'q'),
    fc.tuple(fc.array(match, { maxLength: 3 }), record(policy)).map(([matches, more]) => ({
      rules: [...matches.map((one) => ({ ...(one as object), pool: 'p' })), { pool: 'q' }],
      ...more,
    })),
    fc.tuple(pool, record(policy)).map(([one, more]) => ({ ...one, ...more })),
  )
  const schedule = fc.constantFrom(
    { cron: '0 4 * * mon-fri', drain: 'n1', reason: 'NO' },
    { cron: '*/5 1,2 1-7 jan 0', weight: { node: 'n2', weight: 0 }, missed: 'catch-up' },
    { cron: '1 1 1 1 1', standby: { pool: 'p', on: true }, time_zone: 'Europe/Chisinau' },
  )
  const file = fc.record({
    zone: fc.constantFrom('Example.com', 'example.net.'),
    defaults: record({
      ttl: fc.constant({ max: '90s' }),
      check: fc.constantFrom('c', 'none'),
      answers: fc.constant(3),
      min_in_service: pct,
      all_down: fc.constant('last-good'),
      hysteresis,
      timeout: ms,
      warm_up: ms,
    }),
    checks: fc.record({ c: check }),
    sites: fc.record({ s: record({ country: fc.constant('md'), at: fc.constant([47.5, -28.125]) }) }),
    nodes: fc.record({
      n1: record({
        a: fc.constantFrom('192.0.2.1', ['192.0.2.2', '192.0.2.3']),
        site: fc.constant('s'),
        weight: fc.integer({ min: 0, max: 65535 }),
      }).map((n) => ({ aaaa: '2001:DB8:0::1', ...n })),
      n2: fc.constant('192.0.2.4'),
    }),
    pools: fc.record({ p: pool.map((one) => ({ ...one, fallback: 'q' })), q: pool }),
    records: fc.dictionary(fc.constantFrom('@', 'www', '*.cdn', 'a.b', '_x'), steered, { minKeys: 1 }),
    schedules: fc.record({ x: schedule }),
  })
  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000)
  t.comment(`seed ${seed}`)
  fc.assert(
    fc.property(file, (value) => {
      const steering = reads([{ file: 'random.yaml', text: JSON.stringify(value) }])
      const exported = text(steering)
      if (told(reads(exported)) !== told(steering)) throw new Error(`${told(steering)}\n${exported[0]!.text}`)
    }),
    { seed, numRuns: 120 },
  )
  t.pass()
})
