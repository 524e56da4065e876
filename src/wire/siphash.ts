/**
 * SipHash-2-4 (Aumasson, Bernstein 2012), the hash of DNS cookies (RFC 9018 4.4), on 32-bit halves because numbers here are:
 * each of the four 64-bit words v0..v3 is a pair of locals, high h and low l. They are locals, and the round is written out
 * once in the loop, because every query with a cookie comes by here: arrays or a function per step cost three times as much.
 */
export class SipHash {
  private readonly key0High: number
  private readonly key0Low: number
  private readonly key1High: number
  private readonly key1Low: number
  /** the digest after `hash`: high and low half, the low half's low octet first in wire order */
  digestHigh = 0
  digestLow = 0

  /** @param key  16 octets */
  constructor(key: Uint8Array) {
    this.key0Low = littleEndian(key, 0)
    this.key0High = littleEndian(key, 4)
    this.key1Low = littleEndian(key, 8)
    this.key1High = littleEndian(key, 12)
  }

  /** Hashes octets[at .. at+length) into digestHigh and digestLow. Allocates nothing. */
  hash(octets: Uint8Array, at: number, length: number): void {
    let h0 = this.key0High ^ 0x736f6d65
    let l0 = this.key0Low ^ 0x70736575
    let h1 = this.key1High ^ 0x646f7261
    let l1 = this.key1Low ^ 0x6e646f6d
    let h2 = this.key0High ^ 0x6c796765
    let l2 = this.key0Low ^ 0x6e657261
    let h3 = this.key1High ^ 0x74656462
    let l3 = this.key1Low ^ 0x79746573

    const words = length >> 3
    const whole = at + words * 8
    // The last word: the octets that are left, and the length in its highest octet.
    let lastHigh = length << 24
    let lastLow = 0
    for (let i = 0; i < (length & 7); i++) {
      if (i < 4) lastLow |= octets[whole + i]! << (8 * i)
      else lastHigh |= octets[whole + i]! << (8 * (i - 4))
    }

    // Two rounds for each word, the last one included; then four to finish.
    const rounds = 2 * (words + 1) + 4
    const finish = rounds - 4
    let wordHigh = 0
    let wordLow = 0
    for (let round = 0; round < rounds; round++) {
      if (round < finish && (round & 1) === 0) {
        const i = at + round * 4
        wordHigh = i === whole ? lastHigh : littleEndian(octets, i + 4)
        wordLow = i === whole ? lastLow : littleEndian(octets, i)
        h3 ^= wordHigh
        l3 ^= wordLow
      } else if (round === finish) l2 ^= 0xff

      // v0 += v1; v1 <<<= 13; v1 ^= v0; v0 <<<= 32
      let low = (l0 >>> 0) + (l1 >>> 0)
      h0 = (h0 + h1 + (low > 0xffffffff ? 1 : 0)) | 0
      l0 = low | 0
      let held = (h1 << 13) | (l1 >>> 19)
      l1 = ((l1 << 13) | (h1 >>> 19)) ^ l0
      h1 = held ^ h0
      held = h0
      h0 = l0
      l0 = held
      // v2 += v3; v3 <<<= 16; v3 ^= v2
      low = (l2 >>> 0) + (l3 >>> 0)
      h2 = (h2 + h3 + (low > 0xffffffff ? 1 : 0)) | 0
      l2 = low | 0
      held = (h3 << 16) | (l3 >>> 16)
      l3 = ((l3 << 16) | (h3 >>> 16)) ^ l2
      h3 = held ^ h2
      // v0 += v3; v3 <<<= 21; v3 ^= v0
      low = (l0 >>> 0) + (l3 >>> 0)
      h0 = (h0 + h3 + (low > 0xffffffff ? 1 : 0)) | 0
      l0 = low | 0
      held = (h3 << 21) | (l3 >>> 11)
      l3 = ((l3 << 21) | (h3 >>> 11)) ^ l0
      h3 = held ^ h0
      // v2 += v1; v1 <<<= 17; v1 ^= v2; v2 <<<= 32
      low = (l2 >>> 0) + (l1 >>> 0)
      h2 = (h2 + h1 + (low > 0xffffffff ? 1 : 0)) | 0
      l2 = low | 0
      held = (h1 << 17) | (l1 >>> 15)
      l1 = ((l1 << 17) | (h1 >>> 15)) ^ l2
      h1 = held ^ h2
      held = h2
      h2 = l2
      l2 = held

      if (round < finish && (round & 1) === 1) {
        h0 ^= wordHigh
        l0 ^= wordLow
      }
    }
    this.digestHigh = h0 ^ h1 ^ h2 ^ h3
    this.digestLow = l0 ^ l1 ^ l2 ^ l3
  }
}

function littleEndian(octets: Uint8Array, at: number): number {
  return octets[at]! | (octets[at + 1]! << 8) | (octets[at + 2]! << 16) | (octets[at + 3]! << 24)
}
