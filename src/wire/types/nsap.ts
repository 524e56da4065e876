/**
 * NSAP: an address of OSI networks (RFC 1706 5, 6).
 *
 *     octets to the end                0x47.0005.80.005a00.0000.0001.e133.ffffff000161.00, the dots wherever one likes
 */
import { TYPE } from '../codes.ts'
import { type Field, layout } from '../layout.ts'
import { parseHex, printHex } from '../text.ts'

const nsapAddress: Field = {
  parse(fields, out) {
    const token = fields.field('address')
    const octets = /^0x[0-9a-f.]+$/i.test(token) ? parseHex(token.slice(2).replaceAll('.', '')) : undefined
    if (octets === undefined || octets.length === 0)
      fields.fail(`the address must be 0x and an even number of hex digits, not "${token}".`)
    out.bytes(octets!)
  },
  print: (rdata, at, past) => `0x${printHex(rdata.subarray(at, past)).toLowerCase()}`,
  skip: (_rdata, at, end) => (at < end ? end : -1),
}

export const NSAP = layout(TYPE.NSAP, 'NSAP', [nsapAddress])
