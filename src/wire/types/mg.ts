/**
 * MG: a member of a mail group (RFC 1035 3.3.6).
 *
 *     mgmname                          member.example.
 */
import { TYPE } from '../codes.ts'
import { domain } from '../fields.ts'
import { layout } from '../layout.ts'

export const MG = layout(TYPE.MG, 'MG', [domain('member', true)])
