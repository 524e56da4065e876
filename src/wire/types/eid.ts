/**
 * EID: an endpoint identifier of Nimrod routing (draft-ietf-nimrod-dns-02).
 *
 *     octets to the end                E32C6F78163A9348
 */
import { TYPE } from '../codes.ts'
import { hex } from '../fields.ts'
import { layout } from '../layout.ts'

export const EID = layout(TYPE.EID, 'EID', [hex('identifier')])
