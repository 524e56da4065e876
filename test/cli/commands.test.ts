/**
 * Every command: what it asks of the API, what it tells people and scripts, and how it ends.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { isHere } from '../../src/cli/api-connection.ts'
import type { ServeOptions } from '../../src/cli/index.ts'
import { problem, startFakeApi } from './fake-api.ts'

const DONE = { status: 'done', message: 'node de-1 drained.', generation: 7, nodes: ['de-1'] }
const _AUTO = { kind: 'auto', reason: null, author: null, since: null, until: null }
const NODE = {
  name: 'de-1',
  a: ['192.0.2.11'],
  aaaa: ['2001:db8::11'],
  site: 'falkenstein',
  country: 'DE',
  weight: 100,
  declaredWeight: 100,
  origin: 'zones/portal.yaml:26',
  added: false,
  intent: { kind: 'drain', reason: 'disk \u001b[31mswap', author: 'ana', since: '2026-05-03T12:00:00Z', until: null },
  health: 'suspect',
  badSeconds: 3.5,
  since: '2026-05-03T12:00:00Z',
  reason: 'timeout',
  inService: false,
  pools: [{ pool: 'germany', inService: false, kept: false, share: 0, weight: 100, why: 'drained' }],
  leaseUntil: null,
}
const CHECK = {
  check: 'web',
  health: 'suspect',
  since: '2026-05-03T12:00:00Z',
  badSeconds: 3.5,
  removeAfterSeconds: 20,
  flaps: 1,
  nextChange: null,
  reason: 'timeout',
  contract: 'a dead node leaves after about 24.5s',
  load: 0.5,
  warning: 'certificate ends in 6 days',
  lastProbes: [{ at: '2026-05-03T12:00:00Z', ok: false, class: 'timeout', ms: 2000, detail: 'no answer' }],
}
const POOL = {
  name: 'germany',
  zone: 'portal.example.',
  condition: 'below-floor',
  check: 'web',
  hysteresis: {
    profile: 'eager',
    intervalSeconds: 10,
    suspectIntervalSeconds: 2,
    downIntervalSeconds: 5,
    removeAfterSeconds: 15,
    restoreAfterSeconds: 12,
    drain: 0.5,
    adaptive: false,
    timeoutSeconds: 2,
  },
  fallback: null,
  allDown: 'all',
  floor: 2,
  fit: 1,
  inService: 2,
  members: [
    {
      node: 'de-1',
      health: 'down',
      intent: 'auto',
      fit: false,
      inService: true,
      kept: true,
      share: 1,
      weight: 100,
      badSeconds: 20,
      why: 'kept by the floor',
      standby: false,
    },
  ],
  clients: [{ record: 'www.portal.example.', clients: 'everyone', strict: true }],
  origin: 'zones/portal.yaml:30',
}
const RECORD = {
  name: 'video.portal.example.',
  zone: 'portal.example.',
  pick: 'round-robin',
  answers: 8,
  strict: false,
  ttl: { maxSeconds: 60, minSeconds: 10 },
  rules: [{ clients: 'country MD', pool: 'moldova', condition: 'normal', nodes: ['md-1'] }],
  origin: 'zones/portal.yaml:40',
}
const HEALTH = {
  status: 'degraded',
  reasons: ['node de-1 is down: timeout'],
  generation: 7,
  nodes: {
    'de-1': {
      health: 'down',
      intent: 'auto',
      inService: false,
      badSeconds: 20,
      flaps: 1.5,
      nextChange: '2026-05-03T12:01:00Z',
      since: '2026-05-03T12:00:00Z',
      reason: 'timeout',
    },
  },
  checks: { web: { contract: 'a dead node leaves after about 24.5s' } },
  pools: { germany: { condition: 'normal', inUse: true, members: 2, fit: 1, inService: 1, floor: 1 } },
  alerts: [],
  reload: {
    ok: false,
    last: null,
    issues: [
      {
        severity: 'error',
        code: 'steer/x',
        file: 'zones/p.yaml',
        line: 3,
        column: 4,
        message: 'It is wrong.',
        advice: 'Mend it.',
      },
    ],
    held: [],
    confirmBy: null,
  },
  version: '0.1.0',
  uptimeSeconds: 3661,
  serving: {
    driver: 'batched',
    reason: 'Linux',
    addresses: ['udp 127.0.0.1:5300'],
    threads: [{ kind: 'udp', state: 'serving', restarts: 0 }],
  },
  databases: [{ kind: 'country', file: 'x', builtIn: true, built: '2026-06-17T00:00:00Z', ageDays: 157 }],
}
const SAFE = {
  ok: true,
  pools: [{ pool: 'germany', ok: true, members: 2, floor: 1, fitNow: 2, fitAfter: 1, stay: ['de-2'], clients: [] }],
}
const PROOF = {
  node: 'de-1',
  state: 'safe',
  serving: [],
  lastAnswered: null,
  ttlSeconds: 60,
  safeSince: '2026-05-03T12:04:31Z',
  secondsLeft: 0,
}
const NOTHING = { added: [], removed: [], changed: [] }
const PLAN = {
  empty: false,
  zones: NOTHING,
  records: { added: ['new.portal.example.'], removed: [], changed: [] },
  pools: { added: [], removed: ['old'], changed: [{ name: 'germany', what: ['members'] }] },
  nodes: NOTHING,
  checks: NOTHING,
  moves: [{ record: 'www.portal.example.', clients: 'everyone', from: 'old', to: 'germany' }],
  warnings: ['pool germany loses its redundancy'],
  harms: [],
}
const EVENT = {
  id: 9,
  at: '2026-05-03T12:00:00Z',
  kind: 'health',
  action: 'down',
  node: 'de-1',
  author: 'meridian',
  from: '-',
  message: 'node de-1 is down',
  reason: 'timeout',
}

t.test('what each command asks, tells and returns', async (t) => {
  const api = await startFakeApi(t)
  const table: readonly [
    args: string,
    answers: Readonly<Record<string, unknown>>,
    expected: { exit?: number; asks?: string; body?: unknown; out?: RegExp; err?: RegExp },
  ][] = [
    [
      'status',
      { 'GET /v1/health': HEALTH },
      {
        out: /degraded +generation 7, Meridian 0\.1\.0, up 1h 1m[\s\S]*de-1 +down.* 1\.5 [\s\S]*check web: a dead node leaves after about 24\.5s[\s\S]*zones\/p\.yaml:3:4/,
      },
    ],
    [
      'status',
      {
        'GET /v1/health': {
          ...HEALTH,
          secondaries: [
            {
              zone: 'a.example.',
              state: 'failing',
              serial: 7,
              expiresAtMs: Date.now() + 86_400_000,
              lastError: 'REFUSED',
            },
            { zone: 'b.example.', state: 'empty' },
          ],
        },
      },
      {
        exit: 0,
        out: /copy of a\.example\. failing, serial 7, good for .* more \(REFUSED\)\n.*copy of b\.example\. empty, nothing has come yet, answered with SERVFAIL/,
      },
    ],
    ['status', { 'GET /v1/health': problem(503, { ...HEALTH, status: 'critical' }) }, { exit: 1, out: /^critical/ }],
    ['status --json', { 'GET /v1/health': HEALTH }, { out: /^\{\n {2}"status": "degraded"/ }],
    [
      'nodes',
      { 'GET /v1/nodes': [NODE] },
      {
        out: /de-1 +192\.0\.2\.11 2001:db8::11 +falkenstein \(DE\) +suspect .*drain +no +100 +germany +drain by ana: disk +\[31mswap/,
      },
    ],
    ['nodes', { 'GET /v1/nodes': [] }, { out: /No nodes yet/ }],
    [
      'nodes de-1',
      { 'GET /v1/health/nodes/de-1': { ...NODE, checks: [CHECK] } },
      { out: /3\.5 of 20 s[\s\S]*about 24\.5s[\s\S]*certificate ends[\s\S]*no answer/ },
    ],
    ['pools', { 'GET /v1/pools': [POOL] }, { out: /germany +below-floor +1 of 1 +2 +web +- +de-1 \(kept\)/ }],
    [
      'pools germany',
      { 'GET /v1/pools': [POOL] },
      { out: /www\.portal\.example\. everyone \(strict\)[\s\S]*kept by the floor/ },
    ],
    ['pools none', { 'GET /v1/pools': [POOL] }, { exit: 1, err: /There is no pool "none"\.[\s\S]*germany/ }],
    [
      'records',
      { 'GET /v1/records': [RECORD] },
      { out: /video\.portal\.example\. +round-robin +10-60s +country MD +moldova +normal +md-1/ },
    ],
    ['records Video.portal.example', { 'GET /v1/records': [RECORD] }, { out: /md-1/ }],
    [
      'zones',
      {
        'GET /v1/zones': [{ name: 'portal.example.', serial: 5, source: 'file', staticRecords: 32, steeredRecords: 2 }],
      },
      { out: /portal\.example\. +5 +32 +2/ },
    ],
    [
      'add de-4 --a 192.0.2.14 --a 192.0.2.15 --aaaa 2001:db8::14 --pool germany --pool other --site s --weight 5 --lease 2m',
      { 'PUT /v1/nodes/de-4': { ...DONE, message: 'node de-4 added.' } },
      {
        asks: 'PUT /v1/nodes/de-4',
        body: {
          a: ['192.0.2.14', '192.0.2.15'],
          aaaa: ['2001:db8::14'],
          pools: ['germany', 'other'],
          site: 's',
          weight: 5,
          lease: '2m',
        },
        out: /node de-4 added\./,
      },
    ],
    ['add de-4', {}, { exit: 2, err: /needs an address/ }],
    ['add de-4 --a 2001:db8::1', {}, { exit: 2, err: /no IPv4 address/ }],
    ['add de-4 --a 192.0.2.1 --weight 70000', {}, { exit: 2, err: /0 to 65535/ }],
    ['remove de-4', { 'DELETE /v1/nodes/de-4': DONE }, { asks: 'DELETE /v1/nodes/de-4' }],
    ['remove de-4 --force', { 'DELETE /v1/nodes/de-4': DONE }, { asks: 'DELETE /v1/nodes/de-4?force=true' }],
    [
      'remove de-1',
      {
        'DELETE /v1/nodes/de-1': problem(409, {
          detail: 'Node de-1 is declared in a file.',
          declared: 'zones/portal.yaml:26',
        }),
      },
      { exit: 1, err: /zones\/portal\.yaml:26/ },
    ],
    [
      'drain de-1 --reason "disk swap" --for 2h',
      { 'POST /v1/nodes/de-1/drain': DONE },
      { asks: 'POST /v1/nodes/de-1/drain', body: { reason: 'disk swap', for: '2h' }, out: /node de-1 drained\./ },
    ],
    [
      'drain --site falkenstein --force',
      { 'POST /v1/sites/falkenstein/drain': DONE },
      { asks: 'POST /v1/sites/falkenstein/drain', body: { force: true } },
    ],
    [
      'drain de-1',
      {
        'POST /v1/nodes/de-1/drain': problem(412, {
          detail: 'It would break a floor.',
          harms: [{ code: 'floor', message: 'pool germany would have no fit node left' }],
        }),
      },
      { exit: 3, err: /break a floor\.\n {2}pool germany would have no fit node left[\s\S]*--force/ },
    ],
    ['drain', { 'GET /v1/nodes': [NODE] }, { exit: 2, err: /Name a node, or a site[\s\S]*de-1/ }],
    ['drain de-1 --site x', {}, { exit: 2 }],
    ['drain de-1 --for ever', {}, { exit: 2, err: /30s, 10m, 2h/ }],
    [
      'drain de-1 --wait',
      { 'POST /v1/nodes/de-1/drain': DONE, 'GET /v1/nodes/de-1/can-drain': { ...SAFE, proof: PROOF } },
      { out: /safe to stop since / },
    ],
    [
      'drain de-1 --wait --timeout 1ms',
      {
        'POST /v1/nodes/de-1/drain': DONE,
        'GET /v1/nodes/de-1/can-drain': { ...SAFE, proof: { ...PROOF, state: 'waiting', secondsLeft: 42 } },
      },
      { exit: 1, err: /may still hold the address for 42s/ },
    ],
    ['resume de-1', { 'POST /v1/nodes/de-1/resume': DONE }, { asks: 'POST /v1/nodes/de-1/resume', body: {} }],
    [
      'resume --site falkenstein',
      { 'POST /v1/sites/falkenstein/resume': DONE },
      { asks: 'POST /v1/sites/falkenstein/resume' },
    ],
    ['disable de-1', { 'POST /v1/nodes/de-1/disable': DONE }, { asks: 'POST /v1/nodes/de-1/disable' }],
    ['force-up de-1', { 'POST /v1/nodes/de-1/force-up': DONE }, { asks: 'POST /v1/nodes/de-1/force-up' }],
    ['force-down de-1', { 'POST /v1/nodes/de-1/force-down': DONE }, { asks: 'POST /v1/nodes/de-1/force-down' }],
    [
      'weight de-1 50 --reason slow',
      { 'PATCH /v1/nodes/de-1': DONE },
      { asks: 'PATCH /v1/nodes/de-1', body: { weight: 50, reason: 'slow' } },
    ],
    ['weight de-1 declared', { 'PATCH /v1/nodes/de-1': DONE }, { body: { weight: null } }],
    ['weight de-1 much', {}, { exit: 2, err: /whole number/ }],
    [
      'weight --site falkenstein 10',
      { 'PATCH /v1/sites/falkenstein': DONE },
      { asks: 'PATCH /v1/sites/falkenstein', body: { weight: 10 } },
    ],
    [
      'standby europe on',
      { 'POST /v1/pools/europe/standby': DONE },
      { asks: 'POST /v1/pools/europe/standby', body: { on: true } },
    ],
    ['standby europe auto', { 'POST /v1/pools/europe/standby': DONE }, { body: { on: null } }],
    ['standby europe maybe', {}, { exit: 2 }],
    [
      'can-drain de-1',
      { 'GET /v1/nodes/de-1/can-drain': { ...SAFE, proof: PROOF } },
      { out: /Safe: every pool keeps its floor\.[\s\S]*1 of 2 fit nodes stay/ },
    ],
    ['can-drain --site s', { 'GET /v1/sites/s/can-drain': { ok: false, pools: [] } }, { exit: 3, out: /Not safe/ }],
    [
      'explain www.portal.example AAAA --client 192.0.2.0/24',
      {
        'GET /v1/explain': {
          name: 'www.portal.example.',
          type: 'AAAA',
          outcome: 'steered',
          rcode: 'NOERROR',
          answers: [],
          steps: ['one', 'two\n  three'],
        },
      },
      {
        asks: 'GET /v1/explain?name=www.portal.example&type=AAAA&client=192.0.2.0%2F24',
        out: /^one\ntwo\n {2}three\nanswer: no data, for no node in the answers has an address of type AAAA\n$/,
      },
    ],
    ['explain www.portal.example --client here', {}, { exit: 2, err: /no address or network/ }],
    [
      'events --node de-1 --kind health --limit 5',
      { 'GET /v1/events': [EVENT] },
      { asks: 'GET /v1/events?node=de-1&kind=health&limit=5', out: /health +node de-1 is down \(timeout\)/ },
    ],
    ['events --json', { 'GET /v1/events': [EVENT] }, { out: /"id": 9/ }],
    ['events --since yesterday', {}, { exit: 2, err: /no time/ }],
    [
      'reload',
      { 'POST /v1/reload': { ...DONE, message: 'The files are in force.' } },
      { asks: 'POST /v1/reload', body: {}, out: /in force/ },
    ],
    [
      'reload --force --confirm-within 10m',
      { 'POST /v1/reload': DONE },
      { body: { force: true, confirm_within: '10m' } },
    ],
    ['reload --confirm', { 'POST /v1/reload/confirm': DONE }, { asks: 'POST /v1/reload/confirm' }],
    [
      'reload',
      {
        'POST /v1/reload': problem(400, {
          detail: 'The files were not taken up.',
          issues: [
            {
              severity: 'error',
              file: 'zones/p.yaml',
              line: 3,
              column: 4,
              code: 'steer/x',
              message: 'It is wrong.',
              advice: 'Mend it.',
            },
            { severity: 'error', file: '', line: 0, column: 0, code: 'control/y', message: 'This too.' },
          ],
        }),
      },
      { exit: 1, err: /zones\/p\.yaml:3:4 {2}steer\/x\n {2}It is wrong\.\n {2}Mend it\.\ncontrol\/y\n {2}This too\./ },
    ],
    [
      'plan',
      { 'GET /v1/plan': PLAN },
      {
        out: /\+ record new\.portal\.example\.\n[\s\S]*- pool old\n[\s\S]*~ pool germany: members\n[\s\S]*everyone: old -> germany/,
      },
    ],
    ['plan', { 'GET /v1/plan': { ...PLAN, empty: true } }, { out: /would change nothing/ }],
    [
      'plan',
      { 'GET /v1/plan': { ...PLAN, harms: [{ code: 'pool-emptied', message: 'pool old would be empty' }] } },
      { exit: 3, out: /pool old would be empty/ },
    ],
    [
      'token create deploy --role operator --pool germany --expires 90d',
      { 'POST /v1/tokens': { id: 'a', name: 'deploy', role: 'operator', token: 'mrd_a_b' } },
      {
        body: { name: 'deploy', role: 'operator', scope: { zones: [], pools: ['germany'], nodes: [] }, expires: '90d' },
        out: /^mrd_a_b\n$/,
        err: /only time/,
      },
    ],
    ['token create deploy', {}, { exit: 2, err: /--role/ }],
    [
      'token list',
      {
        'GET /v1/tokens': [
          {
            id: 'a',
            name: 'deploy',
            role: 'operator',
            scope: { zones: [], pools: ['germany'], nodes: [] },
            created: '2026-05-03T12:00:00Z',
            createdBy: 'ana',
            expires: null,
          },
        ],
      },
      { out: /a +deploy +operator +germany +.* ana +-/ },
    ],
    ['token revoke deploy', { 'DELETE /v1/tokens/deploy': DONE }, { asks: 'DELETE /v1/tokens/deploy' }],
    ['export', { 'GET /v1/export': 'zone: portal.example\n' }, { out: /^zone: portal\.example\n$/ }],
    [
      'backup /backup/x.db',
      { 'POST /v1/backup': { file: '/backup/x.db', octets: 4096 } },
      { body: { file: '/backup/x.db' }, out: /4096 octets/ },
    ],
    [
      'geo 192.0.2.1',
      {
        'GET /v1/geo': {
          address: '192.0.2.1',
          country: 'MD',
          subdivision: null,
          continent: 'EU',
          asn: 64500,
          latitude: null,
          longitude: null,
          database: 'db',
          network: '192.0.2.0/24',
        },
      },
      { out: /country MD, continent EU, network operator AS64500\n {2}says db of 192\.0\.2\.0\/24/ },
    ],
    ['geo home', {}, { exit: 2 }],
    ['check', {}, { out: /^ok: 0 zones/ }],
    ['frobnicate', {}, { exit: 2, err: /unknown command/ }],
    ['drian de-1', {}, { exit: 2, err: /Did you mean drain/ }],
    [
      'status',
      { 'GET /v1/health': problem(401, { detail: 'The token is wrong.' }) },
      { exit: 1, err: /The token is wrong\.[\s\S]*--token/ },
    ],
  ]
  for (const [args, answers, { exit = 0, asks, body, out, err }] of table) {
    const ran = await api.run(args, answers)
    t.equal(ran.exit, exit, `${args}: exit ${exit}\n${ran.out}${ran.err}`)
    if (asks !== undefined) t.equal(ran.asked[0]?.what, asks, args)
    if (body !== undefined) t.same(ran.asked[0]?.body, body, `${args}: body`)
    if (out !== undefined) t.match(ran.out, out, args)
    if (err !== undefined) t.match(ran.err, err, args)
    for (const asked of ran.asked) t.equal(asked.authorization, 'Bearer secret', `${args}: with the token`)
    t.notMatch(ran.out + ran.err, /\u001b/, `${args}: nothing from outside steers the terminal`)
    t.notMatch(ran.err, /\n +at /, `${args}: no stack`)
  }
})

t.test('--json tells failures as values too', async (t) => {
  const api = await startFakeApi(t)
  const { exit, out } = await api.run('drain de-1 --json', {
    'POST /v1/nodes/de-1/drain': problem(412, { detail: 'No.', harms: [{ message: 'x' }] }),
  })
  t.equal(exit, 3)
  t.match(JSON.parse(out), { error: 'No.\n  x', details: { status: 412 } })
})

t.test("this machine's admin token is for this machine's server only", async (t) => {
  for (const api of [
    'http://127.0.0.1:8053',
    '127.0.0.1:8053',
    'https://localhost:8053',
    'http://[::1]:8053',
    'unix:/run/x.sock',
    '0.0.0.0:8053',
  ])
    t.ok(isHere(api), api)
  for (const api of [
    'http://192.0.2.1:8053',
    'ns1.example.net:8053',
    'https://127.0.0.1.example.net',
    'http://127.0.0.1@192.0.2.1/',
    '::',
  ])
    t.notOk(isHere(api), api)
})

t.test('an API that is not there: what to do', async (t) => {
  const api = await startFakeApi(t)
  for (const [where, told] of [
    [`http://127.0.0.1:${await closedPort()}`, /nothing listens there/],
    ['unix:/nowhere/api.sock', /there is no such socket/],
  ] as const) {
    const { exit, err } = await api.run(`status --api ${where}`)
    t.equal(exit, 1)
    t.match(err, told)
    t.match(err, /meridian serve/)
    t.match(err, /--api URL/)
  }
  t.equal((await api.run('status --api "::not a url"')).exit, 2)
})

t.test('events --follow goes on from the last one, through server-sent events', async (t) => {
  const api = await startFakeApi(t)
  const stream = `id: 10\ndata: ${JSON.stringify({ ...EVENT, id: 10, message: 'node de-1 is up' })}\n\n: alive\n\n`
  const { exit, out, err, asked } = await api.run('events --follow --node de-1', {
    'GET /v1/events': [EVENT],
    'GET /v1/events/stream': (n: number) => (n < 3 ? stream : problem(401, { detail: 'The token was revoked.' })),
  })
  // It connects again when the server ends the stream; only a refusal ends it.
  t.equal(exit, 1, err)
  t.match(err, /revoked/)
  t.match(out, /node de-1 is down[\s\S]*node de-1 is up/)
  t.equal(asked[1]?.what, 'GET /v1/events/stream?node=de-1')
})

t.test('serve hands its flags over as the settings want them', async (t) => {
  const given: ServeOptions[] = []
  const api = await startFakeApi(t, {
    async serve(options) {
      given.push(options)
      return 1
    },
  })
  const { exit } = await api.run(
    'serve --config m.yaml --listen 127.0.0.1:1 --listen [::1]:1 --api 127.0.0.1:2 --log-level debug --api-open-reads true --replace',
  )
  t.equal(exit, 1, "the server's exit code")
  t.same(given, [
    {
      config: 'm.yaml',
      flags: { listen: ['127.0.0.1:1', '[::1]:1'], api: '127.0.0.1:2', 'log-level': 'debug', 'api-open-reads': 'true' },
      replace: true,
    },
  ])
})

t.test('check tells every issue, and fails for errors only', async (t) => {
  const issue = { code: 'zone/x', file: 'zones/a.zone', line: 2, column: 3, message: 'It is odd.' }
  for (const [severity, exit, told] of [
    [
      'warning',
      0,
      /zones\/a\.zone:2:3 {2}zone\/x {2}\(warning\)\n {2}It is odd\.\nok: 1 zone, 2 steered records, 3 pools, 4 nodes; 1 warning or note/,
    ],
    ['error', 1, /1 error$/m],
  ] as const) {
    const api = await startFakeApi(t, {
      check: async () => ({
        issues: [{ ...issue, severity }],
        zones: [{ name: 'a.', serial: 1, records: 1, nameServers: [] }],
        steeredRecords: 2,
        pools: 3,
        nodes: 4,
      }),
    })
    const ran = await api.run('check zones')
    t.equal(ran.exit, exit)
    t.match(ran.out, told)
  }
})

t.test('lab and tune replay on virtual time', async (t) => {
  const api = await startFakeApi(t)
  const folder = t.testdir({
    's.jsonl': '{"nodes":["a","b"],"profile":"normal","until":1200}\n{"t":600,"node":"a","truth":"down"}\n',
    'bad.jsonl': '{"nodes":["a"]}\n{"t":1,"node":"c","truth":"down"}\n',
    'p.jsonl': Array.from({ length: 400 }, (_, i) =>
      JSON.stringify({
        t: i * 5,
        node: 'a',
        ok: i < 100 || i > 150,
        class: i < 100 || i > 150 ? 'ok' : 'timeout',
        ms: 20,
      }),
    ).join('\n'),
  })
  const lab = await api.run(`lab --scenario ${join(folder, 's.jsonl')} --seed 3`)
  t.equal(lab.exit, 0, lab.err)
  t.match(JSON.parse(lab.out.trim().split('\n').at(-1)!), { summary: { false_removals: 0, empty_answers: 0 } })
  t.equal(
    lab.out,
    (await api.run(`lab --scenario ${join(folder, 's.jsonl')} --seed 3`)).out,
    'the same seed, the same run',
  )
  t.match(await api.run(`lab --scenario ${join(folder, 'bad.jsonl')}`), { exit: 1, err: /bad\.jsonl:2/ })
  t.equal((await api.run(`lab --scenario ${join(folder, 'none.jsonl')}`)).exit, 1)
  t.equal((await api.run('lab')).exit, 2)
  t.match((await api.run(`lab --probes ${join(folder, 'p.jsonl')}`)).out, /"health":"down"/)
  t.match(
    (await api.run(`tune germany --profile eager --probes ${join(folder, 'p.jsonl')}`)).out,
    /normal -> eager, pool germany:[\s\S]*false removals[\s\S]*the outage of a at t = 500 s found/,
  )
  const probes = readFileSync(join(folder, 'p.jsonl'), 'utf8').replaceAll('"a"', '"de-1"')
  const asked = await api.run('tune germany --profile patient --since 7d', {
    'GET /v1/pools/germany': POOL,
    'GET /v1/probes': probes,
    'GET /v1/nodes': { nodes: [] },
  })
  t.match(asked.out, /^now \(eager, remove_after 15s\) -> patient, pool germany:/, asked.err)
  t.match(asked.out, /later|sooner|as soon/, asked.err)
  const day = new Date(Date.now() - 7 * 86_400_000 + 500_000).toISOString().slice(0, 10)
  t.match(asked.out, `the outage of de-1 at ${day}`, 'the day on which it was')
  t.match(asked.asked[1]?.what, /^GET \/v1\/probes\?check=web&since=/)
})

t.test('restore puts a backup in place, and keeps what was there', async (t) => {
  const api = await startFakeApi(t)
  const folder = t.testdir({ data: {}, 'none.db': 'no database' })
  writeFileSync(join(folder, 'm.yaml'), 'data: data\n')
  const broken = await api.run(`restore ${join(folder, 'none.db')} --config ${join(folder, 'm.yaml')}`)
  t.equal(broken.exit, 1)
  t.match(broken.err, /no backup of Meridian/)
  writeFileSync(join(folder, 'data/meridian.db'), 'something')
  t.equal((await api.run(`restore ${join(folder, 'none.db')} --config ${join(folder, 'm.yaml')}`)).exit, 3)
})

t.test('every command has help with what it does', async (t) => {
  const api = await startFakeApi(t)
  const help = await api.run('--help')
  t.equal(help.exit, 0)
  const names = [...help.out.matchAll(/^ {2}([a-z-]+)(?: \[options\]| <| \[| {2,})/gm)]
    .map((match) => match[1]!)
    .filter((name) => /^[a-z]/.test(name) && name !== 'meridian')
  t.ok(names.length >= 30, `${names.length} commands: ${names.join(' ')}`)
  for (const name of names.filter((each) => each !== 'help')) {
    const { exit, out } = await api.run(`${name} --help`)
    t.equal(exit, 0, name)
    t.match(out, /Usage: meridian/, name)
    t.match(out, /\nExamples:\n {2}.*meridian /, `${name} has an example`)
  }
})

/** a port on which nobody listens */
async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
