/**
 * NSEC3PARAM: how this zone hashes names (RFC 5155 4.2).
 *
 *     hash 1 | flags 1 | iterations 2 | salt length 1, salt            1 0 12 AABBCCDD
 */
import { TYPE } from '../codes.ts'
import { salt } from '../dnssec-fields.ts'
import { number } from '../fields.ts'
import { layout } from '../layout.ts'

export const NSEC3PARAM = layout(TYPE.NSEC3PARAM, 'NSEC3PARAM', [
  number('hash algorithm', 8),
  number('flags', 8),
  number('iterations', 16),
  salt(),
])
