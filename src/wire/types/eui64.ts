/**
 * EUI64: a 64-bit hardware address (RFC 7043 4).
 *
 *     address 8                        00-00-5E-EF-10-00-00-2A
 */
import { TYPE } from '../codes.ts'
import { eui } from '../fields.ts'
import { layout } from '../layout.ts'

export const EUI64 = layout(TYPE.EUI64, 'EUI64', [eui(8)])
