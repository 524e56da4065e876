/**
 * AFSDB: a server of a cell (RFC 1183 1, RFC 5864).
 *
 *     subtype 2 | hostname             1 afs.example.
 */
import { TYPE } from '../codes.ts'
import { domain, number } from '../fields.ts'
import { layout } from '../layout.ts'

export const AFSDB = layout(TYPE.AFSDB, 'AFSDB', [number('subtype', 16), domain('hostname')], { additional: 1 })
