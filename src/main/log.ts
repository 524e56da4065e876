/**
 * The log: JSON lines on standard output, one event each, never one for a query.
 */

import { pino } from 'pino'
import { type Issue, printIssue } from '../base/index.ts'

/** Tells issues in the log, each at its own level, as the operator reads them elsewhere. */
export function logIssues(log: Log, issues: readonly Issue[]): void {
  for (const issue of issues) {
    const level = issue.severity === 'error' ? 'error' : issue.severity === 'warning' ? 'warn' : 'info'
    log[level]({ issue }, printIssue(issue))
  }
}

export type Log = pino.Logger & { flushed(): Promise<void> }

export function createLog(level: string): Log {
  const destination = pino.destination({ dest: 1, sync: false, minLength: 0 })
  const log = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: ['token', 'secret', '*.token', '*.secret', 'authorization'], censor: '(hidden)' },
    },
    destination,
  )
  return Object.assign(log, {
    flushed: () =>
      new Promise<void>((resolve) => {
        destination.flush(() => resolve())
      }),
  })
}
