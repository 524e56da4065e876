/**
 * SMIMEA: which certificate a mail address has (RFC 8162 2); the fields are those of TLSA.
 *
 *     usage 1 | selector 1 | matching type 1 | association data        3 0 0 308203...
 */
import { TYPE } from '../codes.ts'
import { hex, number } from '../fields.ts'
import { layout } from '../layout.ts'

export const SMIMEA = layout(TYPE.SMIMEA, 'SMIMEA', [
  number('usage', 8),
  number('selector', 8),
  number('matching type', 8),
  hex('association data'),
])
