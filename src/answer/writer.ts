/**
 * Writes the sections of a response over its request, behind the question, and compresses names (RFC 1035 4.1.4).
 *
 * Every suffix of every name already in the message is known by its hash, counted from the right, label by label, and its
 * offset. A new name is cut at its longest known suffix. The question's suffixes are taken in only when the first name has
 * to be compressed: an A or AAAA answer never gets that far.
 *
 * One instance for each thread; nothing here allocates.
 */
import { lowerOctet } from '../wire/index.ts'

/** Suffixes that are remembered; further ones are written out whole. */
const MOST_SUFFIXES = 256
/** A compression pointer has 14 bits. */
const FARTHEST_POINTER = 0x3fff
/** RFC 1035 3.1: 255 octets hold at most 127 labels. */
const MOST_LABELS = 128

const NONE = new Uint8Array(0)

export class ResponseWriter {
  octets: Uint8Array = NONE
  /** over the whole of `octets`; several octets a step */
  view: DataView = new DataView(NONE.buffer)
  /** the message starts here; pointers count from it */
  base = 0
  /** the next octet to write */
  at = 0
  /** writing stops before this */
  end = 0
  /** something did not fit since `begin` */
  overflow = false

  #known = 0
  #questionTaken = false
  readonly #hashes = new Int32Array(MOST_SUFFIXES)
  readonly #offsets = new Uint16Array(MOST_SUFFIXES)
  readonly #labels = new Int32Array(MOST_LABELS)
  readonly #suffixes = new Int32Array(MOST_LABELS)

  /** Starts behind the question: octets[base .. at) is header and question. */
  begin(octets: Uint8Array, base: number, at: number, end: number): void {
    // A driver answers in one memory as long as it lives: a view is made once.
    if (octets !== this.octets) {
      this.octets = octets
      this.view = new DataView(octets.buffer, octets.byteOffset, octets.length)
    }
    this.base = base
    this.at = at
    this.end = end
    this.overflow = false
    this.#known = 0
    this.#questionTaken = false
  }

  /** Forgets what was written from `at` on: a set that did not fit is taken back whole. */
  rewind(at: number): void {
    this.at = at
    this.overflow = false
    // Suffixes are in the order of their offsets.
    while (this.#known > 0 && this.#offsets[this.#known - 1]! + this.base >= at) this.#known--
  }

  uint8(value: number): void {
    if (this.at >= this.end) this.overflow = true
    else this.octets[this.at++] = value
  }

  uint16(value: number): void {
    if (this.at + 2 > this.end) {
      this.overflow = true
      return
    }
    this.view.setUint16(this.at, value)
    this.at += 2
  }

  uint32(value: number): void {
    if (this.at + 4 > this.end) {
      this.overflow = true
      return
    }
    this.view.setInt32(this.at, value)
    this.at += 4
  }

  copy(source: DataView, from: number, length: number): void {
    const to = this.view
    let at = this.at
    const end = at + length
    if (end > this.end) {
      this.overflow = true
      return
    }
    let i = from
    for (; at + 4 <= end; at += 4, i += 4) to.setInt32(at, source.getInt32(i, true), true)
    for (; at < end; at++, i++) to.setUint8(at, source.getUint8(i))
    this.at = end
  }

  /** Puts a 16-bit value where one was left open. */
  patch16(at: number, value: number): void {
    this.view.setUint16(at, value)
  }

  patch32(at: number, value: number): void {
    this.view.setInt32(at, value)
  }

  /**
   * Writes an uncompressed name of `source` with compression.
   * @returns the length it has in `source`
   */
  name(source: Uint8Array, from: number, compress: boolean): number {
    if (!this.#questionTaken) this.#takeQuestion()
    const labels = this.#measure(source, from)
    const length = this.#labels[labels]! - from + 1
    let known = -1
    let cut = labels
    if (compress) {
      for (let i = 0; i < labels; i++) {
        known = this.#find(source, this.#labels[i]!, this.#suffixes[i]!)
        if (known >= 0) {
          cut = i
          break
        }
      }
    }
    const start = this.at
    const end = this.#labels[cut]!
    this.#label(source, from, end - from)
    if (known >= 0) this.uint16(0xc000 | known)
    else this.uint8(0)
    if (!this.overflow) {
      for (let i = 0; i < cut; i++) this.#remember(this.#suffixes[i]!, start - this.base + this.#labels[i]! - from)
    }
    return length
  }

  /** Names come from wherever they stand, octet by octet: they are short, and rarely written. */
  #label(source: Uint8Array, from: number, length: number): void {
    if (this.at + length > this.end) {
      this.overflow = true
      return
    }
    const to = this.octets
    let at = this.at
    for (let i = from; i < from + length; i++) to[at++] = source[i]!
    this.at = at
  }

  /** Label starts and suffix hashes of an uncompressed name. @returns the number of labels without the root */
  #measure(source: Uint8Array, from: number): number {
    let labels = 0
    let at = from
    for (;;) {
      this.#labels[labels] = at
      const length = source[at]!
      if (length === 0) break
      labels++
      at += length + 1
    }
    let h = 0x811c9dc5 | 0
    for (let i = labels - 1; i >= 0; i--) {
      h = hashLabel(h, source, this.#labels[i]!)
      this.#suffixes[i] = h
    }
    return labels
  }

  #takeQuestion(): void {
    this.#questionTaken = true
    const from = this.base + 12
    const labels = this.#measure(this.octets, from)
    for (let i = 0; i < labels; i++) this.#remember(this.#suffixes[i]!, this.#labels[i]! - this.base)
  }

  #remember(hash: number, offset: number): void {
    if (this.#known >= MOST_SUFFIXES || offset > FARTHEST_POINTER) return
    this.#hashes[this.#known] = hash
    this.#offsets[this.#known++] = offset
  }

  /** @returns the offset in the message of the suffix of `source` at `from`, or -1 */
  #find(source: Uint8Array, from: number, hash: number): number {
    for (let i = 0; i < this.#known; i++) {
      if (this.#hashes[i] === hash && this.#same(this.#offsets[i]!, source, from)) return this.#offsets[i]!
    }
    return -1
  }

  /** Compares the (perhaps compressed) name at an offset of the message with an uncompressed one, without case (RFC 4343). */
  #same(offset: number, source: Uint8Array, from: number): boolean {
    const octets = this.octets
    let a = this.base + offset
    let b = from
    for (;;) {
      let length = octets[a]!
      while (length >= 0xc0) {
        // Our own pointers always point backwards.
        a = this.base + (((length & 0x3f) << 8) | octets[a + 1]!)
        length = octets[a]!
      }
      if (length !== source[b]) return false
      if (length === 0) return true
      for (let i = 1; i <= length; i++) if (lowerOctet(octets[a + i]!) !== lowerOctet(source[b + i]!)) return false
      a += length + 1
      b += length + 1
    }
  }
}

/** FNV-1a over one label, length octet first, without case. */
function hashLabel(h: number, source: Uint8Array, at: number): number {
  const end = at + source[at]!
  let hash = Math.imul(h ^ source[at]!, 0x01000193)
  for (let i = at + 1; i <= end; i++) hash = Math.imul(hash ^ lowerOctet(source[i]!), 0x01000193)
  return hash
}
