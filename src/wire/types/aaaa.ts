/**
 * AAAA: one IPv6 address (RFC 3596 2.2), printed as RFC 5952 says.
 *
 *     address 16                       2001:db8::1
 */
import { TYPE } from '../codes.ts'
import { ipv6 } from '../fields.ts'
import { layout } from '../layout.ts'

export const AAAA = layout(TYPE.AAAA, 'AAAA', [ipv6('address')])
