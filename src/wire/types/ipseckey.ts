/**
 * IPSECKEY: a public key for IPsec, and the gateway to use (RFC 4025 2).
 *
 *     precedence 1 | gateway type 1 | algorithm 1 | gateway: nothing, IPv4, IPv6 or an uncompressed name | key
 *     10 1 2 192.0.2.38 AQNRU3mG7TVTO2BkR47usntb102uFJtugbo6BSGvgqt4AQ==
 */
import { parseIpv4, parseIpv6, printAddress } from '../../base/index.ts'
import { TYPE } from '../codes.ts'
import { nameOctets, printName } from '../name.ts'
import type { RecordType } from '../rdata.ts'
import { parseBase64, printBase64 } from '../text.ts'

const GATEWAY = { none: 0, ipv4: 1, ipv6: 2, name: 3 } as const

export const IPSECKEY: RecordType = {
  code: TYPE.IPSECKEY,
  mnemonic: 'IPSECKEY',
  parse(fields, out) {
    out.uint8(fields.integer('precedence', 0, 255))
    const gateway = fields.integer('gateway type', 0, 3)
    out.uint8(gateway)
    out.uint8(fields.integer('algorithm', 0, 255))
    if (gateway === GATEWAY.name) out.bytes(fields.name('gateway'))
    else {
      const token = fields.field('gateway')
      const address =
        gateway === GATEWAY.none
          ? token === '.'
            ? new Uint8Array(0)
            : undefined
          : gateway === GATEWAY.ipv4
            ? parseIpv4(token)
            : parseIpv6(token)
      if (address === undefined)
        fields.fail(`the gateway "${token}" is not of the type ${gateway} (0 ., 1 IPv4, 2 IPv6, 3 a name).`)
      out.bytes(address!)
    }
    const key = fields.more() ? parseBase64(fields.rest('key')) : new Uint8Array(0)
    if (key === undefined) fields.fail('the key must be base64.')
    out.bytes(key!)
  },
  print(rdata) {
    const past = gatewayEnd(rdata)
    const gateway = rdata.subarray(3, past)
    const type = rdata[1]!
    const printed = type === GATEWAY.none ? '.' : type === GATEWAY.name ? printName(gateway) : printAddress(gateway)
    const key = past < rdata.length ? ` ${printBase64(rdata.subarray(past))}` : ''
    return `${rdata[0]} ${type} ${rdata[2]} ${printed}${key}`
  },
  check: (rdata) => gatewayEnd(rdata) >= 0,
}

/** @returns offset just past the gateway; -1: cut short, or of an unknown type */
function gatewayEnd(rdata: Uint8Array): number {
  if (rdata.length < 3) return -1
  const name = rdata[1] === GATEWAY.name ? nameOctets(rdata, 3) : 0
  const octets = [0, 4, 16, name][rdata[1]!] ?? -1
  return octets >= 0 && 3 + octets <= rdata.length ? 3 + octets : -1
}
