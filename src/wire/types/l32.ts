/**
 * L32: a 32-bit locator of ILNP (RFC 6742 2.2), written as an IPv4 address.
 *
 *     preference 2 | locator 4         10 10.1.2.0
 */
import { TYPE } from '../codes.ts'
import { ipv4, number } from '../fields.ts'
import { layout } from '../layout.ts'

export const L32 = layout(TYPE.L32, 'L32', [number('preference', 16), ipv4('locator')])
