/**
 * The conductor of the query path: one message in, one response out, written over it. Below it nobody knows anybody.
 *
 *     scan -> zone -> look-up -> place (steered names only) -> variant -> sections -> OPT
 *
 * No await, no allocation, no exception: what can be decided before a query is decided before. UDP, TCP, TLS, explain, the
 * fuzzers and the benchmarks call the same `answer`.
 */
import { CookieJar, EDE, FLAG, CLASS as QCLASS, QueryScan, RCODE, SCAN, TYPE } from '../wire/index.ts'
import { type AttachedWorld, attachWorld } from './attached-world.ts'
import { chaosName } from './chaos.ts'
import { QTYPE_COLUMNS, RCODE_COLUMNS, SCALAR } from './counters.ts'
import { CountrySample } from './country-sample.ts'
import { ResponseOpt } from './edns.ts'
import { createQuickAnswers, NOT_QUICK, type QuickAnswers } from './quick-answers.ts'
import { ANSWER_CLASS, RateLimiter, VERDICT } from './rate-limit.ts'
import { CONTROL, GENERATION_MASK, IDLE } from './region.ts'
import { Sections } from './sections.ts'
import { ClientView } from './steered-picker.ts'
import type { ResponderInit, ResponderSettings, StructureMessage } from './world.ts'
import { ResponseWriter } from './writer.ts'

/** Hand the untouched message to the slow door. */
export const HAND_OVER = -1
export const SILENCE = 0

const HEADER_OCTETS = 12
/** RFC 1035 4.2.1: what every client takes without EDNS. */
const PLAIN_UDP_OCTETS = 512
const MOST_TCP_OCTETS = 65535

/** What a thread gives its responder: time, and the messages that wait in its port. */
export interface ResponderPorts {
  /** epoch milliseconds; read once for each batch */
  nowMs(): number
  /** the next structure message that has arrived, or undefined; called only when the control block says that there is one */
  take(): StructureMessage | undefined
}

