/**
 * PX: between X.400 and Internet mail (RFC 2163 4).
 *
 *     preference 2 | map822 | mapx400  50 ab.net.2. O-ab.PRMD-net.ADMDb.C-nl.
 */
import { TYPE } from '../codes.ts'
import { domain, number } from '../fields.ts'
import { layout } from '../layout.ts'

export const PX = layout(TYPE.PX, 'PX', [number('preference', 16), domain('RFC 822 name'), domain('X.400 name')])
