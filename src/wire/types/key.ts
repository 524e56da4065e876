/**
 * KEY: a public key of the first DNSSEC (RFC 2535 3.1, RFC 3445); today of SIG(0) only. Without a key where the flags say so.
 *
 *     flags 2 | protocol 1 | algorithm 1 | public key                  512 3 8 AwEAAb...
 */
import { TYPE } from '../codes.ts'
import { ALGORITHMS } from '../dnssec-fields.ts'
import { base64, code, number } from '../fields.ts'
import { layout } from '../layout.ts'

export const KEY = layout(TYPE.KEY, 'KEY', [
  number('flags', 16),
  number('protocol', 8),
  code('algorithm', 8, ALGORITHMS),
  base64('public key', 0),
])
