/**
 * NID: the node identifier of ILNP (RFC 6742 2.1).
 *
 *     preference 2 | node id 8         10 14:4fff:ff20:ee64
 */
import { TYPE } from '../codes.ts'
import { groups, number } from '../fields.ts'
import { layout } from '../layout.ts'

export const NID = layout(TYPE.NID, 'NID', [number('preference', 16), groups('node identifier')])
