/**
 * SIG: the signature of the first DNSSEC (RFC 2535 4.1), RRSIG's ancestor; in messages it is SIG(0) (RFC 2931).
 *
 *     type covered 2 | algorithm 1 | labels 1 | original TTL 4 | expiration 4 | inception 4 | key tag 2 | signer's name | signature
 */
import { TYPE } from '../codes.ts'
import { SIGNATURE_FIELDS } from '../dnssec-fields.ts'
import { layout } from '../layout.ts'

export const SIG = layout(TYPE.SIG, 'SIG', SIGNATURE_FIELDS)
