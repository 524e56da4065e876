import { existsSync } from 'node:fs'
import t from 'tap'
import { type ApiBench, apiBench } from './bench-api.ts'

const withBench = async (run: (b: ApiBench) => Promise<void>): Promise<void> => {
  const b = await apiBench()
  b.pass(60_000)
  try {
    await run(b)
  } finally {
    await b.close()
  }
}

/** Every route that needs a token, with a body that it takes, and the least role that may. */
const ROUTES: readonly (readonly [
  method: string,
  path: string,
  role: 'viewer' | 'operator' | 'admin',
  body?: unknown,
])[] = [
  ['GET', '/v1/status', 'viewer'],
  ['GET', '/v1/health', 'viewer'],
  ['GET', '/v1/health/nodes', 'viewer'],
  ['GET', '/v1/health/nodes/de-1', 'viewer'],
  ['GET', '/v1/zones', 'viewer'],
  ['GET', '/v1/zones/portal.example', 'viewer'],
  ['GET', '/v1/records', 'viewer'],
  ['GET', '/v1/pools', 'viewer'],
  ['GET', '/v1/pools/germany', 'viewer'],
  ['GET', '/v1/nodes', 'viewer'],
  ['GET', '/v1/nodes/de-1', 'viewer'],
  ['GET', '/v1/nodes/de-1/can-drain', 'viewer'],
  ['GET', '/v1/sites/falkenstein/can-drain', 'viewer'],
  ['GET', '/v1/explain?name=www.portal.example&client=192.0.2.1', 'viewer'],
  ['GET', '/v1/geo?address=192.0.2.1', 'viewer'],
  ['GET', '/v1/events?since=1h&limit=5', 'viewer'],
  ['GET', '/v1/probes?node=de-1', 'viewer'],
  ['GET', '/v1/plan', 'viewer'],
  ['GET', '/v1/export', 'viewer'],
  ['PUT', '/v1/nodes/de-4', 'operator', { a: '192.0.2.14', pools: ['germany'] }],
  ['PATCH', '/v1/nodes/de-1', 'operator', { weight: 50 }],
  ['POST', '/v1/nodes/de-1/drain', 'operator', { reason: 'disk swap', for: '2h' }],
  ['POST', '/v1/nodes/de-1/resume', 'operator'],
  ['POST', '/v1/nodes/de-1/disable', 'operator'],
  ['POST', '/v1/nodes/de-1/force-up', 'operator'],
  ['POST', '/v1/nodes/de-1/force-down', 'operator', { force: true }],
  ['POST', '/v1/nodes/de-1/resume', 'operator'],
  ['POST', '/v1/sites/chisinau/drain', 'operator', { force: true }],
  ['POST', '/v1/sites/chisinau/resume', 'operator'],
  ['PATCH', '/v1/sites/falkenstein', 'operator', { weight: null }],
  ['POST', '/v1/pools/germany/standby', 'operator', { on: true }],
  ['POST', '/v1/zones/portal.example/pools/germany/nodes', 'operator', { name: 'de-5', a: ['192.0.2.15'] }],
  ['DELETE', '/v1/nodes/de-5', 'operator'],
  ['POST', '/v1/reload', 'operator'],
  ['POST', '/v1/reload/confirm', 'operator'],
  ['GET', '/v1/tokens', 'admin'],
  ['POST', '/v1/tokens', 'admin', { name: 'grafana', role: 'viewer' }],
  ['DELETE', '/v1/tokens/grafana', 'admin'],
  ['GET', '/v1/backup', 'admin'],
]

t.test('every route answers who may ask', (t) =>
  withBench(async (b) => {
    for (const [method, path, , body] of ROUTES) {
      const told = await b.ask(method, path, body)
      t.equal(told.status, 200, `${method} ${path}: ${told.status === 200 ? '' : told.text}`)
    }
  }),
)

t.test('no route of /v1 answers without a token, with a wrong one, or to a role below its own', (t) =>
  withBench(async (b) => {
    const viewer = b.token('vera', 'viewer')
    const operator = b.token('oleg', 'operator')
    for (const [method, path, role, body] of ROUTES) {
      const bare = await b.ask(method, path, body, { token: null })
      t.equal(bare.status, 401, `${method} ${path} without a token`)
      t.equal(bare.headers.get('content-type'), 'application/problem+json')
      t.match(bare.headers.get('www-authenticate'), /Bearer/)
      if (role !== 'viewer')
        t.equal((await b.ask(method, path, body, { token: viewer })).status, 403, `${path} by a viewer`)
      if (role === 'admin')
        t.equal((await b.ask(method, path, body, { token: operator })).status, 403, `${path} by an operator`)
    }
    for (const wrong of ['x', `${viewer}x`, viewer.replace(/.$/, viewer.endsWith('A') ? 'B' : 'A')])
      t.equal((await b.ask('GET', '/v1/nodes', undefined, { token: wrong })).status, 401)
    t.equal(b.control.node('de-1')?.intent.kind, 'auto')
  }),
)

