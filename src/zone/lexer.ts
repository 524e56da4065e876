/**
 * The lexical side of master files (RFC 1035 5.1): one entry, from the start of a line to the end of the line on which all its
 * parentheses are closed, as tokens. Quotes, parentheses and comments are gone by then; escapes are not, and an octet that is
 * not ASCII has become \DDD, so a token is plain text and loses nothing.
 */

export interface Token {
  readonly text: string
  /** byte offset in the file */
  readonly at: number
  readonly quoted: boolean
}

export interface LexProblem {
  readonly code: string
  readonly at: number
  readonly message: string
  readonly advice: string
}

export interface Entry {
  readonly tokens: readonly Token[]
  /** offset just past the entry; where lexing failed, the line from which to go on */
  readonly end: number
  readonly problem: LexProblem | undefined
}

const NEWLINE = 10
const CARRIAGE_RETURN = 13
const QUOTE = 0x22
const OPEN = 0x28
const CLOSE = 0x29
const SEMICOLON = 0x3b
const EQUALS = 0x3d
const BACKSLASH = 0x5c

/**
 * The largest record has 64 KiB of data, as hex with blanks less than half of this. Beyond it a parenthesis was forgotten, and looking
 * for its end in a large file again and again would take for ever.
 */
const MOST_ENTRY_OCTETS = 1 << 19

/** Reads the entry that begins at `from`. */
export function lexEntry(bytes: Uint8Array, from: number): Entry {
  const tokens: Token[] = []
  const end = Math.min(bytes.length, from + MOST_ENTRY_OCTETS)
  let depth = 0
  let openAt = -1
  let p = from
  const failed = (at: number, code: string, message: string, advice: string): Entry => ({
    tokens,
    end: lineAfter(bytes, at),
    problem: { code, at, message, advice },
  })
  while (p < end) {
    const octet = bytes[p]!
    if (octet === NEWLINE) {
      p++
      if (depth === 0) return { tokens, end: p, problem: undefined }
    } else if (isBlank(octet)) p++
    else if (octet === SEMICOLON) p = Math.min(end, endOfLine(bytes, p))
    else if (octet === OPEN) {
      if (depth === 0) {
        openAt = p
        // One glance instead of tokens up to the end of the file, where nothing closes it.
        if (!bytes.subarray(p, end).includes(CLOSE)) break
      }
      depth++
      p++
    } else if (octet === CLOSE) {
      if (depth === 0)
        return failed(p, 'zone/parenthesis', 'A closing parenthesis without an opening one.', 'Remove it, or quote it.')
      depth--
      p++
    } else {
      const token = octet === QUOTE ? lexQuoted(bytes, p) : lexBare(bytes, p)
      if (token.problem !== undefined) return { tokens, end: lineAfter(bytes, p), problem: token.problem }
      tokens.push({ text: token.text, at: p, quoted: octet === QUOTE })
      p = token.end
    }
  }
  if (depth === 0 && p >= end && end === bytes.length) return { tokens, end, problem: undefined }
  return failed(
    Math.max(openAt, from),
    'zone/parenthesis',
    openAt >= 0 ? 'This parenthesis is never closed.' : 'This line is too long for a record.',
    'All that follows would belong to this record; reading goes on with the next line.',
  )
}

interface Lexeme {
  readonly text: string
  readonly end: number
  readonly problem: LexProblem | undefined
}

function lexQuoted(bytes: Uint8Array, from: number): Lexeme {
  let text = ''
  let p = from + 1
  for (; p < bytes.length && bytes[p] !== NEWLINE; p++) {
    const octet = bytes[p]!
    if (octet === QUOTE) return { text, end: p + 1, problem: undefined }
    if (octet === BACKSLASH) {
      if (isEndOfLine(bytes, p + 1)) break
      text += escaped(bytes[++p]!)
    } else text += plain(octet)
  }
  return {
    text,
    end: p,
    problem: {
      code: 'zone/quote',
      at: from,
      message: 'This quoted text does not end on its line.',
      advice: 'Close the quotes; text longer than a line is written as several quoted parts in parentheses.',
    },
  }
}

/** A token without quotes around it; after an equals sign quotes may hold blanks (RFC 9460 2.1: alpn="h2,h3"). */
function lexBare(bytes: Uint8Array, from: number): Lexeme {
  let text = ''
  let p = from
  while (p < bytes.length) {
    const octet = bytes[p]!
    if (octet === NEWLINE || isBlank(octet) || octet === SEMICOLON || octet === OPEN || octet === CLOSE) break
    if (octet === QUOTE) {
      if (bytes[p - 1] !== EQUALS) break
      const value = lexQuoted(bytes, p)
      if (value.problem !== undefined) return value
      text += value.text
      p = value.end
    } else if (octet === BACKSLASH) {
      if (isEndOfLine(bytes, p + 1))
        return {
          text,
          end: p,
          problem: {
            code: 'zone/escape',
            at: p,
            message: 'A backslash at the end of the line escapes nothing.',
            advice: 'A record goes on over several lines by parentheses, not by backslashes.',
          },
        }
      text += escaped(bytes[p + 1]!)
      p += 2
    } else {
      text += plain(octet)
      p++
    }
  }
  return { text, end: p, problem: undefined }
}

function plain(octet: number): string {
  return octet < 0x80 ? String.fromCharCode(octet) : `\\${octet}`
}

function escaped(octet: number): string {
  return octet < 0x80 ? `\\${String.fromCharCode(octet)}` : `\\${octet}`
}

function isBlank(octet: number): boolean {
  return octet === 0x20 || octet === 9 || octet === CARRIAGE_RETURN
}

function isEndOfLine(bytes: Uint8Array, at: number): boolean {
  return at >= bytes.length || bytes[at] === NEWLINE || (bytes[at] === CARRIAGE_RETURN && bytes[at + 1] === NEWLINE)
}

/** @returns offset of the newline at or after `at`, bytes.length where there is none */
function endOfLine(bytes: Uint8Array, at: number): number {
  const newline = bytes.indexOf(NEWLINE, at)
  return newline < 0 ? bytes.length : newline
}

function lineAfter(bytes: Uint8Array, at: number): number {
  return Math.min(bytes.length, endOfLine(bytes, at) + 1)
}
