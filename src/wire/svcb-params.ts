/**
 * The parameters of SVCB and HTTPS records (RFC 9460 2.2, 7; RFC 9461 5 dohpath; RFC 9540 4 ohttp):
 *
 *     key 2 | length 2 | value         ascending by key, each key once
 *
 * In the text form key=value, key="value", or the key alone. Values that are lists (alpn, mandatory, hints) are split at commas
 * after the escapes of the character-string are resolved; in alpn \, and \\ stand for a comma and a backslash (RFC 9460 A.1).
 */
import { parseIpv4, parseIpv6, printAddress } from '../base/index.ts'
import { asciiText, parseBase64, parseText, printBase64, printText } from './text.ts'

export const SVC_PARAM = {
  mandatory: 0,
  alpn: 1,
  'no-default-alpn': 2,
  port: 3,
  ipv4hint: 4,
  ech: 5,
  ipv6hint: 6,
  dohpath: 7,
  ohttp: 8,
} as const

const KEYS = new Map<string, number>(Object.entries(SVC_PARAM))
const NAMES = new Map<number, string>(Object.entries(SVC_PARAM).map(([name, key]) => [key, name]))

export interface SvcParam {
  readonly key: number
  readonly value: Uint8Array
}

/** RFC 9460 14.3.2: never a parameter; a record from elsewhere that has it is printed as octets. */
const RESERVED_KEY = 65535

/** @returns the key of its name or of keyNNNNN, or undefined; key65535 is reserved */
export function svcKeyOf(name: string): number | undefined {
  const known = KEYS.get(name)
  if (known !== undefined) return known
  const digits = /^key(0|[1-9]\d{0,4})$/.exec(name)?.[1]
  return digits !== undefined && Number(digits) < RESERVED_KEY ? Number(digits) : undefined
}

export function svcKeyName(key: number): string {
  return NAMES.get(key) ?? `key${key}`
}

/** Reads one parameter of the text form, quotes gone, escapes not. @returns the parameter, or what is wrong with it */
export function parseSvcParam(token: string): SvcParam | string {
  const equals = token.indexOf('=')
  const name = equals < 0 ? token : token.slice(0, equals)
  const key = svcKeyOf(name)
  if (key === undefined) return `"${name}" is not a parameter; unknown ones are written key12345.`
  const octets = parseText(equals < 0 ? '' : token.slice(equals + 1))
  if (equals >= 0 && (key === SVC_PARAM.ohttp || key === SVC_PARAM['no-default-alpn']))
    return `the value of ${name} must be ${expectation(key)}.`
  if (octets === undefined) return `the value of ${name} has a backslash that escapes nothing.`
  const value = parseValue(key, octets)
  if (value === undefined || !validSvcParam({ key, value })) return `the value of ${name} must be ${expectation(key)}.`
  return { key, value }
}

function parseValue(key: number, octets: Uint8Array): Uint8Array | undefined {
  const plain = asciiText(octets)
  switch (key) {
    case SVC_PARAM.mandatory:
      return joinSorted(plain.split(',').map(svcKeyOf))
    case SVC_PARAM.alpn:
      return joinIds(splitList(octets))
    case SVC_PARAM.port:
      return /^\d{1,5}$/.test(plain) && Number(plain) <= 65535
        ? Uint8Array.of(Number(plain) >> 8, Number(plain) & 255)
        : undefined
    case SVC_PARAM.ipv4hint:
      return join(plain.split(',').map(parseIpv4))
    case SVC_PARAM.ipv6hint:
      return join(plain.split(',').map(parseIpv6))
    case SVC_PARAM.ech:
      return parseBase64(plain)
    default:
      return octets
  }
}

/** @returns true where the value has the form its key asks for; values of unknown keys all do */
export function validSvcParam({ key, value }: SvcParam): boolean {
  switch (key) {
    case SVC_PARAM.mandatory:
      return (
        value.length > 0 &&
        value.length % 2 === 0 &&
        keysOf(value).every((k, i, all) => k > (i === 0 ? 0 : all[i - 1]!))
      )
    case SVC_PARAM.alpn:
      return idsOf(value) !== undefined
    case SVC_PARAM['no-default-alpn']:
    case SVC_PARAM.ohttp:
      return value.length === 0
    case SVC_PARAM.port:
      return value.length === 2
    case SVC_PARAM.ipv4hint:
      return value.length > 0 && value.length % 4 === 0
    case SVC_PARAM.ipv6hint:
      return value.length > 0 && value.length % 16 === 0
    case SVC_PARAM.ech:
    case SVC_PARAM.dohpath:
      return value.length > 0
    default:
      return key < RESERVED_KEY && value.length <= 65535
  }
}

