/**
 * The name being looked up: where its labels start, and a copy of it in lower case, which is what hashing and comparing read,
 * four octets at a time. One instance per thread, taken anew for each name; it refers to the caller's octets.
 */
import { hashName, hashStep, lowerWord } from './name-hash.ts'

/** RFC 1035 2.3.4: 255 octets hold at most 127 labels and the root. */
const MOST_LABELS = 127
const MOST_OCTETS = 255

const NONE = new Uint8Array(1)

export class NameWalk {
  octets: Uint8Array = NONE
  at = 0
  /** in octets, the root's octet included */
  length = 1
  /** without the root */
  labels = 0
  /** Offset in `octets` of each label's length octet; starts[labels] is the root's octet. */
  readonly starts: Int32Array

  /** The name in lower case from 0 on, and zeros after it as far as a word that begins in it reaches. */
  readonly lower: Uint8Array
  /** the same octets */
  readonly #lower: DataView
  #source: DataView = new DataView(NONE.buffer)
  #hash = 0

  /** @param starts where the walk's label starts stand; a scan's own, where it takes names over from there */
  constructor(starts: Int32Array = new Int32Array(MOST_LABELS + 1)) {
    this.starts = starts
    const buffer = new ArrayBuffer(MOST_OCTETS + 1 + 8)
    this.lower = new Uint8Array(buffer)
    this.#lower = new DataView(buffer)
  }

  /**
   * Takes an uncompressed name that has been checked before.
   * @param view over the whole of `octets`; one is made where the octets are not those of the last call
   * @returns its length in octets
   */
  take(octets: Uint8Array, at: number, view: DataView = this.#viewOf(octets)): number {
    const { starts } = this
    let p = at
    let labels = 0
    for (; labels < MOST_LABELS; labels++) {
      starts[labels] = p
      const length = octets[p]!
      if (length === 0) break
      p += length + 1
    }
    starts[labels] = p
    this.octets = octets
    this.#source = view
    this.at = at
    this.labels = labels
    this.length = p + 1 - at
    this.#copy(view, at, p + 1, octets.length)
    return this.length
  }

  /**
   * Takes a question's name, whose label starts a scan has put into `starts` already; type and class stand behind it.
   * @param length in octets, the root's included
   */
  takeScanned(octets: Uint8Array, at: number, view: DataView, length: number, labels: number): void {
    this.octets = octets
    this.#source = view
    this.at = at
    this.labels = labels
    this.length = length
    this.#copy(view, at, at + length, at + length + 4)
  }

  /** @returns hash of the suffix that begins with label `from` (int32) */
  hash(from: number): number {
    return from === 0 ? this.#hash : hashName(this.#lower, this.starts[from]! - this.at, this.length)
  }

  /**
   * Copies [from .. end) in lower case and hashes it on the way; length octets are below 'A' and stay.
   * @param readable as far as the view may be read: then the last word is read whole, and cut
   */
  #copy(view: DataView, from: number, end: number, readable: number): void {
    const lower = this.#lower
    let hash = end - from
    let p = from
    for (; p + 4 <= end; p += 4) {
      const word = lowerWord(view.getInt32(p, true))
      lower.setInt32(p - from, word, true)
      hash = hashStep(hash, word)
    }
    let tail = 0
    const rest = end - p
    if (p + 4 <= readable) tail = view.getInt32(p, true) & ((1 << (rest << 3)) - 1)
    else for (let i = 0; i < rest; i++) tail |= view.getUint8(p + i) << (i << 3)
    tail = lowerWord(tail)
    lower.setInt32(p - from, tail, true)
    lower.setInt32(p - from + 4, 0, true)
    this.#hash = rest > 0 ? hashStep(hash, tail) : hash
  }

  #viewOf(octets: Uint8Array): DataView {
    return octets === this.octets ? this.#source : new DataView(octets.buffer, octets.byteOffset, octets.length)
  }

  /** @returns true where the suffix that begins with label `from` is the name (lower case) at other[at ..) of that length */
  isSuffix(from: number, other: Uint8Array, at: number, length: number): boolean {
    let p = this.starts[from]! - this.at
    if (this.length - p !== length) return false
    const { lower } = this
    let q = at
    for (const end = p + length; p < end; p++, q++) if (lower[p] !== other[q]) return false
    return true
  }

  /** The same for a name that begins with the word words[at] and is padded with zeros to whole words. */
  isSuffixInWords(from: number, words: Int32Array, at: number, length: number): boolean {
    let p = this.starts[from]! - this.at
    const end = this.length
    if (end - p !== length) return false
    const lower = this.#lower
    for (let q = at; p < end; p += 4, q++) if (lower.getInt32(p, true) !== words[q]) return false
    return true
  }
}
