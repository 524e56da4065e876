/**
 * From a decision to wire bytes: for one steered record, the block of ready-made answers (region.ts draws it).
 *
 * A class of clients has a list of addresses; an answer is a window of `answers` addresses on that ring. So a class has as many
 * variants as addresses: few distinct sets (which DNSSEC will want), and the draw decides only where the window starts.
 *
 *     round-robin, nearest   start = the record's turn modulo the number of addresses
 *     weighted               start = the first whose running sum of weights is above the draw in [0, 2^32)
 *     sticky                 start = bucket of the client's network; buckets are dealt by weighted rendezvous hashing
 *     failover               the first node only
 */
import { unreachable } from '../base/index.ts'
import type { Choice, Node, Pick, SteeredRecord } from '../policy/index.ts'
import { EDE } from '../wire/index.ts'
import {
  BLOCK,
  CLASS,
  CLASS_WORDS,
  HEADER_WORDS,
  MODE,
  PICK,
  type RegionWriter,
  STICKY_BUCKETS,
  VARIANT,
  VARIANT_WORDS,
} from './region.ts'

/** One address that can be answered, and how much of the draw it gets. */
export interface Item {
  readonly nodeId: number
  /** the node's name: sticky picks hang on it, not on its number, so that they survive restarts */
  readonly node: string
  readonly address: Uint8Array
  readonly weight: number
}

/** The ready-made figures of one class of clients; what `writeBlock` lays down and `explain` tells. */
export interface ClassAnswer {
  readonly mode: (typeof MODE)[keyof typeof MODE]
  readonly ttlSeconds: number
  /** column of (record, pool) in the counters */
  readonly pairId: number
  readonly a: readonly Item[]
  readonly aaaa: readonly Item[]
  /** info code of an extended DNS error (RFC 8914), or -1 */
  readonly ede: number
}

/** What variants need to know of nodes and pools: their numbers in the counters, and their declaration. */
export interface Numbering {
  nodeId(node: string): number
  pairId(record: string, pool: string): number
  node(node: string): Node | undefined
}

/** Turns the decision for one class into its list of addresses. */
export function classAnswer(record: SteeredRecord, choice: Choice, numbering: Numbering): ClassAnswer {
  const a: Item[] = []
  const aaaa: Item[] = []
  for (const { node: name, weight } of eligible(record.pick, choice, numbering)) {
    const node = numbering.node(name)
    if (node === undefined) continue
    const nodeId = numbering.nodeId(name)
    // A node with several addresses of a family shares its weight among them.
    for (const address of node.a) a.push({ nodeId, node: name, address, weight: weight / node.a.length })
    for (const address of node.aaaa) aaaa.push({ nodeId, node: name, address, weight: weight / node.aaaa.length })
  }
  return {
    mode: MODE[choice.mode],
    ttlSeconds: choice.ttlSeconds,
    pairId: numbering.pairId(record.name, choice.pool),
    a,
    aaaa,
    // RFC 8914 4.4: Stale Answer fits an answer kept although its nodes fail; Forged Answer and the like would lie.
    ede: choice.kept ? EDE.STALE_ANSWER : -1,
  }
}

/** The nodes of a choice that this pick may answer with. */
function eligible(pick: Pick, choice: Choice, numbering: Numbering): Choice['nodes'] {
  const nodes = choice.nodes
  const first = nodes[0]
  if (first === undefined) return nodes
  switch (pick) {
    case 'failover':
      return [first]
    case 'nearest': {
      // Nodes come nearest first; those at the first one's site are equally near.
      const site = numbering.node(first.node)?.site
      return site === undefined ? [first] : nodes.filter(({ node }) => numbering.node(node)?.site === site)
    }
    case 'weighted':
    case 'sticky': {
      const weighed = nodes.filter(({ weight }) => weight > 0)
      // All weights zero: better an even spread than an empty answer.
      return weighed.length > 0 ? weighed : nodes.map(({ node }) => ({ node, weight: 1 }))
    }
    case 'round-robin':
      return nodes
    default:
      return unreachable(pick)
  }
}

export function pickKind(pick: Pick): (typeof PICK)[keyof typeof PICK] {
  return pick === 'weighted' ? PICK.draw : pick === 'sticky' ? PICK.sticky : PICK.rotate
}

/** Running sums scaled to [0, 2^32): a uint32 draw below thresholds[i], and not below the one before, takes item i. */
export function thresholds(items: readonly Item[]): number[] {
  const total = items.reduce((sum, item) => sum + item.weight, 0)
  let sum = 0
  return items.map((item, i) => {
    sum += item.weight
    return i === items.length - 1 ? 0xffffffff : Math.floor((sum / total) * 4294967295)
  })
}

/** Deals the sticky buckets by weighted rendezvous hashing: when an item leaves, only its own buckets move. */
export function dealBuckets(items: readonly Item[]): Uint16Array {
  const dealt = new Uint16Array(STICKY_BUCKETS)
  const seeds = items.map((item) => hashItem(item))
  for (let bucket = 0; bucket < STICKY_BUCKETS; bucket++) {
    let best = Number.NEGATIVE_INFINITY
    for (let i = 0; i < items.length; i++) {
      const uniform = (mix(seeds[i]! ^ Math.imul(bucket + 1, 0x9e3779b1)) + 0.5) / 4294967296
      const score = -items[i]!.weight / Math.log(uniform)
      if (score > best) {
        best = score
        dealt[bucket] = i
      }
    }
  }
  return dealt
}

