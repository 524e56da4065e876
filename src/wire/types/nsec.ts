/**
 * NSEC: the next name in the zone and the types at this one (RFC 4034 4.1).
 *
 *     next name | type bitmap          host.example.com. A MX RRSIG NSEC TYPE1234
 */
import { TYPE } from '../codes.ts'
import { typeBitmap } from '../dnssec-fields.ts'
import { domain } from '../fields.ts'
import { layout } from '../layout.ts'

export const NSEC = layout(TYPE.NSEC, 'NSEC', [domain('next name'), typeBitmap()])
