/**
 * The name being looked up: where its labels start and the hash of each of its suffixes. One instance per thread, taken anew
 * for each name; it refers to the caller's octets and owns only two small tables.
 */
import { hashLabel, ROOT_HASH } from './name-hash.ts'

/** RFC 1035 2.3.4: 255 octets hold at most 127 labels and the root. */
const MOST_LABELS = 127

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
    let hash = ROOT_HASH
    hashes[labels] = hash
    for (let i = labels - 1; i >= 0; i--) {
      hash = hashLabel(octets, starts[i]!, hash)
      hashes[i] = hash
    }
    this.octets = octets
    this.at = at
    this.labels = labels
    this.length = p + 1 - at
    return this.length
  }
}
