/**
 * CDNSKEY: the keys whose DS set the child wishes for (RFC 7344 3.2); `0 3 0 AA==` asks for none (RFC 8078 4).
 *
 *     flags 2 | protocol 1 (3) | algorithm 1 | public key              257 3 8 AwEAAb...
 */
import { TYPE } from '../codes.ts'
import { ALGORITHMS } from '../dnssec-fields.ts'
import { base64, code, number } from '../fields.ts'
import { layout } from '../layout.ts'

export const CDNSKEY = layout(TYPE.CDNSKEY, 'CDNSKEY', [
  number('flags', 16),
  number('protocol', 8),
  code('algorithm', 8, ALGORITHMS),
  base64('public key'),
])
