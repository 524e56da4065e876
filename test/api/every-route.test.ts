/**
 * Every route of the OpenAPI document, held to what all of them promise: no token and a role too low change nothing; what is malformed is
 * told; a write that was meant for another generation is refused; the same write again changes nothing. A route without a row here
 * fails the suite.
 */
import t from 'tap'
import type { Role } from '../../src/control/index.ts'
import { PORTAL } from '../control/bench-control.ts'
import { type ApiBench, apiBench, type Told } from './bench-api.ts'

interface Row {
  readonly role: Role
  /** the path with its parameters; absent: as in the document */
  readonly path?: string
  readonly query?: string
  readonly body?: unknown
  /** what has to be there before */
  readonly before?: (b: ApiBench) => Promise<unknown>
  /** wrong requests, and what comes of each */
  readonly wrong?: readonly (readonly [status: number, what: { readonly path?: string; readonly body?: unknown }])[]
  /** a write: what the same write once more gives, or its status where it is no outcome */
  readonly again?: 'unchanged' | 404 | 409
}

const ZONE_FILE = '$TTL 300\n@ SOA ns1 hostmaster 10 7200 900 1209600 300\n@ NS ns1\nns1 A 192.0.2.1\n'
const KEPT = '/v1/kept-zones/example.com'
const putZone = (b: ApiBench) => b.ask('PUT', KEPT, { file: ZONE_FILE })
const putNode = (b: ApiBench) => b.ask('PUT', '/v1/nodes/de-9', { a: '192.0.2.19', pools: ['germany'] })
const drained = (b: ApiBench) => b.ask('POST', '/v1/nodes/de-1/drain', {})
const withStandby = (b: ApiBench) => {
  b.files = PORTAL.replace('nodes: [de-1, de-2]', 'nodes: [de-1, { node: de-2, standby: true }]')
  return b.ask('POST', '/v1/reload', {})
}
const NO_NODE = [404, { path: '/v1/nodes/nosuch' }] as const

const intent = (verb: string, before?: Row['before']): Row => ({
  role: 'operator',
  path: `/v1/nodes/de-1/${verb}`,
  body: { reason: 'disk swap' },
  ...(before === undefined ? {} : { before }),
  wrong: [
    [404, { path: `/v1/nodes/nosuch/${verb}` }],
    [400, { body: { reason: 7 } }],
    [400, { body: { for: 'soon' } }],
    [400, { body: { force: 'yes' } }],
  ],
  again: 'unchanged',
})
const site = (verb: string, before?: Row['before']): Row => ({
  ...intent(verb, before),
  path: `/v1/sites/falkenstein/${verb}`,
  body: { force: true },
  wrong: [
    [404, { path: `/v1/sites/nosuch/${verb}` }],
    [400, { body: { reason: 'one\ntwo' } }],
  ],
})

