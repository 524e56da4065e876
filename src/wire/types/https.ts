/**
 * HTTPS: SVCB for the https and http schemes (RFC 9460 9).
 *
 *     priority 2 | target | parameters         1 . alpn=h2,h3 ipv4hint=192.0.2.1
 */
import { TYPE } from '../codes.ts'
import { serviceBinding } from './svcb.ts'

export const HTTPS = serviceBinding(TYPE.HTTPS, 'HTTPS')
