/**
 * Reads JSON lines that people write: each value is held against what it may be, and what is wrong is told with its place.
 */
import { type Issue, nearestName } from '../base/index.ts'

export type Values = Readonly<Record<string, unknown>>

/** A line as it was read. */
export interface Line {
  readonly values: Values
  /** from 1 */
  readonly number: number
  readonly text: string
}

/** A broken file is told of by its first broken lines, not by a million of them. */
const MOST_ISSUES = 20
/** Virtual time goes no further, s: 300 years. */
const MOST_SECONDS = 1e10

export class LineReader {
  readonly issues: Issue[] = []
  readonly #file: string
  readonly #code: string

  /** @param file as the operator named it, for the issues */
  constructor(file: string, code: string) {
    this.#file = file
    this.#code = code
  }

  /** @param at the line and the key in it that is to blame; 0: the file as a whole */
  wrong(
    at: { readonly line: Line | number; readonly key?: string },
    message: string,
    advice?: string,
    severity: Issue['severity'] = 'error',
  ): void {
    if (this.issues.length >= MOST_ISSUES) return
    const { line, key } = at
    const number = typeof line === 'number' ? line : line.number
    const found = typeof line === 'number' || key === undefined ? -1 : line.text.indexOf(JSON.stringify(key))
    const issue = {
      severity,
      code: this.#code,
      file: this.#file,
      line: number,
      column: number === 0 ? 0 : Math.max(0, found) + 1,
      message,
    }
    this.issues.push(advice === undefined ? issue : { ...issue, advice })
  }

  /** @returns undefined for an empty line, and for one that is no JSON object: that is told */
  object(raw: string, number: number, example: string): Line | undefined {
    // Editors on Windows begin a file with a byte order mark.
    const text = number === 1 && raw.startsWith('\uFEFF') ? raw.slice(1) : raw
    if (text.trim() === '') return undefined
    let problem = 'it is another kind of JSON value'
    try {
      const values: unknown = JSON.parse(text)
      if (typeof values === 'object' && values !== null && !Array.isArray(values))
        return { values: values as Values, number, text }
    } catch (error) {
      problem = (error as Error).message.replace(/[\u0000-\u001f]/g, ' ')
    }
    const position = / at position (\d+)/.exec(problem)
    const issue = {
      severity: 'error' as const,
      code: this.#code,
      file: this.#file,
      line: number,
      column: position === null ? 1 : Number(position[1]) + 1,
      message: `this line is no JSON object: ${problem}.`,
      advice: `Each line is like ${example}.`,
    }
    if (this.issues.length < MOST_ISSUES) this.issues.push(issue)
    return undefined
  }

  /** Reads seconds. @returns ms */
  ms(line: Line, key: string, otherwiseMs: number, leastSeconds = 0): number {
    const value = line.values[key]
    if (value === undefined) return otherwiseMs
    if (typeof value === 'number' && value >= leastSeconds && value <= MOST_SECONDS) return value * 1000
    this.wrong(
      { line, key },
      `"${key}" must be a number of seconds, ${leastSeconds} to ${MOST_SECONDS}; it is ${print(value)}.`,
    )
    return otherwiseMs
  }

  probability(line: Line, key: string, otherwise: number): number {
    const value = line.values[key]
    if (value === undefined) return otherwise
    if (typeof value === 'number' && value >= 0 && value <= 1) return value
    this.wrong({ line, key }, `"${key}" is a probability, 0 to 1; it is ${print(value)}.`)
    return otherwise
  }

  flag(line: Line, key: string): boolean {
    const value = line.values[key]
    if (value !== undefined && typeof value !== 'boolean')
      this.wrong({ line, key }, `"${key}" must be true or false; it is ${print(value)}.`)
    return value === true
  }

  /** @param value of the key, or one of its values where it lists several */
  oneOf<T extends string>(value: unknown, known: readonly T[], line: Line, key: string): T | undefined {
    const said = typeof value === 'number' ? String(value) : value
    const found = known.find((name) => name === said)
    if (found !== undefined) return found
    const near = nearestName(String(said), known)
    const advice = near === undefined ? `Known: ${known.slice(0, 12).join(', ')}.` : `Did you mean "${near}"?`
    this.wrong({ line, key }, `"${key}" is ${print(value)}, which is not known here.`, advice)
    return undefined
  }

  knowKeys(line: Line, known: readonly string[]): void {
    for (const key of Object.keys(line.values)) {
      if (known.includes(key)) continue
      const near = nearestName(key, known)
      const advice = near === undefined ? `Known: ${known.join(', ')}.` : `Did you mean "${near}"?`
      this.wrong({ line, key }, `unknown key "${key}" is passed over.`, advice, 'warning')
    }
  }
}

function print(value: unknown): string {
  const text = value === undefined ? 'missing' : JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 60)}...` : text
}