t.test('livez, readyz and metrics need no token; readyz says why not', (t) =>
  withBench(async (b) => {
    for (const path of ['/livez', '/readyz', '/metrics'])
      t.equal((await b.ask('GET', path, undefined, { token: null })).status, 200, path)
    b.setReady(false)
    const told = await b.ask('GET', '/readyz', undefined, { token: null })
    t.equal(told.status, 503)
    t.match(told.problem.detail, /zones are being loaded/)
    t.equal((await b.ask('GET', '/livez', undefined, { token: null })).status, 200)
  }),
)

t.test('open reads let anyone read and nobody write', async (t) => {
  const b = await apiBench({ openReads: true })
  t.equal((await b.ask('GET', '/v1/nodes', undefined, { token: null })).status, 200)
  t.equal((await b.ask('POST', '/v1/nodes/de-1/drain', {}, { token: null })).status, 401)
  t.equal((await b.ask('GET', '/v1/tokens', undefined, { token: null })).status, 401)
  await b.close()
})

t.test('health is 503 when critical, and tells nodes and pools', (t) =>
  withBench(async (b) => {
    t.match((await b.ask('GET', '/v1/health')).json, {
      status: 'ok',
      nodes: { 'de-1': { health: 'up', inService: true, badSeconds: 0, flaps: 0 } },
      checks: { web: { contract: /a dead node leaves after about \d/ } },
      pools: { germany: { condition: 'normal', inService: 2 } },
    })
    b.pass(90_000, new Map([['md-1', 'timeout']]))
    const told = await b.ask('GET', '/v1/health')
    t.equal(told.status, 503)
    t.match(told.json, {
      status: 'critical',
      nodes: { 'md-1': { health: 'down', reason: /timeout/, nextChange: /^\d{4}-/ } },
    })
    t.match((await b.ask('GET', '/v1/health/nodes/md-1')).json.checks[0], {
      health: 'down',
      lastProbes: [{ ok: false, class: 'timeout' }],
    })
  }),
)

t.test('what is unknown is 404 with the nearest name; what a path does not take is 405 with what it takes', (t) =>
  withBench(async (b) => {
    for (const [method, path, near] of [
      ['GET', '/v1/nodes/de-l', 'de-1'],
      ['POST', '/v1/nodes/de-l/drain', 'de-1'],
      ['DELETE', '/v1/nodes/md-2', 'md-1'],
      ['GET', '/v1/pools/germani', 'germany'],
      ['GET', '/v1/zones/portal.exampel', 'portal.example.'],
      ['POST', '/v1/sites/chisinaw/drain', 'chisinau'],
      ['DELETE', '/v1/tokens/admim', 'admin'],
    ] as const) {
      const told = await b.ask(method, path)
      t.equal(told.status, 404, path)
      t.match(told.problem.advice, new RegExp(near))
    }
    t.equal((await b.ask('GET', '/v2/nodes')).status, 404)
    const told = await b.ask('POST', '/v1/nodes/de-1')
    t.equal(told.status, 405)
    t.same(told.headers.get('allow')?.split(', ').sort(), ['DELETE', 'GET', 'PATCH', 'PUT'])
    t.equal((await b.ask('DELETE', '/livez')).status, 405)
  }),
)

t.test('malformed requests are 400 with every issue', (t) =>
  withBench(async (b) => {
    const broken = await b.ask('POST', '/v1/nodes/de-1/drain', '{"reason": ')
    t.equal(broken.status, 400)
    t.match(broken.problem.detail, /no JSON/)
    const keys = await b.ask('POST', '/v1/nodes/de-1/drain', { raeson: 'x', for: 'soon', force: 'yes' })
    t.equal(keys.status, 400)
    t.equal(keys.problem.issues?.length, 3)
    t.ok(keys.problem.issues?.some((issue) => issue.advice === 'Did you mean "reason"?'))
    t.ok(keys.problem.issues?.some((issue) => /soon.*no duration/.test(issue.message)))
    const node = await b.ask('PUT', '/v1/nodes/de-4', { a: '192.0.2.400', pools: ['germani'], site: 'x' })
    t.equal(node.status, 400)
    t.equal(node.problem.issues?.length, 3)
    for (const [path, body] of [
      ['/v1/events?since=whenever', undefined],
      ['/v1/events?sinse=1h', undefined],
      ['/v1/events?limit=0', undefined],
      ['/v1/explain', undefined],
      ['/v1/explain?name=..', undefined],
      ['/v1/geo?address=nowhere', undefined],
    ] as const)
      t.equal((await b.ask('GET', path, body)).status, 400, path)
    t.equal((await b.ask('PATCH', '/v1/nodes/de-1', { weight: 70_000 })).status, 400)
    t.equal((await b.ask('PATCH', '/v1/nodes/de-1', [])).status, 400)
    t.equal((await b.ask('POST', '/v1/nodes/de-1/drain', { reason: 'one\ntwo' })).status, 400)
    t.equal((await b.ask('POST', '/v1/nodes/de-1/drain', { reason: 'in \u001b[31mred' })).status, 400)
    t.equal((await b.ask('POST', '/v1/nodes/de-1/drain', 'x'.repeat(300_000))).status, 413)
    t.equal((await b.ask('POST', '/v1/tokens', { name: 'a b', role: 'king' })).problem.issues?.length, 2)
    t.equal(b.control.node('de-1')?.intent.kind, 'auto')
    t.same(
      b.logged.filter((line) => line.startsWith('error')),
      [],
      'none of it is an error of ours',
    )
  }),
)

