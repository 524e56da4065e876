/**
 * EDNS (RFC 6891) as values: the OPT record, and the options that are made outside of the query path.
 *
 *     owner 0 | type 41 | class = UDP size | TTL = extended rcode 1, version 1, DO 1 bit, Z 15 bits | options
 *     option: code 2 | length 2 | data
 */
import { OPTION, TYPE } from './codes.ts'
import type { Message, ResourceRecord } from './message.ts'
import { ROOT_NAME } from './name.ts'
import { OctetWriter } from './octet-writer.ts'
import { textOctets } from './text.ts'

export interface EdnsOption {
  readonly code: number
  readonly data: Uint8Array
}

export interface Edns {
  readonly udpSize: number
  /** the high eight bits of the rcode */
  readonly extendedRcode: number
  readonly version: number
  readonly doBit: boolean
  readonly options: readonly EdnsOption[]
}

/** Reads the OPT record of a message. @returns undefined: there is none; 'malformed': several, an owner, or broken options */
export function ednsOf(message: Message): Edns | 'malformed' | undefined {
  const opts = message.additionals.filter((record) => record.type === TYPE.OPT)
  const opt = opts[0]
  if (opt === undefined) return undefined
  const options = readOptions(opt.rdata)
  if (opts.length > 1 || opt.name.length !== 1 || options === undefined) return 'malformed'
  return {
    udpSize: opt.class,
    extendedRcode: opt.ttl >>> 24,
    version: (opt.ttl >>> 16) & 255,
    doBit: (opt.ttl & 0x8000) !== 0,
    options,
  }
}

/** @returns the options in their order; undefined: one runs over the end */
export function readOptions(rdata: Uint8Array): EdnsOption[] | undefined {
  const options: EdnsOption[] = []
  for (let at = 0; at < rdata.length; ) {
    if (at + 4 > rdata.length) return undefined
    const past = at + 4 + ((rdata[at + 2]! << 8) | rdata[at + 3]!)
    if (past > rdata.length) return undefined
    options.push({ code: (rdata[at]! << 8) | rdata[at + 1]!, data: rdata.slice(at + 4, past) })
    at = past
  }
  return options
}

export function optRecord(edns: Partial<Edns>): ResourceRecord {
  const out = new OctetWriter(64)
  for (const { code, data } of edns.options ?? []) {
    out.uint16(code)
    out.uint16(data.length)
    out.bytes(data)
  }
  const { extendedRcode = 0, version = 0, doBit = false } = edns
  const ttl = ((extendedRcode << 24) | (version << 16) | (doBit ? 0x8000 : 0)) >>> 0
  return { name: ROOT_NAME, type: TYPE.OPT, class: edns.udpSize ?? 1232, ttl, rdata: out.octets() }
}

/** A client subnet for a query: scope 0, the address cut to its prefix (RFC 7871 6). @param address 4 or 16 octets */
export function clientSubnetOption(address: Uint8Array, sourcePrefixLength: number, scopePrefixLength = 0): EdnsOption {
  const octets = (sourcePrefixLength + 7) >> 3
  const data = new Uint8Array(4 + octets)
  data[1] = address.length === 4 ? 1 : 2
  data[2] = sourcePrefixLength
  data[3] = scopePrefixLength
  data.set(address.subarray(0, octets), 4)
  if ((sourcePrefixLength & 7) !== 0) data[3 + octets]! &= 0xff00 >> (sourcePrefixLength & 7)
  return { code: OPTION.CLIENT_SUBNET, data }
}

/** An Extended DNS Error (RFC 8914 2): INFO-CODE, and text for people without a zero at its end. */
export function extendedErrorOption(infoCode: number, extraText = ''): EdnsOption {
  const text = textOctets(extraText)
  const data = new Uint8Array(2 + text.length)
  data[0] = infoCode >> 8
  data[1] = infoCode & 255
  data.set(text, 2)
  return { code: OPTION.EXTENDED_ERROR, data }
}