/** By method and path, as in the document. */
const ROWS: Readonly<Record<string, Row>> = {
  'GET /v1/health': { role: 'viewer' },
  'GET /v1/health/nodes': { role: 'viewer' },
  'GET /v1/health/nodes/{node}': {
    role: 'viewer',
    path: '/v1/health/nodes/de-1',
    wrong: [[404, { path: '/v1/health/nodes/nosuch' }]],
  },
  'GET /v1/status': { role: 'viewer' },
  'GET /v1/nodes': { role: 'viewer' },
  'GET /v1/nodes/{node}': { role: 'viewer', path: '/v1/nodes/de-1', wrong: [NO_NODE] },
  'PUT /v1/nodes/{node}': {
    role: 'operator',
    path: '/v1/nodes/de-9',
    body: { a: '192.0.2.19', pools: ['germany'] },
    wrong: [
      [400, { body: {} }],
      [400, { body: { a: '192.0.2.400' } }],
      [400, { body: { a: '192.0.2.19', pools: ['nosuch'] } }],
      [400, { path: '/v1/nodes/no%20name' }],
      [409, { path: '/v1/nodes/de-1' }],
    ],
    again: 'unchanged',
  },
  'PATCH /v1/nodes/{node}': {
    role: 'operator',
    path: '/v1/nodes/de-1',
    body: { weight: 50 },
    wrong: [
      [404, { path: '/v1/nodes/nosuch' }],
      [400, { body: {} }],
      [400, { body: { weight: -1 } }],
      [400, { body: { weight: 65_536 } }],
    ],
    again: 'unchanged',
  },
  'DELETE /v1/nodes/{node}': {
    role: 'operator',
    path: '/v1/nodes/de-9',
    before: putNode,
    wrong: [NO_NODE, [400, { path: '/v1/nodes/de-9?force=perhaps' }], [409, { path: '/v1/nodes/de-1' }]],
    again: 404,
  },
  'POST /v1/nodes/{node}/drain': intent('drain'),
  'POST /v1/nodes/{node}/resume': intent('resume', drained),
  'POST /v1/nodes/{node}/disable': intent('disable'),
  'POST /v1/nodes/{node}/force-up': intent('force-up'),
  'POST /v1/nodes/{node}/force-down': intent('force-down'),
  'GET /v1/nodes/{node}/can-drain': {
    role: 'viewer',
    path: '/v1/nodes/de-1/can-drain',
    wrong: [[404, { path: '/v1/nodes/nosuch/can-drain' }]],
  },
  'POST /v1/sites/{site}/drain': site('drain'),
  'POST /v1/sites/{site}/resume': site('resume', (b) => b.ask('POST', '/v1/sites/falkenstein/drain', { force: true })),
  'POST /v1/sites/{site}/disable': site('disable'),
  'PATCH /v1/sites/{site}': {
    role: 'operator',
    path: '/v1/sites/falkenstein',
    body: { weight: 7 },
    wrong: [
      [404, { path: '/v1/sites/nosuch' }],
      [400, { body: { weight: '7' } }],
    ],
    again: 'unchanged',
  },
  'GET /v1/sites/{site}/can-drain': {
    role: 'viewer',
    path: '/v1/sites/falkenstein/can-drain',
    wrong: [[404, { path: '/v1/sites/nosuch/can-drain' }]],
  },
  'GET /v1/pools': { role: 'viewer' },
  'GET /v1/pools/{pool}': { role: 'viewer', path: '/v1/pools/germany', wrong: [[404, { path: '/v1/pools/nosuch' }]] },
  'POST /v1/pools/{pool}/standby': {
    role: 'operator',
    path: '/v1/pools/germany/standby',
    body: { on: true },
    before: withStandby,
    wrong: [
      [404, { path: '/v1/pools/nosuch/standby' }],
      [400, { body: {} }],
      [400, { body: { on: 'yes' } }],
    ],
    again: 'unchanged',
  },
  'POST /v1/zones/{zone}/pools/{pool}/nodes': {
    role: 'operator',
    path: '/v1/zones/portal.example/pools/germany/nodes',
    body: { name: 'de-9', a: ['192.0.2.19'] },
    wrong: [
      [404, { path: '/v1/zones/nosuch.example/pools/germany/nodes' }],
      [404, { path: '/v1/zones/portal.example/pools/nosuch/nodes' }],
      [400, { body: { a: '192.0.2.19' } }],
      [400, { body: { name: 'de-9' } }],
    ],
    again: 'unchanged',
  },
  'GET /v1/zones': { role: 'viewer' },
  'GET /v1/zones/{zone}': {
    role: 'viewer',
    path: '/v1/zones/portal.example',
    wrong: [[404, { path: '/v1/zones/nosuch.example' }]],
  },
  'GET /v1/records': { role: 'viewer' },
  'GET /v1/explain': {
    role: 'viewer',
    query: '?name=www.portal.example&client=192.0.2.1',
    wrong: [
      [400, { path: '/v1/explain' }],
      [400, { path: '/v1/explain?name=..' }],
    ],
  },
  'GET /v1/geo': {
    role: 'viewer',
    query: '?address=192.0.2.1',
    wrong: [
      [400, { path: '/v1/geo' }],
      [400, { path: '/v1/geo?address=nowhere' }],
    ],
  },
  'GET /v1/kept-zones': { role: 'viewer' },
  'GET /v1/kept-zones/{zone}/records': {
    role: 'viewer',
    path: `${KEPT}/records`,
    before: putZone,
    wrong: [[404, { path: '/v1/kept-zones/nosuch.example/records' }]],
  },
  'GET /v1/kept-zones/{zone}/file': {
    role: 'viewer',
    path: `${KEPT}/file`,
    before: putZone,
    wrong: [[404, { path: '/v1/kept-zones/nosuch.example/file' }]],
  },
  'PUT /v1/kept-zones/{zone}': {
    role: 'operator',
    path: KEPT,
    body: { file: ZONE_FILE },
    wrong: [
      [400, { body: {} }],
      [400, { body: { file: '@ SOA' } }],
      [400, { body: { file: ZONE_FILE, grants: [{ key: 'nosuch' }] } }],
      [400, { path: '/v1/kept-zones/no..name' }],
      [409, { path: '/v1/kept-zones/portal.example' }],
    ],
    again: 'unchanged',
  },
  'PATCH /v1/kept-zones/{zone}/records': {
    role: 'operator',
    path: `${KEPT}/records`,
    body: { add: [{ name: 'www', type: 'A', data: '192.0.2.7' }] },
    before: putZone,
    wrong: [
      [404, { path: '/v1/kept-zones/nosuch.example/records' }],
      [400, { body: { add: [{ name: 'www', type: 'A', data: 'here' }] } }],
      [400, { body: { add: [{ name: 'www', type: 'NOSUCH', data: '1' }] } }],
      [400, { body: { remove: [{ name: 'a..b', type: 'A', data: '192.0.2.7' }] } }],
    ],
    again: 'unchanged',
  },
  'PUT /v1/kept-zones/{zone}/grants': {
    role: 'operator',
    path: `${KEPT}/grants`,
    body: { grants: [{ key: 'certbot', types: ['TXT'] }] },
    before: putZone,
    wrong: [
      [404, { path: '/v1/kept-zones/nosuch.example/grants' }],
      [400, { body: {} }],
      [400, { body: { grants: [{ key: 'nosuch' }] } }],
    ],
    again: 'unchanged',
  },
  'DELETE /v1/kept-zones/{zone}': {
    role: 'operator',
    path: KEPT,
    before: putZone,
    wrong: [[404, { path: '/v1/kept-zones/nosuch.example' }]],
    again: 404,
  },
  'GET /v1/events': {
    role: 'viewer',
    query: '?since=1h&limit=5',
    wrong: [
      [400, { path: '/v1/events?since=whenever' }],
      [400, { path: '/v1/events?limit=0' }],
      [400, { path: '/v1/events?kind=nosuch' }],
    ],
  },
  'GET /v1/events/stream': { role: 'viewer', wrong: [[400, { path: '/v1/events/stream?since=whenever' }]] },
  'GET /v1/probes': { role: 'viewer', wrong: [[400, { path: '/v1/probes?until=never' }]] },
  'GET /v1/plan': { role: 'viewer' },
  'GET /v1/export': { role: 'viewer' },
  'POST /v1/reload': {
    role: 'operator',
    body: {},
    before: async (b) => {
      b.files = b.files?.replace('weight: 100', 'weight: 90')
    },
    wrong: [
      [400, { body: { confirm_within: 'soon' } }],
      [400, { body: { force: 1 } }],
    ],
    again: 'unchanged',
  },
  'POST /v1/reload/confirm': {
    role: 'operator',
    before: async (b) => {
      b.files = b.files?.replace('weight: 100', 'weight: 90')
      await b.ask('POST', '/v1/reload', { confirm_within: '10m' })
    },
    wrong: [[400, { body: [] }]],
    again: 'unchanged',
  },
  'GET /v1/backup': { role: 'admin' },
  'POST /v1/backup': {
    role: 'admin',
    body: { file: 'FOLDER/copy.db' },
    wrong: [
      [400, { body: {} }],
      [400, { body: { file: '' } }],
      [409, { body: { file: 'FOLDER/nosuch/copy.db' } }],
    ],
    again: 409,
  },
  'GET /v1/tokens': { role: 'admin' },
  'POST /v1/tokens': {
    role: 'admin',
    body: { name: 'grafana', role: 'viewer' },
    wrong: [
      [400, { body: { name: 'a b', role: 'viewer' } }],
      [400, { body: { name: 'grafana', role: 'king' } }],
      [400, { body: { name: 'grafana', role: 'viewer', expires: 'never' } }],
      [409, { body: { name: 'meridian', role: 'viewer' } }],
    ],
    again: 409,
  },
  'DELETE /v1/tokens/{token}': {
    role: 'admin',
    path: '/v1/tokens/grafana',
    before: (b) => b.ask('POST', '/v1/tokens', { name: 'grafana', role: 'viewer' }),
    wrong: [[404, { path: '/v1/tokens/nosuch' }]],
    again: 404,
  },
}

