/**
 * TA: a trust anchor, in the form of DS (Weiler, "DNSSEC Trust Authorities", 2005).
 *
 *     key tag 2 | algorithm 1 | digest type 1 | digest                 30795 1 1 310D27F4D8...
 */
import { TYPE } from '../codes.ts'
import { ALGORITHMS, DIGEST_TYPES, validDigest } from '../dnssec-fields.ts'
import { code, hex, number } from '../fields.ts'
import { layout } from '../layout.ts'

export const TA = layout(
  TYPE.TA,
  'TA',
  [number('key tag', 16), code('algorithm', 8, ALGORITHMS), code('digest type', 8, DIGEST_TYPES), hex('digest')],
  { valid: validDigest, problem: 'the digest does not have the length that its type asks for.' },
)
