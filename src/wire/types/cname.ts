/**
 * CNAME: the owner is an alias of another name (RFC 1035 3.3.1).
 *
 *     cname                            www.example.
 */
import { TYPE } from '../codes.ts'
import { domain } from '../fields.ts'
import { layout } from '../layout.ts'

export const CNAME = layout(TYPE.CNAME, 'CNAME', [domain('canonical name', true)])
