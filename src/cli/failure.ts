/**
 * How a command ends: 0 done, 1 failed, 2 wrong usage, 3 refused by a safety rule.
 */
import { type Issue, printIssue } from '../base/index.ts'

export const EXIT = { done: 0, failed: 1, usage: 2, refused: 3 } as const
export type Exit = (typeof EXIT)[keyof typeof EXIT]

/** The world's reason why a command did not do what it was asked; printed without a stack. */
export class Failure extends Error {
  readonly exit: Exit
  readonly advice: string | undefined
  /** what --json prints: the API's problem document, or what was found */
  readonly details: unknown

  constructor(message: string, options: { exit?: Exit; advice?: string | undefined; details?: unknown } = {}) {
    super(message)
    this.exit = options.exit ?? EXIT.failed
    this.advice = options.advice
    this.details = options.details
  }
}

/** @returns a Failure that tells all issues */
export function failureOf(issues: readonly Issue[], summary: string): Failure {
  return new Failure([...issues.map(printIssue), summary].join('\n'), { details: { issues } })
}
