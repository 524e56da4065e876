/**
 * RKEY: a key to encrypt NAPTR records with (draft-reid-dnsext-rkey-00), in the form of DNSKEY.
 *
 *     flags 2 | protocol 1 | algorithm 1 | public key                  0 255 1 AQMFD5r...
 */
import { TYPE } from '../codes.ts'
import { ALGORITHMS } from '../dnssec-fields.ts'
import { base64, code, number } from '../fields.ts'
import { layout } from '../layout.ts'

export const RKEY = layout(TYPE.RKEY, 'RKEY', [
  number('flags', 16),
  number('protocol', 8),
  code('algorithm', 8, ALGORITHMS),
  base64('public key'),
])
