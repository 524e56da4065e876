/**
 * CDS: the DS set that the child wishes for (RFC 7344 3.1); `0 0 0 00` asks for none (RFC 8078 4).
 *
 *     key tag 2 | algorithm 1 | digest type 1 | digest                 60485 5 1 2BB183AF...
 */
import { TYPE } from '../codes.ts'
import { ALGORITHMS, DIGEST_TYPES, validDigest } from '../dnssec-fields.ts'
import { code, hex, number } from '../fields.ts'
import { layout } from '../layout.ts'

export const CDS = layout(
  TYPE.CDS,
  'CDS',
  [number('key tag', 16), code('algorithm', 8, ALGORITHMS), code('digest type', 8, DIGEST_TYPES), hex('digest')],
  { valid: validDigest, problem: 'the digest does not have the length that its type asks for.' },
)
