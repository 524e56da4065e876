/**
 * Domain names (RFC 1035 3.1, 4.1.4, 5.1). Inside the house a name is its wire form, uncompressed, with the root octet:
 *
 *     www.example.  =  3 w w w 7 e x a m p l e 0         at most 255 octets, each label at most 63
 *
 * Case is kept where it matters to people (RFC 4343: compared without, answered with).
 */
import { readEscape, textOctets } from './text.ts'

export const MAX_NAME_OCTETS = 255
export const MAX_LABEL_OCTETS = 63

export const ROOT_NAME: Uint8Array = new Uint8Array(1)

/**
 * Reads a name as master files and people write it: \. and \DDD escapes, @ for the origin, relative without a final dot.
 * @param origin  what a relative name is completed with; absent: the root
 * @returns wire form, case kept; undefined: not a name (nameProblem says why)
 */
export function parseName(text: string, origin: Uint8Array = ROOT_NAME): Uint8Array | undefined {
  const name = readNameText(text, origin)
  return typeof name === 'string' ? undefined : name
}

/** @returns what is wrong with a name that parseName refuses, as the end of a sentence; undefined: nothing */
export function nameProblem(text: string, origin: Uint8Array = ROOT_NAME): string | undefined {
  const name = readNameText(text, origin)
  return typeof name === 'string' ? name : undefined
}

function readNameText(text: string, origin: Uint8Array): Uint8Array | string {
  if (text === '@') return origin
  if (text === '.') return ROOT_NAME
  if (text === '') return 'is empty'
  const name = new Uint8Array(MAX_NAME_OCTETS + 1)
  let length = 1
  let labelAt = 0
  const octets = textOctets(text)
  for (let i = 0; i < octets.length; i++) {
    let octet = octets[i]!
    if (octet === 0x2e) {
      const labelOctets = length - labelAt - 1
      if (labelOctets === 0) return 'has an empty label (two dots, or a dot in front)'
      name[labelAt] = labelOctets
      labelAt = length++
      if (length > MAX_NAME_OCTETS) return 'is longer than 255 octets'
      continue
    }
    if (octet === 0x5c) {
      const escaped = readEscape(octets, i)
      if (escaped < 0) return 'has a backslash that is followed neither by a character nor by three digits up to 255'
      octet = escaped & 255
      i += escaped >> 8
    }
    if (length - labelAt > MAX_LABEL_OCTETS) return 'has a label longer than 63 octets'
    if (length >= MAX_NAME_OCTETS) return 'is longer than 255 octets'
    name[length++] = octet
  }
  if (length - labelAt === 1) return name.slice(0, length) // ended in a dot: what stands is absolute, and the zero is there
  name[labelAt] = length - labelAt - 1
  if (length + origin.length > MAX_NAME_OCTETS) return 'is longer than 255 octets with its origin'
  const whole = new Uint8Array(length + origin.length)
  whole.set(name.subarray(0, length))
  whole.set(origin, length)
  return whole
}

/** Prints a name in wire form with its final dot; what would not survive a master file is escaped. */
export function printName(wire: Uint8Array, at = 0): string {
  if (wire[at] === 0) return '.'
  let text = ''
  for (let i = at; wire[i] !== 0 && i < wire.length; i += wire[i]! + 1) {
    const end = i + 1 + wire[i]!
    for (let j = i + 1; j < end; j++) text += printLabelOctet(wire[j]!)
    text += '.'
  }
  return text
}

/** The characters that mean something in a master file are escaped by a backslash, what cannot be seen as \DDD. */
function printLabelOctet(octet: number): string {
  if (octet <= 0x20 || octet >= 0x7f) return `\\${String(octet).padStart(3, '0')}`
  const character = String.fromCharCode(octet)
  return '."\\();@$'.includes(character) ? `\\${character}` : character
}

/** Where readName put the end of the name it read. */
export interface NameRead {
  readonly name: Uint8Array
  /** offset just past the name as it stands in the message */
  readonly end: number
}

/**
 * Reads a name from a message, following compression pointers (RFC 1035 4.1.4); pointers go strictly backwards,
 * so that reading ends.
 * @param end  the message ends here; absent: at message.length
 * @returns the name uncompressed, case kept; undefined: truncated, too long, or a pointer that does not point backwards
 */
