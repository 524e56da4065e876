/**
 * ZoneBuilder -> image, once the records are grouped (grouping.ts). Two passes over the nodes: the first marks cuts and what lies
 * below them, and gives every node its place; the second writes.
 */
import { TYPE } from '../wire/index.ts'
import { slotsFor, type ZoneBuilder } from './builder.ts'
import { type CoveredTarget, type CoveredTargets, coveredTargets, targetName } from './covered-targets.ts'
import { aligned, HEADER, HEADER_WORDS, MAGIC, NODE, RR_HEAD, SET } from './image-layout.ts'
import { octetsKey } from './records.ts'
import { mayHaveTarget, targetAt, wantsCompression } from './targets.ts'

/** @returns NODE flags of every node, parents before children */
export function markNodes(builder: ZoneBuilder): Uint8Array {
  const flags = new Uint8Array(builder.nodes)
  const { nodeFirst, nodeParent, recordNext, names, nodeNameAt } = builder
  for (let node = 0; node < builder.nodes; node++) {
    const parent = nodeParent[node]!
    let bits = 0
    if (parent >= 0 && (flags[parent]! & (NODE.cut | NODE.dname | NODE.below)) !== 0) bits |= NODE.below
    const nameAt = nodeNameAt[node]!
    const isWildcard = names[nameAt] === 1 && names[nameAt + 1] === 0x2a
    if (isWildcard && parent >= 0) flags[parent]! |= NODE.wildcard
    let record = nodeFirst[node]!
    if (record < 0) bits |= NODE.empty
    for (; record >= 0; record = recordNext[record]!) {
      const type = builder.typeOf(record)
      if (type === TYPE.CNAME) bits |= NODE.cname
      // RFC 4592 4.2, 4.4: NS and DNAME at a wildcard delegate and redirect nothing.
      else if (type === TYPE.NS && parent >= 0 && !isWildcard) bits |= NODE.cut
      else if (type === TYPE.DNAME && !isWildcard) bits |= NODE.dname
    }
    if (builder.steered.has(node)) bits |= NODE.steered
    flags[node]! |= bits
  }
  return flags
}

/**
 * Writes the image of a builder whose records have been grouped and checked: there is exactly one SOA, at the apex, and no set
 * is oversized.
 */
export function writeImage(builder: ZoneBuilder, flags: Uint8Array): SharedArrayBuffer {
  const { nodes, nodeFirst, nodeLength, recordNext } = builder
  const slots = slotsFor(nodes)
  const slotsAt = HEADER_WORDS * 4
  const firstNode = slotsAt + slots * 4
  const nodeAt = new Int32Array(nodes)
  let end = firstNode
  for (let node = 0; node < nodes; node++) {
    nodeAt[node] = end
    const bits = flags[node]!
    end += 4 + ((bits & NODE.steered) !== 0 ? 4 : 0) + ((bits & NODE.wildcard) !== 0 ? 4 : 0)
    end = aligned(end + nodeLength[node]!)
    for (let record = nodeFirst[node]!; record >= 0; ) {
      const type = builder.typeOf(record)
      const targets = hasTargets(builder, record, type)
      end += 4
      for (; record >= 0 && builder.typeOf(record) === type; record = recordNext[record]!)
        end += RR_HEAD + builder.rdlengthOf(record) + (targets ? 4 : 0)
      end = aligned(end)
    }
  }
  const covered = coveredTargets(builder, flags)
  const nodesEnd = end
  for (const target of covered.values()) {
    target.at = end
    end += standInOctets(builder, flags, target)
  }
  const buffer = new SharedArrayBuffer(end)
  const writer = new ImageWriter(buffer, builder, flags, nodeAt, covered)
  for (let node = 0; node < nodes; node++) writer.node(node)
  for (const target of covered.values()) writer.standIn(target)
  const words = new Int32Array(buffer)
  let offsetBits = 1
  while (2 ** offsetBits <= end >> 2) offsetBits++
  // An offset has more bits than a node's number, so the builder's fingerprints are long enough.
  const built = builder.slots(slots)
  for (let slot = 0; slot < slots; slot++) {
    const entry = built[slot]!
    if (entry !== 0)
      words[(slotsAt >> 2) + slot] = ((entry >>> offsetBits) << offsetBits) | (nodeAt[(entry & (slots - 1)) - 1]! >> 2)
  }
  words[HEADER.magic] = MAGIC
  words[HEADER.slotsAt] = slotsAt
  words[HEADER.slotMask] = slots - 1
  words[HEADER.offsetBits] = offsetBits
  words[HEADER.apex] = firstNode
  words[HEADER.nodesEnd] = nodesEnd
  words[HEADER.soa] = writer.soa
  words[HEADER.serial] = writer.serial
  words[HEADER.negativeTtl] = writer.negativeTtl
  words[HEADER.nodes] = nodes
  words[HEADER.records] = writer.records
  return buffer
}

