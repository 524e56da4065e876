/**
 * HINFO: the kind of host (RFC 1035 3.3.2); also what ANY is answered with (RFC 8482 4.2).
 *
 *     cpu length 1, octets | os length 1, octets        "RFC8482" ""
 */
import { TYPE } from '../codes.ts'
import { text } from '../fields.ts'
import { layout } from '../layout.ts'

export const HINFO = layout(TYPE.HINFO, 'HINFO', [text('cpu'), text('operating system')])
