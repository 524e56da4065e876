/**
 * GPOS: longitude, latitude, altitude as text (RFC 1712 3); LOC came after it.
 *
 *     three character-strings          -32.6882 116.8652 10.0
 */
import { TYPE } from '../codes.ts'
import { text } from '../fields.ts'
import { layout } from '../layout.ts'

export const GPOS = layout(TYPE.GPOS, 'GPOS', [text('longitude'), text('latitude'), text('altitude')])
