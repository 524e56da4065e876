/**
 * ISDN: a telephone number, and perhaps a subaddress (RFC 1183 3.2).
 *
 *     character-string, perhaps another        "150862028003217" "004"
 */
import { TYPE } from '../codes.ts'
import { texts } from '../fields.ts'
import { layout } from '../layout.ts'

/** One or two strings. */
const AT_MOST_TWO = {
  valid: (rdata: Uint8Array): boolean => {
    const second = rdata[0]! + 1
    return rdata.length === second || rdata.length === second + 1 + rdata[second]!
  },
  problem: 'an ISDN record has a number and at most one subaddress.',
}

export const ISDN = layout(TYPE.ISDN, 'ISDN', [texts('number')], AT_MOST_TWO)
