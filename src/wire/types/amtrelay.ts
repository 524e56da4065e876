/**
 * AMTRELAY: a relay for multicast over networks without it (RFC 8777 4.2).
 *
 *     precedence 1 | discovery 1 bit, relay type 7 bits | relay: nothing, IPv4, IPv6 or an uncompressed name
 *     10 0 3 amtrelays.example.com.
 */
import { TYPE } from '../codes.ts'
import { GATEWAY, gatewayEnd, parseGateway, printGateway } from '../gateway.ts'
import type { RecordType } from '../rdata.ts'
import { printHex } from '../text.ts'

const RELAY_AT = 2
const DISCOVERY = 0x80

export const AMTRELAY: RecordType = {
  code: TYPE.AMTRELAY,
  mnemonic: 'AMTRELAY',
  parse(fields, out) {
    out.uint8(fields.integer('precedence', 0, 255))
    const discovery = fields.integer('discovery bit', 0, 1)
    const relay = fields.integer('relay type', 0, GATEWAY.name)
    out.uint8((discovery === 1 ? DISCOVERY : 0) | relay)
    parseGateway(fields, 'relay', relay, out)
  },
  print(rdata) {
    const type = rdata[1]! & ~DISCOVERY
    if (type > GATEWAY.name) return `\\# ${rdata.length} ${printHex(rdata)}`
    return `${rdata[0]} ${rdata[1]! >> 7} ${type} ${printGateway(rdata.subarray(RELAY_AT), type)}`
  },
  /** Relay types to come have relays of any length. */
  check(rdata) {
    const type = (rdata[1] ?? 0) & ~DISCOVERY
    return rdata.length >= RELAY_AT && (type > GATEWAY.name || gatewayEnd(rdata, RELAY_AT, type) === rdata.length)
  },
}