/** A node's head, its name, and its sets of addresses. */
function standInOctets(builder: ZoneBuilder, flags: Uint8Array, { name, wildcard, addresses }: CoveredTarget): number {
  let octets = aligned(4 + ((flags[wildcard]! & NODE.steered) !== 0 ? 4 : 0) + name.length)
  let type = 0
  for (const record of addresses) {
    if (builder.typeOf(record) !== type) octets = aligned(octets) + 4
    type = builder.typeOf(record)
    octets += RR_HEAD + builder.rdlengthOf(record)
  }
  return aligned(octets)
}

function hasTargets(builder: ZoneBuilder, record: number, type: number): boolean {
  // A view of the rdata is garbage to collect: none is made for the million of A records.
  return mayHaveTarget(type) && targetAt(type, builder.rdataOf(record)) >= 0
}

/** Writes nodes one behind the other where pass one placed them. */
class ImageWriter {
  soa = 0
  serial = 0
  negativeTtl = 0
  records = 0
  readonly #octets: Uint8Array
  readonly #halves: Uint16Array
  readonly #words: Int32Array
  readonly #builder: ZoneBuilder
  readonly #flags: Uint8Array
  readonly #nodeAt: Int32Array
  /** the builder's names and log, by words */
  readonly #names: Int32Array
  readonly #log: Int32Array
  readonly #covered: CoveredTargets

  constructor(
    buffer: SharedArrayBuffer,
    builder: ZoneBuilder,
    flags: Uint8Array,
    nodeAt: Int32Array,
    covered: CoveredTargets,
  ) {
    this.#octets = new Uint8Array(buffer)
    this.#halves = new Uint16Array(buffer)
    this.#words = new Int32Array(buffer)
    this.#builder = builder
    this.#flags = flags
    this.#nodeAt = nodeAt
    const { names, log } = builder
    this.#names = new Int32Array(names.buffer, 0, names.length >> 2)
    this.#log = new Int32Array(log.buffer, 0, log.length >> 2)
    this.#covered = covered
  }

  node(node: number): void {
    const builder = this.#builder
    const octets = this.#octets
    const bits = this.#flags[node]!
    let at = this.#nodeAt[node]!
    const length = builder.nodeLength[node]!
    octets[at] = length
    octets[at + 1] = builder.nodeLabels[node]!
    this.#halves[(at >> 1) + 1] = bits
    at += 4
    if ((bits & NODE.steered) !== 0) {
      this.#words[at >> 2] = builder.steered.get(node)!
      at += 4
    }
    if ((bits & NODE.wildcard) !== 0) {
      this.#words[at >> 2] = this.#nodeAt[builder.wildcardOf(node)]!
      at += 4
    }
    this.#copy(at, this.#names, builder.nodeNameAt[node]!, length)
    at = aligned(at + length)
    for (let record = builder.nodeFirst[node]!; record >= 0; ) {
      const set = at
      const type = builder.typeOf(record)
      const first = record
      let count = 0
      for (; record >= 0 && builder.typeOf(record) === type; record = builder.recordNext[record]!) count++
      at = this.#set(node, set, first, count, type, record < 0)
    }
  }

