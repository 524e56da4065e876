/**
 * DNS cookies (RFC 7873) as all servers of an anycast set can check them (RFC 9018):
 *
 *     client cookie 8 | version 1 = 1 | reserved 3 | timestamp 4 | SipHash-2-4 8
 *
 * The hash covers everything before it and the client's address, keyed with a 16-octet secret. Several secrets: the first
 * one signs, all of them are accepted, so that a set of servers changes its secret without a gap (RFC 9018 5).
 */
import { SipHash } from './siphash.ts'

export const CLIENT_COOKIE_OCTETS = 8
export const COOKIE_OCTETS = 24
export const COOKIE_SECRET_OCTETS = 16
const VERSION = 1
/** RFC 9018 4.3: a cookie is good for an hour; five minutes allow for clocks that differ. */
const OLDEST_SECONDS = 3600
const NEWEST_SECONDS = 300

/** Signs and checks cookies; one instance per thread. Allocates nothing after construction. */
export class CookieJar {
  private readonly hashes: readonly SipHash[]
  private readonly input = new Uint8Array(16 + 16)

  /** @param secrets  16 octets each; the first signs, all are accepted */
  constructor(secrets: readonly Uint8Array[]) {
    this.hashes = secrets.map((secret) => new SipHash(secret))
  }

  /**
   * Checks the server cookie of a client (RFC 9018 4.3).
   * @param cookieAt      offset of the option's data in `message`
   * @param cookieOctets  its length
   * @param peerBytes     4 or 16 octets of address at peer[peerAt]
   * @param nowSeconds    Unix time
   * @returns 1: one of ours for this address, and fresh; 0: none, or not
   */
  verify(
    message: Uint8Array,
    cookieAt: number,
    cookieOctets: number,
    peer: Uint8Array,
    peerAt: number,
    peerBytes: number,
    nowSeconds: number,
  ): 0 | 1 {
    if (cookieOctets !== COOKIE_OCTETS || message[cookieAt + 8] !== VERSION) return 0
    const at = cookieAt + 12
    const stamp = (message[at]! << 24) | (message[at + 1]! << 16) | (message[at + 2]! << 8) | message[at + 3]!
    // Serial arithmetic: the timestamp wraps in 2106 (RFC 9018 4.3).
    const age = (nowSeconds - stamp) | 0
    if (age > OLDEST_SECONDS || age < -NEWEST_SECONDS) return 0
    const length = this.fill(message, cookieAt, 16, peer, peerAt, peerBytes)
    for (let i = 0; i < this.hashes.length; i++) {
      const hash = this.hashes[i]!
      hash.hash(this.input, 0, length)
      // One difference over all octets: the time it takes tells nothing about how many were right.
      let difference = 0
      for (let j = 0; j < 8; j++) difference |= digestOctet(hash, j) ^ message[cookieAt + 16 + j]!
      if (difference === 0) return 1
    }
    return 0
  }

  /**
   * Writes the option's data, client cookie and a fresh server cookie.
   * @param out      24 octets are written from outAt on
   * @param message  holds the client's cookie at cookieAt; may be the same buffer as `out`
   */
  write(
    out: Uint8Array,
    outAt: number,
    message: Uint8Array,
    cookieAt: number,
    peer: Uint8Array,
    peerAt: number,
    peerBytes: number,
    nowSeconds: number,
  ): void {
    const { input } = this
    const length = this.fill(message, cookieAt, CLIENT_COOKIE_OCTETS, peer, peerAt, peerBytes)
    input[8] = VERSION
    input[9] = 0
    input[10] = 0
    input[11] = 0
    input[12] = nowSeconds >>> 24
    input[13] = (nowSeconds >>> 16) & 255
    input[14] = (nowSeconds >>> 8) & 255
    input[15] = nowSeconds & 255
    const hash = this.hashes[0]!
    hash.hash(input, 0, length)
    for (let i = 0; i < 16; i++) out[outAt + i] = input[i]!
    for (let i = 0; i < 8; i++) out[outAt + 16 + i] = digestOctet(hash, i)
  }

  /** Lays out what is hashed: `octets` of the cookie, and the address after the sixteenth. @returns its length */
  private fill(
    message: Uint8Array,
    cookieAt: number,
    octets: number,
    peer: Uint8Array,
    peerAt: number,
    peerBytes: number,
  ): number {
    for (let i = 0; i < octets; i++) this.input[i] = message[cookieAt + i]!
    for (let i = 0; i < peerBytes; i++) this.input[16 + i] = peer[peerAt + i]!
    return 16 + peerBytes
  }
}

/** The digest's octets in wire order: little-endian, as SipHash defines its output. */
function digestOctet(hash: SipHash, i: number): number {
  return ((i < 4 ? hash.digestLow : hash.digestHigh) >>> (8 * (i & 3))) & 255
}
