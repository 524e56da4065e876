/**
 * CERT: a certificate (RFC 4398 2).
 *
 *     type 2 | key tag 2 | algorithm 1 | certificate                   PKIX 1 8 MIIC...
 */
import { TYPE } from '../codes.ts'
import { ALGORITHMS } from '../dnssec-fields.ts'
import { base64, code, number } from '../fields.ts'
import { layout } from '../layout.ts'

/** RFC 4398 2.1 */
const CERTIFICATE_TYPES: Readonly<Record<string, number>> = {
  PKIX: 1,
  SPKI: 2,
  PGP: 3,
  IPKIX: 4,
  ISPKI: 5,
  IPGP: 6,
  ACPKIX: 7,
  IACPKIX: 8,
  URI: 253,
  OID: 254,
}

export const CERT = layout(TYPE.CERT, 'CERT', [
  code('certificate type', 16, CERTIFICATE_TYPES),
  number('key tag', 16),
  code('algorithm', 8, ALGORITHMS),
  base64('certificate'),
])
