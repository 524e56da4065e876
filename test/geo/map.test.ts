import { readFileSync } from 'node:fs'
import t from 'tap'
import {
  maskAddress,
  type Network,
  networkContains,
  parseAddress,
  parseNetwork,
  seededRandom,
} from '../../src/base/index.ts'
import {
  type CompiledMap,
  compileMap,
  type GeoDatabase,
  GeoMap,
  type Matcher,
  openDatabase,
  PlaceFinder,
} from '../../src/geo/index.ts'
import { openMmdb } from '../../src/loader/mmdb.ts'
import { writeMmdb } from './mmdb-writer.ts'

function opened(bytes: Buffer): GeoDatabase {
  const result = openDatabase('test.mmdb', bytes, openMmdb)
  if ('issue' in result) throw new Error(result.issue.message)
  return result.database
}

const EVERYONE: Matcher = { country: [], continent: [], subdivision: [], asn: [], net: [] }
const match = (some: Partial<Matcher>): Matcher => ({ ...EVERYONE, ...some })
const nets = (...texts: string[]): Network[] => texts.map((text) => parseNetwork(text)!)

/** "matcher/prefix length" of an address. */
function whereIs(compiled: CompiledMap, address: string): string {
  const octets = parseAddress(address)!
  const located = new GeoMap(compiled.image).locate(octets, 0, octets.length)
  return `${compiled.classes[located >>> 8]!.matcher}/${located & 255}`
}

/** Changes one bit. */
function flipped(address: Uint8Array, bit: number): Uint8Array {
  const other = Uint8Array.from(address)
  other[bit >> 3]! ^= 128 >> (bit & 7)
  return other
}

t.test('without anything that could matter the scope is 0', async (t) => {
  const database = opened(writeMmdb({ networks: [['10.0.0.0/8', { country_code: 'DE' }]] }))
  for (const databases of [[], [database]]) {
    const map = compileMap({ databases, matchers: [EVERYONE] })
    t.equal(whereIs(map, '10.1.2.3'), '0/0')
    t.equal(whereIs(map, '2001:db8::1'), '0/0')
    t.equal(whereIs(map, '::ffff:10.1.2.3'), '0/96', 'IPv4-mapped: all of IPv4')
    t.ok(map.image.byteLength < 1200, 'the kibibyte of first octets, and next to nothing')
  }
})

t.test('networks of one class are merged, and no further', async (t) => {
  const database = opened(
    writeMmdb({
      networks: [
        ['10.0.0.0/24', { country_code: 'MD' }],
        ['10.0.1.0/24', { country_code: 'MD' }],
        ['10.0.2.0/24', { country_code: 'RO' }],
        ['10.0.4.0/24', { country_code: 'DE' }],
        ['2001:db8::/33', { country_code: 'MD' }],
        ['2001:db8:8000::/33', { country_code: 'MD' }],
        ['2001:db8:1:2:3:4:5:6/128', { country_code: 'DE' }],
      ],
    }),
  )
  const map = compileMap({
    databases: [database],
    matchers: [match({ country: ['MD'] }), match({ country: ['RO'] }), EVERYONE],
  })
  t.equal(whereIs(map, '10.0.0.9'), '0/23')
  t.equal(whereIs(map, '10.0.1.9'), '0/23')
  t.equal(whereIs(map, '10.0.2.9'), '1/24')
  t.equal(whereIs(map, '10.0.3.9'), '2/24')
  t.equal(whereIs(map, '10.0.4.9'), '2/22', 'what matches nothing is one class, known or not')
  t.equal(whereIs(map, '192.0.2.1'), '2/1')
  t.equal(whereIs(map, '::ffff:10.0.0.9'), '0/119')
  t.equal(whereIs(map, '2001:db8:1:2:3:4:5:6'), '2/128')
  t.equal(whereIs(map, '2001:db8:1:2:3:4:5:7'), '0/128')
  t.equal(whereIs(map, '2001:db8:ffff::'), '0/33')
  const eu = compileMap({ databases: [database], matchers: [match({ continent: ['EU'] }), EVERYONE] })
  t.equal(whereIs(eu, '10.0.2.9'), '0/24', 'the continent follows from the country')
  t.equal(whereIs(eu, '10.0.0.9'), '0/23')
})