/** Answers messages for one thread; see `Responder` in the serve room, which this fulfils. */
export class QueryResponder {
  readonly #control: Int32Array
  readonly #thread: number
  readonly #seed: number
  readonly #settings: ResponderSettings
  readonly #ports: ResponderPorts
  readonly #nsid: Uint8Array | undefined
  readonly #scan = new QueryScan()
  readonly #out = new ResponseWriter()
  readonly #opt = new ResponseOpt()
  readonly #client = new ClientView()
  readonly #sections: Sections
  readonly #limiter: RateLimiter
  readonly #cookies: CookieJar | undefined
  readonly #chaosTexts: {
    readonly 'version.bind': Uint8Array | undefined
    readonly 'id.server': Uint8Array | undefined
  }
  #world: AttachedWorld
  #structure: number
  #nowMs: number
  readonly #sample: CountrySample
  #quick: QuickAnswers | undefined
  /** what the quick path answers in */
  #quickMemory: Uint8Array | undefined

  constructor(init: ResponderInit, ports: ResponderPorts) {
    this.#control = new Int32Array(init.control)
    this.#thread = init.thread
    this.#seed = init.seed
    this.#settings = init.settings
    this.#ports = ports
    this.#nsid = init.settings.nsid === undefined ? undefined : ascii(init.settings.nsid)
    this.#sections = new Sections(this.#out, this.#client, this.#scan, init.seed & 0xffff)
    this.#limiter = new RateLimiter(init.limits, init.seed)
    const { cookieSecrets } = init.settings
    this.#cookies = cookieSecrets.length === 0 ? undefined : new CookieJar(cookieSecrets)
    this.#chaosTexts = {
      'version.bind': init.settings.version === undefined ? undefined : ascii(init.settings.version),
      'id.server': this.#nsid,
    }
    this.#world = attachWorld(init.parts, init.thread, init.seed, undefined)
    this.#structure = init.structure
    this.#sample = new CountrySample(init.seed)
    this.#nowMs = ports.nowMs()
  }

  /** Takes up what was published since the last batch. */
  enter(): void {
    const control = this.#control
    const generation = Atomics.load(control, CONTROL.generation) & GENERATION_MASK
    if (Atomics.load(control, CONTROL.structure) !== this.#structure) this.#takeStructure()
    Atomics.store(control, CONTROL.seen + this.#thread, generation)
    this.#nowMs = this.#ports.nowMs()
    this.#client.nowMs = this.#nowMs
    this.#sample.begin()
  }

  /** From here on this thread holds no memory of the steered region. */
  leave(): void {
    this.#quick?.settle()
    Atomics.store(this.#control, CONTROL.seen + this.#thread, IDLE)
  }

  #takeStructure(): void {
    for (let message = this.#ports.take(); message !== undefined; message = this.#ports.take()) {
      this.#world = attachWorld(message.parts, this.#thread, this.#seed, this.#world)
      this.#structure = message.structure
      this.#quick?.attach(this.#world)
    }
  }

  /**
   * Tells the memory in which all UDP messages of this thread will stand: what is asked for often is answered on the quick path there.
   * Each message must begin at a multiple of four.
   */
  answerIn(memory: Uint8Array): void {
    this.#quickMemory = memory
    this.#quick = createQuickAnswers(memory, {
      limiter: this.#limiter,
      client: this.#client,
      sample: this.#sample,
      rotation: this.#sections,
      udpLimit: this.#settings.udpLimit,
    })
    this.#quick.attach(this.#world)
  }

  answer(
    message: Uint8Array,
    at: number,
    length: number,
    capacity: number,
    transport: 0 | 1 | 2,
    peer: Uint8Array,
    peerAt: number,
    peerBytes: 4 | 16,
    _peerPort: number,
  ): number {
    const quick = message === this.#quickMemory && transport === 0
    if (quick) {
      const written = this.#quick!.answer(at, length, capacity, peer, peerAt, peerBytes)
      if (written !== NOT_QUICK) return written
    }
    const row = this.#world.row
    row[SCALAR.udp + transport]!++
    const scan = this.#scan
    const verdict = scan.scan(message, at, length)
    if (verdict === SCAN.silence) {
      row[SCALAR.dropped]!++
      return SILENCE
    }
    if (verdict === SCAN.slow) {
      row[SCALAR.handedOver]!++
      return HAND_OVER
    }
    const opt = this.#opt
    const questionEnd = scan.questionEnd > 0 ? scan.questionEnd : at + HEADER_OCTETS
    let limit = transport === 0 ? PLAIN_UDP_OCTETS : MOST_TCP_OCTETS
    let trusted = transport !== 0
    opt.reset()
    if (scan.edns) {
      if (transport === 0) limit = Math.min(Math.max(PLAIN_UDP_OCTETS, scan.udpSize), this.#settings.udpLimit)
      // A client that asks for nothing but a cookie (RFC 7873 5.4) is refused with NOERROR, so to speak.
      const sound = scan.rcode === RCODE.NOERROR
      if (this.#takeEdns(message, transport, peer, peerAt, peerBytes, sound)) trusted = true
    }
    limit = Math.min(limit, capacity)
    const optOctets = opt.octets()
    const out = this.#out
    out.begin(message, at, questionEnd, Math.max(questionEnd, at + limit - optOctets))
    const sections = this.#sections
    sections.reset()

    if (verdict === SCAN.refuse) {
      row[SCALAR.malformed]!++
      sections.rcode = scan.rcode
      sections.answerClass = ANSWER_CLASS.error
    } else {
      const qtype = scan.qtype
      row[this.#world.layout.qtypesAt + Math.min(qtype, QTYPE_COLUMNS - 1)]!++
      if (scan.qclass === QCLASS.IN || scan.qclass === QCLASS.ANY) {
        this.#takeClient(peer, peerAt, peerBytes)
        sections.write(this.#world, message, scan)
        // RFC 1035 6.2: nobody can speak for all classes.
        if (scan.qclass === QCLASS.ANY) sections.authoritative = false
        if (sections.zone >= 0) row[this.#world.layout.zonesAt + this.#world.zoneIds[sections.zone]!]!++
        opt.ede = sections.ede
        if (opt.ecs && opt.ecsSource > 0) opt.ecsScope = sections.picker.scope
        if (sections.picker.scope > 0 || sections.picker.ede >= 0) this.#countCountry()
        if (quick) this.#quick!.learn(scan, at, sections)
      } else {
        this.#chaos(message, scan.qnameAt, scan.qnameOctets, qtype, scan.qclass)
      }
    }

    if (!trusted && this.#limiter.active) {
      const judged = this.#limiter.judge(peer, peerAt, peerBytes, sections.answerClass, this.#nowMs)
      if (judged === VERDICT.drop) {
        row[SCALAR.limited]!++
        return SILENCE
      }
      if (judged === VERDICT.truncate) {
        row[SCALAR.slipped]!++
        sections.truncated = true
        out.rewind(questionEnd)
        sections.answers = 0
        sections.authorities = 0
        sections.additionals = 0
      }
    }
    return this.#finish(message, at, questionEnd, limit, row)
  }

  /** Takes over what the response's OPT must repeat; the request is overwritten later. @returns true where a cookie proves the address */
  #takeEdns(
    message: Uint8Array,
    transport: 0 | 1 | 2,
    peer: Uint8Array,
    peerAt: number,
    peerBytes: 4 | 16,
    sound: boolean,
  ): boolean {
    const scan = this.#scan
    const opt = this.#opt
    opt.present = true
    opt.doBit = scan.doBit ? 1 : 0
    if (!sound) return false
    if (scan.ecsAt > 0) {
      this.#world.row[SCALAR.clientSubnet]!++
      opt.ecs = true
      opt.ecsFamily = scan.ecsFamily
      opt.ecsSource = scan.ecsSource
      opt.ecsOctets = scan.ecsOctets
      const address = opt.ecsAddress
      const octets = scan.ecsOctets
      for (let i = 0; i < octets; i++) address[i] = message[scan.ecsAddressAt + i]!
      // What lies past the source prefix counts as zero; a look-up in the IPv4 table reads no further than its fourth octet.
      for (let i = octets, end = scan.ecsFamily === 1 ? 4 : 16; i < end; i++) address[i] = 0
    }
    if (scan.nsid) opt.nsid = this.#nsid
    if (scan.keepalive && transport !== 0 && this.#settings.keepalive > 0) opt.keepalive = this.#settings.keepalive
    // RFC 7830 6: padding only where the transport is encrypted.
    opt.padding = scan.padding && transport === 2
    const jar = this.#cookies
    if (scan.cookieOctets === 0 || jar === undefined) return false
    const nowSeconds = Math.floor(this.#nowMs / 1000)
    const good = jar.verify(message, scan.cookieAt, scan.cookieOctets, peer, peerAt, peerBytes, nowSeconds) === 1
    this.#world.row[good ? SCALAR.goodCookie : SCALAR.badCookie]!++
    jar.write(opt.cookie, 0, message, scan.cookieAt, peer, peerAt, peerBytes, nowSeconds)
    opt.cookieOctets = 24
    return good
  }

  /** RFC 7871 7.2.1: the client subnet where there is one, else whoever asks. */
  #takeClient(peer: Uint8Array, peerAt: number, peerBytes: 4 | 16): void {
    const client = this.#client
    const opt = this.#opt
    // A source of /0 asks for an answer that tells nothing of the client: then it is the resolver's place that counts.
    if (opt.ecs && opt.ecsSource > 0) {
      client.address = opt.ecsAddress
      client.at = 0
      client.octets = opt.ecsFamily === 1 ? 4 : 16
    } else {
      client.address = peer
      client.at = peerAt
      client.octets = peerBytes
    }
  }

  #countCountry(): void {
    const weight = this.#sample.weight()
    const client = this.#client
    if (weight > 0) this.#sample.count(this.#world, client.address, client.at, client.octets, weight)
  }

  /** RFC 4892: what the server tells of itself. Other classes are nobody's here. */
  #chaos(message: Uint8Array, qnameAt: number, qnameOctets: number, qtype: number, qclass: number): void {
    const sections = this.#sections
    sections.answerClass = ANSWER_CLASS.error
    sections.rcode = RCODE.REFUSED
    const name =
      qclass === QCLASS.CH && (qtype === TYPE.TXT || qtype === TYPE.ANY)
        ? chaosName(message, qnameAt, qnameOctets)
        : undefined
    if (name === undefined) return
    const text = this.#chaosTexts[name === 'version.bind' || name === 'version.server' ? 'version.bind' : 'id.server']
    if (text === undefined) {
      this.#opt.ede = EDE.PROHIBITED
      return
    }
    const out = this.#out
    const start = out.at
    out.uint16(0xc000 | HEADER_OCTETS)
    out.uint16(TYPE.TXT)
    out.uint16(QCLASS.CH)
    out.uint32(0)
    out.uint16(text.length + 1)
    out.uint8(text.length)
    out.copy(new DataView(text.buffer), 0, text.length)
    sections.rcode = RCODE.NOERROR
    sections.authoritative = true
    if (out.overflow) {
      out.rewind(start)
      sections.truncated = true
    } else {
      sections.answers = 1
    }
  }

  /** The header, the OPT record, and the count of what went out. */
  #finish(message: Uint8Array, at: number, questionEnd: number, limit: number, row: Float64Array): number {
    const { rcode, truncated, authoritative, answers, authorities, additionals } = this.#sections
    const out = this.#out
    const opt = this.#opt
    // RFC 1035 4.1.1, RFC 4035 3.1.6 (AD and CD clear), RFC 6891 6.1.3 (the rcode's upper bits go into OPT).
    const flags =
      FLAG.QR |
      ((message[at + 2]! << 8) & 0x7900) |
      (authoritative ? FLAG.AA : 0) |
      (truncated ? FLAG.TC : 0) |
      (rcode & 15)
    const hasQuestion = questionEnd > at + HEADER_OCTETS
    out.patch32(at + 2, (flags << 16) | (hasQuestion ? 1 : 0))
    out.patch32(at + 6, (answers << 16) | authorities)
    out.patch16(at + 10, additionals + (opt.present ? 1 : 0))
    if (opt.present) {
      opt.extendedRcode = rcode >> 4
      out.end = at + limit
      opt.write(out, this.#settings.udpLimit, at, limit - (out.at - at) - opt.octets())
    }
    if (truncated) row[SCALAR.truncated]!++
    row[SCALAR.responses]!++
    row[this.#world.layout.rcodesAt + Math.min(rcode, RCODE_COLUMNS - 1)]!++
    return out.at - at
  }
}

/** With the longest name, cookie, subnet and this much NSID a response to a 512-octet client still has its OPT record whole. */
const MOST_IDENTITY_OCTETS = 128

/** A character-string's octets: printable ASCII as it is, the rest as `?`. */
function ascii(text: string): Uint8Array {
  return Uint8Array.from([...text].slice(0, MOST_IDENTITY_OCTETS), (c) => {
    const code = c.charCodeAt(0)
    return code >= 32 && code < 127 ? code : 63
  })
}