  /** Writes a wildcard's addresses under the name of a target that it covers. */
  standIn({ name, wildcard, addresses, at: start }: CoveredTarget): void {
    const builder = this.#builder
    const octets = this.#octets
    const steered = this.#flags[wildcard]! & NODE.steered
    let at = start
    octets[at] = name.length
    octets[at + 1] = builder.nodeLabels[wildcard]!
    this.#halves[(at >> 1) + 1] = steered | (addresses.length === 0 ? NODE.empty : 0)
    at += 4
    if (steered !== 0) {
      this.#words[at >> 2] = builder.steered.get(wildcard)!
      at += 4
    }
    octets.set(name, at)
    at = aligned(at + name.length)
    for (let i = 0; i < addresses.length; ) {
      const set = at
      const type = builder.typeOf(addresses[i]!)
      const first = i
      at += 4
      for (; i < addresses.length && builder.typeOf(addresses[i]!) === type; i++) {
        const from = builder.recordAt[addresses[i]!]!
        const length = RR_HEAD + builder.rdlengthOf(addresses[i]!)
        octets.set(builder.log.subarray(from, from + length), at)
        at += length
      }
      this.#halves[set >> 1] = (i - first) | SET.plain | (i === addresses.length ? SET.last : 0)
      this.#halves[(set >> 1) + 1] = at - set - 4
      at = aligned(at)
    }
  }

  /** @returns offset past the set */
  #set(node: number, set: number, first: number, count: number, type: number, last: boolean): number {
    const builder = this.#builder
    const octets = this.#octets
    const targets = hasTargets(builder, first, type)
    const plain = !targets && !wantsCompression(type)
    const start = set + 4 + (targets ? count * 4 : 0)
    let at = start
    let record = first
    for (let i = 0; i < count; i++, record = builder.recordNext[record]!) {
      if (targets) this.#words[(set >> 2) + 1 + i] = this.#target(node, type, record)
      const from = builder.recordAt[record]!
      const length = RR_HEAD + builder.rdlengthOf(record)
      // The zeros behind a record are overwritten by the next one; those behind the last are the set's padding.
      if ((at & 3) === 0) this.#copy(at, this.#log, from, length)
      else octets.set(builder.log.subarray(from, from + length), at)
      at += length
    }
    this.records += count
    this.#halves[set >> 1] = count | (targets ? SET.targets : 0) | (plain ? SET.plain : 0) | (last ? SET.last : 0)
    this.#halves[(set >> 1) + 1] = at - start
    if (type === TYPE.SOA && node === 0) this.#apexSoa(set, first)
    return aligned(at)
  }

  /** Copies `length` octets and what is left of their last word; `at` and `from` are multiples of four. */
  #copy(at: number, source: Int32Array, from: number, length: number): void {
    const words = this.#words
    for (let to = at >> 2, p = from >> 2, end = (from + length + 3) >> 2; p < end; p++, to++) words[to] = source[p]!
  }

  #target(node: number, type: number, record: number): number {
    const builder = this.#builder
    const rdata = builder.rdataOf(record)
    const at = targetAt(type, rdata)
    // RFC 9460 2.5.2: "." as a service's target is the owner itself.
    const isOwner = rdata[at] === 0 && (type === TYPE.SVCB || type === TYPE.HTTPS) && (rdata[0]! | rdata[1]!) !== 0
    const target = isOwner ? node : builder.existing(rdata, at)
    if (target >= 0) return this.#isRedirected(target) ? 0 : this.#nodeAt[target]!
    return this.#covered.size === 0 ? 0 : (this.#covered.get(octetsKey(targetName(rdata, at)))?.at ?? 0)
  }

  /** RFC 6672 2.4: what lies below a DNAME is not there; what lies below a cut is glue. */
  #isRedirected(node: number): boolean {
    const { nodeParent } = this.#builder
    let above = node
    while ((this.#flags[above]! & NODE.below) !== 0) above = nodeParent[above]!
    return above !== node && (this.#flags[above]! & NODE.cut) === 0
  }

  #apexSoa(set: number, record: number): void {
    const builder = this.#builder
    const rdata = builder.rdataOf(record)
    const figures = new DataView(rdata.buffer, rdata.byteOffset + rdata.length - 20, 20)
    this.soa = set
    this.serial = figures.getUint32(0)
    this.negativeTtl = Math.min(builder.ttlOf(record), figures.getUint32(16), 0x7fffffff)
  }
}
