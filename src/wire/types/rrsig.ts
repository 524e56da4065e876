/**
 * RRSIG: the signature over a set of records (RFC 4034 3.1).
 *
 *     type covered 2 | algorithm 1 | labels 1 | original TTL 4 | expiration 4 | inception 4 | key tag 2 | signer's name | signature
 *     A 5 3 86400 20030322173103 20030220173103 2642 example.com. oJB1W6WNGv+ldvQ3...
 */
import { TYPE } from '../codes.ts'
import { SIGNATURE_FIELDS } from '../dnssec-fields.ts'
import { layout } from '../layout.ts'

export const RRSIG = layout(TYPE.RRSIG, 'RRSIG', SIGNATURE_FIELDS)
