/**
 * The steered region: the small part of the world that changes with health. One SharedArrayBuffer holds, for each steered
 * record, a block with a ready-made answer for every class of clients and every draw. The main thread writes a new block
 * beside the old one and publishes it by one atomic store of its offset; a worker reads the offset once for each query.
 *
 *     slots          blocks, each of a power-of-two size
 *     ┌───┬───┬───┐  ┌────────┬─────────┬─────┬──────────┬───────────┬───────────┐
 *     │ 0 │ 1 │...│  │ header │ class 0 │ ... │ variants │ node ids  │ RR octets │
 *     └─┬─┴───┴───┘  └────────┴─────────┴─────┴──────────┴───────────┴───────────┘
 *       └────────────▲
 *
 * Reclaiming (epochs, without locks): a worker writes the generation it sees into its own word before it reads a slot and
 * IDLE before it waits for packets; a retired block is reused once every worker is idle or has seen a later generation.
 * All of these are sequentially consistent atomics: a worker that was idle when the writer looked reads the new slot.
 */
import { assert } from '../base/index.ts'

/** Words of the control block that all threads share. */
export const CONTROL = {
  /** goes up by one with every publish of any kind */
  generation: 0,
  /** goes up by one when a message with new world parts is waiting in the worker's port */
  structure: 1,
  /** the first of one word for each thread: the generation it has seen, or IDLE */
  seen: 16,
} as const

export const IDLE = -1
/** More threads than a machine that runs this will have: UDP workers, the stream worker, the main thread. */
export const MAX_THREADS = 256

export function createControl(): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(4 * (CONTROL.seen + MAX_THREADS))
  const words = new Int32Array(buffer)
  words.fill(IDLE, CONTROL.seen)
  return buffer
}

export const HEADER_WORDS = 3
export const BLOCK = { sizeLog: 0, classes: 1, pick: 2 } as const

export const CLASS_WORDS = 9
/** Offsets in a class entry; tables are absolute word indices into the region, 0 where there is none. */
export const CLASS = {
  mode: 0,
  a: 1,
  aCount: 2,
  aaaa: 3,
  aaaaCount: 4,
  aBuckets: 5,
  aaaaBuckets: 6,
  /** column of (record, pool) in the counters */
  pair: 7,
  /** an extended DNS error (RFC 8914) that tells the truth about this answer, plus one; 0: none */
  ede: 8,
} as const

export const MODE = { answer: 0, nodata: 1, servfail: 2 } as const
export const PICK = { rotate: 0, draw: 1, sticky: 2 } as const

export const VARIANT_WORDS = 4
/** threshold: a draw (uint32) below it takes this variant; octets: absolute byte index; nodes: absolute word index of its node ids */
export const VARIANT = { threshold: 0, octets: 1, length: 2, nodes: 3 } as const

/** Sticky picks: the client's network is hashed to one of these. */
export const STICKY_BUCKETS = 256

/** Generations wrap: what a thread has seen must never look like IDLE, and earlier and later are told by difference. */
export const GENERATION_MASK = 0x7fffffff

/** @returns true where generation `a` came before `b` (serial number arithmetic on 31 bits) */
export function isBefore(a: number, b: number): boolean {
  const ahead = (b - a) & GENERATION_MASK
  return ahead !== 0 && ahead < 0x40000000
}

const SMALLEST_LOG = 6

/** Reading side, one in each thread. */
export interface RegionView {
  readonly slots: number
  readonly words: Int32Array
  /** the same, for octets */
  readonly view: DataView
  readonly octets: Uint8Array
}

export function attachRegion(buffer: SharedArrayBuffer): RegionView {
  const words = new Int32Array(buffer)
  return { slots: words[0]!, words, view: new DataView(buffer), octets: new Uint8Array(buffer) }
}

/** Slot r stands at word SLOT_BASE + r. */
export const SLOT_BASE = 4

/** Writing side: one, in the main thread. */
export class RegionWriter {
  readonly buffer: SharedArrayBuffer
  readonly view: RegionView
  readonly #control: Int32Array
  #top: number
  /** free blocks by the logarithm of their size in words */
  readonly #free: number[][] = Array.from({ length: 31 }, () => [])
  readonly #retired: { block: number; generation: number }[] = []

  /** @param words room for the blocks, in 32-bit words */
  constructor(control: SharedArrayBuffer, slots: number, words: number) {
    this.#control = new Int32Array(control)
    this.buffer = new SharedArrayBuffer(4 * (SLOT_BASE + slots + words))
    const all = new Int32Array(this.buffer)
    all[0] = slots
    this.view = attachRegion(this.buffer)
    this.#top = SLOT_BASE + slots
  }

  /** Finds room for a block. @returns its first word, or -1 where the region is full: the caller makes a larger one */
  allocate(words: number): number {
    const sizeLog = Math.max(SMALLEST_LOG, 32 - Math.clz32(words - 1))
    this.#reclaim()
    let block = this.#free[sizeLog]!.pop()
    if (block === undefined) {
      if (this.#top + (1 << sizeLog) > this.view.words.length) return -1
      block = this.#top
      this.#top += 1 << sizeLog
    }
    this.view.words[block + BLOCK.sizeLog] = sizeLog
    return block
  }

  /** Makes a finished block the record's answer from the next query on. */
  publish(slot: number, block: number): void {
    assert(slot >= 0 && slot < this.view.slots, 'slot out of range')
    const before = Atomics.exchange(this.view.words, SLOT_BASE + slot, block)
    const generation = (Atomics.add(this.#control, CONTROL.generation, 1) + 1) & GENERATION_MASK
    if (before !== 0) this.#retired.push({ block: before, generation })
  }

  /** Blocks that wait for threads to pass on; for tests. */
  get retired(): number {
    return this.#retired.length
  }

  #reclaim(): void {
    if (this.#retired.length === 0) return
    const now = Atomics.load(this.#control, CONTROL.generation) & GENERATION_MASK
    let oldest = now
    for (let i = 0; i < MAX_THREADS; i++) {
      const seen = Atomics.load(this.#control, CONTROL.seen + i)
      if (seen !== IDLE && isBefore(seen, oldest)) oldest = seen
    }
    let passed = 0
    while (passed < this.#retired.length && !isBefore(oldest, this.#retired[passed]!.generation)) {
      const { block } = this.#retired[passed++]!
      this.#free[this.view.words[block + BLOCK.sizeLog]!]!.push(block)
    }
    if (passed > 0) this.#retired.splice(0, passed)
  }
}