t.test('own networks lie over the databases; across keys all must hold', async (t) => {
  const database = opened(writeMmdb({ networks: [['10.0.0.0/8', { country_code: 'MD' }]] }))
  const map = compileMap({
    databases: [database],
    matchers: [
      match({ country: ['MD'], net: nets('10.1.0.0/16', '192.0.2.0/24') }),
      match({ net: nets('10.1.2.0/24', '192.0.2.0/25', '2001:db8::/32', '::ffff:198.51.100.0/120') }),
      match({ country: ['MD'] }),
      EVERYONE,
    ],
  })
  t.equal(whereIs(map, '10.1.2.3'), '0/16')
  t.equal(whereIs(map, '10.2.2.3'), '2/15')
  t.equal(whereIs(map, '192.0.2.1'), '1/25')
  t.equal(whereIs(map, '192.0.2.200'), '3/25')
  t.equal(whereIs(map, '198.51.100.1'), '1/24', 'an IPv4-mapped network is an IPv4 network')
  t.equal(whereIs(map, '2001:db8::1'), '1/32')
  t.equal(whereIs(map, '2001:db9::1'), '3/32')
})

t.test('country, city and AS number from three databases', async (t) => {
  const city = opened(
    writeMmdb({
      networks: [
        ['10.0.0.0/16', { country: { iso_code: 'US' }, subdivisions: [{ iso_code: 'CA' }] }],
        ['10.1.0.0/16', { country: { iso_code: 'US' }, subdivisions: [{ iso_code: 'OR' }] }],
      ],
    }),
  )
  const country = opened(writeMmdb({ networks: [['10.0.0.0/8', { country_code: 'CA' }]], ipVersion: 4 }))
  const asn = opened(
    writeMmdb({
      networks: [
        ['10.0.7.0/24', { autonomous_system_number: 64500 }],
        ['10.9.0.0/16', { autonomous_system_number: 64500 }],
      ],
    }),
  )
  const map = compileMap({
    databases: [city, country, asn],
    matchers: [
      match({ asn: [64500], country: ['US'] }),
      match({ subdivision: ['US-CA'] }),
      match({ country: ['CA'] }),
      EVERYONE,
    ],
  })
  t.equal(whereIs(map, '10.0.7.1'), '0/24')
  t.equal(whereIs(map, '10.0.8.1'), '1/21')
  t.equal(whereIs(map, '10.1.0.1'), '3/16')
  t.equal(whereIs(map, '10.9.0.1'), '2/13')
  t.equal(whereIs(map, '11.0.0.1'), '3/8')
})

t.test('nearest: clients are classed by the order of the sites', async (t) => {
  const database = opened(
    writeMmdb({
      networks: [
        ['10.0.0.0/16', { country_code: 'DE', latitude: 50.1, longitude: 8.6 }],
        ['10.1.0.0/16', { country_code: 'DE', latitude: 52.5, longitude: 13.4 }],
        ['10.2.0.0/16', { country_code: 'US', latitude: 40.7, longitude: -74 }],
        ['10.3.0.0/16', { country_code: 'JP' }],
      ],
    }),
  )
  const sites = [
    { name: 'virginia', at: { latitude: 39, longitude: -77 } },
    { name: 'somewhere', at: undefined },
    { name: 'frankfurt', at: { latitude: 50.1, longitude: 8.7 } },
    { name: 'singapore', at: { latitude: 1.3, longitude: 103.8 } },
  ]
  const compiled = compileMap({ databases: [database], matchers: [EVERYONE], sites: [sites] })
  const map = new GeoMap(compiled.image)
  const orderOf = (address: string): string => {
    const located = map.locate(parseAddress(address)!, 0, 4)
    return `${compiled.classes[located >>> 8]!.order?.map((i) => sites[i]!.name).join(' ')} /${located & 255}`
  }
  t.equal(orderOf('10.0.0.1'), 'frankfurt virginia singapore somewhere /15', 'Frankfurt and Berlin are one class')
  t.equal(orderOf('10.1.0.1'), 'frankfurt virginia singapore somewhere /15')
  t.equal(orderOf('10.2.0.1'), 'virginia frankfurt singapore somewhere /16')
  t.equal(orderOf('10.3.0.1'), 'singapore frankfurt virginia somewhere /16', 'reckoned from the middle of Japan')
  t.equal(orderOf('192.0.2.1'), 'undefined /1', 'nobody knows where: declared order')
})

