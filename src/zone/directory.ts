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
  /** 1 where no other zone's apex is below this one's: what is in such a zone is in no other */
  readonly #innermost: Uint8Array
  /** the innermost zone that was asked for last; -1: none. Most servers have few zones, and ask the same one again and again */
  #last = -1

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
      let slot = spread(walk.hash(0)) & this.#mask
      while (this.#slots[slot] !== 0) slot = (slot + 1) & this.#mask
      this.#slots[slot] = index + 1
    })
    this.#innermost = new Uint8Array(images.length).fill(1)
    for (const image of images) {
      walk.take(image.octets, image.ownerAt(image.apex))
      const parent = this.#from(walk, 1)
      if (parent >= 0) this.#innermost[parent] = 0
    }
  }

  /** @returns index of the zone with the longest apex that the name is at or below, or -1 */
  find(walk: NameWalk): number {
    const last = this.#last
    if (last >= 0) {
      const image = this.images[last]!
      const from = walk.labels - image.apexLabels
      if (from >= 0 && image.isNamed(image.apex, walk, from)) return last
    }
    const zone = this.#from(walk, 0)
    if (zone >= 0 && this.#innermost[zone] !== 0) this.#last = zone
    return zone
  }

  /** @returns true where no other zone here lies below the apex of this one */
  isInnermost(zone: number): boolean {
    return this.#innermost[zone] === 1
  }

  /** As find, but the apex must be strictly above the name: where DS of an apex is asked for (RFC 4035 3.1.4.1). */
  findAbove(walk: NameWalk): number {
    return this.#from(walk, 1)
  }

  #from(walk: NameWalk, first: number): number {
    const labels = walk.labels
    for (let i = first; i <= labels; i++) {
      if (this.#depths[labels - i] === 0) continue
      for (let slot = spread(walk.hash(i)) & this.#mask; ; slot = (slot + 1) & this.#mask) {
        const index = this.#slots[slot]! - 1
        if (index < 0) break
        if (this.#isApex(this.images[index]!, walk, i)) return index
      }
    }
    return -1
  }

  #isApex(image: ZoneImage, walk: NameWalk, from: number): boolean {
    return image.isNamed(image.apex, walk, from)
  }
}
