/**
 * AVC: the visibility and control of applications (Cisco, IANA template of 2016), in the form of TXT.
 *
 *     one or more character-strings    "app-name:WOLFGANG|app-class:OAM"
 */
import { TYPE } from '../codes.ts'
import { texts } from '../fields.ts'
import { layout } from '../layout.ts'

export const AVC = layout(TYPE.AVC, 'AVC', [texts('text')])
