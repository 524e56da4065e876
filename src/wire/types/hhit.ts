/**
 * HHIT: the certificate of a DRIP entity tag, for drones (RFC 9886 5.1).
 *
 *     CBOR to the end                  gwppM2ZmOC...
 */
import { TYPE } from '../codes.ts'
import { base64 } from '../fields.ts'
import { layout } from '../layout.ts'

export const HHIT = layout(TYPE.HHIT, 'HHIT', [base64('data')])
