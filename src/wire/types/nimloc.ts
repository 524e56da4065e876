/**
 * NIMLOC: a locator of Nimrod routing (draft-ietf-nimrod-dns-02).
 *
 *     octets to the end                32251A030067
 */
import { TYPE } from '../codes.ts'
import { hex } from '../fields.ts'
import { layout } from '../layout.ts'

export const NIMLOC = layout(TYPE.NIMLOC, 'NIMLOC', [hex('locator')])
