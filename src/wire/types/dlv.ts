/**
 * DLV: DS outside of the parent (RFC 4431); of history only (RFC 8749).
 *
 *     key tag 2 | algorithm 1 | digest type 1 | digest                 60485 5 1 2BB183AF...
 */
import { TYPE } from '../codes.ts'
import { ALGORITHMS, DIGEST_TYPES, validDigest } from '../dnssec-fields.ts'
import { code, hex, number } from '../fields.ts'
import { layout } from '../layout.ts'

export const DLV = layout(
  TYPE.DLV,
  'DLV',
  [number('key tag', 16), code('algorithm', 8, ALGORITHMS), code('digest type', 8, DIGEST_TYPES), hex('digest')],
  { valid: validDigest, problem: 'the digest does not have the length that its type asks for.' },
)
