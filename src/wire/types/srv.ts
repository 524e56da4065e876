/**
 * SRV: where a service is (RFC 2782). The target is never compressed (RFC 2782, RFC 3597 4).
 *
 *     priority 2 | weight 2 | port 2 | target          10 60 5060 sip.example.
 */
import { TYPE } from '../codes.ts'
import { domain, number } from '../fields.ts'
import { layout } from '../layout.ts'

export const SRV = layout(
  TYPE.SRV,
  'SRV',
  [number('priority', 16), number('weight', 16), number('port', 16), domain('target')],
  { additional: 3 },
)
