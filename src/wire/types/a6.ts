/**
 * A6: a part of an IPv6 address, and the name that has the rest (RFC 2874 3.1); historic (RFC 6563).
 *
 *     prefix length 1 (0..128) | the bits after the prefix, as whole octets | prefix name, where the length is not 0
 *     64 ::1234:5678:9abc:def0 subnet.example.
 */
import { parseIpv6, printAddress } from '../../base/index.ts'
import { TYPE } from '../codes.ts'
import { nameOctets, printName } from '../name.ts'
import type { RecordType } from '../rdata.ts'
import { printHex } from '../text.ts'

const ADDRESS_BITS = 128

const suffixOctets = (prefix: number): number => Math.ceil((ADDRESS_BITS - prefix) / 8)
/** The bits of the first octet of the suffix that are the prefix's. */
const padding = (prefix: number): number => (0xff << (8 - (prefix % 8))) & 0xff

export const A6: RecordType = {
  code: TYPE.A6,
  mnemonic: 'A6',
  parse(fields, out) {
    const prefix = fields.integer('prefix length', 0, ADDRESS_BITS)
    out.uint8(prefix)
    if (prefix < ADDRESS_BITS) {
      const token = fields.field('address suffix')
      const address = parseIpv6(token)
      if (address === undefined) fields.fail(`the address suffix must be like ::1234:5678, not "${token}".`)
      const suffix = address!.slice(16 - suffixOctets(prefix))
      suffix[0]! &= ~padding(prefix)
      out.bytes(suffix)
    }
    if (prefix > 0) out.bytes(fields.name('prefix name'))
  },
  print(rdata) {
    const prefix = rdata[0]!
    const octets = suffixOctets(prefix)
    // Bits under the prefix are ignored (RFC 2874 3.1), and only the form for unknown types keeps them.
    if (octets > 0 && (rdata[1]! & padding(prefix)) !== 0) return `\\# ${rdata.length} ${printHex(rdata)}`
    const address = new Uint8Array(16)
    address.set(rdata.subarray(1, 1 + octets), 16 - octets)
    return [
      String(prefix),
      ...(octets > 0 ? [printAddress(address)] : []),
      ...(prefix > 0 ? [printName(rdata, 1 + octets)] : []),
    ].join(' ')
  },
  check(rdata) {
    if (rdata.length === 0 || rdata[0]! > ADDRESS_BITS) return false
    const nameAt = 1 + suffixOctets(rdata[0]!)
    const octets = rdata[0] === 0 ? 0 : nameAt < rdata.length ? nameOctets(rdata, nameAt) : -1
    return octets >= 0 && nameAt + octets === rdata.length
  },
}
