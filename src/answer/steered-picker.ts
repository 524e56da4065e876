/**
 * From a steered record and a client to ready-made wire bytes: the client's class, the record's block, one of its variants.
 *
 *     record ── map ──▶ class ──▶ entry of the block ── turn, draw or bucket ──▶ variant ──▶ RR octets
 */
import { TYPE } from '../wire/index.ts'
import type { AttachedWorld } from './attached-world.ts'
import { SCALAR } from './counters.ts'
import {
  BLOCK,
  CLASS,
  CLASS_WORDS,
  HEADER_WORDS,
  PICK,
  SLOT_BASE,
  STICKY_BUCKETS,
  VARIANT,
  VARIANT_WORDS,
} from './region.ts'
import { A_OCTETS, AAAA_OCTETS, mix } from './variants.ts'
import type { ResponseWriter } from './writer.ts'

/** Sticky picks hang on the client's network at these lengths: what resolvers send by default (RFC 7871 11.1). */
export const STICKY_IPV4_BITS = 24
export const STICKY_IPV6_BITS = 56

/** Who asks: the client subnet where the resolver sent one, else the resolver. Filled for each query. */
export class ClientView {
  address: Uint8Array = new Uint8Array(16)
  at = 0
  octets: 4 | 16 = 4
  nowMs = 0
}

/** The variant of a table whose turn it is; by weight where the pick is a draw. @returns its index, below `count` */
export function chooseVariant(words: Int32Array, pick: number, turn: number, table: number, count: number): number {
  if (pick === PICK.rotate) return turn % count
  // A Weyl sequence: as even as a rotation, in the proportions of the weights.
  const draw = Math.imul(turn, 0x9e3779b1) >>> 0
  let low = 0
  let high = count - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if (draw < words[table + VARIANT_WORDS * middle + VARIANT.threshold]! >>> 0) high = middle
    else low = middle + 1
  }
  return low
}

export class SteeredPicker {
  /** the widest scope that all steered data in this response holds for, in bits */
  scope = 0
  mode = 0
  /** an extended DNS error to tell, or -1 */
  ede = -1

  readonly #out: ResponseWriter
  readonly #client: ClientView
  #entry = 0
  #pick = 0

  constructor(out: ResponseWriter, client: ClientView) {
    this.#out = out
    this.#client = client
  }

  /** Finds the record's block and the client's class in it. @returns 0 where nothing was published yet */
  block(world: AttachedWorld, record: number): number {
    const words = world.region.words
    // A plain read of an aligned word: never torn, and what it points to was written before it. An atomic one is a call here.
    const block = words[SLOT_BASE + record]!
    if (block === 0) return 0
    const client = this.#client
    const map = world.recordMaps[record]!
    let row = 0
    if (map >= 0) {
      const located = world.maps[map]!.locate(client.address, client.at, client.octets)
      row = located >>> 8
      this.#widen(located & 255)
    }
    this.#pick = words[block + BLOCK.pick]!
    if (this.#pick === PICK.sticky) this.#widen(client.octets === 4 ? STICKY_IPV4_BITS : STICKY_IPV6_BITS)
    const entry = block + HEADER_WORDS + CLASS_WORDS * row
    this.#entry = entry
    this.mode = words[entry + CLASS.mode]!
    this.ede = words[entry + CLASS.ede]! - 1
    const counters = world.row
    counters[world.layout.pairsAt + words[entry + CLASS.pair]!]!++
    counters[SCALAR.steered]!++
    return block
  }

  #widen(bits: number): void {
    if (bits > this.scope) this.scope = bits
  }

  /** @returns whether the class has addresses of this type */
  has(world: AttachedWorld, type: number): boolean {
    const words = world.region.words
    if (type === TYPE.A) return words[this.#entry + CLASS.aCount]! > 0
    return type === TYPE.AAAA && words[this.#entry + CLASS.aaaaCount]! > 0
  }

  /**
   * Writes one variant. @param ownerAt where the owner's name stands in `ownerOctets`; -1: it is the question's
   * @returns records written, or -1 where they do not fit
   */
  write(world: AttachedWorld, record: number, type: number, ownerOctets: Uint8Array, ownerAt: number): number {
    const { words, view } = world.region
    const entry = this.#entry
    const isA = type === TYPE.A
    const table = words[entry + (isA ? CLASS.a : CLASS.aaaa)]!
    const count = words[entry + (isA ? CLASS.aCount : CLASS.aaaaCount)]!
    const buckets = words[entry + (isA ? CLASS.aBuckets : CLASS.aaaaBuckets)]!
    const variant =
      table + VARIANT_WORDS * this.#choose(world, words, 2 * record + (isA ? 0 : 1), table, count, buckets)
    const from = words[variant + VARIANT.octets]!
    const length = words[variant + VARIANT.length]!
    const size = isA ? A_OCTETS : AAAA_OCTETS
    const records = (length / size) | 0
    const out = this.#out
    const start = out.at
    if (ownerAt < 0) {
      out.copy(view, from, length)
    } else {
      for (let rr = from; rr < from + length; rr += size) {
        out.name(ownerOctets, ownerAt, true)
        out.copy(view, rr + 2, size - 2)
      }
    }
    if (out.overflow) {
      out.rewind(start)
      return -1
    }
    this.#count(world, words, words[variant + VARIANT.nodes]!, records)
    return records
  }

  #choose(
    world: AttachedWorld,
    words: Int32Array,
    turnAt: number,
    table: number,
    count: number,
    buckets: number,
  ): number {
    if (this.#pick === PICK.sticky) return words[buckets + this.#bucket()]!
    const turn = world.turns[turnAt]!
    world.turns[turnAt] = (turn + 1) & 0x3fffffff
    return chooseVariant(words, this.#pick, turn, table, count)
  }

  /** The bucket of the client's network: the same on every name server and after every restart. */
  #bucket(): number {
    const { address, at, octets } = this.#client
    const whole = (octets === 4 ? STICKY_IPV4_BITS : STICKY_IPV6_BITS) >> 3
    let h: number = octets
    for (let i = 0; i < whole; i++) h = Math.imul(h ^ address[at + i]!, 0x01000193)
    return mix(h) & (STICKY_BUCKETS - 1)
  }

  #count(world: AttachedWorld, words: Int32Array, nodes: number, records: number): void {
    const counters = world.row
    const { nodesAt, lastAnsweredAt, nodes: columns } = world.layout
    for (let i = 0; i < records; i++) {
      const id = words[nodes + i]!
      // A node that joined while this batch was being answered has its column in the structure that comes with the next one.
      if (id >= columns) continue
      counters[nodesAt + id]!++
      counters[lastAnsweredAt + id] = this.#client.nowMs
    }
  }
}
