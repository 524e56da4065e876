/**
 * MaxMind databases: a file is refused with an issue, or it is read whole; one that was examined compiles to a map that agrees
 * with the file everywhere.
 */
import { hasErrors, type Random } from '../../src/base/index.ts'
import { compileMap, examineDatabase, GeoMap, openDatabase, PlaceFinder } from '../../src/geo/index.ts'
import { openMmdb } from '../../src/loader/mmdb.ts'
import { writeMmdb } from '../../test/geo/mmdb-writer.ts'
import { must, type Target } from '../target.ts'

const CITY = {
  country: { iso_code: 'MD' },
  subdivisions: [{ iso_code: 'CU' }],
  location: { latitude: 47, longitude: 28.9 },
}
const NETWORKS = [
  ['10.0.0.0/8', CITY],
  ['10.1.0.0/16', { country_code: 'DE' }],
  ['192.0.2.0/24', { autonomous_system_number: 64500 }],
  ['2001:db8::/32', { country: 'RO', continent: 'EU' }],
] as const

export const target: Target = {
  name: 'mmdb',
  corpus: ([24, 28, 32] as const).flatMap((recordSize) => [
    new Uint8Array(writeMmdb({ networks: NETWORKS, recordSize, aliases: ['2002::/16'] })),
    new Uint8Array(writeMmdb({ networks: NETWORKS.slice(0, 3), recordSize, ipVersion: 4 })),
  ]),
  maxOctets: 8192,
  rounds: 20_000,
  check(input, random) {
    const opened = openDatabase('fuzz.mmdb', input, openMmdb)
    if ('issue' in opened) return
    const { database } = opened
    if (hasErrors(examineDatabase(database, undefined).issues)) return
    const { image, classes } = compileMap({
      databases: [database],
      matchers: [{ country: ['MD'], continent: [], subdivision: [], asn: [], net: [] }],
    })
    const map = new GeoMap(image)
    const finder = new PlaceFinder([database])
    for (let i = 0; i < 20; i++) {
      const address = randomAddress(random)
      const located = map.locate(address, 0, address.length)
      const found = finder.find(address)
      must(
        (classes[located >>> 8]?.matcher === 0) === (found.place.country === 'MD'),
        `map and file disagree about ${address.join('.')}`,
      )
      must((located & 255) <= address.length * 8, 'a scope longer than the address')
    }
  },
}

function randomAddress(random: Random): Uint8Array {
  const octets = random.below(2) === 0 ? 4 : 16
  const address = Uint8Array.from({ length: octets }, () => random.below(256))
  if (octets === 4) address[0] = [10, 192, 11, 0][random.below(4)]!
  // ::/96 belongs to IPv4, and is looked up as such only in mapped form.
  else address[0] = 0x20
  return address
}
