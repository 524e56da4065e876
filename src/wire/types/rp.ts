/**
 * RP: the responsible person (RFC 1183 2.2).
 *
 *     mailbox | TXT name               admin.example. info.example.
 */
import { TYPE } from '../codes.ts'
import { domain } from '../fields.ts'
import { layout } from '../layout.ts'

export const RP = layout(TYPE.RP, 'RP', [domain('mailbox'), domain('text name')])
