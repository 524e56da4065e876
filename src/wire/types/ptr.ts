/**
 * PTR: a name to point at, mostly for reverse zones (RFC 1035 3.3.12).
 *
 *     ptrdname                         host.example.
 */
import { TYPE } from '../codes.ts'
import { domain } from '../fields.ts'
import { layout } from '../layout.ts'

export const PTR = layout(TYPE.PTR, 'PTR', [domain('name', true)])
