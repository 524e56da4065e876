/**
 * Reads one HTTP/1.x response (RFC 9112) as its octets arrive: a protocol without I/O.
 *
 *   status line ─▶ fields ─▶ body: none | length | chunked | to the end of the connection ─▶ done
 *        ▲           │
 *        └── 1xx ────┘
 *
 * Made for health checks, not for browsers: one response, everything bounded, nothing kept that no expectation reads. A body
 * longer than the limit is cut there and the response is done: what a check looks for stands at the front.
 */

export interface HttpLimits {
  /** octets of status line and fields, interim responses included */
  readonly headOctets: number
  /** octets of body that are kept; the rest is never read */
  readonly bodyOctets: number
}

export interface HttpResponse {
  readonly status: number
  readonly reason: string
  /** lower-case names; several fields of one name joined by ", " (RFC 9110 5.3) */
  readonly fields: ReadonlyMap<string, string>
  /** the body as far as it was read */
  readonly body: Buffer
  /** the body was longer than the limit */
  readonly cut: boolean
}

export type ReaderState = 'head' | 'body' | 'done' | 'broken'

/** RFC 9112 6: how the end of the body is found. */
type Framing = { kind: 'length'; left: number } | { kind: 'chunked' } | { kind: 'close' }

/** A chunk-size line: hex digits and perhaps extensions, which nobody uses honestly. */
const CHUNK_LINE_MAX = 256
/** Interim responses (RFC 9110 15.2) before the final one. */
const INTERIM_MAX = 8

export class HttpReader {
  state: ReaderState = 'head'
  /** why `broken` */
  problem = ''
  /** broken because the peer closed without a word */
  silent = false
  status = 0
  reason = ''
  fields: ReadonlyMap<string, string> = new Map()
  cut = false
  #limits: HttpLimits
  #head: boolean
  #pending: Buffer = Buffer.alloc(0)
  #headOctets = 0
  #scanned = 0
  #interims = 0
  #framing: Framing = { kind: 'close' }
  #chunkLeft = -1
  #trailers = false
  #parts: Buffer[] = []
  #bodyOctets = 0

  /** @param head the request was a HEAD: the response has no body whatever its fields say (RFC 9112 6.3) */
  constructor(limits: HttpLimits, head: boolean) {
    this.#limits = limits
    this.#head = head
  }

  /** Takes the next octets; `state` says where it stands afterwards. Octets after the end are ignored. */
  push(octets: Buffer): void {
    if (this.state === 'done' || this.state === 'broken') return
    this.#pending = this.#pending.length === 0 ? octets : Buffer.concat([this.#pending, octets])
    if (this.state === 'head') this.#readHead()
    if ((this.state as ReaderState) === 'body') this.#readBody()
  }

  /** The peer closed its side: the end of a body without a length, or of everything. */
  end(): void {
    if (this.state === 'body' && this.#framing.kind === 'close') this.state = 'done'
    else if (this.state === 'head') {
      this.silent = this.#headOctets + this.#pending.length === 0
      this.#break(this.silent ? 'connection closed before an answer' : 'connection closed within the header')
    } else if (this.state === 'body') this.#break(`connection closed within the body, after ${this.#bodyOctets} octets`)
  }

  /** Octets the body still has to come, where its length was told. */
  get lengthLeft(): number | undefined {
    return this.state === 'body' && this.#framing.kind === 'length' ? this.#framing.left : undefined
  }

  response(): HttpResponse {
    return {
      status: this.status,
      reason: this.reason,
      fields: this.fields,
      body: this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts),
      cut: this.cut,
    }
  }

