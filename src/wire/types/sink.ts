/**
 * SINK: the kitchen sink, data of any kind (draft-eastlake-kitchen-sink-02).
 *
 *     meaning 1 | coding 1 | subcoding 1 | data                        8 0 2 l4ik
 */
import { TYPE } from '../codes.ts'
import { base64, number } from '../fields.ts'
import { layout } from '../layout.ts'

export const SINK = layout(TYPE.SINK, 'SINK', [
  number('meaning', 8),
  number('coding', 8),
  number('subcoding', 8),
  base64('data', 0),
])
