/**
 * SOA: the start of a zone of authority (RFC 1035 3.3.13, RFC 2308 4 for the last field).
 *
 *     mname | rname | serial 4 | refresh 4 | retry 4 | expire 4 | minimum 4
 *     ns1.example. hostmaster.example. 2026010100 7200 900 1209600 300
 */
import { TYPE } from '../codes.ts'
import { domain, number, seconds } from '../fields.ts'
import { layout } from '../layout.ts'

export const SOA = layout(TYPE.SOA, 'SOA', [
  domain('primary name server', true),
  domain('mailbox', true),
  number('serial', 32),
  seconds('refresh interval'),
  seconds('retry interval'),
  seconds('expire limit'),
  seconds('minimum (negative TTL)'),
])
