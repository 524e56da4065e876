/**
 * Addresses straight from a master file's bytes, for the quick way through common lines. Each reader writes the octets and returns
 * the offset past the text, or -1: not an address in its common form, which the general reader judges.
 */
import type { RdataWriter } from '../wire/index.ts'

const DOT = 0x2e
const COLON = 0x3a

const HEX: Int8Array = Int8Array.from({ length: 256 }, (_, octet) => {
  const character = String.fromCharCode(octet)
  return /[0-9a-fA-F]/.test(character) ? Number.parseInt(character, 16) : -1
})

const groups = new Uint16Array(8)

/** Reads four decimal parts. */
export function readIpv4(bytes: Uint8Array, at: number, out: RdataWriter): number {
  let p = at
  let address = 0
  for (let i = 0; i < 4; i++) {
    const first = bytes[p]!
    let value = first - 0x30
    if (!(value >= 0 && value <= 9)) return -1
    p++
    for (let digit = bytes[p]! - 0x30; digit >= 0 && digit <= 9; digit = bytes[p]! - 0x30) {
      // A leading zero is octal to some: the general reader refuses it.
      if (value === 0 || value > 25) return -1
      value = value * 10 + digit
      p++
    }
    if (value > 255) return -1
    address = (address << 8) | value
    if (i < 3) {
      if (bytes[p] !== DOT) return -1
      p++
    }
  }
  out.uint32(address)
  return p
}

/** Reads groups of hex digits, one run of zeros shortened; the form that ends in a dotted quad is left to the general reader. */
export function readIpv6(bytes: Uint8Array, at: number, out: RdataWriter): number {
  let p = at
  let count = 0
  let gap = -1
  if (bytes[p] === COLON) {
    if (bytes[p + 1] !== COLON) return -1
    gap = 0
    p += 2
  }
  while (count < 8) {
    let value = 0
    let digits = 0
    for (let digit = HEX[bytes[p]!]!; digit >= 0 && digits < 4; digit = HEX[bytes[p]!]!) {
      value = (value << 4) | digit
      digits++
      p++
    }
    if (digits === 0) {
      if (gap !== count) return -1
      break
    }
    groups[count++] = value
    if (bytes[p] !== COLON) break
    p++
    if (bytes[p] === COLON) {
      if (gap >= 0) return -1
      gap = count
      p++
    } else if (!(HEX[bytes[p]!]! >= 0)) return -1
  }
  if (gap < 0 ? count !== 8 : count > 7) return -1
  for (let i = 0; i < count; i++) {
    if (i === gap) for (let zero = count; zero < 8; zero++) out.uint16(0)
    out.uint16(groups[i]!)
  }
  if (gap === count) for (let zero = count; zero < 8; zero++) out.uint16(0)
  return p
}
