/**
 * The first look at a datagram: is it a query that can be answered at once, and what does it ask? One pass over the message,
 * no allocation, no exception, whatever a stranger sends.
 *
 *     header 12 | question: qname qtype qclass | additional: OPT (EDNS), anywhere among other records
 *
 * What is refused here is what NSD, Knot DNS and BIND refuse: QDCOUNT other than 1 (RFC 9619), records in the answer or
 * authority section of a query, a compressed or overlong qname, trailing octets, a second OPT (RFC 6891 6.1.1), an OPT with
 * an owner, options that run over their record, a malformed client subnet (RFC 7871 7.1) or cookie (RFC 7873 5.2.2).
 */
import { FLAG, OPCODE, OPTION, RCODE, TYPE } from './codes.ts'
import { skipName } from './name.ts'

export const HEADER_OCTETS = 12

/** What QueryScan.scan found. */
export const SCAN = { query: 0, silence: 1, refuse: 2, slow: 3 } as const
export type Scan = (typeof SCAN)[keyof typeof SCAN]

/** The size that a client without EDNS can take, and the least that EDNS can announce (RFC 1035 4.2.1, RFC 6891 6.2.3). */
export const MIN_UDP_SIZE = 512

/** RFC 1035 2.3.4: 255 octets hold at most 127 labels and the root. */
const MAX_LABELS = 127

const NONE = new Uint8Array(0)

/** One instance per thread. All offsets are absolute in the message that was scanned last. */
export class QueryScan {
  /** for `refuse`: the rcode to answer with; NOERROR where a client asks for nothing but a cookie (RFC 7873 5.4) */
  rcode: number = RCODE.NOERROR
  /** the 16-bit flags word as asked */
  flags = 0
  opcode = 0
  qnameAt = 0
  /** with the root octet */
  qnameOctets = 0
  /** labels of the qname, without the root */
  labels = 0
  /** offset of each label's length octet, the root's last */
  readonly labelStarts: Int32Array = new Int32Array(MAX_LABELS + 1)
  qtype = 0
  qclass = 0
  /** offset just past the question; 0: no sound question, answer with the header alone */
  questionEnd = 0
  edns = false
  version = 0
  /** the client's UDP payload size, at least 512; 512 without EDNS */
  udpSize = MIN_UDP_SIZE
  doBit = false
  /** offset of the client subnet option's data; 0: none */
  ecsAt = 0
  /** 1 IPv4, 2 IPv6, 0: the client wants no subnet used (RFC 7871 7.1.2) */
  ecsFamily = 0
  /** SOURCE PREFIX-LENGTH, bits */
  ecsSource = 0
  ecsAddressAt = 0
  ecsOctets = 0
  /** offset of the cookie option's data; 0: none */
  cookieAt = 0
  /** 8: the client's cookie alone; 16..40: with a server's */
  cookieOctets = 0
  nsid = false
  keepalive = false
  padding = false

  private message: Uint8Array = NONE
  /** over the whole message last scanned */
  view: DataView = new DataView(NONE.buffer)

  /**
   * Scans the message at message[at .. at+length).
   * @returns query: one well-formed QUERY; silence: a response, or shorter than a header; refuse: answer with `rcode` and echo
   *          the question where questionEnd > 0; slow: NOTIFY, UPDATE, AXFR, IXFR, or signed by TSIG or SIG(0): hand it on untouched
   */
  scan(message: Uint8Array, at: number, length: number): Scan {
    this.reset()
    if (length < HEADER_OCTETS) return SCAN.silence
    // A driver scans in one memory as long as it lives: a view is made once.
    if (message !== this.message) {
      this.message = message
      this.view = new DataView(message.buffer, message.byteOffset, message.length)
    }
    const flags = this.view.getUint16(at + 2)
    this.flags = flags
    if ((flags & FLAG.QR) !== 0) return SCAN.silence
    this.opcode = (flags >> 11) & 15
    if (this.opcode === OPCODE.NOTIFY || this.opcode === OPCODE.UPDATE) return SCAN.slow
    const verdict = this.scanSections(message, at, at + length)
    // What an unknown opcode's message means nobody knows; an OPT record in it is answered with one all the same (RFC 6891 6.1.1).
    return this.opcode === OPCODE.QUERY ? verdict : this.refuse(RCODE.NOTIMP)
  }

  private scanSections(message: Uint8Array, at: number, end: number): Scan {
    const { view } = this
    const questions = view.getUint16(at + 4)
    const answers = view.getUint16(at + 6)
    const authorities = view.getUint16(at + 8)
    const additionals = view.getUint16(at + 10)
    if (questions > 1 || answers !== 0) return this.refuse(RCODE.FORMERR)
    let next = at + HEADER_OCTETS
    if (questions === 1) {
      next = this.readQuestion(message, next, end)
      if (next === 0) return this.refuse(RCODE.FORMERR)
      if (this.qtype === TYPE.AXFR || this.qtype === TYPE.IXFR) return SCAN.slow
    }
    if (authorities !== 0) return this.refuse(RCODE.FORMERR)

    for (let i = 0; i < additionals; i++) {
      const fixed = skipName(message, next, end)
      if (fixed < 0 || fixed + 10 > end) return this.refuse(RCODE.FORMERR)
      const type = view.getUint16(fixed)
      const rdataAt = fixed + 10
      const past = rdataAt + view.getUint16(fixed + 8)
      if (past > end) return this.refuse(RCODE.FORMERR)
      if (type === TYPE.TSIG || type === TYPE.SIG) return SCAN.slow
      if (type === TYPE.OPT) {
        // RFC 6891 6.1.1, 6.1.2: one OPT, and its name is the root.
        if (this.edns || message[next] !== 0) return this.refuse(RCODE.FORMERR)
        if (!this.readOpt(fixed, rdataAt, past)) return this.refuse(RCODE.FORMERR)
      }
      next = past
    }
    if (next !== end) return this.refuse(RCODE.FORMERR)
    if (this.version !== 0) return this.refuse(RCODE.BADVERS)
    if (questions === 0) return this.refuse(this.cookieAt > 0 ? RCODE.NOERROR : RCODE.FORMERR)
    return this.checkQtype()
  }

