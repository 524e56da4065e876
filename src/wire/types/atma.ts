/**
 * ATMA: an address of an ATM network (ATM Forum af-saa-0069: ATM Name System 2.0, 5.1).
 *
 *     format 1 (0 hex octets of an AESA, 1 digits of E.164) | address       39.246f.00.0e7c9c.0312.0001.0001.000012345678.00, +358.400.1234567
 */
import { TYPE } from '../codes.ts'
import { type Field, layout } from '../layout.ts'
import { asciiText, parseHex, printHex, textOctets } from '../text.ts'

const FORMAT = { aesa: 0, e164: 1 } as const

const atmAddress: Field = {
  parse(fields, out) {
    const token = fields.field('address')
    const bare = token.replaceAll('.', '')
    if (/^\+\d+$/.test(bare)) {
      out.uint8(FORMAT.e164)
      out.bytes(textOctets(bare.slice(1)))
      return
    }
    const octets = parseHex(bare)
    if (octets === undefined || octets.length === 0)
      fields.fail(`the address must be + and digits, or an even number of hex digits, not "${token}".`)
    out.uint8(FORMAT.aesa)
    out.bytes(octets!)
  },
  print(rdata, at, past) {
    const address = rdata.subarray(at + 1, past)
    return rdata[at] === FORMAT.e164 ? `+${asciiText(address)}` : printHex(address).toLowerCase()
  },
  skip(rdata, at, end) {
    if (end - at < 2 || rdata[at]! > FORMAT.e164) return -1
    const digits = rdata[at] === FORMAT.aesa || /^\d+$/.test(asciiText(rdata.subarray(at + 1, end)))
    return digits ? end : -1
  },
}

export const ATMA = layout(TYPE.ATMA, 'ATMA', [atmAddress])
