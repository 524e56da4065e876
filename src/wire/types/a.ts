/**
 * A: one IPv4 address (RFC 1035 3.4.1).
 *
 *     address 4                        192.0.2.1
 */
import { TYPE } from '../codes.ts'
import { ipv4 } from '../fields.ts'
import { layout } from '../layout.ts'

export const A = layout(TYPE.A, 'A', [ipv4('address')])
