/**
 * NAPTR: a rule that rewrites a name into another, or into a URI (RFC 3403 4.1).
 *
 *     order 2 | preference 2 | flags | services | regexp (character-strings) | replacement
 *     100 10 "u" "E2U+sip" "!^.*$!sip:info@example.com!" .
 */
import { TYPE } from '../codes.ts'
import { domain, number, text } from '../fields.ts'
import { layout } from '../layout.ts'

export const NAPTR = layout(TYPE.NAPTR, 'NAPTR', [
  number('order', 16),
  number('preference', 16),
  text('flags'),
  text('services'),
  text('regular expression'),
  domain('replacement'),
])
