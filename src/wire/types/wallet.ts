/**
 * WALLET: a currency and an address in it (IANA template of 2024), in the form of TXT.
 *
 *     one or more character-strings    "BTC" "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"
 */
import { TYPE } from '../codes.ts'
import { texts } from '../fields.ts'
import { layout } from '../layout.ts'

export const WALLET = layout(TYPE.WALLET, 'WALLET', [texts('text')])
