/**
 * Reads one record of a master file from its tokens (RFC 1035 5.1): owner, TTL and class in either order, type, data. This is the
 * general way, and everything that is said about mistakes in records.
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
import type { IssueLog } from './issue-log.ts'
import type { Token } from './lexer.ts'
import { NO_OWNER, OUTSIDE, type ReaderState, UNRESOLVED } from './reader-state.ts'
import { soaFigures } from './soa.ts'

const MAX_TTL = 0x7fffffff // RFC 2181 8

export class RecordReader {
  /** number of the file being read, for issues */
  file = 0
  readonly #builder: ZoneBuilder
  readonly #log: IssueLog
  readonly #state: ReaderState
  readonly #rdata = new OctetWriter(512)

  constructor(builder: ZoneBuilder, log: IssueLog, state: ReaderState) {
    this.#builder = builder
    this.#log = log
    this.#state = state
  }

  /** Reads the owner of the records that follow. @returns false where it is not a name */
  takeOwner(token: Token): boolean {
    const name = this.name(token, 'The owner')
    this.#state.ownerNode = name === undefined ? OUTSIDE : UNRESOLVED
    if (name === undefined) return false
    this.#state.owner.set(name)
    return true
  }

  /** Reads a record of the last owner: [ttl] [class] type rdata, ttl and class in either order; tokens[from] is the first. */
  read(tokens: readonly Token[], from: number, mark: number): void {
    const state = this.#state
    if (state.ownerNode === NO_OWNER) {
      this.error(
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
        stated = this.ttl(token)
        if (stated === undefined) return
      } else if (klass === undefined && isClass(token.text)) klass = classOf(token.text) ?? 0
      else break
    }
    const token = tokens[i]
    if (token === undefined) {
      this.error(
        'zone/no-type',
        tokens[i - 1]!.at,
        'The record ends before its type.',
        'Its form is: owner TTL class type data.',
      )
      return
    }
    if (klass !== undefined && klass !== 1) {
      this.error('zone/class', mark, 'The class is not IN.', 'Zones here are of class IN; leave the class away.')
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
      this.error('zone/unknown-type', token.at, `"${shortened(token.text)}" is no record type.`, advice)
    } else if (isMetaType(type)) {
      this.error('zone/meta-type', token.at, `${token.text} stands in questions and messages; a zone cannot hold it.`)
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
      this.error('zone/rdata', at, `${typeText}: ${problem.message}`, problem.advice)
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
          this.file,
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
      this.error('zone/no-ttl', mark, 'The record has no TTL, and nothing before it sets one.', advice)
      return undefined
    }
    const minimum = soaFigures(this.#rdata.buffer.subarray(0, this.#rdata.length)).minimum & MAX_TTL
    this.#state.defaultTtl = minimum
    const message = `Nothing sets a TTL; the SOA's last figure, ${minimum}, is taken.`
    this.#log.add('warning', 'zone/no-ttl', this.file, mark, message, advice)
    return minimum
  }

  /** Reads a TTL; says so where it is none. */
  ttl(token: Token): number | undefined {
    const ttl = parseTtl(token.text)
    if (ttl === undefined)
      this.error(
        'zone/ttl',
        token.at,
        `"${shortened(token.text)}" is not a time.`,
        'Write seconds, or units as in 1h30m (s m h d w).',
      )
    else if (ttl > MAX_TTL) {
      this.error('zone/ttl', token.at, `A TTL of ${ttl} seconds is too long.`, 'The most is 2147483647 (RFC 2181 8).')
      return undefined
    }
    return ttl
  }

  /** Reads a name, relative to the origin; says so where it is none. */
  name(token: Token, what: string): Uint8Array | undefined {
    const name = parseName(token.text, this.#state.origin)
    if (name === undefined) {
      const problem = nameProblem(token.text, this.#state.origin) ?? 'is none'
      this.error('zone/name', token.at, `${what} "${shortened(token.text)}" is not a domain name: it ${problem}.`)
    }
    return name
  }

  error(code: string, at: number, message: string, advice?: string): void {
    this.#log.add('error', code, this.file, at, message, advice)
  }
}

/** IN, CH, HS and CLASS12 as record fields; NONE and ANY stand in messages only. */
function isClass(text: string): boolean {
  return /^(IN|CH|HS|CS|CLASS\d+)$/i.test(text)
}

/** As much of a token as a message needs. */
export function shortened(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 77)}...`
}
