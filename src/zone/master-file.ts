/**
 * Reads master files (RFC 1035 5, RFC 2308 4) into a builder: records in all their forms, $ORIGIN, $TTL, $INCLUDE and $GENERATE.
 * Common lines take the quick way (plain-line.ts); this file has the general one, and everything that is said about mistakes.
 * A mistake costs its own record only: reading goes on with the next.
 */
import { nearestName } from '../base/index.ts'
import {
  classOf,
  isMetaType,
  nameProblem,
  OctetWriter,
  parseName,
  parseRdata,
  parseTtl,
  printName,
  TYPE,
  typeOf,
} from '../wire/index.ts'
import type { ZoneBuilder } from './builder.ts'
import { expandTemplate, parseRange } from './generate.ts'
import { type IssueLog, MOST_ISSUES } from './issue-log.ts'
import { lexEntry, type Token } from './lexer.ts'
import { PlainLineReader } from './plain-line.ts'
import { NO_OWNER, OUTSIDE, ReaderState, UNRESOLVED } from './reader-state.ts'

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

const MAX_TTL = 0x7fffffff // RFC 2181 8

export class MasterFileReader {
  readonly #builder: ZoneBuilder
  readonly #log: IssueLog
  readonly #readFile: (file: string) => Uint8Array | undefined
  readonly #limits: ZoneLimits
  readonly #state: ReaderState
  readonly #plain: PlainLineReader | undefined
  readonly #rdata = new OctetWriter(512)
  /** from which record on which file is read */
  readonly #runs: { readonly record: number; readonly file: number }[] = []
  #file = 0
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
    this.#plain = quick ? new PlainLineReader(builder, this.#state) : undefined
  }

  /** Reads a whole file, and what it includes. */
  read(name: string, bytes: Uint8Array): void {
    const outer = { file: this.#file, name: this.#fileName }
    this.#file = this.#log.file(name, bytes)
    this.#fileName = name
    this.#open.push(name)
    this.#runs.push({ record: this.#builder.records, file: this.#file })
    // A byte order mark is no part of the first owner.
    let at = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
    // After so many errors this is no zone file; reading on would only cost time.
    while (at < bytes.length && !this.#full && this.#log.errors <= MOST_ISSUES) {
      const next = this.#plain === undefined ? -1 : this.#plain.read(bytes, at)
      at = next >= 0 ? next : this.#entry(bytes, at)
      if (this.#builder.records > this.#limits.records) this.#overflow(at)
    }
    this.#open.pop()
    this.#file = outer.file
    this.#fileName = outer.name
    this.#runs.push({ record: this.#builder.records, file: this.#file })
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
    this.#error('zone/too-many-records', Math.max(0, at - 1), `The zone has more than ${records} records.`)
  }

  #entry(bytes: Uint8Array, at: number): number {
    const { tokens, end, problem } = lexEntry(bytes, at)
    const indented = bytes[at] === 0x20 || bytes[at] === 9
    if (problem !== undefined) {
      if (!indented) this.#state.ownerNode = OUTSIDE
      this.#error(problem.code, problem.at, problem.message, problem.advice)
      return end
    }
    const first = tokens[0]
    if (first === undefined) return end
    if (!indented && !first.quoted && first.text.startsWith('$')) this.#directive(tokens)
    else if (indented) this.#recordOfLastOwner(tokens, 0, first.at)
    else if (this.#takeOwner(first)) this.#recordOfLastOwner(tokens, 1, first.at)
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
        this.#error(
          'zone/directive',
          first!.at,
          `There is no directive "${first!.text}".`,
          nearest === undefined
            ? 'Known are $ORIGIN, $TTL, $INCLUDE and $GENERATE; a name that begins with a dollar sign is written \\$.'
            : `Did you mean "${nearest}"?`,
        )
      }
    }
  }

  #origin(directive: Token, [name, surplus]: readonly Token[]): void {
    if (name === undefined) {
      this.#error('zone/directive', directive.at, '$ORIGIN is not followed by a name.')
      return
    }
    const origin = this.#name(name, 'The origin')
    if (origin !== undefined) this.#state.origin = origin
    this.#surplus(surplus, '$ORIGIN has one name')
  }

  #defaultTtl(directive: Token, [figure, surplus]: readonly Token[]): void {
    if (figure === undefined) {
      this.#error('zone/directive', directive.at, '$TTL is not followed by a time.')
      return
    }
    const ttl = this.#ttl(figure)
    if (ttl !== undefined) this.#state.defaultTtl = ttl
    this.#surplus(surplus, '$TTL has one time')
  }

  #include(directive: Token, [file, origin, surplus]: readonly Token[]): void {
    if (file === undefined) {
      this.#error('zone/directive', directive.at, '$INCLUDE is not followed by a file.')
      return
    }
    const state = this.#state
    const outerOrigin = state.origin
    const inner = origin === undefined ? outerOrigin : this.#name(origin, 'The origin of the included file')
    this.#surplus(surplus, '$INCLUDE has a file and an origin')
    if (inner === undefined) return
    const path = includedPath(this.#fileName, file.text)
    if (this.#open.includes(path)) {
      this.#error('zone/include', file.at, `The file "${path}" includes itself.`)
      return
    }
    if (this.#open.length > this.#limits.includeDepth || ++this.#included > this.#limits.includes) {
      const { includeDepth, includes } = this.#limits
      this.#error(
        'zone/include',
        directive.at,
        `Files are nested more than ${includeDepth} deep, or are more than ${includes}.`,
      )
      return
    }
    const bytes = this.#readFile(path)
    if (bytes === undefined) {
      this.#error(
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
      this.#error('zone/generate', token.at, message, 'Its form is: $GENERATE 1-20 host-$ A 192.0.2.$')
    if (rangeToken === undefined || owner === undefined || rest.length < 2) {
      fail(directive, '$GENERATE needs a range, an owner, a type and data.')
      return
    }
    const range = parseRange(rangeToken.text)
    if (range === undefined) {
      fail(rangeToken, `"${rangeToken.text}" is not a range like 1-20 or 0-100/2.`)
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
          fail(token, `"${token.text}" has a \${...} that is none.`)
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
      if (this.#takeOwner(line[0]!)) this.#recordOfLastOwner(line, 1, directive.at)
      // The same mistake in each of a thousand records is told once.
      if (this.#log.errors > errors) return
      if (this.#builder.records > this.#limits.records) return
    }
  }

  #takeOwner(token: Token): boolean {
    const name = this.#name(token, 'The owner')
    this.#state.ownerNode = name === undefined ? OUTSIDE : UNRESOLVED
    if (name === undefined) return false
    this.#state.owner.set(name)
    return true
  }

  /** [ttl] [class] type rdata, ttl and class in either order; tokens[from] is the first of them. */
  #recordOfLastOwner(tokens: readonly Token[], from: number, mark: number): void {
    const state = this.#state
    if (state.ownerNode === NO_OWNER) {
      this.#error(
        'zone/no-owner',
        mark,
        'This record has no owner: the line begins with a blank, and no record stands before it.',
        'Write the owner at the beginning of the line; @ is the zone itself.',
      )
      return
    }
    if (state.ownerNode === OUTSIDE) return
    let i = from
    let stated: number | undefined
    let klass: number | undefined
    for (; i < tokens.length; i++) {
      const token = tokens[i]!
      if (stated === undefined && /^\d/.test(token.text)) {
        stated = this.#ttl(token)
        if (stated === undefined) return
      } else if (klass === undefined && isClass(token.text)) klass = classOf(token.text)
      else break
    }
    const token = tokens[i]
    if (token === undefined) {
      this.#error(
        'zone/no-type',
        tokens[i - 1]!.at,
        'The record ends before its type.',
        'Its form is: owner TTL class type data.',
      )
      return
    }
    if (klass !== undefined && klass !== 1) {
      this.#error('zone/class', mark, 'The class is not IN.', 'Zones here are of class IN; leave the class away.')
      return
    }
    const type = this.#type(token)
    if (type === undefined) return
    if (stated !== undefined) state.lastTtl = stated
    this.#add(type, stated, tokens, i, mark)
  }

  #type(token: Token): number | undefined {
    const type = token.quoted ? undefined : typeOf(token.text)
    if (type === undefined) {
      const nearest = nearestName(token.text.toUpperCase(), Object.keys(TYPE))
      const advice =
        nearest === undefined
          ? 'A type that has no name here is written TYPE12345, its data as \\# LENGTH HEX (RFC 3597).'
          : `Did you mean "${nearest}"?`
      this.#error('zone/unknown-type', token.at, `"${token.text}" is no record type.`, advice)
    } else if (isMetaType(type)) {
      this.#error('zone/meta-type', token.at, `${token.text} stands in questions and messages; a zone cannot hold it.`)
      return undefined
    }
    return type
  }

  #add(type: number, stated: number | undefined, tokens: readonly Token[], typeAt: number, mark: number): void {
    const builder = this.#builder
    const state = this.#state
    const rdata = this.#rdata
    rdata.clear()
    const fields = tokens.slice(typeAt + 1)
    const problem = parseRdata(
      type,
      fields.map(({ text }) => text),
      state.origin,
      rdata,
    )
    if (problem !== undefined) {
      const at = fields[problem.field]?.at ?? tokens[tokens.length - 1]!.at
      const typeText = tokens[typeAt]!.text.toUpperCase()
      this.#error('zone/rdata', at, `${typeText}: ${problem.message}`, problem.advice)
      return
    }
    const ttl = stated ?? this.#impliedTtl(type, mark)
    if (ttl === undefined) return
    if (state.ownerNode === UNRESOLVED) {
      const node = builder.node(state.owner, 0)
      state.ownerNode = node < 0 ? OUTSIDE : node
      if (node < 0) {
        this.#log.add(
          'warning',
          'zone/out-of-zone',
          this.#file,
          mark,
          `${printName(state.owner)} is not in the zone ${printName(builder.apex)}; its records are ignored.`,
          'Is a final dot missing or one too many, or does an $ORIGIN lead elsewhere?',
        )
        return
      }
    }
    builder.begin(type, ttl, mark)
    builder.bytes(rdata.buffer.subarray(0, rdata.length))
    builder.end(state.ownerNode)
  }

  /** The TTL of a record that states none: $TTL, the last one stated, or for the first SOA its own MINIMUM (as BIND does). */
  #impliedTtl(type: number, mark: number): number | undefined {
    const implied = this.#state.impliedTtl()
    if (implied >= 0) return implied
    const advice = 'Begin the file with $TTL 1h, or give the record a TTL.'
    if (type !== TYPE.SOA) {
      this.#error('zone/no-ttl', mark, 'The record has no TTL, and nothing before it sets one.', advice)
      return undefined
    }
    const { buffer, length } = this.#rdata
    const minimum = new DataView(buffer.buffer, buffer.byteOffset + length - 4, 4).getUint32(0) & MAX_TTL
    this.#state.defaultTtl = minimum
    const message = `Nothing sets a TTL; the SOA's last figure, ${minimum}, is taken.`
    this.#log.add('warning', 'zone/no-ttl', this.#file, mark, message, advice)
    return minimum
  }

  #ttl(token: Token): number | undefined {
    const ttl = parseTtl(token.text)
    if (ttl === undefined)
      this.#error(
        'zone/ttl',
        token.at,
        `"${token.text}" is not a time.`,
        'Write seconds, or units as in 1h30m (s m h d w).',
      )
    else if (ttl > MAX_TTL) {
      this.#error('zone/ttl', token.at, `A TTL of ${ttl} seconds is too long.`, 'The most is 2147483647 (RFC 2181 8).')
      return undefined
    }
    return ttl
  }

  #name(token: Token, what: string): Uint8Array | undefined {
    const name = parseName(token.text, this.#state.origin)
    if (name === undefined) {
      const problem = nameProblem(token.text, this.#state.origin) ?? 'is none'
      this.#error('zone/name', token.at, `${what} "${shortened(token.text)}" is not a domain name: it ${problem}.`)
    }
    return name
  }

  #surplus(token: Token | undefined, rule: string): void {
    if (token !== undefined)
      this.#error(
        'zone/directive',
        token.at,
        `"${shortened(token.text)}" is one field too many.`,
        `${rule}; a comment begins with a semicolon.`,
      )
  }

  #error(code: string, at: number, message: string, advice?: string): void {
    this.#log.add('error', code, this.#file, at, message, advice)
  }
}

/** IN, CH, HS and CLASS12 as record fields; NONE and ANY stand in messages only. */
function isClass(text: string): boolean {
  return /^(IN|CH|HS|CS|CLASS\d+)$/i.test(text)
}

function shortened(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 77)}...`
}

/** A relative name is looked for beside the file that includes it. */
function includedPath(including: string, file: string): string {
  const name = file.replace(/\\(.)/g, '$1')
  const folder = including.lastIndexOf('/')
  return name.startsWith('/') || folder < 0 ? name : `${including.slice(0, folder + 1)}${name}`
}
