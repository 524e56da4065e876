/**
 * MB: the host of a mailbox (RFC 1035 3.3.3).
 *
 *     madname                          host.example.
 */
import { TYPE } from '../codes.ts'
import { domain } from '../fields.ts'
import { layout } from '../layout.ts'

export const MB = layout(TYPE.MB, 'MB', [domain('host', true)], { additional: 0 })
