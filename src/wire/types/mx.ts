/**
 * MX: who takes mail for the owner, the lowest preference first (RFC 1035 3.3.9). `0 .` says: nobody (RFC 7505).
 *
 *     preference 2 | exchange          10 mail.example.
 */
import { TYPE } from '../codes.ts'
import { domain, number } from '../fields.ts'
import { layout } from '../layout.ts'

export const MX = layout(TYPE.MX, 'MX', [number('preference', 16), domain('exchange', true)], { additional: 1 })
