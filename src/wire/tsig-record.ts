/**
 * The TSIG record (RFC 8945 4.2), the last one of the additional section:
 *
 *     owner = key name | type 250 | class ANY | TTL 0 | rdlength
 *     algorithm name | time signed 6 | fudge 2 | MAC size 2 | MAC | original id 2 | error 2 | other length 2 | other
 *
 * It is read and written on the octets of the message, because those are what was signed.
 */
import { CLASS, TYPE } from './codes.ts'
import { lowerName, readName, skipName } from './name.ts'
import { OctetWriter } from './octet-writer.ts'
import { HEADER_OCTETS } from './query-scan.ts'

/** The record's fields. */
export interface Tsig {
  /** lower case */
  readonly keyName: Uint8Array
  /** lower case */
  readonly algorithmName: Uint8Array
  /** Unix time */
  readonly timeSigned: number
  readonly fudge: number
  readonly mac: Uint8Array
  readonly originalId: number
  readonly error: number
  readonly other: Uint8Array
  /** offset of the record in the message */
  readonly at: number
}

/** What a signature says besides the MAC. */
export type Signed = Pick<Tsig, 'keyName' | 'algorithmName' | 'timeSigned' | 'fudge' | 'error' | 'other'>

/**
 * Finds the TSIG record of a message.
 * @returns undefined: there is none; 'malformed': it is not the last record, there are two, or its fields do not add up (FORMERR,
 *          RFC 8945 5.1, 5.2)
 */
export function readTsig(message: Uint8Array): Tsig | 'malformed' | undefined {
  if (message.length < HEADER_OCTETS) return 'malformed'
  let at = HEADER_OCTETS
  for (let i = (message[4]! << 8) | message[5]!; i > 0; i--) {
    at = skipName(message, at, message.length)
    if (at < 0 || at + 4 > message.length) return 'malformed'
    at += 4
  }
  const additionals = (message[10]! << 8) | message[11]!
  const total = ((message[6]! << 8) | message[7]!) + ((message[8]! << 8) | message[9]!) + additionals
  for (let i = 0; i < total; i++) {
    const fixed = skipName(message, at, message.length)
    if (fixed < 0 || fixed + 10 > message.length) return 'malformed'
    const end = fixed + 10 + ((message[fixed + 8]! << 8) | message[fixed + 9]!)
    if (end > message.length) return 'malformed'
    if (((message[fixed]! << 8) | message[fixed + 1]!) === TYPE.TSIG) {
      if (i !== total - 1 || additionals === 0 || end !== message.length) return 'malformed'
      return readFields(message, at, fixed, end)
    }
    at = end
  }
  return undefined
}

function readFields(message: Uint8Array, at: number, fixed: number, end: number): Tsig | 'malformed' {
  const owner = readName(message, at)
  const algorithmName = readName(message, fixed + 10, end)
  const uint16 = (offset: number) => (message[offset]! << 8) | message[offset + 1]!
  if (owner === undefined || algorithmName === undefined) return 'malformed'
  // RFC 8945 4.2: class ANY, TTL 0.
  if (uint16(fixed + 2) !== CLASS.ANY || uint16(fixed + 4) !== 0 || uint16(fixed + 6) !== 0) return 'malformed'
  const timeAt = algorithmName.end
  if (timeAt + 10 > end) return 'malformed'
  const macAt = timeAt + 10
  const idAt = macAt + uint16(timeAt + 8)
  if (idAt + 6 > end || idAt + 6 + uint16(idAt + 4) !== end) return 'malformed'
  return {
    keyName: lowerName(owner.name),
    algorithmName: lowerName(algorithmName.name),
    timeSigned: uint16(timeAt) * 4294967296 + uint16(timeAt + 2) * 65536 + uint16(timeAt + 4),
    fudge: uint16(timeAt + 6),
    mac: message.slice(macAt, idAt),
    originalId: uint16(idAt),
    error: uint16(idAt + 2),
    other: message.slice(idAt + 6, end),
    at,
  }
}

/** @returns the message as it was before the record was added: the record gone, its count too, and the ID that was signed */
export function withoutTsig(message: Uint8Array, tsig: Tsig): Uint8Array {
  const bare = message.slice(0, tsig.at)
  const additionals = ((bare[10]! << 8) | bare[11]!) - 1
  bare[0] = tsig.originalId >> 8
  bare[1] = tsig.originalId & 255
  bare[10] = additionals >> 8
  bare[11] = additionals & 255
  return bare
}

/** @returns the message with the record behind it, and counted */
export function appendTsig(bare: Uint8Array, tsig: Signed, mac: Uint8Array): Uint8Array {
  const out = new OctetWriter(bare.length + 256)
  out.bytes(bare)
  out.bytes(tsig.keyName)
  out.uint16(TYPE.TSIG)
  out.uint16(CLASS.ANY)
  out.uint32(0)
  out.uint16(tsig.algorithmName.length + 16 + mac.length + tsig.other.length)
  out.bytes(tsig.algorithmName)
  out.uint48(tsig.timeSigned)
  out.uint16(tsig.fudge)
  out.uint16(mac.length)
  out.bytes(mac)
  out.uint16((bare[0]! << 8) | bare[1]!)
  out.uint16(tsig.error)
  out.uint16(tsig.other.length)
  out.bytes(tsig.other)
  out.putUint16(10, ((bare[10]! << 8) | bare[11]!) + 1)
  return out.octets()
}
