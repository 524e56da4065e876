/**
 * All zones served, by apex: which one is a name in? The longest matching apex wins, so that parent and child may both be here.
 */

import type { ZoneImage } from './image.ts'
import { spread } from './name-hash.ts'
import type { NameWalk } from './name-walk.ts'
import { NameWalk as Walk } from './name-walk.ts'

export class ZoneDirectory {
  readonly images: readonly ZoneImage[]
  /** index + 1, open addressing; 0: free */
  readonly #slots: Int32Array
  readonly #mask: number
  /** which numbers of labels an apex has at all: the only suffixes worth a probe */
  readonly #depths = new Uint8Array(128)

  constructor(images: readonly ZoneImage[]) {
    this.images = images
    let size = 8
    while (size < images.length * 2) size *= 2
    this.#slots = new Int32Array(size)
    this.#mask = size - 1
    const walk = new Walk()
    images.forEach((image, index) => {
      walk.take(image.octets, image.ownerAt(image.apex))
      this.#depths[walk.labels] = 1
      let slot = spread(walk.hashes[0]!) & this.#mask
      while (this.#slots[slot] !== 0) slot = (slot + 1) & this.#mask
      this.#slots[slot] = index + 1
    })
  }

  /** @returns index of the zone with the longest apex that the name is at or below, or -1 */
  find(walk: NameWalk): number {
    return this.#from(walk, 0)
  }

  /** The same, but the apex must be strictly above the name: where DS of an apex is asked for (RFC 4035 3.1.4.1). */
  findAbove(walk: NameWalk): number {
    return this.#from(walk, 1)
  }

  #from(walk: NameWalk, first: number): number {
    const labels = walk.labels
    for (let i = first; i <= labels; i++) {
      if (this.#depths[labels - i] === 0) continue
      for (let slot = spread(walk.hashes[i]!) & this.#mask; ; slot = (slot + 1) & this.#mask) {
        const index = this.#slots[slot]! - 1
        if (index < 0) break
        if (this.#isApex(this.images[index]!, walk, i)) return index
      }
    }
    return -1
  }

  #isApex(image: ZoneImage, walk: NameWalk, from: number): boolean {
    return walk.isSuffix(from, image.octets, image.ownerAt(image.apex), image.octets[image.apex]!)
  }
}
