/**
 * ZONEMD: a digest over the whole zone (RFC 8976 2.2), of 12 octets at least.
 *
 *     serial 4 | scheme 1 | hash algorithm 1 | digest                  2018031500 1 1 FEBE3D4C...
 */
import { TYPE } from '../codes.ts'
import { hex, number } from '../fields.ts'
import { layout } from '../layout.ts'

/** The digests with a length of their own: SHA-384 and SHA-512 (RFC 8976 5.3). */
const DIGEST_OCTETS: Readonly<Record<number, number>> = { 1: 48, 2: 64 }

export const ZONEMD = layout(
  TYPE.ZONEMD,
  'ZONEMD',
  [number('serial', 32), number('scheme', 8), number('hash algorithm', 8), hex('digest', 12)],
  {
    valid(rdata) {
      const wanted = DIGEST_OCTETS[rdata[5]!]
      return wanted === undefined || rdata.length - 6 === wanted
    },
    problem: 'the digest does not have the length that its algorithm asks for.',
  },
)
