/**
 * SPF: what TXT is, under another number; retired by RFC 7208 3.1, still found in zones.
 *
 *     length 1 | octets ...            "v=spf1 -all"
 */
import { TYPE } from '../codes.ts'
import { texts } from '../fields.ts'
import { layout } from '../layout.ts'

export const SPF = layout(TYPE.SPF, 'SPF', [texts('text')])
