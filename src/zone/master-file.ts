/**
 * Reads master files (RFC 1035 5, RFC 2308 4) into a builder: records in all their forms, $ORIGIN, $TTL, $INCLUDE and $GENERATE.
 * Common lines take the quick way (plain-line.ts); this file has the general one, and everything that is said about mistakes.
 * A mistake costs its own record only: reading goes on with the next.
 */
import { nearestName } from '../base/index.ts'
import { parseText } from '../wire/index.ts'
import type { ZoneBuilder } from './builder.ts'
import { expandTemplate, parseRange } from './generate.ts'
import { type IssueLog, MOST_ISSUES } from './issue-log.ts'
import { lexEntry, type Token } from './lexer.ts'
import { PlainLineReader } from './plain-line.ts'
import { OUTSIDE, ReaderState } from './reader-state.ts'
import { RecordReader, shortened } from './record-reader.ts'

export interface ZoneLimits {
  /** Records of one zone; the image's offsets have 31 bits, and a larger file is more likely a mistake. */
  readonly records: number
  /** Files within files within files; more is a slip. */
  readonly includeDepth: number
  /** Files altogether: ten levels of a few $INCLUDE each would never end. */
  readonly includes: number
  /** Records of one $GENERATE: a slip in the range must not fill the memory. */
  readonly generated: number
}

export const ZONE_LIMITS: ZoneLimits = { records: 10_000_000, includeDepth: 10, includes: 10_000, generated: 1_000_000 }

export class MasterFileReader {
  readonly #builder: ZoneBuilder
  readonly #log: IssueLog
  readonly #readFile: (file: string) => Uint8Array | undefined
  readonly #limits: ZoneLimits
  readonly #state: ReaderState
  readonly #records: RecordReader
  readonly #plain: PlainLineReader | undefined
  /** from which record on which file is read */
  readonly #runs: { readonly record: number; readonly file: number }[] = []
  #fileName = ''
  /** the files being read, the innermost last */
  readonly #open: string[] = []
  #included = 0
  #full = false

  /** @param quick false: the general way for every line, which must come to the same; for tests */
  constructor(
    builder: ZoneBuilder,
    log: IssueLog,
    origin: Uint8Array,
    readFile: (file: string) => Uint8Array | undefined,
    limits: ZoneLimits,
    quick = true,
  ) {
    this.#builder = builder
    this.#log = log
    this.#readFile = readFile
    this.#limits = limits
    this.#state = new ReaderState(origin)
    this.#records = new RecordReader(builder, log, this.#state)
    this.#plain = quick ? new PlainLineReader(builder, this.#state) : undefined
  }

