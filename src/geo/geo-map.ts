/**
 * A compiled map: address -> class of clients, and the widest network around the address that is of one class (the scope of
 * RFC 7871 7.2.1). One Int32Array in shared memory, read by all threads, written by nobody.
 *
 *     header | IPv4 octets (256 entries) | IPv4 table (2^stride entries) | buckets | IPv6 table (2^stride entries) | buckets
 *
 *     header   MAGIC, then for IPv4 and IPv6 each: stride, offset of the table, networks
 *     octets   by the first octet of an IPv4 address: the entry where all its addresses share one, else -1. Most of the address space
 *              is decided in this kibibyte, which stays in the fastest cache; the table does not
 *     entry    >= 0: class << 8 | prefix length                  < 0: 2^31 | offset of a bucket
 *     bucket   n, n keys ascending, n entries: networks side by side, each beginning where its key says and ending at the next
 *     key      the 32 address bits after those above, sign bit flipped, so that signed comparison orders unsigned numbers
 *
 * The table takes the first `stride` bits, a bucket the next 32, a bucket below that the next 32 ... IPv4 is done after one
 * bucket, IPv6 in practice after two.
 */
import { assert } from '../base/index.ts'

export const MAP_MAGIC = 0x4d67656f
export const MAP_HEADER = { magic: 0, ipv4: 1, ipv6: 4, octets: 8, words: 8 + 256 } as const
export const MAP_FAMILY = { stride: 0, table: 1, networks: 2 } as const
export const SIGN = 0x80000000
const OCTETS_AT = MAP_HEADER.octets

export class GeoMap {
  /** networks after merging */
  readonly ipv4Networks: number
  readonly ipv6Networks: number
  readonly #words: Int32Array
  readonly #stride4: number
  readonly #table4: number
  readonly #stride6: number
  readonly #table6: number

  constructor(image: SharedArrayBuffer) {
    const words = new Int32Array(image)
    assert(words[MAP_HEADER.magic] === MAP_MAGIC, 'not a compiled geo map')
    this.#words = words
    this.#stride4 = words[MAP_HEADER.ipv4 + MAP_FAMILY.stride]!
    this.#table4 = words[MAP_HEADER.ipv4 + MAP_FAMILY.table]!
    this.ipv4Networks = words[MAP_HEADER.ipv4 + MAP_FAMILY.networks]!
    this.#stride6 = words[MAP_HEADER.ipv6 + MAP_FAMILY.stride]!
    this.#table6 = words[MAP_HEADER.ipv6 + MAP_FAMILY.table]!
    this.ipv6Networks = words[MAP_HEADER.ipv6 + MAP_FAMILY.networks]!
  }

  /**
   * Finds the class of an address. Allocates nothing.
   * @param octets 4 or 16; an IPv4-mapped address is looked up as IPv4
   * @returns class << 8 | prefix length of the widest network of that class around the address, in the address's own family
   */
  locate(address: Uint8Array, at: number, octets: number): number {
    if (octets === 4) return this.locateIPv4(word(address, at))
    const w0 = word(address, at)
    const w1 = word(address, at + 4)
    const w2 = word(address, at + 8)
    const w3 = word(address, at + 12)
    if (w0 === 0 && w1 === 0 && w2 === 0xffff) return this.locateIPv4(w3) + 96

    const words = this.#words
    const stride = this.#stride6
    let entry = words[this.#table6 + (stride === 0 ? 0 : w0 >>> (32 - stride))]!
    if (entry < 0) entry = this.#search(entry & ~SIGN, shifted(w0, w1, stride))
    if (entry < 0) entry = this.#search(entry & ~SIGN, shifted(w1, w2, stride))
    if (entry < 0) entry = this.#search(entry & ~SIGN, shifted(w2, w3, stride))
    if (entry < 0) entry = this.#search(entry & ~SIGN, shifted(w3, 0, stride))
    return entry
  }

  /** The same for an IPv4 address as one number of 32 bits, its first octet uppermost. */
  locateIPv4(address: number): number {
    const words = this.#words
    const whole = words[OCTETS_AT + (address >>> 24)]!
    if (whole >= 0) return whole
    const stride = this.#stride4
    const entry = words[this.#table4 + (stride === 0 ? 0 : address >>> (32 - stride))]!
    return entry < 0 ? this.#search(entry & ~SIGN, (address << stride) ^ SIGN) : entry
  }

  /** @returns the entry of the last key that is not above `key`; the first key of a bucket is the lowest there is */
  #search(bucket: number, key: number): number {
    const words = this.#words
    const count = words[bucket]!
    let low = bucket + 1
    let high = bucket + count
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (words[middle]! <= key) low = middle
      else high = middle - 1
    }
    return words[low + count]!
  }
}

function word(octets: Uint8Array, at: number): number {
  return (octets[at]! << 24) | (octets[at + 1]! << 16) | (octets[at + 2]! << 8) | octets[at + 3]!
}

/** The 32 bits that begin `stride` bits into `high`, as a key; stride is at most 16. */
function shifted(high: number, low: number, stride: number): number {
  return (stride === 0 ? high : (high << stride) | (low >>> (32 - stride))) ^ SIGN
}
