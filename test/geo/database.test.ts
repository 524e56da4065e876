import { readFileSync } from 'node:fs'
import maxmind from 'maxmind'
import t from 'tap'
import { parseAddress, printNetwork, seededRandom } from '../../src/base/index.ts'
import { examineDatabase, type GeoDatabase, openDatabase, type Place, PlaceFinder } from '../../src/geo/index.ts'
import { openMmdb } from '../../src/loader/mmdb.ts'
import { writeMmdb } from './mmdb-writer.ts'

const BUILT_IN = 'node_modules/@ip-location-db/geo-whois-asn-country-mmdb/geo-whois-asn-country.mmdb'

function opened(bytes: Buffer, name = 'test.mmdb'): GeoDatabase {
  const result = openDatabase(name, bytes, openMmdb)
  if ('issue' in result) throw new Error(result.issue.message)
  return result.database
}

const place = (database: GeoDatabase, address: string): Place => database.locate(parseAddress(address)!).place
const DE = { country: { iso_code: 'DE' }, continent: { code: 'EU' } }
const MD = { country: { iso_code: 'MD' } }

t.test('records of every layout are read', async (t) => {
  const rows: readonly (readonly [record: object, place: Partial<Place>])[] = [
    [DE, { country: 'DE', continent: 'EU' }],
    [MD, { country: 'MD', continent: 'EU' }],
    [{ country_code: 'BR' }, { country: 'BR', continent: 'SA' }],
    [
      { country: 'us', continent: 'NA', asn: 'AS15169' },
      { country: 'US', continent: 'NA', asn: 15169 },
    ],
    [{ registered_country: { iso_code: 'FR' } }, { country: 'FR', continent: 'EU' }],
    [
      { autonomous_system_number: 64500, autonomous_system_organization: 'x' },
      { asn: 64500, country: undefined },
    ],
    [
      {
        country: { iso_code: 'GB' },
        subdivisions: [{ iso_code: 'ENG' }, { iso_code: 'LND' }],
        location: { latitude: 51.5, longitude: -0.1 },
      },
      { country: 'GB', subdivisions: ['GB-ENG', 'GB-LND'], at: { latitude: 51.5, longitude: -0.1 } },
    ],
    [{ country_code: 'MD', latitude: '47.01', longitude: '28.86' }, { at: { latitude: 47.01, longitude: 28.86 } }],
    [
      { country: { iso_code: 7 }, location: { latitude: 'north' }, subdivisions: 'many' },
      { country: undefined, at: undefined },
    ],
  ]
  for (const [record, wanted] of rows) {
    const database = opened(writeMmdb({ networks: [['192.0.2.0/24', record]] }))
    t.match(place(database, '192.0.2.7'), wanted, JSON.stringify(record))
  }
})

t.test('every record size and both kinds of trees find what was written', async (t) => {
  for (const recordSize of [24, 28, 32] as const) {
    for (const ipVersion of [4, 6] as const) {
      const database = opened(
        writeMmdb({
          recordSize,
          ipVersion,
          networks: [
            ['10.0.0.0/8', DE],
            ['10.1.2.0/24', MD],
            ...(ipVersion === 6 ? ([['2001:db8::/32', MD]] as const) : []),
          ],
        }),
      )
      t.equal(place(database, '10.9.9.9').country, 'DE')
      t.equal(place(database, '10.1.2.3').country, 'MD')
      t.equal(place(database, '::ffff:10.1.2.3').country, 'MD', 'IPv4-mapped is IPv4')
      t.equal(place(database, '11.0.0.1').country, undefined)
      t.equal(place(database, '2001:db8::1').country, ipVersion === 6 ? 'MD' : undefined)
      t.equal(printNetwork(database.locate(parseAddress('10.1.2.3')!).network), '10.1.2.0/24')
      t.equal(printNetwork(database.locate(parseAddress('::ffff:10.1.2.3')!).network), '::ffff:10.1.2.0/120')
    }
  }
})

t.test('aliases of the IPv4 subtree are nothing known, and no circle', async (t) => {
  const bytes = writeMmdb({ networks: [['10.0.0.0/8', DE]], aliases: ['2002::/16', '::ffff:0:0/96'] })
  const database = opened(bytes)
  t.same(examineDatabase(database, undefined).issues, [])
  t.equal(place(database, '2002:a00:1::1').country, undefined)
  t.equal(place(database, '10.0.0.1').country, 'DE')
})

