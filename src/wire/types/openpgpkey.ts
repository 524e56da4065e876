/**
 * OPENPGPKEY: a transferable public key (RFC 7929 2.1).
 *
 *     key                              mQENBFV...
 */
import { TYPE } from '../codes.ts'
import { base64 } from '../fields.ts'
import { layout } from '../layout.ts'

export const OPENPGPKEY = layout(TYPE.OPENPGPKEY, 'OPENPGPKEY', [base64('key')])
