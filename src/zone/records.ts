/**
 * A zone's records one by one, as values: for transfers, exports, updates and comparisons, not for answering.
 */
import { compareNames, lowerOctet, nameOctets, recordType, TYPE } from '../wire/index.ts'
import { rrLength, type ZoneImage } from './image.ts'
import { RR_HEAD } from './image-layout.ts'

/** One resource record of class IN. */
export interface ZoneRecord {
  /** uncompressed wire form */
  readonly owner: Uint8Array
  readonly type: number
  /** seconds */
  readonly ttl: number
  /** uncompressed wire form */
  readonly rdata: Uint8Array
}

/** What a steered node stands for where a zone leaves the house: its safe view. */
export type SteeredView = (record: number, owner: Uint8Array) => Iterable<ZoneRecord>

/**
 * Walks all records, the apex first and its SOA first of all; glue and hidden records too. Names and rdata are views of the image.
 * @param steered gives the records of a steered node; absent: they are left out
 */
export function* zoneRecords(image: ZoneImage, steered?: SteeredView): Generator<ZoneRecord, void, undefined> {
  yield* setRecords(image, image.apex, image.soa)
  for (let node = image.apex; node !== 0; node = image.nextNode(node)) {
    const record = image.steeredRecord(node)
    if (record >= 0 && steered !== undefined) yield* steered(record, ownerOf(image, node))
    for (let set = image.firstRrset(node); set !== 0; set = image.nextRrset(set))
      if (set !== image.soa) yield* setRecords(image, node, set)
  }
}

/** Walks the records of one set. */
export function* setRecords(image: ZoneImage, node: number, set: number): Generator<ZoneRecord, void, undefined> {
  const { octets } = image
  const owner = ownerOf(image, node)
  const type = image.rrType(set)
  const end = image.rrAt(set) + image.rrOctets(set)
  for (let at = image.rrAt(set); at < end; at += rrLength(octets, at)) {
    const ttl = ((octets[at + 6]! << 24) | (octets[at + 7]! << 16) | (octets[at + 8]! << 8) | octets[at + 9]!) >>> 0
    yield { owner, type, ttl, rdata: octets.subarray(at + RR_HEAD, at + rrLength(octets, at)) }
  }
}

/** @returns the node's owner name, a view of the image */
export function ownerOf(image: ZoneImage, node: number): Uint8Array {
  const at = image.ownerAt(node)
  return image.octets.subarray(at, at + image.octets[node]!)
}

/** A name as a key for maps: its wire form in lower case, an octet a character. */
export function nameKey(name: Uint8Array): string {
  let key = ''
  for (const octet of name) key += String.fromCharCode(lowerOctet(octet))
  return key
}

/** Canonical order (RFC 4034 6): by owner, then the SOA, then by type and rdata as octets. */
export function compareRecords(a: ZoneRecord, b: ZoneRecord): number {
  return (
    compareNames(a.owner, b.owner) ||
    Number(b.type === TYPE.SOA) - Number(a.type === TYPE.SOA) ||
    a.type - b.type ||
    compareOctets(a.rdata, b.rdata)
  )
}

/** Compares as octet strings, the shorter first where one begins the other (RFC 4034 6.3). */
export function compareOctets(a: Uint8Array, b: Uint8Array): number {
  const shorter = Math.min(a.length, b.length)
  for (let i = 0; i < shorter; i++) if (a[i] !== b[i]) return a[i]! - b[i]!
  return a.length - b.length
}

export function sameOctets(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && compareOctets(a, b) === 0
}

/**
 * Whether two rdata of one type are the same data: names in them compare without case (RFC 4343 3, RFC 4034 6.2), all else octet by
 * octet. `MX 10 Mail` and `MX 10 mail` are one record (RFC 2181 5, RFC 2136 1.1).
 */
export function sameRdata(type: number, a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  if (sameOctets(a, b)) return true
  return hasNames(type) && sameOctets(canonicalRdata(type, a), canonicalRdata(type, b))
}

/** @returns false where rdata of that type are the same only if their octets are */
export function hasNames(type: number): boolean {
  return recordType(type)?.names !== undefined
}

/** @returns the rdata with the names in them in lower case; the same octets where there are none */
export function canonicalRdata(type: number, rdata: Uint8Array): Uint8Array {
  const names = recordType(type)?.names?.(rdata) ?? []
  if (names.length === 0) return rdata
  const lower = rdata.slice()
  for (const { at } of names) {
    const end = at + Math.max(0, nameOctets(rdata, at))
    for (let i = at; i < end; i++) lower[i] = lowerOctet(lower[i]!)
  }
  return lower
}

/** Octets as a key for maps, an octet a character. */
export function octetsKey(octets: Uint8Array): string {
  let key = ''
  for (const octet of octets) key += String.fromCharCode(octet)
  return key
}