  #break(problem: string): undefined {
    this.state = 'broken'
    this.problem = problem
    this.#pending = Buffer.alloc(0)
  }

  #readHead(): undefined {
    for (;;) {
      // Garbage is told at once rather than after a timeout: the first octets must be those of a status line.
      if (!looksLikeStatusLine(this.#pending)) return this.#break('the answer is not HTTP/1')
      const end = endOfHead(this.#pending, this.#scanned)
      if (end < 0) {
        if (this.#headOctets + this.#pending.length > this.#limits.headOctets)
          return this.#break(`header longer than ${this.#limits.headOctets} octets`)
        this.#scanned = Math.max(0, this.#pending.length - 3)
        return
      }
      this.#headOctets += end
      if (this.#headOctets > this.#limits.headOctets)
        return this.#break(`header longer than ${this.#limits.headOctets} octets`)
      const text = this.#pending.toString('latin1', 0, end)
      this.#pending = this.#pending.subarray(end)
      this.#scanned = 0
      if (!this.#parseHead(text)) return
      if (this.status >= 200 || this.status === 101) break
      if (++this.#interims > INTERIM_MAX) return this.#break('too many interim responses')
    }
    this.#frame()
  }

  /** RFC 9112 4 and 5. @returns false where it is broken */
  #parseHead(text: string): boolean {
    const lines = text.split(/\r?\n/)
    const line = /^HTTP\/1\.\d ([1-9]\d\d)(?: (.*))?$/.exec(lines[0]!)
    if (line === null) {
      this.#break('malformed status line')
      return false
    }
    this.status = Number(line[1])
    this.reason = line[2] ?? ''
    const fields = new Map<string, string>()
    for (let i = 1; i < lines.length; i++) {
      const field = lines[i]!
      if (field === '') continue
      const colon = field.indexOf(':')
      // RFC 9112 5.1: no blank before the colon; 5.2: folding is obsolete, and a check has no need to be lenient.
      if (colon <= 0 || /[\s\u0000]/.test(field.slice(0, colon))) {
        this.#break('malformed header field')
        return false
      }
      const name = field.slice(0, colon).toLowerCase()
      const value = field.slice(colon + 1).trim()
      const before = fields.get(name)
      fields.set(name, before === undefined ? value : `${before}, ${value}`)
    }
    this.fields = fields
    return true
  }

  /** RFC 9112 6.3, in its order. */
  #frame(): undefined {
    this.state = 'body'
    if (this.#head || this.status === 204 || this.status === 304 || this.status === 101) return this.#finish()
    const coding = this.fields.get('transfer-encoding')
    if (coding !== undefined) {
      if (!/(^|,)\s*chunked$/i.test(coding)) return this.#break('transfer coding without chunked')
      this.#framing = { kind: 'chunked' }
      return
    }
    const length = this.fields.get('content-length')
    if (length === undefined) return
    // Several equal lengths joined by commas are one length (RFC 9110 8.6).
    const told = new Set(length.split(',').map((part) => part.trim()))
    const only = [...told][0]!
    if (told.size !== 1 || !/^\d{1,15}$/.test(only)) return this.#break('malformed Content-Length')
    this.#framing = { kind: 'length', left: Number(only) }
    if (this.#framing.left === 0) this.#finish()
  }

  #finish(): undefined {
    this.state = 'done'
    this.#pending = Buffer.alloc(0)
  }

  #readBody(): undefined {
    const framing = this.#framing
    if (framing.kind === 'chunked') return this.#readChunks()
    const octets = framing.kind === 'length' ? this.#pending.subarray(0, framing.left) : this.#pending
    this.#pending = Buffer.alloc(0)
    if (!this.#keep(octets)) return
    if (framing.kind === 'length') {
      framing.left -= octets.length
      if (framing.left === 0) this.#finish()
    }
  }

  /** RFC 9112 7.1 */
  #readChunks(): undefined {
    for (;;) {
      if (this.#chunkLeft > 0) {
        const octets = this.#pending.subarray(0, this.#chunkLeft)
        if (octets.length === 0) return
        this.#pending = this.#pending.subarray(octets.length)
        this.#chunkLeft -= octets.length
        if (!this.#keep(octets)) return
        continue
      }
      const newline = this.#pending.indexOf(10)
      if (newline < 0 ? this.#pending.length > CHUNK_LINE_MAX : newline > CHUNK_LINE_MAX)
        return this.#break('chunk line too long')
      if (newline < 0) return
      const line = this.#pending.toString('latin1', 0, newline).replace(/\r$/, '')
      this.#pending = this.#pending.subarray(newline + 1)
      if (this.#trailers) {
        this.#headOctets += newline + 1
        if (this.#headOctets > this.#limits.headOctets) return this.#break('trailers too long')
        if (line === '') return this.#finish()
      } else if (this.#chunkLeft === 0) {
        // the line break that ends a chunk's data
        if (line !== '') return this.#break('malformed chunk')
        this.#chunkLeft = -1
      } else {
        const size = /^([0-9a-fA-F]{1,12})\s*(;.*)?$/.exec(line)
        if (size === null) return this.#break('malformed chunk size')
        this.#chunkLeft = Number.parseInt(size[1]!, 16)
        if (this.#chunkLeft === 0) this.#trailers = true
      }
    }
  }

  /** Keeps body octets up to the limit. @returns false where the limit ended the response */
  #keep(octets: Buffer): boolean {
    const room = this.#limits.bodyOctets - this.#bodyOctets
    const kept = octets.length > room ? octets.subarray(0, room) : octets
    if (kept.length > 0) this.#parts.push(kept)
    this.#bodyOctets += kept.length
    if (octets.length <= room) return true
    this.cut = true
    this.#finish()
    return false
  }
}

const STATUS_LINE_START = Buffer.from('HTTP/1.')

function looksLikeStatusLine(octets: Buffer): boolean {
  const length = Math.min(octets.length, STATUS_LINE_START.length)
  return octets.compare(STATUS_LINE_START, 0, length, 0, length) === 0
}

/** @returns the offset past the empty line that ends the header, or -1; bare line feeds are lenient (RFC 9112 2.2) */
function endOfHead(octets: Buffer, from: number): number {
  for (let at = octets.indexOf(10, from); at >= 0; at = octets.indexOf(10, at + 1)) {
    if (octets[at + 1] === 10) return at + 2
    if (octets[at + 1] === 13 && octets[at + 2] === 10) return at + 3
  }
  return -1
}
