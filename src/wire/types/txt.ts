/**
 * TXT: one or more character-strings (RFC 1035 3.3.14).
 *
 *     length 1 | octets | length 1 | octets ...        "v=spf1 -all"
 */
import { TYPE } from '../codes.ts'
import { texts } from '../fields.ts'
import { layout } from '../layout.ts'

export const TXT = layout(TYPE.TXT, 'TXT', [texts('text')])
