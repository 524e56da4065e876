/**
 * DSYNC: where a parent takes NOTIFY for its children's CDS and CSYNC (RFC 9859 2).
 *
 *     type 2 | scheme 1 | port 2 | target                              CDS NOTIFY 5359 cds-scanner.example.net.
 */
import { TYPE } from '../codes.ts'
import { code, domain, number, typeField } from '../fields.ts'
import { layout } from '../layout.ts'

/** RFC 9859 6.2 */
const SCHEMES: Readonly<Record<string, number>> = { NOTIFY: 1 }

export const DSYNC = layout(TYPE.DSYNC, 'DSYNC', [
  typeField('type'),
  code('scheme', 8, SCHEMES),
  number('port', 16),
  domain('target'),
])
