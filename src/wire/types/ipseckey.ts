/**
 * IPSECKEY: a public key for IPsec, and the gateway to use (RFC 4025 2).
 *
 *     precedence 1 | gateway type 1 | algorithm 1 | gateway: nothing, IPv4, IPv6 or an uncompressed name | key
 *     10 1 2 192.0.2.38 AQNRU3mG7TVTO2BkR47usntb102uFJtugbo6BSGvgqt4AQ==
 */
import { TYPE } from '../codes.ts'
import { GATEWAY, gatewayEnd, parseGateway, printGateway } from '../gateway.ts'
import type { RecordType } from '../rdata.ts'
import { parseBase64, printBase64 } from '../text.ts'

const GATEWAY_AT = 3

export const IPSECKEY: RecordType = {
  code: TYPE.IPSECKEY,
  mnemonic: 'IPSECKEY',
  parse(fields, out) {
    out.uint8(fields.integer('precedence', 0, 255))
    const gateway = fields.integer('gateway type', 0, GATEWAY.name)
    out.uint8(gateway)
    out.uint8(fields.integer('algorithm', 0, 255))
    parseGateway(fields, 'gateway', gateway, out)
    const key = fields.more() ? parseBase64(fields.rest('key')) : new Uint8Array(0)
    if (key === undefined) fields.fail('the key must be base64.')
    out.bytes(key!)
  },
  print(rdata) {
    const past = gatewayEnd(rdata, GATEWAY_AT, rdata[1]!)
    const gateway = printGateway(rdata.subarray(GATEWAY_AT, past), rdata[1]!)
    const key = past < rdata.length ? ` ${printBase64(rdata.subarray(past))}` : ''
    return `${rdata[0]} ${rdata[1]} ${rdata[2]} ${gateway}${key}`
  },
  check: (rdata) => rdata.length >= GATEWAY_AT && gatewayEnd(rdata, GATEWAY_AT, rdata[1]!) >= 0,
}
