/**
 * CAA: which authorities may issue certificates (RFC 8659 4.1).
 *
 *     flags 1 | tag length 1 | tag | value             0 issue "ca.example"
 */
import { TYPE } from '../codes.ts'
import { longText, number, tag } from '../fields.ts'
import { layout } from '../layout.ts'

export const CAA = layout(TYPE.CAA, 'CAA', [number('flags', 8), tag('tag'), longText('value')])
