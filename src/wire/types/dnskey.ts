/**
 * DNSKEY: a public key of the zone (RFC 4034 2.1).
 *
 *     flags 2 | protocol 1 (3) | algorithm 1 | public key              256 3 8 AwEAAb...
 */
import { TYPE } from '../codes.ts'
import { ALGORITHMS } from '../dnssec-fields.ts'
import { base64, code, number } from '../fields.ts'
import { layout } from '../layout.ts'

export const DNSKEY = layout(TYPE.DNSKEY, 'DNSKEY', [
  number('flags', 16),
  number('protocol', 8),
  code('algorithm', 8, ALGORITHMS),
  base64('public key'),
])
