/**
 * X25: a PSDN address, digits (RFC 1183 3.1).
 *
 *     length 1 | digits                311061700956
 */
import { TYPE } from '../codes.ts'
import { text } from '../fields.ts'
import { layout } from '../layout.ts'

export const X25 = layout(TYPE.X25, 'X25', [text('PSDN address')])