t.test('nearest of no sites, and of one, is no riddle', async (t) => {
  const database = opened(writeMmdb({ networks: [['10.0.0.0/8', { country_code: 'DE' }]] }))
  const classes = (...sites: string[]) =>
    compileMap({ databases: [database], matchers: [EVERYONE], sites: [sites.map((name) => ({ name, at: undefined }))] })
      .classes
  t.same(
    classes().map(({ order }) => order),
    [undefined, []],
  )
  t.same(
    classes('a').map(({ order }) => order),
    [undefined, [0]],
  )
})

t.test('ten thousand networks in one rule', async (t) => {
  const many = Array.from({ length: 10_000 }, (_, i) => `10.${i >> 8}.${i & 255}.0/24`).filter((_, i) => i % 3 === 0)
  const map = compileMap({ databases: [], matchers: [match({ net: nets(...many) }), EVERYONE] })
  t.equal(whereIs(map, '10.0.3.1'), '0/24')
  t.equal(whereIs(map, '10.0.4.1'), '1/23')
  t.equal(map.ipv4Networks > many.length, true)
})

t.test('random trees and matchers: class and scope as reckoned slowly', async (t) => {
  const seed = Number(process.env.SEED ?? 4711)
  t.comment(`seed ${seed}`)
  const random = seededRandom(seed)
  const countries = ['MD', 'RO', 'DE', 'US']
  const network = (octets: 4 | 16): Network => {
    // Few distinct bits, so that networks meet: nested, neighbouring, equal.
    const address = new Uint8Array(octets)
    for (let i = 0; i < octets; i++) address[i] = random.below(4) === 0 ? random.below(256) : 0x20
    const prefixLength = random.below(octets * 8 + 1)
    return { address: maskAddress(address, prefixLength), prefixLength }
  }
  let wrong = 0
  for (let round = 0; round < 60; round++) {
    const written = Array.from({ length: random.below(20) }, () => {
      const { address, prefixLength } = network(random.below(2) === 0 ? 4 : 16)
      const text = `${address.length === 4 ? address.join('.') : [...address].map((o, i) => (i % 2 === 0 ? `${i > 0 ? ':' : ''}${o.toString(16).padStart(2, '0')}` : o.toString(16).padStart(2, '0'))).join('')}/${prefixLength}`
      return [text, { country_code: countries[random.below(4)]! }] as const
    }).filter(([text]) => !text.endsWith('/0'))
    const database = opened(writeMmdb({ networks: written, recordSize: ([24, 28, 32] as const)[round % 3]! }))
    const matchers = [
      ...Array.from({ length: random.below(4) }, () =>
        match({
          country: random.below(2) === 0 ? [] : [countries[random.below(4)]!],
          net: Array.from({ length: random.below(3) }, () => network(random.below(2) === 0 ? 4 : 16)),
        }),
      ),
      EVERYONE,
    ]
    const compiled = compileMap({ databases: [database], matchers })
    const map = new GeoMap(compiled.image)
    const finder = new PlaceFinder([database])
    const slowly = (address: Uint8Array): number => {
      const { country } = finder.find(address).place
      return matchers.findIndex(
        (one) =>
          (one.country.length === 0 || (country !== undefined && one.country.includes(country))) &&
          (one.net.length === 0 || one.net.some((net) => networkContains(net, address))),
      )
    }
    for (let i = 0; i < 200; i++) {
      const address = network(i % 2 === 0 ? 4 : 16).address
      // IPv4 inside IPv6 databases has its own door; ::/96 and mapped addresses are looked up elsewhere.
      if (address.length === 16 && address.subarray(0, 10).every((o) => o === 0)) continue
      const located = map.locate(address, 0, address.length)
      const depth = located & 255
      if (compiled.classes[located >>> 8]!.matcher !== slowly(address)) wrong++
      for (let k = 0; k < 5 && depth < address.length * 8; k++) {
        const inside = Uint8Array.from(address)
        for (let bit = depth; bit < address.length * 8; bit++)
          if (random.below(2) === 0) inside.set(flipped(inside, bit))
        if (slowly(inside) !== slowly(address)) wrong++
      }
    }
  }
  t.equal(wrong, 0)
})

