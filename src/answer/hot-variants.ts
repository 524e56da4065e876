/**
 * The variants that were answered with in this batch: their octets close at hand, and how often each was used. A batch of 64 queries
 * is answered with few different variants, so the nodes of each are counted once for the batch and not once for each query.
 *
 *     entry   64 words:  0 variant (its word in the region), 0: free | 1 uses | 2 octets | 3 records | 4 word of its node ids | 8.. octets
 *
 * Nothing here outlives a batch: the region's memory may be used anew after it.
 */
import { VARIANT } from './region.ts'

export const HOT_WORDS = 64
export const HOT = { variant: 0, uses: 1, octets: 2, records: 3, nodes: 4, answer: 8 } as const
/** A longer answer is left to the whole path: 14 addresses of IPv4, 8 of IPv6. */
export const MOST_HOT_OCTETS = 4 * (HOT_WORDS - HOT.answer)
const ENTRIES = 32

/** Where the nodes of a variant are counted. */
export interface NodeColumns {
  readonly nodesAt: number
  readonly lastAnsweredAt: number
  readonly nodes: number
}

/** @returns the first word of the entry that a variant belongs to */
export function hotEntryOf(variant: number): number {
  return ((variant ^ (variant >> 5)) & (ENTRIES - 1)) * HOT_WORDS
}

export class HotVariants {
  readonly words = new Int32Array(ENTRIES * HOT_WORDS)
  readonly #used = new Int32Array(ENTRIES)
  #count = 0

  /** Takes a variant into its entry, in place of another. @returns false: it is too long */
  take(
    entry: number,
    variant: number,
    region: Int32Array,
    recordOctets: number,
    row: Float64Array,
    columns: NodeColumns,
    nowMs: number,
  ): boolean {
    const octets = region[variant + VARIANT.length]!
    if (octets > MOST_HOT_OCTETS) return false
    const { words } = this
    if (words[entry] !== 0) this.#settle(entry, region, row, columns, nowMs)
    else this.#used[this.#count++] = entry
    words[entry + HOT.variant] = variant
    words[entry + HOT.uses] = 0
    words[entry + HOT.octets] = octets
    words[entry + HOT.records] = octets / recordOctets
    words[entry + HOT.nodes] = region[variant + VARIANT.nodes]!
    const from = region[variant + VARIANT.octets]! >> 2
    for (let i = 0; 4 * i < octets; i++) words[entry + HOT.answer + i] = region[from + i]!
    return true
  }

  /** Counts what this batch has used, and forgets it. */
  settle(region: Int32Array, row: Float64Array, columns: NodeColumns, nowMs: number): void {
    const { words } = this
    for (let i = 0; i < this.#count; i++) {
      const entry = this.#used[i]!
      this.#settle(entry, region, row, columns, nowMs)
      words[entry] = 0
    }
    this.#count = 0
  }

  #settle(entry: number, region: Int32Array, row: Float64Array, columns: NodeColumns, nowMs: number): void {
    const { words } = this
    const uses = words[entry + HOT.uses]!
    if (uses === 0) return
    const nodes = words[entry + HOT.nodes]!
    for (let i = 0; i < words[entry + HOT.records]!; i++) {
      const id = region[nodes + i]!
      // A node that joined while this batch was being answered has its column in the structure that comes with the next one.
      if (id >= columns.nodes) continue
      row[columns.nodesAt + id]! += uses
      row[columns.lastAnsweredAt + id] = nowMs
    }
  }
}
