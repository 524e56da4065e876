/**
 * SSHFP: the fingerprint of a host's SSH key (RFC 4255 3.1).
 *
 *     algorithm 1 | type 1 | fingerprint                               4 2 123456789ABC...
 */
import { TYPE } from '../codes.ts'
import { hex, number } from '../fields.ts'
import { layout } from '../layout.ts'

export const SSHFP = layout(TYPE.SSHFP, 'SSHFP', [
  number('algorithm', 8),
  number('fingerprint type', 8),
  hex('fingerprint'),
])
