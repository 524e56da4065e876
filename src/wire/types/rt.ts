/**
 * RT: a host that routes for one that is not reachable (RFC 1183 3.3).
 *
 *     preference 2 | host              10 relay.example.
 */
import { TYPE } from '../codes.ts'
import { domain, number } from '../fields.ts'
import { layout } from '../layout.ts'

export const RT = layout(TYPE.RT, 'RT', [number('preference', 16), domain('intermediate host')], { additional: 1 })
