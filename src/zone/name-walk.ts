/**
 * The name being looked up: where its labels start and the hash of each of its suffixes. One instance per thread, taken anew
 * for each name; it refers to the caller's octets and keeps a copy in lower case, which is what hashing and comparing read.
 */
import { hashLabel, lowerWord, ROOT_HASH } from './name-hash.ts'

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
  readonly starts: Int32Array = new Int32Array(MOST_LABELS + 1)
  /** Hash of the suffix that begins with label i; hashes[labels] is the root's. */
  readonly hashes: Int32Array = new Int32Array(MOST_LABELS + 1)

  /** The name in lower case from 0 on, and three zeros after it, so that it can be compared by words. */
  readonly lower: Uint8Array
  /** the same octets as words */
  readonly words: Int32Array
  readonly #view: DataView

  constructor() {
    const buffer = new ArrayBuffer(MOST_OCTETS + 1 + 8)
    this.lower = new Uint8Array(buffer)
    this.words = new Int32Array(buffer)
    this.#view = new DataView(buffer)
  }

  /**
   * Takes an uncompressed name that has been checked before.
   * @returns its length in octets
   */
  take(octets: Uint8Array, at: number): number {
    const { starts, hashes } = this
    let p = at
    let labels = 0
    while (labels < MOST_LABELS) {
      const length = octets[p]!
      if (length === 0) break
      starts[labels++] = p
      p += length + 1
    }
    starts[labels] = p
    this.#copy(octets, at, p)
    const view = this.#view
    let hash = ROOT_HASH
    hashes[labels] = hash
    for (let i = labels - 1; i >= 0; i--) {
      hash = hashLabel(view, starts[i]! - at, hash)
      hashes[i] = hash
    }
    this.octets = octets
    this.at = at
    this.labels = labels
    this.length = p + 1 - at
    return this.length
  }

  /** Copies octets[from .. end) in lower case; length octets are below 'A' and stay. `end` is where the root's zero stands. */
  #copy(octets: Uint8Array, from: number, end: number): void {
    const view = this.#view
    let p = from
    for (; p + 4 <= end; p += 4) {
      const word = octets[p]! | (octets[p + 1]! << 8) | (octets[p + 2]! << 16) | (octets[p + 3]! << 24)
      view.setInt32(p - from, lowerWord(word), true)
    }
    const at = p - from
    let tail = 0
    for (let shift = 0; p < end; p++, shift += 8) tail |= octets[p]! << shift
    view.setInt32(at, lowerWord(tail), true)
    view.setInt32(at + 4, 0, true)
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
}
