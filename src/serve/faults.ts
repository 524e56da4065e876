/**
 * Faults of the responder, told to the main thread: at most one a second, for the message that causes one is a stranger's to repeat.
 * Every one is counted.
 */

import { COUNTER } from './counters.ts'
import type { Report } from './thread-desk.ts'

const REPORT_EVERY_MS = 1000

/** @returns what to call with the error and the message it came with */
export function faultReporter(
  counters: Float64Array,
  report: (report: Report) => void,
): (error: unknown, message: Uint8Array) => void {
  let lastMs = Number.NEGATIVE_INFINITY
  return (error, message) => {
    counters[COUNTER.faults]! += 1
    const nowMs = performance.now()
    if (nowMs - lastMs < REPORT_EVERY_MS) return
    lastMs = nowMs
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
    report({ kind: 'fault', error: text, message: Buffer.from(message).toString('hex') })
  }
}
