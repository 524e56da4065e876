/**
 * L64: a 64-bit locator of ILNP (RFC 6742 2.3).
 *
 *     preference 2 | locator 8         10 2001:db8:1140:1000
 */
import { TYPE } from '../codes.ts'
import { groups, number } from '../fields.ts'
import { layout } from '../layout.ts'

export const L64 = layout(TYPE.L64, 'L64', [number('preference', 16), groups('locator')])
