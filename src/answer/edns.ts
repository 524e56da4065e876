/**
 * The OPT record of a response (RFC 6891), and what has to be kept of the request for it: a response is written over its
 * request, so what is echoed is copied aside first.
 *
 *     +------+------+------------+-------------------------+----------+
 *     | 0    | 41   | UDP size   | rcode, version, DO, Z   | rdlength | options ...
 *     | 1    | 2    | 2          | 4                       | 2        |
 */
import { OPTION, TYPE } from '../wire/index.ts'
import type { ResponseWriter } from './writer.ts'

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
      (this.padding ? 4 : 0) +
      6
    )
  }

  /**
   * Writes the record at the end of the response; its room was kept (`octets`), so nothing is checked here.
   * @param room octets that padding may use beyond `octets`
   */
  write(out: ResponseWriter, udpSize: number, start: number, room: number): void {
    const octets = out.octets
    let at = out.at
    octets[at] = 0
    at = put16(octets, at + 1, TYPE.OPT)
    at = put16(octets, at, udpSize)
    octets[at] = this.extendedRcode
    octets[at + 1] = 0
    octets[at + 2] = this.doBit !== 0 ? 0x80 : 0
    octets[at + 3] = 0
    const rdlengthAt = at + 4
    at += 6
    if (this.ecs) {
      const length = this.ecsOctets
      at = put16(octets, at, OPTION.CLIENT_SUBNET)
      at = put16(octets, at, 4 + length)
      at = put16(octets, at, this.ecsFamily)
      octets[at] = this.ecsSource
      octets[at + 1] = this.ecsScope
      at = put(octets, at + 2, this.ecsAddress, length)
    }
    if (this.cookieOctets > 0) {
      at = put16(octets, at, OPTION.COOKIE)
      at = put16(octets, at, this.cookieOctets)
      at = put(octets, at, this.cookie, this.cookieOctets)
    }
    if (this.nsid !== undefined) {
      at = put16(octets, at, OPTION.NSID)
      at = put16(octets, at, this.nsid.length)
      at = put(octets, at, this.nsid, this.nsid.length)
    }
    if (this.keepalive >= 0) {
      at = put16(octets, at, OPTION.TCP_KEEPALIVE)
      at = put16(octets, at, 2)
      at = put16(octets, at, this.keepalive)
    }
    if (this.ede >= 0) {
      at = put16(octets, at, OPTION.EXTENDED_ERROR)
      at = put16(octets, at, 2)
      at = put16(octets, at, this.ede)
    }
    if (this.padding) {
      const length = at - start + 4
      const pad = Math.min((PADDING_BLOCK - (length % PADDING_BLOCK)) % PADDING_BLOCK, Math.max(0, room))
      at = put16(octets, at, OPTION.PADDING)
      at = put16(octets, at, pad)
      for (let i = 0; i < pad; i++) octets[at++] = 0
    }
    put16(octets, rdlengthAt, at - rdlengthAt - 2)
    out.at = at
  }
}

function put16(octets: Uint8Array, at: number, value: number): number {
  octets[at] = value >>> 8
  octets[at + 1] = value
  return at + 2
}

function put(octets: Uint8Array, at: number, source: Uint8Array, length: number): number {
  for (let i = 0; i < length; i++) octets[at + i] = source[i]!
  return at + length
}
