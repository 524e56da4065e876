/** meridian zone: what it asks of the API, and what it says. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { startFakeApi } from './fake-api.ts'

const DONE = { status: 'done', message: 'It was done.', serial: 11 }
const ZONE = {
  zone: 'example.com.',
  serial: 10,
  records: 3,
  grants: [{ key: 'certbot.', label: '_acme-challenge', types: ['TXT'] }],
}

t.test('every command asks for what it says', async (t) => {
  const api = await startFakeApi(t)
  const folder = mkdtempSync(join(tmpdir(), 'zone-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'example.com.zone')
  writeFileSync(file, 'text of the zone')
  const base = '/v1/kept-zones/example.com'
  const zones = { 'GET /v1/kept-zones': [ZONE] }
  const rows: [string, Record<string, unknown>, string, unknown][] = [
    [`zone import ${file}`, {}, `PUT ${base}`, { file: 'text of the zone' }],
    [`zone import ${file} --zone other.org`, {}, 'PUT /v1/kept-zones/other.org', { file: 'text of the zone' }],
    [
      'zone add example.com www A 192.0.2.1 --ttl 1h',
      {},
      `PATCH ${base}/records`,
      { add: [{ name: 'www', type: 'A', ttl: '1h', data: '192.0.2.1' }] },
    ],
    [
      'zone add example.com @ MX 10 mail',
      {},
      `PATCH ${base}/records`,
      { add: [{ name: '@', type: 'MX', data: '10 mail' }] },
    ],
    [
      'zone delete example.com www A 192.0.2.1',
      {},
      `PATCH ${base}/records`,
      { remove: [{ name: 'www', type: 'A', data: '192.0.2.1' }] },
    ],
    [
      'zone grant example.com --key lego --acme',
      zones,
      `PUT ${base}/grants`,
      { grants: [...ZONE.grants, { key: 'lego.', label: '_acme-challenge', types: ['TXT'] }] },
    ],
    [
      'zone grant example.com --key Dhcp. --under dyn.example.com --type A --type AAAA',
      zones,
      `PUT ${base}/grants`,
      { grants: [...ZONE.grants, { key: 'dhcp.', under: 'dyn.example.com.', types: ['A', 'AAAA'] }] },
    ],
    ['zone revoke example.com --key certbot', zones, `PUT ${base}/grants`, { grants: [] }],
    ['zone remove example.com', {}, `DELETE ${base}`, undefined],
    [`zone import ${file} --reason moved`, {}, `PUT ${base}`, { file: 'text of the zone', reason: 'moved' }],
    [
      'zone delete example.com www A 192.0.2.1 --reason moved',
      {},
      `PATCH ${base}/records`,
      { remove: [{ name: 'www', type: 'A', data: '192.0.2.1' }], reason: 'moved' },
    ],
    [
      'zone revoke example.com --key certbot --reason lost',
      zones,
      `PUT ${base}/grants`,
      { grants: [], reason: 'lost' },
    ],
  ]
  for (const [command, table, what, body] of rows) {
    const ran = await api.run(command, { ...table, [what]: DONE })
    t.equal(ran.exit, 0, `${command}: ${ran.err}`)
    t.match(ran.out, /It was done\./)
    const last = ran.asked.at(-1)!
    t.equal(last.what, what)
    t.strictSame(last.body, body, command)
  }
  const removed = await api.run('zone remove example.com --reason moved', { [`DELETE ${base}`]: DONE })
  t.equal(removed.asked.at(-1)?.what, `DELETE ${base}?reason=moved`)
})

t.test('the list is a table, the zone a master file, and what is not there is said', async (t) => {
  const api = await startFakeApi(t)
  const table = { 'GET /v1/kept-zones': [ZONE] }
  t.match((await api.run('zone list', table)).out, /example\.com\.\s+10\s+3\s+certbot\. _acme-challenge\.\* TXT/)
  t.match((await api.run('zone list', { 'GET /v1/kept-zones': [] })).out, /zone import/)
  t.match(
    (
      await api.run('zone print example.com', {
        'GET /v1/kept-zones/example.com/file': 'example.com.\t300\tIN\tA\t192.0.2.1\n',
      })
    ).out,
    /192\.0\.2\.1/,
  )
  t.match(await api.run('zone revoke example.com --key nosuch', table), { exit: 1, err: /granted nothing/ })
  t.match(await api.run('zone grant other.org --key x', table), { exit: 1, err: /no zone other\.org/ })
  t.match(await api.run('zone import /nowhere/x.zone'), { exit: 1, err: /cannot be read/ })
  t.match(await api.run('zone add example.com www A 192.0.2.1 --ttl soon'), { exit: 2 })
})
