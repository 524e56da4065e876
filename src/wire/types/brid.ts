/**
 * BRID: what a drone says of itself, Broadcast Remote ID (RFC 9886 5.2).
 *
 *     CBOR to the end                  owAAAYIEWDEB...
 */
import { TYPE } from '../codes.ts'
import { base64 } from '../fields.ts'
import { layout } from '../layout.ts'

export const BRID = layout(TYPE.BRID, 'BRID', [base64('data')])