t.test('curl -d without a content type is read as JSON', (t) =>
  withBench(async (b) => {
    const told = await b.ask('POST', '/v1/nodes/de-1/drain', '{"reason":"disk swap"}', {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })
    t.equal(told.status, 200)
    t.equal(b.control.node('de-1')?.intent.reason, 'disk swap')
  }),
)

t.test('conflicts are 409 and name the file; what is unsafe is 412 with what would break and how to force', (t) =>
  withBench(async (b) => {
    const conflict = await b.ask('PUT', '/v1/nodes/de-1', { a: '192.0.2.1', pools: ['germany'] })
    t.equal(conflict.status, 409)
    t.equal(conflict.problem.declared, 'zones/portal.yaml:10')
    t.equal((await b.ask('DELETE', '/v1/nodes/de-1')).status, 409)
    for (const name of ['admin', 'meridian', 'lease'])
      t.equal((await b.ask('POST', '/v1/tokens', { name, role: 'admin' })).status, 409, name)
    const unsafe = await b.ask('POST', '/v1/nodes/md-1/drain', { reason: 'x' })
    t.equal(unsafe.status, 412)
    t.equal(unsafe.problem.type, 'urn:meridian:problem:unsafe')
    t.match(unsafe.problem.harms?.[0], { code: 'floor', pool: 'moldova' })
    t.match(unsafe.problem.advice, /force/)
    t.equal((await b.ask('POST', '/v1/nodes/md-1/drain', { force: true })).status, 200)
    b.files = undefined
    const reload = await b.ask('POST', '/v1/reload')
    t.equal(reload.status, 400)
    t.match(reload.problem.issues?.[0], { file: 'zones/portal.yaml', line: 14, column: 9 })
    t.equal((await b.ask('GET', '/v1/plan')).status, 400)
  }),
)

t.test('ETag is the generation; If-Match lets a write through only if nobody wrote since', (t) =>
  withBench(async (b) => {
    const read = await b.ask('GET', '/v1/nodes/de-1')
    const etag = read.headers.get('etag') ?? ''
    t.equal(etag, `"${b.control.generation()}"`)
    t.equal((await b.ask('PATCH', '/v1/nodes/de-1', { weight: 10 }, { headers: { 'if-match': etag } })).status, 200)
    const late = await b.ask('PATCH', '/v1/nodes/de-1', { weight: 20 }, { headers: { 'if-match': etag } })
    t.equal(late.status, 412)
    t.equal(late.problem.type, 'urn:meridian:problem:moved')
    t.equal(b.control.node('de-1')?.weight, 10)
    t.equal((await b.ask('PATCH', '/v1/nodes/de-1', { weight: 20 }, { headers: { 'if-match': '*' } })).status, 200)
  }),
)

t.test('writes are idempotent and say when nothing changed', (t) =>
  withBench(async (b) => {
    const node = { a: '192.0.2.14', pools: ['germany'], weight: 10 }
    t.match((await b.ask('PUT', '/v1/nodes/de-4', node)).json, { status: 'done', nodes: ['de-4'] })
    t.match((await b.ask('PUT', '/v1/nodes/de-4', node)).json, { status: 'unchanged' })
    t.match((await b.ask('POST', '/v1/nodes/de-1/drain', {})).json, { status: 'done' })
    t.match((await b.ask('POST', '/v1/nodes/de-1/drain', {})).json, { status: 'unchanged' })
    t.match((await b.ask('POST', '/v1/nodes/de-2/resume', {})).json, { status: 'unchanged' })
    t.match((await b.ask('DELETE', '/v1/nodes/de-4')).json, { status: 'done' })
    t.equal((await b.ask('DELETE', '/v1/nodes/de-4')).status, 404)
  }),
)

