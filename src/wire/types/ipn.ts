/**
 * IPN: the number of a node of delay-tolerant networks (RFC 9758, IANA template of 2024).
 *
 *     number 8                         3861078012
 */
import { TYPE } from '../codes.ts'
import { type Field, layout } from '../layout.ts'

const OCTETS = 8

const nodeNumber: Field = {
  parse(fields, out) {
    const token = fields.field('number')
    const value = /^\d{1,20}$/.test(token) ? BigInt(token) : -1n
    if (value < 0n || value >= 1n << 64n) fields.fail(`the number must be from 0 to 2^64 - 1, not "${token}".`)
    out.uint32(Number(value >> 32n))
    out.uint32(Number(value & 0xffffffffn))
  },
  print: (rdata, at) => String(new DataView(rdata.buffer, rdata.byteOffset + at, OCTETS).getBigUint64(0)),
  skip: (_rdata, at, end) => (at + OCTETS <= end ? at + OCTETS : -1),
}

export const IPN = layout(TYPE.IPN, 'IPN', [nodeNumber])
