/**
 * NSAP-PTR: the name that belongs to an NSAP address (RFC 1348 3); PTR took its place.
 *
 *     name                             foo.example.
 */
import { TYPE } from '../codes.ts'
import { domain } from '../fields.ts'
import { layout } from '../layout.ts'

export const NSAP_PTR = layout(TYPE['NSAP-PTR'], 'NSAP-PTR', [domain('name')])