  private reset(): void {
    this.rcode = RCODE.NOERROR
    this.flags = 0
    this.opcode = 0
    this.qnameAt = 0
    this.qnameOctets = 0
    this.labels = 0
    this.qtype = 0
    this.qclass = 0
    this.questionEnd = 0
    // All that follows is set by an OPT record alone.
    if (!this.edns) return
    this.edns = false
    this.version = 0
    this.udpSize = MIN_UDP_SIZE
    this.doBit = false
    this.ecsAt = 0
    this.ecsFamily = 0
    this.ecsSource = 0
    this.ecsAddressAt = 0
    this.ecsOctets = 0
    this.cookieAt = 0
    this.cookieOctets = 0
    this.nsid = false
    this.keepalive = false
    this.padding = false
  }

  private refuse(rcode: number): Scan {
    this.rcode = rcode
    return SCAN.refuse
  }

  /** Types that are no data and no question either: those of additional records, and those nobody implements (RFC 6895 3.1). */
  private checkQtype(): Scan {
    switch (this.qtype) {
      case 0:
      case TYPE.OPT:
      case TYPE.TSIG:
        return this.refuse(RCODE.FORMERR)
      case TYPE.TKEY:
      case TYPE.MAILA:
      case TYPE.MAILB:
        return this.refuse(RCODE.NOTIMP)
      default:
        return SCAN.query
    }
  }

  /** @returns offset just past the question, or 0: the name is compressed, too long or cut short */
  private readQuestion(message: Uint8Array, at: number, end: number): number {
    let i = at
    let labels = 0
    const { labelStarts } = this
    for (; i < end; labels++) {
      const octets = message[i]!
      // What is full here is too long for a name.
      if (labels > MAX_LABELS) return 0
      labelStarts[labels] = i
      if (octets === 0) break
      // A pointer has nothing to point to but the header (RFC 1035 4.1.4).
      if (octets > 63) return 0
      i += octets + 1
    }
    i++
    if (i + 4 > end || i - at > 255) return 0
    this.qnameAt = at
    this.qnameOctets = i - at
    this.labels = labels
    this.qtype = this.view.getUint16(i)
    this.qclass = this.view.getUint16(i + 2)
    this.questionEnd = i + 4
    return i + 4
  }

  /**
   * Reads the OPT record (RFC 6891 6.1.2):
   *
   *     fixed: type 2 | class = UDP size 2 | TTL = extended rcode 1, version 1, DO 1 bit + Z 15 | rdlength 2 | options
   */
  private readOpt(fixed: number, rdataAt: number, past: number): boolean {
    this.edns = true
    const { view } = this
    this.udpSize = Math.max(MIN_UDP_SIZE, view.getUint16(fixed + 2))
    this.version = view.getUint8(fixed + 5)
    this.doBit = (view.getUint8(fixed + 6) & 0x80) !== 0
    // What options mean in another version nobody knows yet.
    if (this.version !== 0) return true
    let i = rdataAt
    while (i < past) {
      if (i + 4 > past) return false
      const option = view.getUint16(i)
      const octets = view.getUint16(i + 2)
      const dataAt = i + 4
      i = dataAt + octets
      if (i > past) return false
      if (!this.readOption(option, dataAt, octets)) return false
    }
    return true
  }

  /** Takes note of an option; of a repeated one the first counts; unknown ones are ignored (RFC 6891 6.1.2). */
  private readOption(option: number, at: number, octets: number): boolean {
    switch (option) {
      case OPTION.CLIENT_SUBNET:
        return this.ecsAt > 0 || this.readClientSubnet(at, octets)
      case OPTION.COOKIE:
        if (this.cookieAt > 0) return true
        this.cookieAt = at
        this.cookieOctets = octets
        return octets === 8 || (octets >= 16 && octets <= 40)
      case OPTION.NSID:
        this.nsid = true
        return true
      case OPTION.TCP_KEEPALIVE:
        // Ignored over UDP, whatever it carries (RFC 7828 3.3.2); over TCP it is the wish that counts.
        this.keepalive = true
        return true
      case OPTION.PADDING:
        this.padding = true
        return true
      default:
        return true
    }
  }

  /**
   * Reads a client subnet (RFC 7871 6):
   *
   *     family 2 | source prefix length 1 | scope prefix length 1 (zero in a query) | address, as many octets as the source needs
   */
  private readClientSubnet(at: number, octets: number): boolean {
    if (octets < 4) return false
    const { view } = this
    const family = view.getUint16(at)
    const source = view.getUint8(at + 2)
    const addressOctets = octets - 4
    if (view.getUint8(at + 3) !== 0) return false
    const most = family === 1 ? 32 : family === 2 ? 128 : family === 0 ? 0 : -1
    if (source > most || addressOctets !== (source + 7) >> 3) return false
    // Bits past the prefix must be zero.
    if ((source & 7) !== 0 && (view.getUint8(at + 3 + addressOctets) & (0xff >> (source & 7))) !== 0) return false
    this.ecsAt = at
    this.ecsFamily = family
    this.ecsSource = source
    this.ecsAddressAt = at + 4
    this.ecsOctets = addressOctets
    return true
  }
}
