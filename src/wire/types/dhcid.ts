/**
 * DHCID: whose DHCP lease the owner is (RFC 4701 3.1).
 *
 *     identifier                       AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA=
 */
import { TYPE } from '../codes.ts'
import { base64 } from '../fields.ts'
import { layout } from '../layout.ts'

export const DHCID = layout(TYPE.DHCID, 'DHCID', [base64('identifier')])