function hashItem(item: Item): number {
  let h = 0x811c9dc5
  for (let i = 0; i < item.node.length; i++) h = Math.imul(h ^ item.node.charCodeAt(i), 0x01000193)
  for (const octet of item.address) h = Math.imul(h ^ octet, 0x01000193)
  return h >>> 0
}

/** A 32-bit finalizer (murmur3's): every input bit moves every output bit. */
export function mix(value: number): number {
  let h = value | 0
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/** Octets of one RR with a compressed owner: pointer, type, class, TTL, rdlength, address. */
export const A_OCTETS = 16
export const AAAA_OCTETS = 28

/**
 * Lays a record's block down in the region, unpublished.
 * @returns its first word, or -1 where the region is full
 */
export function writeBlock(region: RegionWriter, record: SteeredRecord, classes: readonly ClassAnswer[]): number {
  const words = blockWords(record, classes)
  const block = region.allocate(words)
  if (block < 0) return -1
  const w = region.view.words
  w[block + BLOCK.classes] = classes.length
  w[block + BLOCK.pick] = pickKind(record.pick)
  let free = block + HEADER_WORDS + CLASS_WORDS * classes.length
  for (let c = 0; c < classes.length; c++) {
    const answer = classes[c]!
    const entry = block + HEADER_WORDS + CLASS_WORDS * c
    w[entry + CLASS.mode] = answer.mode
    w[entry + CLASS.pair] = answer.pairId
    w[entry + CLASS.ede] = answer.ede + 1
    free = writeTable(region, record, answer.a, answer.ttlSeconds, 1, entry + CLASS.a, entry + CLASS.aBuckets, free)
    free = writeTable(
      region,
      record,
      answer.aaaa,
      answer.ttlSeconds,
      28,
      entry + CLASS.aaaa,
      entry + CLASS.aaaaBuckets,
      free,
    )
  }
  return block
}

/** How many words a block takes. */
export function blockWords(record: SteeredRecord, classes: readonly ClassAnswer[]): number {
  const sticky = record.pick === 'sticky'
  let words = HEADER_WORDS + CLASS_WORDS * classes.length
  for (const { a, aaaa } of classes) {
    words += itemWords(a, record.answers, A_OCTETS, sticky) + itemWords(aaaa, record.answers, AAAA_OCTETS, sticky)
  }
  return words
}

function itemWords(items: readonly Item[], answers: number, rrOctets: number, sticky: boolean): number {
  if (items.length === 0) return 0
  const window = Math.min(answers, items.length)
  return items.length * (VARIANT_WORDS + window + (window * rrOctets) / 4) + (sticky ? STICKY_BUCKETS : 0)
}

/** Writes one address family of one class: the variants, their node ids, their octets, the buckets. @returns the next free word */
function writeTable(
  region: RegionWriter,
  record: SteeredRecord,
  items: readonly Item[],
  ttlSeconds: number,
  type: 1 | 28,
  tableAt: number,
  bucketsAt: number,
  start: number,
): number {
  const { words: w, octets } = region.view
  w[tableAt] = 0
  w[tableAt + 1] = items.length
  w[bucketsAt] = 0
  if (items.length === 0) return start
  const window = Math.min(record.answers, items.length)
  const rrOctets = type === 1 ? A_OCTETS : AAAA_OCTETS
  w[tableAt] = start
  const limits = thresholds(items)
  let nodes = start + VARIANT_WORDS * items.length
  let rrs = 4 * (nodes + window * items.length)
  for (let i = 0; i < items.length; i++) {
    const variant = start + VARIANT_WORDS * i
    w[variant + VARIANT.threshold] = limits[i]! | 0
    w[variant + VARIANT.octets] = rrs
    w[variant + VARIANT.length] = window * rrOctets
    w[variant + VARIANT.nodes] = nodes
    for (let k = 0; k < window; k++) {
      const item = items[(i + k) % items.length]!
      w[nodes++] = item.nodeId
      writeAddress(octets, rrs, type, ttlSeconds, item.address)
      rrs += rrOctets
    }
  }
  let free = rrs / 4
  if (record.pick === 'sticky') {
    w[bucketsAt] = free
    w.set(dealBuckets(items), free)
    free += STICKY_BUCKETS
  }
  return free
}

/** One A or AAAA RR whose owner is the name in the question, at offset 12 (RFC 1035 4.1.3, 4.1.4). */
function writeAddress(octets: Uint8Array, at: number, type: number, ttlSeconds: number, address: Uint8Array): void {
  octets[at] = 0xc0
  octets[at + 1] = 12
  octets[at + 2] = 0
  octets[at + 3] = type
  octets[at + 4] = 0
  octets[at + 5] = 1
  octets[at + 6] = ttlSeconds >>> 24
  octets[at + 7] = ttlSeconds >>> 16
  octets[at + 8] = ttlSeconds >>> 8
  octets[at + 9] = ttlSeconds
  octets[at + 10] = 0
  octets[at + 11] = address.length
  octets.set(address, at + 12)
}
