/**
 * A log that strangers cannot fill: what they cause is told up to a burst, then at a steady rate, and how much was left out.
 */
import type { TransferLog } from './ports.ts'

/** A person who tries something out sees every line. */
const BURST_LINES = 50
/** What remains of a flood: 1,800 lines an hour at the most. */
const LINES_PER_SECOND = 0.5

/** @param nowSeconds  may jump: a bucket never holds more than the burst */
export function quietLog(log: TransferLog, nowSeconds: () => number): TransferLog {
  let lines = BURST_LINES
  let filledAt = nowSeconds()
  let leftOut = 0
  const tell = (write: (details: object, message: string) => void) => (details: object, message: string) => {
    const now = nowSeconds()
    lines = Math.min(BURST_LINES, lines + Math.max(0, now - filledAt) * LINES_PER_SECOND)
    filledAt = now
    if (lines < 1) {
      leftOut++
      return
    }
    lines--
    write(leftOut === 0 ? details : { ...details, leftOut }, message)
    leftOut = 0
  }
  return {
    info: tell((details, message) => log.info(details, message)),
    warn: tell((details, message) => log.warn(details, message)),
  }
}
