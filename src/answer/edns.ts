/**
 * The OPT record of a response (RFC 6891), and what has to be kept of the request for it: a response is written over its
 * request, so what is echoed is copied aside first.
 *
 *     +------+------+------------+-------------------------+----------+
 *     | 0    | 41   | UDP size   | rcode, version, DO, Z   | rdlength | options ...
 *     | 1    | 2    | 2          | 4                       | 2        |
 */
import type { ResponseWriter } from './writer.ts'

export const OPTION = { nsid: 3, clientSubnet: 8, cookie: 10, keepalive: 11, padding: 12, extendedError: 15 } as const

const OPT_OCTETS = 11
/** RFC 8467 4.1: responses are padded to a multiple of this. */
const PADDING_BLOCK = 468

export class ResponseOpt {
  present = false
  doBit = 0
  /** RFC 7871: family, source prefix length, address; octets 0 where there is no such option */
  ecs = false
  ecsFamily = 0
  ecsSource = 0
  ecsScope = 0
  ecsOctets = 0
  readonly ecsAddress = new Uint8Array(16)
  /** client and server cookie, ready to send (RFC 7873 4) */
  cookieOctets = 0
  readonly cookie = new Uint8Array(24)
  nsid: Uint8Array | undefined = undefined
  keepalive = -1
  padding = false
  /** extended error code, or -1 (RFC 8914) */
  ede = -1
  /** the upper eight bits of the rcode */
  extendedRcode = 0

  reset(): void {
    this.present = false
    this.doBit = 0
    this.ecs = false
    this.ecsScope = 0
    this.cookieOctets = 0
    this.nsid = undefined
    this.keepalive = -1
    this.padding = false
    this.ede = -1
    this.extendedRcode = 0
  }

  /** What the record will take; an extended error may still come, so its room is always kept. */
  octets(): number {
    if (!this.present) return 0
    return (
      OPT_OCTETS +
      (this.ecs ? 8 + this.ecsOctets : 0) +
      (this.cookieOctets > 0 ? 4 + this.cookieOctets : 0) +
      (this.nsid === undefined ? 0 : 4 + this.nsid.length) +
      (this.keepalive >= 0 ? 6 : 0) +
      6
    )
  }

  /** Writes the record at the end of the response. @param room octets that padding may use beyond what is written now */
  write(out: ResponseWriter, udpSize: number, start: number, room: number): void {
    out.uint8(0)
    out.uint16(41)
    out.uint16(udpSize)
    out.uint16(this.extendedRcode << 8)
    out.uint16(this.doBit !== 0 ? 0x8000 : 0)
    const rdlengthAt = out.at
    out.uint16(0)
    if (this.ecs) {
      out.uint16(OPTION.clientSubnet)
      out.uint16(4 + this.ecsOctets)
      out.uint16(this.ecsFamily)
      out.uint8(this.ecsSource)
      out.uint8(this.ecsScope)
      out.copy(this.ecsAddress, 0, this.ecsOctets)
    }
    if (this.cookieOctets > 0) {
      out.uint16(OPTION.cookie)
      out.uint16(this.cookieOctets)
      out.copy(this.cookie, 0, this.cookieOctets)
    }
    if (this.nsid !== undefined) {
      out.uint16(OPTION.nsid)
      out.uint16(this.nsid.length)
      out.copy(this.nsid, 0, this.nsid.length)
    }
    if (this.keepalive >= 0) {
      out.uint16(OPTION.keepalive)
      out.uint16(2)
      out.uint16(this.keepalive)
    }
    if (this.ede >= 0) {
      out.uint16(OPTION.extendedError)
      out.uint16(2)
      out.uint16(this.ede)
    }
    if (this.padding) {
      const length = out.at - start + 4
      const pad = Math.min((PADDING_BLOCK - (length % PADDING_BLOCK)) % PADDING_BLOCK, Math.max(0, room - 4))
      out.uint16(OPTION.padding)
      out.uint16(pad)
      for (let i = 0; i < pad; i++) out.uint8(0)
    }
    out.patch16(rdlengthAt, out.at - rdlengthAt - 2)
  }
}
