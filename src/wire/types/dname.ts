/**
 * DNAME: everything below the owner is found below another name (RFC 6672 2.1). Never compressed (2.5).
 *
 *     target                           example.net.
 */
import { TYPE } from '../codes.ts'
import { domain } from '../fields.ts'
import { layout } from '../layout.ts'

export const DNAME = layout(TYPE.DNAME, 'DNAME', [domain('target')])