t.test('a limited token writes within its limits only', (t) =>
  withBench(async (b) => {
    const german = b.token('german', 'operator', { pools: ['germany'] })
    const zone = b.token('zone', 'operator', { zones: ['portal.example'] })
    const node = b.token('node', 'operator', { nodes: ['de-1'] })
    const drain = async (name: string, token: string): Promise<number> =>
      (await b.ask('POST', `/v1/nodes/${name}/drain`, { force: true }, { token })).status
    t.equal(await drain('de-1', german), 200)
    t.equal(await drain('md-1', german), 403)
    t.equal(await drain('md-1', zone), 200)
    t.equal(await drain('de-1', node), 200)
    t.equal(await drain('de-2', node), 403)
    t.equal((await b.ask('POST', '/v1/sites/falkenstein/drain', {}, { token: node })).status, 403)
    t.equal(
      (await b.ask('PUT', '/v1/nodes/md-2', { a: '192.0.2.3', pools: ['moldova'] }, { token: german })).status,
      403,
    )
    t.equal(
      (await b.ask('PUT', '/v1/nodes/de-4', { a: '192.0.2.3', pools: ['germany'] }, { token: german })).status,
      200,
    )
    t.equal((await b.ask('PUT', '/v1/nodes/x', { a: '192.0.2.3' }, { token: german })).status, 403, 'a node of no pool')
    t.equal((await b.ask('POST', '/v1/reload', {}, { token: german })).status, 403)
    t.equal((await b.ask('GET', '/v1/nodes', undefined, { token: german })).status, 200)
  }),
)

t.test('a token is shown once, works, ends and can be revoked', (t) =>
  withBench(async (b) => {
    const made = (await b.ask('POST', '/v1/tokens', { name: 'deploy', role: 'operator', expires: '1h' })).json
    t.match(made.token, /^mrd_/)
    t.notMatch((await b.ask('GET', '/v1/tokens')).text, made.token.slice(17))
    t.notMatch(JSON.stringify(b.db.prepare('SELECT * FROM token').all()), made.token.slice(17))
    t.equal((await b.ask('POST', '/v1/nodes/de-1/drain', {}, { token: made.token })).status, 200)
    t.match((await b.ask('GET', '/v1/events?author=deploy')).json, [{ action: 'drain', from: '127.0.0.1' }])
    b.pass(3_600_000)
    t.equal((await b.ask('GET', '/v1/nodes', undefined, { token: made.token })).status, 401)
    const other = (await b.ask('POST', '/v1/tokens', { name: 'other', role: 'viewer' })).json
    t.equal((await b.ask('DELETE', '/v1/tokens/other')).status, 200)
    t.equal((await b.ask('GET', '/v1/nodes', undefined, { token: other.token })).status, 401)
  }),
)

t.test('the journal is filtered by node, kind and author', (t) =>
  withBench(async (b) => {
    await b.ask('POST', '/v1/nodes/de-1/drain', { reason: 'one' })
    await b.ask('PATCH', '/v1/nodes/md-1', { weight: 3, reason: 'two' })
    t.match((await b.ask('GET', '/v1/events?kind=write&node=md-1')).json, [
      { action: 'weight', reason: 'two', after: { weight: 3 } },
    ])
    t.equal((await b.ask('GET', '/v1/events?kind=write&author=nobody')).json.length, 0)
    const all = (await b.ask('GET', '/v1/events')).json
    const ids = all.map((event: { id: number }) => event.id)
    t.same(
      ids,
      [...ids].sort((x, y) => x - y),
    )
    t.equal((await b.ask('GET', `/v1/events?after=${ids.at(-2)}`)).json.length, 1)
    t.equal((await b.ask('GET', '/v1/events?limit=1')).json[0].id, ids.at(-1))
  }),
)

t.test('a backup on the server goes into a new file, and over none that exists', (t) =>
  withBench(async (b) => {
    const file = `${b.folder}/copy.db`
    t.equal((await b.ask('POST', '/v1/backup', { file })).status, 200)
    t.ok(existsSync(file))
    t.equal((await b.ask('POST', '/v1/backup', { file })).status, 409)
    const download = await b.ask('GET', '/v1/backup')
    t.match(download.text, /^SQLite format 3/)
  }),
)

t.test('openapi.json describes every route that there is', (t) =>
  withBench(async (b) => {
    const document = (await b.ask('GET', '/v1/openapi.json', undefined, { token: null })).json
    for (const [method, path] of ROUTES) {
      const bare = path.replace(/\?.*/, '')
      const described = Object.keys(document.paths).find((known) =>
        new RegExp(`^${known.replace(/\{[^}]+\}/g, '[^/]+')}$`).test(bare),
      )
      t.ok(described !== undefined && document.paths[described][method.toLowerCase()], `${method} ${bare}`)
    }
    t.match(document.components.schemas.Problem.properties, { issues: {}, harms: {} })
  }),
)
