/**
 * URI: where a service is, as a URI (RFC 7553 4.5). The target has no length octet; src/zone/check warns of an empty one.
 *
 *     priority 2 | weight 2 | target   10 1 "https://www.example.com/path"
 */
import { TYPE } from '../codes.ts'
import { longText, number } from '../fields.ts'
import { layout } from '../layout.ts'

export const URI = layout(TYPE.URI, 'URI', [number('priority', 16), number('weight', 16), longText('target')])
