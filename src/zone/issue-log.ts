/**
 * Collects what is wrong with a zone's files. Places come in as byte offsets, which cost the parser nothing; lines and columns
 * are worked out at the end, once, for the places that are in an issue.
 */
import { type Issue, type Severity, sortIssues } from '../base/index.ts'

/** More would only scroll the first ones away, and a file of another kind has as many as lines. */
export const MOST_ISSUES = 500

/** A message that quotes a line without blanks could be as long as the file. */
const MOST_CHARACTERS = 400

interface Found {
  readonly severity: Severity
  readonly code: string
  readonly file: number
  readonly at: number
  readonly message: string
  readonly advice: string | undefined
}

export class IssueLog {
  readonly #files: { readonly name: string; readonly bytes: Uint8Array }[] = []
  readonly #found: Found[] = []
  #untold = 0
  #untoldErrors = 0
  errors = 0
  readonly #isFatal: (code: string) => boolean

  /** @param isFatal says of an error's code whether it stays one; otherwise it becomes a warning */
  constructor(isFatal: (code: string) => boolean = () => true) {
    this.#isFatal = isFatal
  }

  /** Introduces a file. @returns its number */
  file(name: string, bytes: Uint8Array): number {
    this.#files.push({ name, bytes })
    return this.#files.length - 1
  }

  /** @param at byte offset in the file, -1: the whole file is meant */
  add(stated: Severity, code: string, file: number, at: number, message: string, advice?: string): void {
    const severity = stated === 'error' && !this.#isFatal(code) ? 'warning' : stated
    if (severity === 'error') this.errors++
    if (this.#found.length < MOST_ISSUES) {
      this.#found.push({ severity, code, file, at, message: shortened(message), advice })
      return
    }
    this.#untold++
    if (severity === 'error') this.#untoldErrors++
  }

  /** @returns all issues in the order of the files */
  issues(): Issue[] {
    const issues: Issue[] = []
    for (let file = 0; file < this.#files.length; file++) {
      const { name, bytes } = this.#files[file]!
      const found = this.#found.filter((one) => one.file === file).sort((a, b) => a.at - b.at)
      let line = 1
      let lineAt = 0
      for (const { severity, code, at, message, advice } of found) {
        for (let next = bytes.indexOf(10, lineAt); next >= 0 && next < at; next = bytes.indexOf(10, lineAt)) {
          line++
          lineAt = next + 1
        }
        const place = at < 0 ? { line: 0, column: 0 } : { line, column: columnOf(bytes, lineAt, at) }
        issues.push({ severity, code, file: name, ...place, message, ...(advice !== undefined && { advice }) })
      }
    }
    const sorted = sortIssues(issues)
    if (this.#untold > 0)
      sorted.push({
        severity: this.#untoldErrors > 0 ? 'error' : 'warning',
        code: 'zone/more-issues',
        file: this.#files[0]?.name ?? '',
        line: 0,
        column: 0,
        message: `There are ${this.#untold} more issues in this zone.`,
        advice: 'Mend these first; often one mistake is the cause of many.',
      })
    return sorted
  }
}

function shortened(message: string): string {
  return message.length <= MOST_CHARACTERS ? message : `${message.slice(0, MOST_CHARACTERS - 3)}...`
}

/** Counts characters, not octets: continuation octets of UTF-8 do not make a column. */
function columnOf(bytes: Uint8Array, lineAt: number, at: number): number {
  let column = 1
  for (let i = lineAt; i < at; i++) if ((bytes[i]! & 0xc0) !== 0x80) column++
  return column
}
