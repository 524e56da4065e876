/**
 * SIG: the signature of the first DNSSEC (RFC 2535 4.1), RRSIG's ancestor; in messages it is SIG(0) (RFC 2931).
 *
 *     type covered 2 | algorithm 1 | labels 1 | original TTL 4 | expiration 4 | inception 4 | key tag 2 | signer's name | signature
 */
import { TYPE } from '../codes.ts'
import { ALGORITHMS, time } from '../dnssec-fields.ts'
import { base64, code, domain, number, seconds, typeField } from '../fields.ts'
import { layout } from '../layout.ts'

export const SIG = layout(TYPE.SIG, 'SIG', [
  typeField('type covered'),
  code('algorithm', 8, ALGORITHMS),
  number('labels', 8),
  seconds('original TTL'),
  time('expiration'),
  time('inception'),
  number('key tag', 16),
  domain("signer's name"),
  base64('signature'),
])