  /** Reads a whole file, and what it includes. */
  read(name: string, bytes: Uint8Array): void {
    const outer = { file: this.#records.file, name: this.#fileName }
    this.#records.file = this.#log.file(name, bytes)
    this.#fileName = name
    this.#open.push(name)
    this.#runs.push({ record: this.#builder.records, file: this.#records.file })
    // A byte order mark is no part of the first owner.
    let at = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
    // After so many errors this is no zone file; reading on would only cost time.
    while (at < bytes.length && !this.#full && this.#log.errors <= MOST_ISSUES) {
      const next = this.#plain === undefined ? -1 : this.#plain.read(bytes, at)
      at = next >= 0 ? next : this.#entry(bytes, at)
      if (this.#builder.records > this.#limits.records) this.#overflow(at)
    }
    this.#open.pop()
    this.#records.file = outer.file
    this.#fileName = outer.name
    this.#runs.push({ record: this.#builder.records, file: this.#records.file })
  }

  /** @returns number of the file that the record stands in; its offset there is the builder's recordMark */
  fileOf(record: number): number {
    let low = 0
    let high = this.#runs.length
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if (this.#runs[middle]!.record <= record) low = middle
      else high = middle
    }
    return this.#runs[low]?.file ?? 0
  }

  #overflow(at: number): void {
    this.#full = true
    const { records } = this.#limits
    this.#records.error('zone/too-many-records', Math.max(0, at - 1), `The zone has more than ${records} records.`)
  }

  #entry(bytes: Uint8Array, at: number): number {
    const { tokens, end, problem } = lexEntry(bytes, at)
    const indented = bytes[at] === 0x20 || bytes[at] === 9
    if (problem !== undefined) {
      if (!indented) this.#state.ownerNode = OUTSIDE
      this.#records.error(problem.code, problem.at, problem.message, problem.advice)
      return end
    }
    const first = tokens[0]
    if (first === undefined) return end
    if (!indented && !first.quoted && first.text.startsWith('$')) this.#directive(tokens)
    else if (indented) this.#records.read(tokens, 0, first.at)
    else if (this.#records.takeOwner(first)) this.#records.read(tokens, 1, first.at)
    return end
  }

  #directive(tokens: readonly Token[]): void {
    const [first, ...rest] = tokens
    switch (first!.text.toUpperCase()) {
      case '$ORIGIN':
        this.#origin(first!, rest)
        return
      case '$TTL':
        this.#defaultTtl(first!, rest)
        return
      case '$INCLUDE':
        this.#include(first!, rest)
        return
      case '$GENERATE':
        this.#generate(first!, rest)
        return
      default: {
        const nearest = nearestName(first!.text.toUpperCase(), ['$ORIGIN', '$TTL', '$INCLUDE', '$GENERATE'])
        this.#records.error(
          'zone/directive',
          first!.at,
          `There is no directive "${shortened(first!.text)}".`,
          nearest === undefined
            ? 'Known are $ORIGIN, $TTL, $INCLUDE and $GENERATE; a name that begins with a dollar sign is written \\$.'
            : `Did you mean "${nearest}"?`,
        )
      }
    }
  }

  #origin(directive: Token, [name, surplus]: readonly Token[]): void {
    if (name === undefined) {
      this.#records.error('zone/directive', directive.at, '$ORIGIN is not followed by a name.')
      return
    }
    const origin = this.#records.name(name, 'The origin')
    if (origin !== undefined) this.#state.origin = origin
    this.#surplus(surplus, '$ORIGIN has one name')
  }

  #defaultTtl(directive: Token, [figure, surplus]: readonly Token[]): void {
    if (figure === undefined) {
      this.#records.error('zone/directive', directive.at, '$TTL is not followed by a time.')
      return
    }
    const ttl = this.#records.ttl(figure)
    if (ttl !== undefined) this.#state.defaultTtl = ttl
    this.#surplus(surplus, '$TTL has one time')
  }

  #include(directive: Token, [file, origin, surplus]: readonly Token[]): void {
    if (file === undefined) {
      this.#records.error('zone/directive', directive.at, '$INCLUDE is not followed by a file.')
      return
    }
    const state = this.#state
    const outerOrigin = state.origin
    const inner = origin === undefined ? outerOrigin : this.#records.name(origin, 'The origin of the included file')
    this.#surplus(surplus, '$INCLUDE has a file and an origin')
    if (inner === undefined) return
    const path = includedPath(this.#fileName, file.text)
    if (this.#open.includes(path)) {
      this.#records.error('zone/include', file.at, `The file "${path}" includes itself.`)
      return
    }
    if (this.#open.length > this.#limits.includeDepth || ++this.#included > this.#limits.includes) {
      const { includeDepth, includes } = this.#limits
      this.#records.error(
        'zone/include',
        directive.at,
        `Files are nested more than ${includeDepth} deep, or are more than ${includes}.`,
      )
      return
    }
    const bytes = this.#readFile(path)
    if (bytes === undefined) {
      this.#records.error(
        'zone/include',
        file.at,
        `The included file "${path}" cannot be read.`,
        'A relative name is looked for beside the file that includes it.',
      )
      return
    }
    // RFC 1035 5.1: the including file's origin and owner are as they were; its TTLs go on.
    const owner = state.owner.slice()
    const { ownerNode } = state
    state.origin = inner
    this.read(path, bytes)
    state.origin = outerOrigin
    state.owner.set(owner)
    state.ownerNode = ownerNode
  }

  /** $GENERATE range owner [ttl] [class] type rdata: a BIND extension that reverse zones live on. */
  #generate(directive: Token, [rangeToken, owner, ...rest]: readonly Token[]): void {
    const fail = (token: Token, message: string): void =>
      this.#records.error('zone/generate', token.at, message, 'Its form is: $GENERATE 1-20 host-$ A 192.0.2.$')
    if (rangeToken === undefined || owner === undefined || rest.length < 2) {
      fail(directive, '$GENERATE needs a range, an owner, a type and data.')
      return
    }
    const range = parseRange(rangeToken.text)
    if (range === undefined) {
      fail(rangeToken, `"${shortened(rangeToken.text)}" is not a range like 1-20 or 0-100/2.`)
      return
    }
    const count = Math.floor((range.stop - range.start) / range.step) + 1
    if (count > this.#limits.generated) {
      fail(rangeToken, `This makes ${count} records; ${this.#limits.generated} are the most.`)
      return
    }
    const errors = this.#log.errors
    for (let value = range.start; value <= range.stop; value += range.step) {
      const line: Token[] = []
      for (const token of [owner, ...rest]) {
        const text = expandTemplate(token.text, value)
        if (text === undefined) {
          fail(token, `"${shortened(token.text)}" has a \${...} that is none.`)
          return
        }
        line.push({ ...token, text })
      }
      const last = line[line.length - 1]!
      // Quoted data of several fields: MX "10 mail-$".
      if (
        last.quoted &&
        last.text.includes(' ') &&
        !/^(TXT|SPF|HINFO|NAPTR|CAA|URI)$/i.test(line[line.length - 2]!.text)
      )
        line.splice(-1, 1, ...last.text.split(/ +/).map((text) => ({ ...last, text })))
      if (this.#records.takeOwner(line[0]!)) this.#records.read(line, 1, directive.at)
      // The same mistake in each of a thousand records is told once.
      if (this.#log.errors > errors || this.#state.ownerNode === OUTSIDE) return
      if (this.#builder.records > this.#limits.records) return
    }
  }

  #surplus(token: Token | undefined, rule: string): void {
    if (token !== undefined)
      this.#records.error(
        'zone/directive',
        token.at,
        `"${shortened(token.text)}" is one field too many.`,
        `${rule}; a comment begins with a semicolon.`,
      )
  }
}

/** A relative name is looked for beside the file that includes it. */
function includedPath(including: string, file: string): string {
  const name = fileName(file)
  const folder = including.lastIndexOf('/')
  return name.startsWith('/') || folder < 0 ? name : `${including.slice(0, folder + 1)}${name}`
}

/** A token as a file's name: escapes resolved, read as UTF-8; where it is not UTF-8, an octet a character. */
function fileName(token: string): string {
  const octets = parseText(token) ?? new Uint8Array(0)
  try {
    return decodeURIComponent(Array.from(octets, (octet) => `%${octet.toString(16).padStart(2, '0')}`).join(''))
  } catch {
    return String.fromCharCode(...octets.subarray(0, 4096))
  }
}
