/**
 * LP: the name where ILNP's locators stand (RFC 6742 2.4).
 *
 *     preference 2 | name              10 l64-subnet1.example.com.
 */
import { TYPE } from '../codes.ts'
import { domain, number } from '../fields.ts'
import { layout } from '../layout.ts'

export const LP = layout(TYPE.LP, 'LP', [number('preference', 16), domain('name')])
