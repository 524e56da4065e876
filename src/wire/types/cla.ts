/**
 * CLA: the convergence layers of a node of delay-tolerant networks (IANA template of 2024), in the form of TXT.
 *
 *     one or more character-strings    "TCP-v4-v6"
 */
import { TYPE } from '../codes.ts'
import { texts } from '../fields.ts'
import { layout } from '../layout.ts'

export const CLA = layout(TYPE.CLA, 'CLA', [texts('text')])
