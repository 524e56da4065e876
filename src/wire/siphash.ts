/**
 * SipHash-2-4 (Aumasson, Bernstein 2012), the hash of DNS cookies (RFC 9018 4.4), on 32-bit halves because numbers here are:
 * every 64-bit word is a pair (high, low) in two Int32Arrays. Allocates nothing after construction.
 */
export class SipHash {
  private readonly key = new Int32Array(4) // k0 high, k0 low, k1 high, k1 low
  private readonly high = new Int32Array(4)
  private readonly low = new Int32Array(4)
  /** the digest after `hash`: high and low half, the low half's low octet first in wire order */
  digestHigh = 0
  digestLow = 0

  /** @param key  16 octets */
  constructor(key: Uint8Array) {
    this.key[0] = littleEndian(key, 4)
    this.key[1] = littleEndian(key, 0)
    this.key[2] = littleEndian(key, 12)
    this.key[3] = littleEndian(key, 8)
  }

  /** Hashes octets[at .. at+length) into digestHigh and digestLow. */
  hash(octets: Uint8Array, at: number, length: number): void {
    const { high, low, key } = this
    high[0] = key[0]! ^ 0x736f6d65
    low[0] = key[1]! ^ 0x70736575
    high[1] = key[2]! ^ 0x646f7261
    low[1] = key[3]! ^ 0x6e646f6d
    high[2] = key[0]! ^ 0x6c796765
    low[2] = key[1]! ^ 0x6e657261
    high[3] = key[2]! ^ 0x74656462
    low[3] = key[3]! ^ 0x79746573
    const whole = at + (length & ~7)
    for (let i = at; i < whole; i += 8) this.absorb(littleEndian(octets, i + 4), littleEndian(octets, i))
    // The last word: the octets that are left, and the length in its highest octet.
    let lastHigh = (length & 255) << 24
    let lastLow = 0
    for (let i = 0; i < (length & 7); i++) {
      if (i < 4) lastLow |= octets[whole + i]! << (8 * i)
      else lastHigh |= octets[whole + i]! << (8 * (i - 4))
    }
    this.absorb(lastHigh, lastLow)
    low[2] = low[2]! ^ 0xff
    for (let i = 0; i < 4; i++) this.round()
    this.digestHigh = high[0]! ^ high[1]! ^ high[2]! ^ high[3]!
    this.digestLow = low[0]! ^ low[1]! ^ low[2]! ^ low[3]!
  }

  private absorb(wordHigh: number, wordLow: number): void {
    this.high[3] = this.high[3]! ^ wordHigh
    this.low[3] = this.low[3]! ^ wordLow
    this.round()
    this.round()
    this.high[0] = this.high[0]! ^ wordHigh
    this.low[0] = this.low[0]! ^ wordLow
  }

  private round(): void {
    this.addRotateXor(0, 1, 13)
    this.swapHalves(0)
    this.addRotateXor(2, 3, 16)
    this.addRotateXor(0, 3, 21)
    this.addRotateXor(2, 1, 17)
    this.swapHalves(2)
  }

  /** v[a] += v[b]; v[b] = rotate(v[b], bits) ^ v[a], bits below 32 */
  private addRotateXor(a: number, b: number, bits: number): void {
    const { high, low } = this
    const bHigh = high[b]!
    const bLow = low[b]!
    const sum = (low[a]! >>> 0) + (bLow >>> 0)
    const sumLow = sum | 0
    const sumHigh = (high[a]! + bHigh + (sum > 0xffffffff ? 1 : 0)) | 0
    low[a] = sumLow
    high[a] = sumHigh
    high[b] = ((bHigh << bits) | (bLow >>> (32 - bits))) ^ sumHigh
    low[b] = ((bLow << bits) | (bHigh >>> (32 - bits))) ^ sumLow
  }

  /** Rotates v[a] by 32 bits. */
  private swapHalves(a: number): void {
    const held = this.high[a]!
    this.high[a] = this.low[a]!
    this.low[a] = held
  }
}

function littleEndian(octets: Uint8Array, at: number): number {
  return octets[at]! | (octets[at + 1]! << 8) | (octets[at + 2]! << 16) | (octets[at + 3]! << 24)
}
