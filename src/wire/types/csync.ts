/**
 * CSYNC: what the parent may copy from the child (RFC 7477 2.1.1).
 *
 *     serial 4 | flags 2 | type bitmap 66 3 A NS AAAA
 */
import { TYPE } from '../codes.ts'
import { typeBitmap } from '../dnssec-fields.ts'
import { number } from '../fields.ts'
import { layout } from '../layout.ts'

export const CSYNC = layout(TYPE.CSYNC, 'CSYNC', [number('serial', 32), number('flags', 16), typeBitmap()])
