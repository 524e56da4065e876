/**
 * NS: a name server of the zone that begins at the owner (RFC 1035 3.3.11).
 *
 *     nsdname                          ns1.example.
 */
import { TYPE } from '../codes.ts'
import { domain } from '../fields.ts'
import { layout } from '../layout.ts'

export const NS = layout(TYPE.NS, 'NS', [domain('name server', true)], { additional: 0 })