/** What a write changes: the generation, and every row of the database. */
const stateOf = (b: ApiBench) => {
  b.control.flush()
  return {
    generation: b.control.generation(),
    rows: b.db.prepare('SELECT total_changes()').pluck().get() as number,
  }
}

t.test('every route of the document stands here, and no other; every write says what once more gives', async (t) => {
  const b = await apiBench()
  t.teardown(() => b.close())
  const { paths } = (await b.ask('GET', '/v1/openapi.json')).json as { paths: Record<string, Record<string, unknown>> }
  const documented = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  )
  t.same(documented.sort(), Object.keys(ROWS).sort())
  for (const [name, { again, wrong, role }] of Object.entries(ROWS)) {
    if (name.startsWith('GET ')) continue
    t.not(again, undefined, `${name}: what the same once more gives`)
    t.ok((wrong?.length ?? 0) > 0, `${name}: what is wrong with it`)
    t.not(role, 'viewer', `${name}: a viewer writes nothing`)
  }
  // What has a parameter or a query of its own can be asked for wrongly.
  for (const [name, { wrong, query }] of Object.entries(ROWS))
    if (name.includes('{') || query !== undefined) t.ok((wrong?.length ?? 0) > 0, `${name}: what is wrong with it`)
})

for (const [name, row] of Object.entries(ROWS))
  t.test(name, async (t) => {
    const b = await apiBench()
    t.teardown(() => b.close())
    b.pass(20_000)
    await row.before?.(b)
    const [method, template] = name.split(' ') as [string, string]
    const path = `${row.path ?? template}${row.query ?? ''}`
    const inFolder = (body: unknown): unknown =>
      body === undefined ? undefined : JSON.parse(JSON.stringify(body).replace('FOLDER', b.folder))
    const ask = (
      options: { path?: string; body?: unknown; token?: string | null; ifMatch?: string } = {},
    ): Promise<Told> =>
      b.ask(
        // The head of a stream ends; a stream does not.
        method === 'GET' && template.endsWith('/stream') && options.path === undefined ? 'HEAD' : method,
        options.path ?? path,
        inFolder('body' in options ? options.body : row.body),
        {
          ...(options.token === undefined ? {} : { token: options.token }),
          headers: options.ifMatch === undefined ? {} : { 'if-match': options.ifMatch },
        },
      )
    const tokens = { viewer: b.token('vera', 'viewer'), operator: b.token('oleg', 'operator'), admin: undefined }
    const limited = b.token('mona', row.role, { nodes: ['nosuch'] })
    const start = stateOf(b)
    const refused = async (what: string, status: number, told: Told, word?: string): Promise<void> => {
      t.equal(told.status, status, `${what}: ${told.text}`)
      if (told.text !== '') {
        t.equal(told.headers.get('content-type'), 'application/problem+json', what)
        if (word !== undefined) t.equal(told.problem.type, `urn:meridian:problem:${word}`, what)
        t.ok(told.problem.detail.length > 10, `${what} is told`)
      }
      t.same(stateOf(b), start, `${what} changes nothing`)
    }

    await refused('without a token', 401, await ask({ token: null }))
    await refused('with a wrong token', 401, await ask({ token: `${tokens.viewer}x` }))
    if (row.role !== 'viewer') await refused('by a viewer', 403, await ask({ token: tokens.viewer }))
    if (row.role === 'admin') await refused('by an operator', 403, await ask({ token: tokens.operator }))
    if (row.role !== 'viewer') await refused('by a token limited to others', 403, await ask({ token: limited }))

    await refused(
      'with a query that nobody knows',
      400,
      await ask({ path: `${path}${path.includes('?') ? '&' : '?'}nosuch=1` }),
    )
    for (const [status, what] of row.wrong ?? []) await refused(JSON.stringify(what), status, await ask(what))
    if (method !== 'GET') {
      await refused('with half a body', 400, await b.ask(method, path, '{"', {}), 'bad-request')
      await refused('with a key that nobody knows', 400, await ask({ body: { nosuch: 1 } }), 'invalid')
      await refused('for another generation', 412, await ask({ ifMatch: `"${start.generation - 1}"` }), 'moved')
    }

    const token = row.role === 'admin' ? {} : { token: tokens[row.role] }
    const done = await ask({ ...token, ifMatch: `"${start.generation}"` })
    t.equal(done.status, 200, `${name}: ${done.text}`)
    const after = stateOf(b)
    if (method === 'GET') {
      t.same(after, start, 'reading changes nothing')
      return
    }
    const author = row.role === 'admin' ? 'admin' : 'oleg'
    const entries = b.control.events({ author, limit: 10 })
    if (template === '/v1/backup') t.same(entries, [], 'a copy changes nothing')
    else t.match(entries.at(-1), { author, from: '127.0.0.1', message: /./ }, 'it is in the journal')
    const writesState = !template.startsWith('/v1/kept-zones') && template !== '/v1/backup'
    t.equal(after.generation - start.generation, writesState ? 1 : 0, 'one write, one generation')
    const again = await ask()
    if (row.again === 'unchanged') t.match(again, { status: 200, json: { status: 'unchanged' } })
    else t.equal(again.status, row.again)
    t.same(stateOf(b), after, 'the same once more changes nothing')
  })
