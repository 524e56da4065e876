/**
 * The networks of one family while a map is compiled: side by side, in order, covering everything; neighbours of one class that
 * make up a wider network are merged as they come.
 *
 * So every network is the widest one of its class: what RFC 7871 wants for a scope, and never wider.
 */
import { assert } from '../base/index.ts'
import { SIGN } from './geo-map.ts'

export class NetworkList {
  /** 1 for IPv4, 4 for IPv6 */
  readonly wordsPerAddress: 1 | 4
  #starts: Int32Array
  /** class << 8 | prefix length */
  #entries: Int32Array
  #count = 0

  constructor(wordsPerAddress: 1 | 4) {
    this.wordsPerAddress = wordsPerAddress
    this.#starts = new Int32Array(1024 * wordsPerAddress)
    this.#entries = new Int32Array(1024)
  }

  get count(): number {
    return this.#count
  }

  /** @param start words of the first address; networks come in order and leave no gap */
  push(start: Int32Array, prefixLength: number, cls: number): void {
    const i = this.#count
    if (i === this.#entries.length) this.#grow()
    const at = i * this.wordsPerAddress
    for (let k = 0; k < this.wordsPerAddress; k++) this.#starts[at + k] = start[k]!
    this.#entries[i] = (cls << 8) | prefixLength
    this.#count = i + 1
    this.#merge()
  }

  /** While the last network is the right half of a wider one, and the one before it the left half and of its class: joins them. */
  #merge(): void {
    const entries = this.#entries
    for (let i = this.#count - 1; i > 0 && entries[i - 1] === entries[i]; i--) {
      const depth = entries[i]! & 255
      // The right half has a one in its last bit; what comes before a right half of the same length is its left half.
      if (depth === 0 || this.#bit(i, depth - 1) === 0) return
      entries[i - 1] = entries[i]! - 1
      this.#count = i
    }
  }

  #bit(i: number, at: number): number {
    return (this.#starts[i * this.wordsPerAddress + (at >> 5)]! >>> (31 - (at & 31))) & 1
  }

  #grow(): void {
    const starts = new Int32Array(this.#starts.length * 2)
    starts.set(this.#starts)
    this.#starts = starts
    const entries = new Int32Array(this.#entries.length * 2)
    entries.set(this.#entries)
    this.#entries = entries
  }

  /** Words that `write` needs. */
  size(stride: number): number {
    let words = 2 ** stride
    const visit = (from: number, to: number, taken: number): void => {
      this.#groups(from, to, taken, (first, end, deeper) => {
        words += 2
        if (deeper) {
          words += 1
          visit(first, end, taken + 32)
        }
      })
    }
    this.#tableGroups(stride, (first, end, deeper) => {
      if (!deeper) return
      words += 1
      visit(first, end, stride)
    })
    return words
  }

  /** Lays the table down at words[at ..], buckets after it. @returns the next free word */
  write(words: Int32Array, at: number, stride: number): number {
    let free = at + 2 ** stride
    const bucket = (from: number, to: number, taken: number): number => {
      const start = free
      let n = 0
      this.#groups(from, to, taken, () => n++)
      free += 1 + 2 * n
      words[start] = n
      let i = start + 1
      this.#groups(from, to, taken, (first, end, deeper) => {
        words[i] = this.#bits(first, taken) ^ SIGN
        words[i + n] = deeper ? bucket(first, end, taken + 32) | SIGN : this.#entries[first]!
        i++
      })
      return start
    }
    this.#tableGroups(stride, (first, end, deeper) => {
      const index = stride === 0 ? 0 : this.#starts[first * this.wordsPerAddress]! >>> (32 - stride)
      const depth = this.#entries[first]! & 255
      if (deeper) words[at + index] = bucket(first, end, stride) | SIGN
      else words.fill(this.#entries[first]!, at + index, at + index + 2 ** (stride - depth))
    })
    return free
  }

  /** Networks by their first `stride` bits: those no longer than it alone, the others together. */
  #tableGroups(stride: number, visit: (first: number, end: number, deeper: boolean) => void): void {
    this.#grouped(
      0,
      this.#count,
      stride,
      (i) => (stride === 0 ? 0 : this.#starts[i * this.wordsPerAddress]! >>> (32 - stride)),
      visit,
    )
  }

  /** Networks by the 32 bits after the first `taken`. */
  #groups(from: number, to: number, taken: number, visit: (first: number, end: number, deeper: boolean) => void): void {
    this.#grouped(from, to, taken + 32, (i) => this.#bits(i, taken), visit)
  }

  #grouped(
    from: number,
    to: number,
    bits: number,
    keyOf: (i: number) => number,
    visit: (first: number, end: number, deeper: boolean) => void,
  ): void {
    let first = from
    while (first < to) {
      const deeper = (this.#entries[first]! & 255) > bits
      let end = first + 1
      if (deeper) {
        const key = keyOf(first)
        while (end < to && keyOf(end) === key) end++
      }
      visit(first, end, deeper)
      first = end
    }
  }

  /** 32 bits of a network's first address, from bit `taken` on; zeros past its end. */
  #bits(i: number, taken: number): number {
    const at = i * this.wordsPerAddress + (taken >> 5)
    const end = (i + 1) * this.wordsPerAddress
    const shift = taken & 31
    assert(at < end, 'a network is longer than its address')
    const high = this.#starts[at]! << shift
    return shift === 0 || at + 1 >= end ? high : high | (this.#starts[at + 1]! >>> (32 - shift))
  }
}
