/**
 * NINFO: the status of a zone (draft-reid-dnsext-zs-01), in the form of TXT.
 *
 *     one or more character-strings    "text" "more text"
 */
import { TYPE } from '../codes.ts'
import { texts } from '../fields.ts'
import { layout } from '../layout.ts'

export const NINFO = layout(TYPE.NINFO, 'NINFO', [texts('text')])
