/**
 * DOA: a digital object (draft-durand-doa-over-dns-03).
 *
 *     enterprise 4 | type 4 | location 1 | media type: a character-string | data
 *     0 1 2 "" aHR0cHM6Ly93d3cuaXNjLm9yZy8=            - where there are no data
 */
import { TYPE } from '../codes.ts'
import { number, text } from '../fields.ts'
import { type Field, layout } from '../layout.ts'
import { parseBase64, printBase64 } from '../text.ts'

const data: Field = {
  parse(fields, out) {
    const token = fields.rest('data')
    const octets = token === '-' ? new Uint8Array(0) : parseBase64(token)
    if (octets === undefined) fields.fail('the data must be base64, or - for none.')
    out.bytes(octets!)
  },
  print: (rdata, at, past) => (past === at ? '-' : printBase64(rdata.subarray(at, past))),
  skip: (_rdata, _at, end) => end,
}

export const DOA = layout(TYPE.DOA, 'DOA', [
  number('enterprise', 32),
  number('type', 32),
  number('location', 8),
  text('media type'),
  data,
])
