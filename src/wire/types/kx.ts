/**
 * KX: who exchanges keys for the owner (RFC 2230 3).
 *
 *     preference 2 | exchanger         10 kx.example.
 */
import { TYPE } from '../codes.ts'
import { domain, number } from '../fields.ts'
import { layout } from '../layout.ts'

export const KX = layout(TYPE.KX, 'KX', [number('preference', 16), domain('exchanger')], { additional: 1 })
