/**
 * NXT: the next name and the types at this one, in the first DNSSEC (RFC 2535 5.2); NSEC took its place.
 *
 *     next name | bits for the types 1 to 127, bit 0 the highest and never set            big.foo.tld. A MX SIG NXT
 */
import { mnemonic, TYPE, typeOf } from '../codes.ts'
import { domain } from '../fields.ts'
import { type Field, layout } from '../layout.ts'

const MAX_TYPE = 127

const bits: Field = {
  parse(fields, out) {
    const octets = new Uint8Array((MAX_TYPE + 1) / 8)
    let length = 0
    do {
      const token = fields.field('type')
      const type = /^\d{1,3}$/.test(token) ? Number(token) : typeOf(token)
      if (type === undefined || type < 1 || type > MAX_TYPE)
        fields.fail(`"${token}" is not a record type from 1 to ${MAX_TYPE}.`)
      octets[type! >> 3]! |= 0x80 >> (type! & 7)
      length = Math.max(length, (type! >> 3) + 1)
    } while (fields.more())
    out.bytes(octets.subarray(0, length))
  },
  print(rdata, at, past) {
    const types: string[] = []
    for (let type = 0; type < (past - at) * 8; type++)
      if ((rdata[at + (type >> 3)]! & (0x80 >> (type & 7))) !== 0) types.push(mnemonic(type))
    return types.join(' ')
  },
  skip: (rdata, at, end) =>
    end > at && end - at <= (MAX_TYPE + 1) / 8 && rdata[at]! < 0x80 && rdata[end - 1] !== 0 ? end : -1,
}

export const NXT = layout(TYPE.NXT, 'NXT', [domain('next name'), bits])
