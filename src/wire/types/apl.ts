/**
 * APL: lists of address prefixes (RFC 3123 4).
 *
 *     family 2 (1 IPv4, 2 IPv6) | prefix 1 | N 1 bit, octets 7 bits | address without trailing zero octets, and again
 *     1:192.168.32.0/21 !1:192.168.38.0/28
 */
import { parseAddress, printAddress } from '../../base/index.ts'
import { TYPE } from '../codes.ts'
import type { RecordType } from '../rdata.ts'

const ADDRESS_OCTETS: Readonly<Record<number, number>> = { 1: 4, 2: 16 }

export const APL: RecordType = {
  code: TYPE.APL,
  mnemonic: 'APL',
  parse(fields, out) {
    while (fields.more()) {
      const token = fields.field('prefix')
      const match = /^(!?)([12]):([0-9a-f.:]+)\/(\d{1,3})$/i.exec(token)
      const family = Number(match?.[2])
      const address = match === null ? undefined : parseAddress(match[3]!)
      if (match === null || address?.length !== ADDRESS_OCTETS[family] || Number(match[4]) > address!.length * 8)
        fields.fail(`"${token}" is not a prefix like 1:192.0.2.0/24 or !2:2001:db8::/32.`)
      let octets = address!.length
      while (octets > 0 && address![octets - 1] === 0) octets--
      out.uint16(family)
      out.uint8(Number(match![4]))
      out.uint8((match![1] === '!' ? 0x80 : 0) | octets)
      out.bytes(address!.subarray(0, octets))
    }
  },
  print(rdata) {
    const items: string[] = []
    for (let at = 0; at < rdata.length; at += 4 + (rdata[at + 3]! & 0x7f)) {
      const family = (rdata[at]! << 8) | rdata[at + 1]!
      const address = new Uint8Array(ADDRESS_OCTETS[family]!)
      address.set(rdata.subarray(at + 4, at + 4 + (rdata[at + 3]! & 0x7f)))
      items.push(`${rdata[at + 3]! & 0x80 ? '!' : ''}${family}:${printAddress(address)}/${rdata[at + 2]}`)
    }
    return items.join(' ')
  },
  check(rdata) {
    let at = 0
    while (at < rdata.length) {
      if (at + 4 > rdata.length) return false
      const most = ADDRESS_OCTETS[(rdata[at]! << 8) | rdata[at + 1]!]
      const octets = rdata[at + 3]! & 0x7f
      const past = at + 4 + octets
      if (most === undefined || octets > most || rdata[at + 2]! > most * 8 || past > rdata.length) return false
      // RFC 3123 4: trailing zero octets must not be sent.
      if (octets > 0 && rdata[past - 1] === 0) return false
      at = past
    }
    return true
  },
}
