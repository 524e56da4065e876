/**
 * EUI48: a 48-bit hardware address (RFC 7043 3).
 *
 *     address 6                        00-00-5E-00-53-2A
 */
import { TYPE } from '../codes.ts'
import { eui } from '../fields.ts'
import { layout } from '../layout.ts'

export const EUI48 = layout(TYPE.EUI48, 'EUI48', [eui(6)])