const BUILT_IN = readFileSync('node_modules/@ip-location-db/geo-whois-asn-country-mmdb/geo-whois-asn-country.mmdb')

t.test(
  'the built-in database: every /24 of IPv4 and every network of IPv6 has the widest scope of one class',
  async (t) => {
    const database = opened(BUILT_IN)
    const ruleSets = {
      portal: [match({ country: ['MD'] }), EVERYONE],
      continents: [match({ continent: ['EU'] }), match({ continent: ['AS', 'OC'] }), EVERYONE],
      nets: [match({ net: nets('2.56.0.0/14', '2a02::/20') }), match({ country: ['DE', 'FR'] }), EVERYONE],
    }
    for (const [name, matchers] of Object.entries(ruleSets)) {
      const compiled = compileMap({ databases: [database], matchers })
      const map = new GeoMap(compiled.image)
      const classOf = directly(database, matchers)

      // IPv4: the class of every /24, reckoned from the database itself; a /24 that is divided is 255.
      const classes = new Uint8Array(1 << 24)
      const address = new Uint8Array(4)
      let wrong = 0
      for (let i = 0; i < classes.length; i++) {
        address[0] = i >> 16
        address[1] = i >> 8
        address[2] = i
        const located = map.locate(address, 0, 4)
        classes[i] = (located & 255) > 24 ? 255 : located >>> 8
      }
      let checked = 0
      for (let i = 0; i < classes.length; ) {
        address[0] = i >> 16
        address[1] = i >> 8
        address[2] = i
        const located = map.locate(address, 0, 4)
        const depth = located & 255
        if (compiled.classes[located >>> 8]!.matcher !== classOf(address)) wrong++
        const size = depth >= 24 ? 1 : 2 ** (24 - depth)
        if (depth <= 24) {
          for (let k = i; k < i + size; k++) if (classes[k] !== located >>> 8) wrong++
          // The other half of the next wider network is not of this class throughout.
          const sibling = i ^ size
          if (depth > 0 && classes.subarray(sibling, sibling + size).every((cls) => cls === located >>> 8)) wrong++
          if (i % size !== 0) wrong++
        }
        checked++
        i += size
      }
      // IPv6: every network of the database, its first and its last address.
      let networks = 0
      forEachIpv6(database, (first, depth) => {
        networks++
        if (networks % 3 !== 0 && name !== 'portal') return
        const located = map.locate(first, 0, 16)
        if (compiled.classes[located >>> 8]!.matcher !== classOf(first)) wrong++
        const scope = located & 255
        if (scope > 0) {
          // One bit off at the end of the scope: somewhere in there is another class, or the scope would be wider.
          const beside = map.locate(maskAddress(flipped(first, scope - 1), scope), 0, 16)
          if (beside >>> 8 === located >>> 8 && (beside & 255) <= scope) wrong++
        }
        if (name !== 'nets' && scope > depth) wrong++
      })
      t.equal(wrong, 0, `${name}: ${checked} scopes of IPv4, ${networks} networks of IPv6`)
    }
  },
)

/** The class of an address by matching its database record, without a map. */
function directly(database: GeoDatabase, matchers: readonly Matcher[]): (address: Uint8Array) => number {
  return (address) => {
    const { country, continent } = database.locate(address).place
    return matchers.findIndex(
      (one) =>
        (one.country.length === 0 || (country !== undefined && one.country.includes(country))) &&
        (one.continent.length === 0 || (continent !== undefined && one.continent.includes(continent))) &&
        (one.net.length === 0 || one.net.some((net) => networkContains(net, address))),
    )
  }
}

function forEachIpv6(database: GeoDatabase, visit: (first: Uint8Array, depth: number) => void): void {
  const address = new Uint8Array(16)
  const walk = (value: number, depth: number): void => {
    if (value >= database.metadata.nodeCount) {
      // ::/96 is the IPv4 tree.
      if (depth < 96 || address.subarray(0, 12).some((octet) => octet !== 0)) visit(address, depth)
      return
    }
    walk(database.step(value, 0, true), depth + 1)
    address[depth >> 3]! |= 128 >> (depth & 7)
    walk(database.step(value, 1, true), depth + 1)
    address[depth >> 3]! &= ~(128 >> (depth & 7))
  }
  walk(database.ipv6Root, 0)
}
