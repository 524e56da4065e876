/**
 * TLSA: which certificate a TLS service has (RFC 6698 2.1).
 *
 *     usage 1 | selector 1 | matching type 1 | association data        3 1 1 0C72AC70...
 */
import { TYPE } from '../codes.ts'
import { hex, number } from '../fields.ts'
import { layout } from '../layout.ts'

export const TLSA = layout(TYPE.TLSA, 'TLSA', [
  number('usage', 8),
  number('selector', 8),
  number('matching type', 8),
  hex('association data'),
])
