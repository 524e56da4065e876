/**
 * TALINK: a chain of trust anchors (draft-ietf-dnsop-dnssec-trust-history-02).
 *
 *     previous name | next name        h0.example. h2.example.
 */
import { TYPE } from '../codes.ts'
import { domain } from '../fields.ts'
import { layout } from '../layout.ts'

export const TALINK = layout(TYPE.TALINK, 'TALINK', [domain('previous name'), domain('next name')])
