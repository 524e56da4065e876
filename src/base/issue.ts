/**
 * An issue: something in the world's input that is wrong, said so that a person can mend it.
 *
 *     zones/portal.yaml:14:9  steer/unknown-pool
 *       record video sends MD to pool "moldva", which does not exist.
 *       Did you mean "moldova"?
 *
 * All issues of all files are collected and shown at once; nobody mends one to be told the next.
 * docs/errors.md lists every code.
 */

export const SEVERITIES = ['error', 'warning', 'note'] as const
export type Severity = (typeof SEVERITIES)[number]

export interface Issue {
  readonly severity: Severity
  /** room/what-is-wrong, stable: scripts match on it. */
  readonly code: string
  /** As the operator named it; '' where no file is meant (an API body, a command line). */
  readonly file: string
  /** From 1; 0 where the issue is the whole file's. */
  readonly line: number
  /** From 1, in characters; 0 as for `line`. */
  readonly column: number
  /** One sentence or two: what is wrong. */
  readonly message: string
  /** What to do about it, where we know. */
  readonly advice?: string
}

/** Prints an issue as the operator reads it in a terminal or a log; several lines, no trailing newline. */
export function printIssue(issue: Issue): string {
  const where =
    issue.file === '' ? '' : issue.line > 0 ? `${issue.file}:${issue.line}:${issue.column}  ` : `${issue.file}  `
  const severity = issue.severity === 'error' ? '' : `  (${issue.severity})`
  const advice = issue.advice === undefined ? '' : `\n  ${issue.advice}`
  return `${where}${issue.code}${severity}\n  ${issue.message}${advice}`
}

/** Sorts by file and place, so that a report reads in the order of the files. */
export function sortIssues(issues: readonly Issue[]): Issue[] {
  return [...issues].sort(
    (a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) || a.line - b.line || a.column - b.column,
  )
}

export function hasErrors(issues: readonly Issue[]): boolean {
  return issues.some((issue) => issue.severity === 'error')
}
