/**
 * A seeded generator (sfc32 by Chris Doty-Humphrey, PractRand): same seed, same sequence, on every machine.
 * Chance is an argument everywhere in the pure rooms; this is what is handed in.
 */

export interface Random {
  /** 0 <= result < 2^32 */
  uint32(): number
  /** 0 <= result < 1 */
  float(): number
  /** 0 <= result < bound, without modulo bias worth speaking of (bound far below 2^32) */
  below(bound: number): number
  /** Exponentially distributed with the given mean. */
  exponential(mean: number): number
}

export function seededRandom(seed: number): Random {
  let a = seed >>> 0
  let b = 0x9e3779b9 ^ seed
  let c = 0x243f6a88
  let counter = 1
  const uint32 = (): number => {
    const t = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + t
    c |= 0
    return t >>> 0
  }
  for (let i = 0; i < 15; i++) uint32()
  const float = (): number => uint32() / 4294967296
  return {
    uint32,
    float,
    below: (bound) => Math.floor(float() * bound),
    exponential: (mean) => -mean * Math.log(1 - float()),
  }
}
