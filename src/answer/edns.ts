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
    this.ede = -1
    if (!this.present) return
    this.present = false
    this.doBit = 0
    this.ecs = false
    this.ecsScope = 0
    this.cookieOctets = 0
    this.nsid = undefined
    this.keepalive = -1
    this.padding = false
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
    const { view } = out
    let at = out.at
    view.setUint8(at, 0)
    view.setUint16(at + 1, TYPE.OPT)
    view.setUint16(at + 3, udpSize)
    view.setInt32(at + 5, (this.extendedRcode << 24) | (this.doBit !== 0 ? 0x8000 : 0))
    const rdlengthAt = at + 9
    at += OPT_OCTETS
    if (this.ecs) {
      const length = this.ecsOctets
      view.setInt32(at, (OPTION.CLIENT_SUBNET << 16) | (4 + length))
      view.setInt32(at + 4, (this.ecsFamily << 16) | (this.ecsSource << 8) | this.ecsScope)
      at = put(view, at + 8, this.ecsAddress, length)
    }
    if (this.cookieOctets > 0) {
      view.setInt32(at, (OPTION.COOKIE << 16) | this.cookieOctets)
      at = put(view, at + 4, this.cookie, this.cookieOctets)
    }
    if (this.nsid !== undefined) {
      view.setInt32(at, (OPTION.NSID << 16) | this.nsid.length)
      at = put(view, at + 4, this.nsid, this.nsid.length)
    }
    if (this.keepalive >= 0) {
      view.setInt32(at, (OPTION.TCP_KEEPALIVE << 16) | 2)
      view.setUint16(at + 4, this.keepalive)
      at += 6
    }
    if (this.ede >= 0) {
      view.setInt32(at, (OPTION.EXTENDED_ERROR << 16) | 2)
      view.setUint16(at + 4, this.ede)
      at += 6
    }
    if (this.padding) {
      const length = at - start + 4
      const pad = Math.min((PADDING_BLOCK - (length % PADDING_BLOCK)) % PADDING_BLOCK, Math.max(0, room))
      view.setInt32(at, (OPTION.PADDING << 16) | pad)
      at += 4
      for (let i = 0; i < pad; i++) view.setUint8(at++, 0)
    }
    view.setUint16(rdlengthAt, at - rdlengthAt - 2)
    out.at = at
  }
}

function put(to: DataView, at: number, from: Uint8Array, length: number): number {
  for (let i = 0; i < length; i++) to.setUint8(at + i, from[i]!)
  return at + length
}
