/**
 * The country database of our package in the layout that the other name servers read: {country: {iso_code}}, and the name of
 * GeoLite2-Country.mmdb. Copies the search tree and writes the data anew.
 */

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { Reader, type Response } from 'maxmind'

const SOURCE = '@ip-location-db/geo-whois-asn-country-mmdb/geo-whois-asn-country.mmdb'
const MARKER = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1')

/** @returns the file's path; undefined where the package has no such database */
export async function countryDatabase(folder: string): Promise<string | undefined> {
  const path = join(folder, 'GeoLite2-Country.mmdb')
  if (existsSync(path)) return path
  let source: string
  try {
    source = createRequire(import.meta.url).resolve(SOURCE)
  } catch {
    return undefined
  }
  writeFileSync(path, nested(readFileSync(source)))
  return path
}

function nested(source: Buffer): Buffer {
  const reader = new Reader<Response>(source)
  const { nodeCount, recordSize, ipVersion, buildEpoch } = reader.metadata
  if (recordSize !== 24 && recordSize !== 32) throw new Error(`a record size of ${recordSize} is not read here`)
  // The reader finds entries by address; here they are wanted by their place in the tree.
  const { resolveDataPointer } = reader as unknown as { resolveDataPointer(pointer: number): { country_code: string } }
  const width = recordSize / 8
  const treeOctets = nodeCount * width * 2
  const tree = Buffer.from(source.subarray(0, treeOctets))
  const offsets = new Map<number, number>()
  const data: Buffer[] = []
  let size = 0
  for (let at = 0; at < treeOctets; at += width) {
    const value = tree.readUIntBE(at, width)
    if (value <= nodeCount) continue
    let offset = offsets.get(value)
    if (offset === undefined) {
      const country = resolveDataPointer.call(reader, value).country_code
      const entry = map({
        country: map({ iso_code: text(country) }),
        registered_country: map({ iso_code: text(country) }),
      })
      offset = size
      data.push(entry)
      size += entry.length
      offsets.set(value, offset)
    }
    tree.writeUIntBE(nodeCount + 16 + offset, at, width)
  }
  const metadata = map({
    binary_format_major_version: uint(5, 2),
    binary_format_minor_version: uint(5, 0),
    build_epoch: uint(9, buildEpoch.getTime() / 1000),
    database_type: text('GeoLite2-Country'),
    description: map({ en: text('made by the benchmark') }),
    ip_version: uint(5, ipVersion),
    languages: Buffer.from([1, 4, ...text('en')]),
    node_count: uint(6, nodeCount),
    record_size: uint(5, recordSize),
  })
  return Buffer.concat([tree, Buffer.alloc(16), ...data, MARKER, metadata])
}

// The MaxMind DB data section: a control octet holds the type (upper three bits; 0: type - 7 in the next octet) and the size.
function text(value: string): Buffer {
  const head = value.length < 29 ? [(2 << 5) | value.length] : [(2 << 5) | 29, value.length - 29]
  return Buffer.concat([Buffer.from(head), Buffer.from(value)])
}

function map(entries: Record<string, Buffer>): Buffer {
  const parts = Object.entries(entries).flatMap(([key, value]) => [text(key), value])
  return Buffer.concat([Buffer.of((7 << 5) | Object.keys(entries).length), ...parts])
}

/** @param type 5: uint16, 6: uint32, 9: uint64; written without leading zeros */
function uint(type: number, value: number): Buffer {
  const digits = value === 0 ? '' : value.toString(16)
  const octets = Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex')
  return Buffer.concat([type < 8 ? Buffer.of((type << 5) | octets.length) : Buffer.of(octets.length, type - 7), octets])
}
