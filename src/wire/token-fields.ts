/**
 * Reads the rdata fields of one record from the tokens of a master file (see rdata.ts for what the lexer has done by then).
 * What is wrong is thrown as a FieldProblem; parseRdata (record-types.ts) catches it: it does not leave this room.
 */
import { nameProblem, parseName } from './name.ts'
import type { FieldReader } from './rdata.ts'
import { parseText } from './text.ts'

/** What is wrong with the text form of a record's rdata, and with which field. */
export interface RdataProblem {
  /** index of the token; the number of tokens where one is missing */
  readonly field: number
  /** a sentence */
  readonly message: string
  readonly advice: string | undefined
}

export class FieldProblem extends Error implements RdataProblem {
  readonly field: number
  readonly advice: string | undefined

  constructor(field: number, message: string, advice: string | undefined) {
    super(message)
    this.field = field
    this.advice = advice
  }
}

export class TokenFields implements FieldReader {
  private readonly tokens: readonly string[]
  private readonly origin: Uint8Array
  private next = 0

  constructor(tokens: readonly string[], origin: Uint8Array) {
    this.tokens = tokens
    this.origin = origin
  }

  field(what: string): string {
    const token = this.tokens[this.next++]
    return token ?? this.fail(`the ${what} is missing.`)
  }

  integer(what: string, min: number, max: number): number {
    const token = this.field(what)
    const value = Number(token)
    if (!/^\d{1,15}$/.test(token) || value < min || value > max)
      this.fail(`the ${what} must be a whole number from ${min} to ${max}, not "${token}".`)
    return value
  }

  name(what: string): Uint8Array {
    const token = this.field(what)
    const name = parseName(token, this.origin)
    if (name !== undefined) return name
    return this.fail(`the ${what} "${token}" is not a domain name: it ${nameProblem(token, this.origin)}.`)
  }

  text(what: string): Uint8Array {
    const token = this.field(what)
    const octets = parseText(token)
    if (octets === undefined)
      return this.fail(
        `the ${what} has a backslash that is followed neither by a character nor by three digits up to 255.`,
      )
    if (octets.length > 255)
      return this.fail(
        `the ${what} has ${octets.length} octets; one character-string holds at most 255.`,
        'Split it into several strings: "first part" "second part".',
      )
    return octets
  }

  more(): boolean {
    return this.next < this.tokens.length
  }

  rest(what: string): string {
    const first = this.field(what)
    const joined = first + this.tokens.slice(this.next).join('')
    this.next = this.tokens.length
    return joined
  }

  fail(message: string, advice?: string): never {
    throw new FieldProblem(Math.min(Math.max(0, this.next - 1), this.tokens.length), message, advice)
  }

  /** Fails where fields are left that the type does not have. */
  end(): void {
    if (!this.more()) return
    const token = this.tokens[this.next++]!
    this.fail(`"${token}" is one field too many.`, 'A comment starts with a semicolon; text with blanks wants quotes.')
  }
}
