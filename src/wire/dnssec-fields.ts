/**
 * The kinds of fields that only DNSSEC's record types have (RFC 4034, RFC 5155), and the names of its algorithms.
 */
import { mnemonic, typeOf } from './codes.ts'
import { base64, code, domain, number, seconds, typeField } from './fields.ts'
import type { Field } from './layout.ts'
import { parseBase32hex, parseHex, printBase32hex, printHex } from './text.ts'

/** IANA "DNS Security Algorithm Numbers" */
export const ALGORITHMS: Readonly<Record<string, number>> = {
  DELETE: 0,
  RSAMD5: 1,
  DH: 2,
  DSA: 3,
  RSASHA1: 5,
  'DSA-NSEC3-SHA1': 6,
  NSEC3DSA: 6,
  'RSASHA1-NSEC3-SHA1': 7,
  NSEC3RSASHA1: 7,
  RSASHA256: 8,
  RSASHA512: 10,
  'ECC-GOST': 12,
  ECCGOST: 12,
  ECDSAP256SHA256: 13,
  ECDSAP384SHA384: 14,
  ED25519: 15,
  ED448: 16,
  INDIRECT: 252,
  PRIVATEDNS: 253,
  PRIVATEOID: 254,
}

/** IANA "DS RR Type Digest Algorithms" */
export const DIGEST_TYPES: Readonly<Record<string, number>> = {
  'SHA-1': 1,
  SHA1: 1,
  'SHA-256': 2,
  SHA256: 2,
  GOST: 3,
  'SHA-384': 4,
  SHA384: 4,
}

/** How long a digest of each type is, in octets; of other types any length will do. */
const DIGEST_OCTETS: Readonly<Record<number, number>> = { 1: 20, 2: 32, 3: 32, 4: 48 }

/** The digest of DS, CDS and their relatives (RFC 4034 5.1: it follows key tag 2, algorithm 1, digest type 1). */
export function validDigest(rdata: Uint8Array): boolean {
  const wanted = DIGEST_OCTETS[rdata[3]!]
  return wanted === undefined || rdata.length - 4 === wanted
}

/**
 * Record types as a bitmap in windows (RFC 4034 4.1.2), up to the end:
 *
 *     window 1 | octets 1 (1..32) | bits: type = window * 256 + bit, bit 0 the highest; no trailing zero octets
 */
export function typeBitmap(): Field {
  return {
    parse(fields, out) {
      const types: number[] = []
      while (fields.more()) {
        const token = fields.field('type')
        const type = typeOf(token)
        if (type === undefined) fields.fail(`"${token}" is not a record type.`)
        types.push(type!)
      }
      types.sort((a, b) => a - b)
      for (let i = 0; i < types.length; ) {
        const window = types[i]! >> 8
        const bits = new Uint8Array(32)
        let octets = 0
        for (; i < types.length && types[i]! >> 8 === window; i++) {
          const bit = types[i]! & 255
          bits[bit >> 3]! |= 0x80 >> (bit & 7)
          octets = (bit >> 3) + 1
        }
        out.uint8(window)
        out.text(bits.subarray(0, octets))
      }
    },
    print(rdata, at, past) {
      const types: string[] = []
      for (let i = at; i < past; i += 2 + rdata[i + 1]!)
        for (let bit = 0; bit < rdata[i + 1]! * 8; bit++)
          if ((rdata[i + 2 + (bit >> 3)]! & (0x80 >> (bit & 7))) !== 0) types.push(mnemonic(rdata[i]! * 256 + bit))
      return types.join(' ')
    },
    skip(rdata, at, end) {
      let last = -1
      let i = at
      while (i < end) {
        const octets = rdata[i + 1] ?? 0
        const past = i + 2 + octets
        if (rdata[i]! <= last || octets < 1 || octets > 32 || past > end || rdata[past - 1] === 0) return -1
        last = rdata[i]!
        i = past
      }
      return i
    },
  }
}

/** A point in time as 32 bits of Unix time; in the text form YYYYMMDDHHMMSS, or seconds (RFC 4034 3.2). */
export function time(what: string): Field {
  return {
    parse(fields, out) {
      const token = fields.field(what)
      const seconds = parseTime(token)
      if (seconds === undefined) fields.fail(`the ${what} must be a time like 20260131120000, not "${token}".`)
      out.uint32(seconds!)
    },
    print(rdata, at) {
      const seconds = rdata[at]! * 16777216 + ((rdata[at + 1]! << 16) | (rdata[at + 2]! << 8) | rdata[at + 3]!)
      return new Date(seconds * 1000).toISOString().replace(/\.\d+Z|[-T:]/g, '')
    },
    skip: (_rdata, at, end) => (at + 4 <= end ? at + 4 : -1),
  }
}

function parseTime(text: string): number | undefined {
  if (/^\d{1,10}$/.test(text)) return Number(text) <= 0xffffffff ? Number(text) : undefined
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(text)?.slice(1).map(Number)
  if (parts === undefined) return undefined
  const [year, month, day, hour, minute, second] = parts as [number, number, number, number, number, number]
  const seconds = Date.UTC(year, month - 1, day, hour, minute, second) / 1000
  // Date.UTC carries: the 31st of February would be the 3rd of March.
  if (new Date(seconds * 1000).toISOString().replace(/\.\d+Z|[-T:]/g, '') !== text) return undefined
  return seconds >= 0 && seconds <= 0xffffffff ? seconds : undefined
}

/** Hex with a length octet; "-" for none (RFC 5155 3.3). */
export function salt(): Field {
  return {
    parse(fields, out) {
      const token = fields.field('salt')
      const octets = token === '-' ? new Uint8Array(0) : parseHex(token)
      if (octets === undefined || octets.length > 255) fields.fail('the salt must be hex digits, or - for none.')
      out.text(octets!)
    },
    print: (rdata, at, past) => (past === at + 1 ? '-' : printHex(rdata.subarray(at + 1, past))),
    skip: skipCounted,
  }
}

/** The next hashed owner name: base32hex with a length octet, not empty (RFC 5155 3.3). */
export function hashedOwner(): Field {
  return {
    parse(fields, out) {
      const octets = parseBase32hex(fields.field('next hashed owner name'))
      if (octets === undefined || octets.length === 0 || octets.length > 255)
        fields.fail('the next hashed owner name must be base32 with the extended hex alphabet.')
      out.text(octets!)
    },
    print: (rdata, at, past) => printBase32hex(rdata.subarray(at + 1, past)),
    skip: (rdata, at, end) => (at < end && rdata[at]! > 0 ? skipCounted(rdata, at, end) : -1),
  }
}

function skipCounted(rdata: Uint8Array, at: number, end: number): number {
  const past = at < end ? at + 1 + rdata[at]! : end + 1
  return past <= end ? past : -1
}

/** What a signature says of itself, and the signature: RRSIG has taken it over from SIG (RFC 2535 4.1, RFC 4034 3.1). */
export const SIGNATURE_FIELDS: readonly Field[] = [
  typeField('type covered'),
  code('algorithm', 8, ALGORITHMS),
  number('labels', 8),
  seconds('original TTL'),
  time('expiration'),
  time('inception'),
  number('key tag', 16),
  domain("signer's name"),
  base64('signature'),
]
