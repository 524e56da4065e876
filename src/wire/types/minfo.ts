/**
 * MINFO: mailboxes of a mailing list (RFC 1035 3.3.7).
 *
 *     rmailbx | emailbx                owner.example. errors.example.
 */
import { TYPE } from '../codes.ts'
import { domain } from '../fields.ts'
import { layout } from '../layout.ts'

export const MINFO = layout(TYPE.MINFO, 'MINFO', [domain('responsible mailbox', true), domain('error mailbox', true)])