export function readName(message: Uint8Array, at: number, end = message.length): NameRead | undefined {
  const name = new Uint8Array(MAX_NAME_OCTETS)
  let length = 0
  let past = -1
  let limit = at
  let i = at
  while (i < end) {
    const octet = message[i]!
    if (octet === 0) {
      name[length++] = 0
      return { name: name.slice(0, length), end: past < 0 ? i + 1 : past }
    }
    if (octet < 64) {
      // One octet must stay for the root.
      if (i + 1 + octet > end || length + 1 + octet >= MAX_NAME_OCTETS) return undefined
      for (let j = 0; j <= octet; j++) name[length++] = message[i + j]!
      i += octet + 1
    } else if (octet >= 192) {
      if (i + 1 >= end) return undefined
      const target = ((octet & 63) << 8) | message[i + 1]!
      if (target >= limit) return undefined
      if (past < 0) past = i + 2
      limit = target
      i = target
    } else return undefined // 01 and 10 were never given a meaning that lasted (RFC 6891 5)
  }
  return undefined
}

/**
 * Walks over a name as it stands, without following a pointer. Allocates nothing.
 * @returns offset just past it, or -1: truncated or an unknown label type
 */
export function skipName(message: Uint8Array, at: number, end: number): number {
  let i = at
  while (i < end) {
    const octet = message[i]!
    if (octet === 0) return i + 1
    if (octet >= 192) return i + 2 <= end ? i + 2 : -1
    if (octet > 63) return -1
    i += octet + 1
  }
  return -1
}

/** @returns octets of the uncompressed name at `at`, root included; -1: not a whole uncompressed name within `end` */
export function nameOctets(wire: Uint8Array, at: number, end = wire.length): number {
  let i = at
  while (i < end) {
    const octet = wire[i]!
    if (octet === 0) return i + 1 - at <= MAX_NAME_OCTETS ? i + 1 - at : -1
    if (octet > 63) return -1
    i += octet + 1
  }
  return -1
}

/** @returns labels of an uncompressed name, without the root */
export function countLabels(name: Uint8Array, at = 0): number {
  let labels = 0
  for (let i = at; name[i] !== 0 && i < name.length; i += name[i]! + 1) labels++
  return labels
}

/** A-Z to a-z, everything else as it is (RFC 4343 3). Length octets are below 64 and so untouched. */
export function lowerOctet(octet: number): number {
  return octet >= 65 && octet <= 90 ? octet + 32 : octet
}

/** @returns a copy in lower case: the form to compare, hash and key by */
export function lowerName(name: Uint8Array): Uint8Array {
  return name.map(lowerOctet)
}

/** Compares two names without case (RFC 4343). */
export function sameName(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i] && lowerOctet(a[i]!) !== lowerOctet(b[i]!)) return false
  return true
}

/** @returns true where `name` is `ancestor` or below it */
export function isAtOrBelow(name: Uint8Array, ancestor: Uint8Array): boolean {
  for (let i = 0; i < name.length; i += name[i]! + 1) {
    if (name.length - i === ancestor.length) return sameName(name.subarray(i), ancestor)
    if (name[i] === 0) return false
  }
  return false
}

/** Canonical order (RFC 4034 6.1): label by label from the right, without case. @returns <0, 0 or >0 */
export function compareNames(a: Uint8Array, b: Uint8Array): number {
  const aStarts = labelStarts(a)
  const bStarts = labelStarts(b)
  const shared = Math.min(aStarts.length, bStarts.length)
  for (let k = 1; k <= shared; k++) {
    const order = compareLabels(a, aStarts[aStarts.length - k]!, b, bStarts[bStarts.length - k]!)
    if (order !== 0) return order
  }
  return aStarts.length - bStarts.length
}

function labelStarts(name: Uint8Array): number[] {
  const starts: number[] = []
  for (let i = 0; name[i] !== 0 && i < name.length; i += name[i]! + 1) starts.push(i)
  return starts
}

function compareLabels(a: Uint8Array, aAt: number, b: Uint8Array, bAt: number): number {
  const aOctets = a[aAt]!
  const bOctets = b[bAt]!
  for (let i = 1; i <= Math.min(aOctets, bOctets); i++) {
    const order = lowerOctet(a[aAt + i]!) - lowerOctet(b[bAt + i]!)
    if (order !== 0) return order
  }
  return aOctets - bOctets
}

/** @returns the name without its first label; the root stays the root */
export function parentName(name: Uint8Array): Uint8Array {
  return name[0] === 0 ? name : name.subarray(name[0]! + 1)
}
