/**
 * The quick way through a master file: lines of the common shapes (owner, TTL, class, then A, AAAA, NS, CNAME, PTR, MX or TXT,
 * on one line, without escapes) go from the file's bytes straight into the builder. Whatever is not of these shapes, or wrong
 * in any way, is left to the general reader, which knows all forms and says what is wrong; so there is not one message here.
 */
import { TYPE } from '../wire/index.ts'
import type { ZoneBuilder } from './builder.ts'
import { readIpv4, readIpv6 } from './plain-address.ts'
import { NO_OWNER, OUTSIDE, type ReaderState, UNRESOLVED } from './reader-state.ts'

const NEWLINE = 10
const QUOTE = 0x22
const SEMICOLON = 0x3b
const DOT = 0x2e
const AT = 0x40

/** What an octet is at the place where a name may stand. */
const NAME = 1
const BLANK = 2
const KINDS: Uint8Array = Uint8Array.from({ length: 256 }, (_, octet) => {
  if (octet === 0x20 || octet === 9 || octet === 13) return BLANK
  return /[A-Za-z0-9_*/-]/.test(String.fromCharCode(octet)) ? NAME : 0
})

/** A word of at most five letters as a number, five bits a letter, either case. */
function word(letters: string): number {
  let value = 0
  for (let i = 0; i < letters.length; i++) value = (value << 5) | (letters.charCodeAt(i) & 31)
  return value
}
const IN = word('IN')
const A = word('A')
const AAAA = word('AAAA')
const NS = word('NS')
const CNAME = word('CNAME')
const PTR = word('PTR')
const MX = word('MX')
const TXT = word('TXT')

export class PlainLineReader {
  readonly #builder: ZoneBuilder
  readonly #state: ReaderState
  readonly #name = new Uint8Array(256)
  /** what the last number, word or name came to; a name's length */
  #value = 0

  constructor(builder: ZoneBuilder, state: ReaderState) {
    this.#builder = builder
    this.#state = state
  }

  /** @returns offset past the line that begins at `at`; -1: not for here, and nothing was added */
  read(bytes: Uint8Array, at: number): number {
    const state = this.#state
    let p = at
    let mark = at
    if (KINDS[bytes[p]!] === BLANK) {
      p = skipBlanks(bytes, p)
      mark = p
      const end = this.#lineEnd(bytes, p)
      if (end >= 0) return end
      if (state.ownerNode === NO_OWNER || state.ownerNode === OUTSIDE) return -1
    } else {
      const octet = bytes[p]
      if (octet === NEWLINE || octet === SEMICOLON) return this.#lineEnd(bytes, p)
      // A directive leaves the owner as it is; on any other line the general reader takes its own.
      if (KINDS[octet!] !== NAME && octet !== AT) return -1
      state.ownerNode = NO_OWNER
      p = this.#readName(bytes, p, state.owner)
      if (p < 0 || KINDS[bytes[p]!] !== BLANK) return -1
      state.ownerNode = UNRESOLVED
      p = skipBlanks(bytes, p)
    }
    let ttl = -1
    let inClass = false
    for (;;) {
      const octet = bytes[p]!
      const isNumber = octet >= 0x30 && octet <= 0x39
      p = isNumber ? this.#readNumber(bytes, p) : this.#readWord(bytes, p)
      if (p < 0 || KINDS[bytes[p]!] !== BLANK) return -1
      if (isNumber) {
        if (ttl >= 0 || this.#value > 0x7fffffff) return -1
        ttl = this.#value
      } else if (this.#value === IN && !inClass) inClass = true
      else break
      p = skipBlanks(bytes, p)
    }
    const type = this.#value
    const stated = ttl
    if (ttl < 0) ttl = state.impliedTtl()
    if (ttl < 0) return -1
    const next = this.#record(bytes, skipBlanks(bytes, p), type, ttl, mark)
    if (next >= 0 && stated >= 0) state.lastTtl = stated
    return next
  }

  #record(bytes: Uint8Array, at: number, type: number, ttl: number, mark: number): number {
    const builder = this.#builder
    const code = CODES.get(type)
    if (code === undefined) return -1
    builder.begin(code, ttl, mark)
    let p: number
    if (type === A) p = readIpv4(bytes, at, builder)
    else if (type === AAAA) p = readIpv6(bytes, at, builder)
    else if (type === TXT) p = this.#txt(bytes, at)
    else p = this.#target(bytes, at, type === MX)
    const end = p < 0 ? -1 : this.#lineEnd(bytes, p)
    if (end >= 0) {
      const state = this.#state
      if (state.ownerNode === UNRESOLVED) {
        const node = builder.node(state.owner, 0)
        // An owner outside of the zone stays unresolved: the general reader says so.
        if (node >= 0) state.ownerNode = node
      }
      if (state.ownerNode >= 0 && builder.end(state.ownerNode)) return end
    }
    builder.cancel()
    return -1
  }

  #txt(bytes: Uint8Array, at: number): number {
    const builder = this.#builder
    let p = at
    for (;;) {
      const quoted = bytes[p] === QUOTE
      if (quoted) p++
      const lengthAt = builder.logEnd
      builder.uint8(0)
      for (let length = 0; ; length++) {
        const octet = bytes[p]
        if (octet === undefined || octet === 0x5c || length > 255) return -1
        if (quoted ? octet === QUOTE : octet === NEWLINE || KINDS[octet] === BLANK) {
          if (length === 0 && !quoted) return -1
          builder.log[lengthAt] = length
          break
        }
        if (quoted ? octet === NEWLINE : octet === QUOTE || octet === SEMICOLON || octet === 0x28 || octet === 0x29)
          return -1
        builder.uint8(octet)
        p++
      }
      if (quoted) p++
      const next = skipBlanks(bytes, p)
      const octet = bytes[next]
      if (octet === undefined || octet === NEWLINE || octet === SEMICOLON) return next
      if (octet === 0x28 || octet === 0x29) return -1
      p = next
    }
  }

