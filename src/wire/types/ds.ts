/**
 * DS: which key of the child zone the parent vouches for (RFC 4034 5.1).
 *
 *     key tag 2 | algorithm 1 | digest type 1 | digest                 60485 5 1 2BB183AF...
 */
import { TYPE } from '../codes.ts'
import { ALGORITHMS, DIGEST_TYPES, validDigest } from '../dnssec-fields.ts'
import { code, hex, number } from '../fields.ts'
import { layout } from '../layout.ts'

export const DS = layout(
  TYPE.DS,
  'DS',
  [number('key tag', 16), code('algorithm', 8, ALGORITHMS), code('digest type', 8, DIGEST_TYPES), hex('digest')],
  { valid: validDigest, problem: 'the digest does not have the length that its type asks for.' },
)
