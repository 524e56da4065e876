/** Zones in the database through the API: what comes in, what comes back, what is refused. */
import t from 'tap'
import { apiBench } from './bench-api.ts'

const FILE = '$TTL 300\n@ SOA ns1 hostmaster 10 7200 900 1209600 300\n@ NS ns1\nns1 A 192.0.2.1\n'
const PATH = '/v1/kept-zones/example.com'

t.test('a zone is created, read, changed, granted and removed', async (t) => {
  const b = await apiBench()
  t.teardown(() => b.close())
  t.strictSame((await b.ask('GET', '/v1/kept-zones')).json, [])
  const made = await b.ask('PUT', PATH, {
    file: FILE,
    grants: [{ key: 'Certbot', label: '_acme-challenge', types: ['TXT'] }],
  })
  t.match(made, { status: 200, json: { status: 'done', serial: 10, message: /created: 3 records/ } })
  t.strictSame((await b.ask('GET', '/v1/kept-zones')).json, [
    {
      zone: 'example.com.',
      serial: 10,
      records: 3,
      grants: [{ key: 'certbot.', label: '_acme-challenge', types: ['TXT'] }],
    },
  ])
  const changes = {
    add: [
      { name: 'www', type: 'A', data: '192.0.2.2', ttl: '5m' },
      { name: '@', type: 'txt', data: '"v=spf1 -all"' },
    ],
    remove: [{ name: 'nosuch', type: 'A', data: '192.0.2.9' }],
  }
  t.match(await b.ask('PATCH', `${PATH}/records`, changes), { status: 200, json: { status: 'done', serial: 11 } })
  t.match(await b.ask('PATCH', `${PATH}/records`, changes), { status: 200, json: { status: 'unchanged', serial: 11 } })
  const records = (await b.ask('GET', `${PATH}/records`)).json as {
    name: string
    type: string
    ttl: number
    data: string
  }[]
  t.match(
    records.find(({ type }) => type === 'TXT'),
    { name: 'example.com.', ttl: 300, data: '"v=spf1 -all"' },
  )
  t.equal(records.length, 5)
  t.match((await b.ask('GET', `${PATH}/file`)).text, /^example\.com\.\t300\tIN\tSOA\t.* 11 /)
  t.match(await b.ask('PUT', `${PATH}/grants`, { grants: [] }), { status: 200 })
  t.match(await b.ask('DELETE', PATH), { status: 200, json: { status: 'done' } })
  t.match(await b.ask('DELETE', PATH), { status: 404 })
})

t.test('writes are events with their reason, before and after; the generation stays as it is', async (t) => {
  const b = await apiBench()
  t.teardown(() => b.close())
  const start = b.control.generation()
  const after = b.control.lastEntryId()
  const told = new Promise((resolve) => b.control.subscribe(resolve))
  await b.ask('PUT', PATH, { file: FILE, reason: 'moved here' })
  t.match(await told, { action: 'zone-created', reason: 'moved here' }, 'who follows the stream is told')
  const add = [{ name: 'www', type: 'A', data: '192.0.2.2' }]
  await b.ask('PATCH', `${PATH}/records`, { add, reason: 'a web site' })
  await b.ask('PUT', `${PATH}/grants`, { grants: [{ key: 'certbot' }], reason: 'certificates' })
  await b.ask('DELETE', `${PATH}?reason=gone`)
  t.match((await b.ask('GET', `/v1/events?after=${after}`)).json, [
    { action: 'zone-created', author: 'admin', after: { serial: 10, records: 3, grants: [] } },
    {
      action: 'zone-changed',
      reason: 'a web site',
      before: { serial: 10, removed: [] },
      after: { serial: 11, added: ['www.example.com. 300 IN A 192.0.2.2'] },
    },
    {
      action: 'zone-granted',
      reason: 'certificates',
      before: { grants: [] },
      after: { grants: [{ key: 'certbot.' }] },
    },
    { action: 'zone-removed', reason: 'gone', before: { serial: 11, records: 4 } },
  ])
  t.equal(b.control.generation(), start)
})

t.test('what is wrong is told, all of it at once', async (t) => {
  const b = await apiBench()
  t.teardown(() => b.close())
  t.match(await b.ask('PUT', '/v1/kept-zones/portal.example', { file: FILE }), { status: 409 })
  const broken = await b.ask('PUT', PATH, { file: `${FILE}a A 192.0.2\nb MX x\n` })
  t.equal(broken.status, 400)
  t.ok((broken.problem?.issues?.length ?? 0) >= 2)
  t.match(await b.ask('PUT', PATH, { file: FILE, grants: [{ key: 'nosuch' }] }), { status: 400 })
  t.match(await b.ask('GET', `${PATH}/records`), { status: 404 })
  await b.ask('PUT', PATH, { file: FILE })
  const wrong = await b.ask('PATCH', `${PATH}/records`, {
    add: [
      { name: 'a..b', type: 'A', data: '192.0.2.1' },
      { name: 'a', type: 'NOSUCH', data: 'x' },
      { name: 'a', type: 'A', data: '192.0.2' },
      { name: 'a', type: 'TXT', data: '"open' },
      { name: 'a', type: 'A', data: '192.0.2.1', ttl: 'soon' },
    ],
  })
  t.equal(wrong.problem?.issues?.length, 5)
  t.match(await b.ask('PATCH', `${PATH}/records`, { add: [{ name: 'x.other.', type: 'A', data: '192.0.2.1' }] }), {
    status: 409,
  })
  t.match(await b.ask('PATCH', `${PATH}/records`, { add: [{ name: '@', type: 'CNAME', data: 'x' }] }), {
    status: 200,
    json: { status: 'unchanged' },
  })
})

t.test('a limited token writes the zones of its scope only', async (t) => {
  const b = await apiBench()
  t.teardown(() => b.close())
  const token = b.token('deploy', 'operator', { zones: ['example.com'] })
  t.match(await b.ask('PUT', PATH, { file: FILE }, { token }), { status: 200 })
  t.match(await b.ask('PUT', '/v1/kept-zones/other.com', { file: FILE }, { token }), { status: 403 })
})