t.test('the built-in database: agrees with the library everywhere we look', async (t) => {
  const bytes = readFileSync(BUILT_IN)
  const database = opened(bytes, BUILT_IN)
  const { issues, knows, ipv4Networks } = examineDatabase(database, undefined)
  t.same(issues, [])
  t.match(knows, { country: true, coordinates: false, asn: false })
  t.ok(ipv4Networks > 100_000)
  const library = new maxmind.Reader<{ country_code?: string } & maxmind.CountryResponse>(bytes)
  const seed = 20261122
  const random = seededRandom(seed)
  t.comment(`seed ${seed}`)
  let different = 0
  for (let i = 0; i < 20_000; i++) {
    const octets = Uint8Array.from({ length: i % 2 === 0 ? 4 : 16 }, () => random.below(256))
    // Half of the IPv6 space is empty; look where networks are.
    if (octets.length === 16) octets.set([0x20 + random.below(16), random.below(256)])
    if (octets[0] === 0x20 && octets[1] === 2) continue
    const text =
      octets.length === 4
        ? octets.join('.')
        : new Array(8)
            .fill(0)
            .map((_, k) => ((octets[2 * k]! << 8) | octets[2 * k + 1]!).toString(16))
            .join(':')
    const [record, prefixLength] = library.getWithPrefixLength(text)
    const found = database.locate(octets)
    if (found.place.country !== record?.country_code || found.network.prefixLength !== prefixLength) different++
  }
  t.equal(different, 0)
})

t.test('several databases: the first that knows a matter is believed, and says who it was', async (t) => {
  const city = opened(
    writeMmdb({
      networks: [['10.0.0.0/16', { country: { iso_code: 'RO' }, location: { latitude: 46.5, longitude: 24 } }]],
    }),
    'city',
  )
  const country = opened(
    writeMmdb({ networks: [['10.0.0.0/8', MD]], type: 'Test-Country', builtAtMs: 1000 }),
    'country',
  )
  const asn = opened(
    writeMmdb({ networks: [['10.0.0.0/24', { autonomous_system_number: 64500 }]], ipVersion: 4 }),
    'asn',
  )
  const finder = new PlaceFinder([city, country, asn])
  const near = finder.find(parseAddress('10.0.0.1')!)
  t.match(near.place, { country: 'RO', continent: 'EU', asn: 64500, at: { latitude: 46.5 } })
  t.same(
    near.sources.map(({ database, network }) => `${database} ${printNetwork(network)}`),
    ['city 10.0.0.0/16', 'country 10.0.0.0/8', 'asn 10.0.0.0/24'],
  )
  const far = finder.find(parseAddress('10.200.0.1')!)
  t.match(far.place, { country: 'MD', asn: undefined, at: undefined })
  t.match(far.reckonedAt, { latitude: 47, longitude: 29 }, 'the middle of the country')
  t.match(far.sources[1], { databaseType: 'Test-Country', builtAtMs: 1000 })
})

t.test('a bad file is refused with a sentence, never with an exception', async (t) => {
  const good = writeMmdb({
    networks: [
      ['10.0.0.0/8', DE],
      ['2001:db8::/32', MD],
    ],
  })
  const codeOf = (bytes: Buffer): string | undefined => {
    const result = openDatabase('bad.mmdb', bytes, openMmdb)
    return 'issue' in result ? result.issue.code : examineDatabase(result.database, undefined).issues[0]?.code
  }
  t.equal(codeOf(good), undefined)
  t.equal(codeOf(Buffer.alloc(0)), 'geo/not-mmdb')
  t.equal(codeOf(Buffer.from('<html>not found</html>')), 'geo/not-mmdb')
  t.equal(codeOf(good.subarray(100)), 'geo/damaged', 'the beginning is missing')
  t.equal(codeOf(writeMmdb({ networks: [['10.0.0.0/8', { isp: 'x' }]] })), 'geo/no-places')
  const circle = Buffer.from(good)
  circle.writeUIntBE(0, 3, 3)
  t.equal(codeOf(circle), 'geo/damaged', 'the root is its own child')

  const seed = 7
  const random = seededRandom(seed)
  t.comment(`seed ${seed}`)
  for (let i = 0; i < 500; i++) {
    const bytes = Buffer.from(good)
    for (let k = random.below(4); k >= 0; k--) bytes[random.below(bytes.length)] = random.below(256)
    codeOf(bytes.subarray(0, random.below(3) === 0 ? random.below(bytes.length) : bytes.length))
  }
  t.pass('500 damaged files were read or refused')
})

t.test('age is told', async (t) => {
  const day = 86_400_000
  const database = opened(writeMmdb({ networks: [['10.0.0.0/8', DE]], builtAtMs: 1000 * day }))
  const codes = (nowMs: number | undefined) =>
    examineDatabase(database, nowMs).issues.map(({ severity, code }) => `${severity} ${code}`)
  t.same(codes(1010 * day), [])
  t.same(codes(1300 * day), ['warning geo/old'])
  t.same(codes(900 * day), ['warning geo/future'])
  t.same(codes(undefined), [])
})
