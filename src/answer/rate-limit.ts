/**
 * Response rate limiting (the practice of NSD, Knot and BIND): a name server must not be a weapon against a forged source.
 * Each client network (IPv4 /24, IPv6 /56) has a token bucket for each class of answer; when it is empty, most responses are
 * dropped and every `slip`th goes out truncated, so that a real client behind the same network comes back over TCP.
 *
 * One table for each thread, of fixed size: a stranger cannot grow it. Two networks that fall on one entry take it from each
 * other, which errs on the side of answering. Valid cookies and TCP are exempt (the caller sees to it).
 */
import type { Network } from '../base/index.ts'
import { mix } from './variants.ts'

export interface RateLimits {
  /** responses a second for one network and one class of answer; 0: off */
  readonly rate: number
  /** seconds of `rate` that may come at once */
  readonly burstSeconds: number
  /** every slip'th limited response goes out truncated; 0: none, 1: all */
  readonly slip: number
  readonly ipv4PrefixLength: number
  readonly ipv6PrefixLength: number
  /** entries of the table, a power of two */
  readonly entries: number
  /** never limited; the machine itself by default: nobody outside can forge it */
  readonly exempt: readonly Network[]
}

export const ANSWER_CLASS = { positive: 1, nodata: 2, nxdomain: 3, referral: 4, error: 5 } as const
export type AnswerClass = (typeof ANSWER_CLASS)[keyof typeof ANSWER_CLASS]

export const VERDICT = { send: 0, drop: 1, truncate: 2 } as const
export type Verdict = (typeof VERDICT)[keyof typeof VERDICT]

export class RateLimiter {
  readonly #limits: RateLimits
  readonly #seed: number
  readonly #mask: number
  readonly #tag: Int32Array
  /** tokens left, in thousandths of a response: a millisecond adds `rate` of them */
  readonly #tokens: Int32Array
  readonly #atMs: Float64Array
  readonly #full: number
  #limited = 0

  constructor(limits: RateLimits, seed: number) {
    this.#limits = limits
    this.#seed = seed | 0
    this.#mask = limits.entries - 1
    this.#tag = new Int32Array(limits.entries)
    this.#tokens = new Int32Array(limits.entries)
    this.#atMs = new Float64Array(limits.entries)
    this.#full = Math.min(0x7fffffff, Math.round(limits.rate * limits.burstSeconds * 1000))
  }

  get active(): boolean {
    return this.#limits.rate > 0
  }

  /** Charges one response to the client's network. Allocates nothing. */
  judge(peer: Uint8Array, at: number, octets: 4 | 16, answerClass: AnswerClass, nowMs: number): Verdict {
    // Before the bucket: a busy exempt client must not drain it for its neighbours.
    if (this.#isExempt(peer, at, octets)) return VERDICT.send
    const bits = octets === 4 ? this.#limits.ipv4PrefixLength : this.#limits.ipv6PrefixLength
    let h = this.#seed ^ (answerClass << 8) ^ octets
    const whole = bits >> 3
    for (let i = 0; i < whole; i++) h = Math.imul(h ^ peer[at + i]!, 0x01000193)
    if ((bits & 7) !== 0) h = Math.imul(h ^ (peer[at + whole]! & (0xff00 >> (bits & 7))), 0x01000193)
    const tag = mix(h) | 1
    const entry = mix(h ^ 0x5bd1e995) & this.#mask
    if (this.#tag[entry] !== tag) {
      this.#tag[entry] = tag
      this.#tokens[entry] = this.#full
      this.#atMs[entry] = nowMs
    } else if (this.#atMs[entry] !== nowMs) {
      const earned = (nowMs - this.#atMs[entry]!) * this.#limits.rate
      this.#tokens[entry] =
        earned < 0 || earned > this.#full ? this.#full : Math.min(this.#full, this.#tokens[entry]! + earned)
      this.#atMs[entry] = nowMs
    }
    const left = this.#tokens[entry]!
    if (left >= 1000) {
      this.#tokens[entry] = left - 1000
      return VERDICT.send
    }
    const slip = this.#limits.slip
    this.#limited = (this.#limited + 1) | 0
    return slip > 0 && this.#limited % slip === 0 ? VERDICT.truncate : VERDICT.drop
  }

  #isExempt(peer: Uint8Array, at: number, octets: 4 | 16): boolean {
    const exempt = this.#limits.exempt
    for (let i = 0; i < exempt.length; i++) {
      const network = exempt[i]!
      if (network.address.length !== octets) continue
      let bit = 0
      while (bit < network.prefixLength) {
        const mask = network.prefixLength - bit >= 8 ? 255 : 0xff00 >> (network.prefixLength - bit)
        if (((network.address[bit >> 3]! ^ peer[at + (bit >> 3)]!) & mask & 255) !== 0) break
        bit += 8
      }
      if (bit >= network.prefixLength) return true
    }
    return false
  }
}
