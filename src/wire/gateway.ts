/**
 * A host as an address or a name, as IPSECKEY (RFC 4025 2.5) and AMTRELAY (RFC 8777 4.2.4) have it: a number before it says which.
 */
import { parseIpv4, parseIpv6, printAddress } from '../base/index.ts'
import { nameOctets, printName } from './name.ts'
import type { FieldReader, RdataWriter } from './rdata.ts'

export const GATEWAY = { none: 0, ipv4: 1, ipv6: 2, name: 3 } as const

/** Reads the host's text; "." where there is none. @param type one of GATEWAY */
export function parseGateway(fields: FieldReader, what: string, type: number, out: RdataWriter): void {
  if (type === GATEWAY.name) {
    out.bytes(fields.name(what))
    return
  }
  const token = fields.field(what)
  const none = token === '.' ? new Uint8Array(0) : undefined
  const address = type === GATEWAY.none ? none : type === GATEWAY.ipv4 ? parseIpv4(token) : parseIpv6(token)
  if (address === undefined)
    fields.fail(`the ${what} "${token}" is not of the type ${type} (0 ., 1 IPv4, 2 IPv6, 3 a name).`)
  out.bytes(address!)
}

export function printGateway(octets: Uint8Array, type: number): string {
  return type === GATEWAY.none ? '.' : type === GATEWAY.name ? printName(octets) : printAddress(octets)
}

/** @returns offset just past the host that begins at `at`; -1: cut short, or of an unknown type */
export function gatewayEnd(rdata: Uint8Array, at: number, type: number): number {
  const name = type === GATEWAY.name && at < rdata.length ? nameOctets(rdata, at) : -1
  const octets = [0, 4, 16, name][type] ?? -1
  return octets >= 0 && at + octets <= rdata.length ? at + octets : -1
}
