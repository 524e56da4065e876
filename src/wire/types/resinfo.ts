/**
 * RESINFO: what a resolver can do (RFC 9606 4), in the form of TXT.
 *
 *     one or more character-strings    "qnamemin" "exterr=15-17"
 */
import { TYPE } from '../codes.ts'
import { texts } from '../fields.ts'
import { layout } from '../layout.ts'

export const RESINFO = layout(TYPE.RESINFO, 'RESINFO', [texts('text')])
