import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { GeoMap } from '../../src/geo/index.ts'
import { openDatabases } from '../../src/loader/databases.ts'
import { compileRules } from '../../src/loader/load-geo.ts'
import { readSteering } from '../../src/steer/index.ts'
import { writeMmdb } from '../geo/mmdb-writer.ts'

const folder = mkdtempSync(join(tmpdir(), 'meridian-geo-'))
t.teardown(() => rmSync(folder, { recursive: true }))

const steering = (rules: string) =>
  readSteering([
    {
      file: 'f.yaml',
      text: `zone: a.b
sites: { b: { at: [52, 13] }, c: { at: [47, 29] } }
nodes: { n: { a: 192.0.2.1, site: b }, m: { a: 192.0.2.2, site: c } }
pools: { p: [n, m], q: [m] }
records: { www: p, ${rules} }`,
    },
  ]).steering

t.test('rules that were compiled are not compiled again, and the databases not opened', async (t) => {
  const city = join(folder, 'city.mmdb')
  writeFileSync(
    city,
    writeMmdb({
      networks: [['10.0.0.0/8', { country: { iso_code: 'MD' }, location: { latitude: 47, longitude: 28 } }]],
    }),
  )
  const paths = openDatabases({ city })
  t.same(
    paths.map(({ kind, builtIn }) => [kind, builtIn]),
    [['city', false]],
  )
  const numbers = ['www.a.b.', 'x.a.b.', 'y.a.b.', 'gone.a.b.', 'near.a.b.']
  const md =
    'x: { rules: [{ country: MD, pool: q }, { pool: p }] }, y: { rules: [{ country: MD, pool: p }, { pool: q }] }'
  const first = compileRules(steering(md), numbers, paths, 'as of today', undefined)
  t.same(
    first.records.map((record) => record?.map),
    [-1, 0, 0, undefined, undefined],
    'equal matches share a map, whatever the pools; everyone needs none',
  )
  t.equal(first.geo.databases[0]?.file, city)
  const map = new GeoMap(first.maps[0]!)
  const rule = (address: number[]): number =>
    first.records[1]!.classes[map.locate(Uint8Array.from(address), 0, 4) >>> 8]!.rule
  t.equal(rule([10, 1, 1, 1]), 0)
  t.equal(rule([11, 1, 1, 1]), 1)

  rmSync(city)
  const second = compileRules(steering(`${md}, gone: q`), numbers, paths, 'as of today', first.geo)
  t.equal(second.maps[0], first.maps[0], 'the very same memory')
  t.equal(second.geo.countries, first.geo.countries)
  t.equal(second.geo.databases, first.geo.databases)
  t.same(second.records[3], { name: 'gone.a.b.', map: -1, classes: [{ rule: 0, sites: undefined }] })

  const changed = compileRules(steering(md), numbers, paths, 'as of tomorrow', first.geo)
  t.match(changed.issues, [{ code: 'geo/unreadable', severity: 'error' }], 'new databases are read')
})

t.test('nearest: classes carry the order of the sites', async (t) => {
  const city = join(folder, 'city.mmdb')
  writeFileSync(
    city,
    writeMmdb({
      networks: [
        ['10.0.0.0/8', { country: { iso_code: 'MD' } }],
        ['11.0.0.0/8', { country: { iso_code: 'DE' } }],
      ],
    }),
  )
  const { records, maps } = compileRules(
    steering('near: { pool: p, pick: nearest }'),
    ['near.a.b.'],
    openDatabases({ city }),
    '',
    undefined,
  )
  const map = new GeoMap(maps[0]!)
  const order = (first: number) => records[0]!.classes[map.locate(Uint8Array.of(first, 0, 0, 1), 0, 4) >>> 8]!.sites
  t.same(order(10), ['c', 'b'])
  t.same(order(11), ['b', 'c'])
  t.equal(order(12), undefined)
})

t.test('rules that ask what no database knows are told', async (t) => {
  const rules =
    'x: { rules: [{ subdivision: US-CA, pool: q }, { asn: 64500, pool: q }, { country: MD, pool: q }, { pool: p }] }, y: { pool: p, pick: nearest }'
  const { issues } = compileRules(steering(rules), [], openDatabases({}), '', undefined)
  t.same(
    issues.map(({ severity, code, message }) => `${severity} ${code} ${message.slice(0, 24)}`),
    [
      'warning steer/unknown-place rule 1 of record x.a.b. ',
      'warning steer/unknown-place rule 2 of record x.a.b. ',
      'note steer/rough-distance record y.a.b. picks the ',
    ],
  )
})

t.test('without a city or country database the built-in one stands in', async (t) => {
  t.same(
    openDatabases({ asn: '/x.mmdb' }).map(({ kind, builtIn }) => [kind, builtIn]),
    [
      ['asn', false],
      ['country', true],
    ],
  )
})
