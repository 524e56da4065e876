/**
 * MR: a new name of a mailbox (RFC 1035 3.3.8).
 *
 *     newname                          new.example.
 */
import { TYPE } from '../codes.ts'
import { domain } from '../fields.ts'
import { layout } from '../layout.ts'

export const MR = layout(TYPE.MR, 'MR', [domain('new name', true)])
