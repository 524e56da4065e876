/**
 * NSEC3: the next hashed name in the zone and the types at this one (RFC 5155 3.2).
 *
 *     hash 1 | flags 1 | iterations 2 | salt length 1, salt | hash length 1, next hashed owner | type bitmap
 *     1 1 12 AABBCCDD 2VPTU5TIMAMQTTGL4LUU9KG21E0AOR3S A RRSIG
 */
import { TYPE } from '../codes.ts'
import { hashedOwner, salt, typeBitmap } from '../dnssec-fields.ts'
import { number } from '../fields.ts'
import { layout } from '../layout.ts'

const SHA1 = 1
const SHA1_OCTETS = 20

/** RFC 5155 5, 11: SHA-1 is the one algorithm there is; of another any length will do. */
function validHash(rdata: Uint8Array): boolean {
  return rdata[0] !== SHA1 || rdata[5 + rdata[4]!] === SHA1_OCTETS
}

export const NSEC3 = layout(
  TYPE.NSEC3,
  'NSEC3',
  [number('hash algorithm', 8), number('flags', 8), number('iterations', 16), salt(), hashedOwner(), typeBitmap()],
  { valid: validHash, problem: 'the next hashed owner name must have 20 octets (32 characters), as SHA-1 has.' },
)