function expectation(key: number): string {
  switch (key) {
    case SVC_PARAM.mandatory:
      return 'a list of other parameters, each once'
    case SVC_PARAM.alpn:
      return 'a list of protocols like h2,h3'
    case SVC_PARAM.port:
      return 'a port number'
    case SVC_PARAM.ipv4hint:
      return 'a list of IPv4 addresses'
    case SVC_PARAM.ipv6hint:
      return 'a list of IPv6 addresses'
    case SVC_PARAM.ech:
      return 'base64'
    case SVC_PARAM['no-default-alpn']:
    case SVC_PARAM.ohttp:
      return 'left out'
    default:
      return 'at least one character, and at most 65535 octets'
  }
}

export function printSvcParam({ key, value }: SvcParam): string {
  const name = svcKeyName(key)
  switch (key) {
    case SVC_PARAM.mandatory:
      return `${name}=${keysOf(value).map(svcKeyName).join(',')}`
    case SVC_PARAM.alpn:
      return `${name}=${printText(escapedList(idsOf(value) ?? []))}`
    case SVC_PARAM.port:
      return `${name}=${(value[0]! << 8) | value[1]!}`
    case SVC_PARAM.ipv4hint:
      return `${name}=${chunks(value, 4).map(printAddress).join(',')}`
    case SVC_PARAM.ipv6hint:
      return `${name}=${chunks(value, 16).map(printAddress).join(',')}`
    case SVC_PARAM.ech:
      return `${name}=${printBase64(value)}`
    default:
      return value.length === 0 ? name : `${name}=${printText(value)}`
  }
}

/** The keys that a `mandatory` value lists. */
export function keysOf(value: Uint8Array): number[] {
  return chunks(value, 2).map((pair) => (pair[0]! << 8) | (pair[1] ?? 0))
}

/** @returns the protocols of an `alpn` value; undefined: malformed, or none */
function idsOf(value: Uint8Array): Uint8Array[] | undefined {
  const ids: Uint8Array[] = []
  let at = 0
  while (at < value.length) {
    const past = at + 1 + value[at]!
    if (value[at] === 0 || past > value.length) return undefined
    ids.push(value.subarray(at + 1, past))
    at = past
  }
  return ids.length > 0 ? ids : undefined
}

/** Splits at commas that no backslash stands before (RFC 9460 A.1). @returns undefined: an empty item, or a backslash before anything else */
function splitList(octets: Uint8Array): Uint8Array[] | undefined {
  const items: Uint8Array[] = []
  let item: number[] = []
  for (let i = 0; i <= octets.length; i++) {
    if (i === octets.length || octets[i] === 0x2c) {
      if (item.length === 0 || item.length > 255) return undefined
      items.push(Uint8Array.from(item))
      item = []
    } else {
      if (octets[i] === 0x5c && octets[++i] !== 0x5c && octets[i] !== 0x2c) return undefined
      item.push(octets[i]!)
    }
  }
  return items
}

function escapedList(items: readonly Uint8Array[]): Uint8Array {
  const octets: number[] = []
  for (const item of items) {
    if (octets.length > 0) octets.push(0x2c)
    for (const octet of item) {
      if (octet === 0x2c || octet === 0x5c) octets.push(0x5c)
      octets.push(octet)
    }
  }
  return Uint8Array.from(octets)
}

function joinIds(ids: readonly Uint8Array[] | undefined): Uint8Array | undefined {
  return ids === undefined ? undefined : Uint8Array.from(ids.flatMap((id) => [id.length, ...id]))
}

function joinSorted(keys: readonly (number | undefined)[]): Uint8Array | undefined {
  if (keys.includes(undefined)) return undefined
  const sorted = (keys as number[]).sort((a, b) => a - b)
  return Uint8Array.from(sorted.flatMap((key) => [key >> 8, key & 255]))
}

function join(parts: readonly (Uint8Array | undefined)[]): Uint8Array | undefined {
  if (parts.includes(undefined)) return undefined
  return Uint8Array.from((parts as Uint8Array[]).flatMap((part) => [...part]))
}

function chunks(octets: Uint8Array, size: number): Uint8Array[] {
  return Array.from({ length: Math.ceil(octets.length / size) }, (_, i) => octets.subarray(i * size, (i + 1) * size))
}