  /** NS, CNAME, PTR: a name; MX: a number and a name. */
  #target(bytes: Uint8Array, at: number, preference: boolean): number {
    let p = at
    if (preference) {
      p = this.#readNumber(bytes, p)
      if (p < 0 || this.#value > 65_535 || KINDS[bytes[p]!] !== BLANK) return -1
      this.#builder.uint16(this.#value)
      p = skipBlanks(bytes, p)
    }
    p = this.#readName(bytes, p, this.#name)
    if (p < 0) return -1
    const { log, logEnd } = this.#builder
    const length = this.#value
    if (logEnd + length <= log.length) {
      for (let i = 0; i < length; i++) log[logEnd + i] = this.#name[i]!
      this.#builder.logEnd += length
    } else this.#builder.bytes(this.#name.subarray(0, length))
    return p
  }

  /** Reads a name into `out` in wire form, its length into #value. */
  #readName(bytes: Uint8Array, at: number, out: Uint8Array): number {
    const { origin } = this.#state
    let p = at
    let length = 1
    let labelAt = 0
    if (bytes[p] === AT) {
      p++
      length = 0
    } else {
      for (;;) {
        const octet = bytes[p]!
        if (KINDS[octet] === NAME) out[length++] = octet
        else if (octet === DOT) {
          const octets = length - labelAt - 1
          if (octets === 0 || octets > 63) return -1
          out[labelAt] = octets
          labelAt = length++
        } else break
        if (length > 250) return -1
        p++
      }
      const octets = length - labelAt - 1
      if (octets === 0) {
        if (labelAt === 0) return -1
        out[labelAt] = 0
        this.#value = length
        return this.#isDelimiter(bytes, p) ? p : -1
      }
      if (octets > 63) return -1
      out[labelAt] = octets
    }
    if (length + origin.length > 255 || !this.#isDelimiter(bytes, p)) return -1
    for (let i = 0; i < origin.length; i++) out[length + i] = origin[i]!
    this.#value = length + origin.length
    return p
  }

  #isDelimiter(bytes: Uint8Array, at: number): boolean {
    const octet = bytes[at]!
    return KINDS[octet] === BLANK || octet === NEWLINE || octet === SEMICOLON
  }

  #readNumber(bytes: Uint8Array, at: number): number {
    let p = at
    let value = 0
    for (let digit = bytes[p]! - 0x30; digit >= 0 && digit <= 9; digit = bytes[p]! - 0x30) {
      value = value * 10 + digit
      p++
    }
    this.#value = value
    return p > at && p - at <= 10 ? p : -1
  }

  #readWord(bytes: Uint8Array, at: number): number {
    let p = at
    let value = 0
    for (let letter = bytes[p]! | 32; letter >= 0x61 && letter <= 0x7a && p - at < 6; letter = bytes[p]! | 32) {
      value = (value << 5) | (letter & 31)
      p++
    }
    this.#value = value
    return p > at && p - at <= 5 ? p : -1
  }

  /** @returns offset past the line where only blanks or a comment are left on it, else -1 */
  #lineEnd(bytes: Uint8Array, at: number): number {
    const p = skipBlanks(bytes, at)
    if (bytes[p] === NEWLINE) return p + 1
    if (bytes[p] !== SEMICOLON) return -1
    const newline = bytes.indexOf(NEWLINE, p)
    return newline < 0 ? bytes.length : newline + 1
  }
}

const CODES: ReadonlyMap<number, number> = new Map([
  [A, TYPE.A],
  [AAAA, TYPE.AAAA],
  [NS, TYPE.NS],
  [CNAME, TYPE.CNAME],
  [PTR, TYPE.PTR],
  [MX, TYPE.MX],
  [TXT, TYPE.TXT],
])

function skipBlanks(bytes: Uint8Array, at: number): number {
  let p = at
  while (KINDS[bytes[p]!] === BLANK) p++
  return p
}
