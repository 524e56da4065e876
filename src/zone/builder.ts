/**
 * A zone on its way from a master file (or from a list of records) to an image: a log of records in wire form (record-log.ts)
 * and a table of names, all in typed arrays, nothing per record on the heap.
 *
 * Whoever parses calls begin(), writes the rdata through the RdataWriter that the log is, and ends with end() for the owner's
 * node(), or with cancel(). A node's ancestors up to the apex are made with it, so empty non-terminals need no second thought.
 */
import { lowerName, lowerOctet } from '../wire/index.ts'
import { grown } from './grown.ts'
import { aligned } from './image-layout.ts'
import { hashName, spread } from './name-hash.ts'
import { NameWalk } from './name-walk.ts'
import { RecordLog } from './record-log.ts'

export class ZoneBuilder extends RecordLog {
  /** lower case, uncompressed */
  readonly apex: Uint8Array
  readonly apexLabels: number

  /** owner names one after the other, lower case, each at a multiple of four and with zeros up to the next one */
  names: Uint8Array<ArrayBuffer>
  #namesView: DataView
  #namesEnd = 0
  nodes = 0
  nodeNameAt: Int32Array<ArrayBuffer>
  /** octets of the name */
  nodeLength: Uint8Array<ArrayBuffer>
  nodeLabels: Uint8Array<ArrayBuffer>
  nodeHash: Int32Array<ArrayBuffer>
  /** -1: the apex */
  nodeParent: Int32Array<ArrayBuffer>
  /** first and last record of the node, -1: none; records hang together by recordNext */
  nodeFirst: Int32Array<ArrayBuffer>
  nodeLast: Int32Array<ArrayBuffer>
  /** node -> record number */
  readonly steered: Map<number, number> = new Map()

  /**
   * Open addressing, linear probing. The low bits of a name's spread hash choose the slot; in the slot they give way to node + 1,
   * and the high bits stay: so a name that is not there is mostly told by the slots alone, without a look at some other name.
   */
  #slots: Int32Array<ArrayBuffer>
  readonly #walk = new NameWalk()
  /** parent of the last name that was looked for at length: mostly the next one's, too */
  #lastParent = 0

  /**
   * @param apex     uncompressed wire form
   * @param expected about how many records will come; a wrong guess costs time, not correctness
   */
  constructor(apex: Uint8Array, expected = 16) {
    const count = Math.max(16, expected)
    super(count)
    this.apex = lowerName(apex)
    this.#walk.take(this.apex, 0)
    this.apexLabels = this.#walk.labels
    this.names = new Uint8Array(count * 24)
    this.#namesView = new DataView(this.names.buffer)
    this.nodeNameAt = new Int32Array(count)
    this.nodeLength = new Uint8Array(count)
    this.nodeLabels = new Uint8Array(count)
    this.nodeHash = new Int32Array(count)
    this.nodeParent = new Int32Array(count)
    this.nodeFirst = new Int32Array(count)
    this.nodeLast = new Int32Array(count)
    this.#slots = new Int32Array(slotsFor(count))
    this.#makeNode(this.#walk, 0, -1)
  }

  /** @returns the node of that uncompressed name, made where new; -1: not at or below the apex */
  node(octets: Uint8Array, at: number): number {
    const length = octets[at]!
    if (length !== 0 && this.#isName(this.#lastParent, octets, at + 1 + length))
      return this.#child(this.#lastParent, octets, at + 1, length)
    const node = this.#node(octets, at)
    if (node > 0) this.#lastParent = this.nodeParent[node]!
    return node
  }

  #node(octets: Uint8Array, at: number): number {
    const walk = this.#walk
    walk.take(octets, at)
    const own = this.#seek(walk, 0)
    if (own >= 0) return own
    // All names that exist hang below the apex, so whatever has an existing ancestor is in the zone.
    const depth = walk.labels - this.apexLabels
    let parent = -1
    let i = 0
    while (parent < 0 && ++i <= depth) parent = this.#seek(walk, i)
    if (parent < 0) return -1
    while (i > 0) parent = this.#makeNode(walk, --i, parent)
    return parent
  }

  /** The same for a name of which all but the first label is a node's: that part needs not be looked for. */
  #child(parent: number, octets: Uint8Array, at: number, length: number): number {
    // The name is put where a new node's would stand: it is hashed there, and stays if it is new.
    const start = this.#namesEnd
    const end = start + 1 + length + this.nodeLength[parent]!
    if (aligned(end) > this.names.length) this.#growNames(aligned(end))
    const { names } = this
    let q = start
    names[q++] = length
    for (let i = at; i < at + length; i++) names[q++] = lowerOctet(octets[i]!)
    for (let p = this.nodeNameAt[parent]!; q < end; p++, q++) names[q] = names[p]!
    for (; (q & 3) !== 0; q++) names[q] = 0
    const hash = hashName(this.#namesView, start, end)
    const mixed = spread(hash)
    const slots = this.#slots
    const mask = slots.length - 1
    for (let slot = mixed & mask; slots[slot] !== 0; slot = (slot + 1) & mask) {
      if (((slots[slot]! ^ mixed) & ~mask) !== 0) continue
      const node = (slots[slot]! & mask) - 1
      if (this.nodeParent[node] === parent && this.#beginsAlike(this.nodeNameAt[node]!, start)) return node
    }
    return this.#make(hash, end - start, this.nodeLabels[parent]! + 1, parent)
  }

  /** @returns the node of that uncompressed name, -1: there is none */
  existing(octets: Uint8Array, at: number): number {
    this.#walk.take(octets, at)
    return this.#seek(this.#walk, 0)
  }

  /** @returns the node's child `*`, -1: none */
  wildcardOf(node: number): number {
    const name = new Uint8Array(this.nodeLength[node]! + 2)
    name[0] = 1
    name[1] = 0x2a
    name.set(this.nameOf(node), 2)
    return name.length > 255 ? -1 : this.existing(name, 0)
  }

  /** @returns the node's owner name, a view; valid until the next node is made */
  nameOf(node: number): Uint8Array {
    const at = this.nodeNameAt[node]!
    return this.names.subarray(at, at + this.nodeLength[node]!)
  }

  /** @returns the hash table at that size, a power of two: of each node the high bits of its spread hash and node + 1 */
  slots(size: number): Int32Array {
    if (this.#slots.length !== size) this.#rehash(size)
    return this.#slots
  }

  /** Ends the record: it is the node's. @returns false where its rdata is longer than a record may be: it is dropped */
  end(node: number): boolean {
    const record = this.close()
    if (record < 0) return false
    const last = this.nodeLast[node]!
    if (last < 0) this.nodeFirst[node] = record
    else this.recordNext[last] = record
    this.nodeLast[node] = record
    return true
  }

  #makeNode(walk: NameWalk, from: number, parent: number): number {
    const start = walk.starts[from]! - walk.at
    const length = walk.length - start
    const at = this.#namesEnd
    if (at + aligned(length) > this.names.length) this.#growNames(at + aligned(length))
    const { names } = this
    const { lower } = walk
    for (let i = 0; i < length; i++) names[at + i] = lower[start + i]!
    for (let i = length; i < aligned(length); i++) names[at + i] = 0
    return this.#make(walk.hash(from), length, walk.labels - from, parent)
  }

  /** Makes a node of the name that stands at the end of `names`. */
  #make(hash: number, length: number, labels: number, parent: number): number {
    const node = this.nodes
    if (node === this.nodeNameAt.length) this.#growNodes()
    const nameAt = this.#namesEnd
    this.#namesEnd = aligned(nameAt + length)
    this.nodeNameAt[node] = nameAt
    this.nodeLength[node] = length
    this.nodeLabels[node] = labels
    this.nodeHash[node] = hash
    this.nodeParent[node] = parent
    this.nodeFirst[node] = -1
    this.nodeLast[node] = -1
    this.nodes++
    if (this.nodes * 4 > this.#slots.length * 3) this.#rehash(this.#slots.length * 2)
    else this.#place(node)
    return node
  }

  #place(node: number): void {
    const slots = this.#slots
    const mask = slots.length - 1
    const mixed = spread(this.nodeHash[node]!)
    let slot = mixed & mask
    while (slots[slot] !== 0) slot = (slot + 1) & mask
    slots[slot] = (mixed & ~mask) | (node + 1)
  }

  #rehash(slots: number): void {
    this.#slots = new Int32Array(slots)
    for (let node = 0; node < this.nodes; node++) this.#place(node)
  }

  #seek(walk: NameWalk, from: number): number {
    const slots = this.#slots
    const mask = slots.length - 1
    const mixed = spread(walk.hash(from))
    for (let slot = mixed & mask; slots[slot] !== 0; slot = (slot + 1) & mask) {
      if (((slots[slot]! ^ mixed) & ~mask) !== 0) continue
      const node = (slots[slot]! & mask) - 1
      if (walk.isSuffix(from, this.names, this.nodeNameAt[node]!, this.nodeLength[node]!)) return node
    }
    return -1
  }

  /** @returns true where the octets are that node's name; a name in capitals is no match, and is looked for at length */
  #isName(node: number, octets: Uint8Array, at: number): boolean {
    const { names } = this
    let q = at
    let p = this.nodeNameAt[node]!
    for (const end = p + this.nodeLength[node]!; p < end; p++, q++) if (octets[q] !== names[p]) return false
    return true
  }

  /** @returns true where two names in `names` have the same first label */
  #beginsAlike(name: number, other: number): boolean {
    const { names } = this
    for (let i = 0; i <= names[other]!; i++) if (names[name + i] !== names[other + i]) return false
    return true
  }

  #growNames(room: number): void {
    this.names = grown(this.names, room)
    this.#namesView = new DataView(this.names.buffer)
  }

  #growNodes(): void {
    const room = this.nodes + 1
    this.nodeNameAt = grown(this.nodeNameAt, room)
    this.nodeLength = grown(this.nodeLength, room)
    this.nodeLabels = grown(this.nodeLabels, room)
    this.nodeHash = grown(this.nodeHash, room)
    this.nodeParent = grown(this.nodeParent, room)
    this.nodeFirst = grown(this.nodeFirst, room)
    this.nodeLast = grown(this.nodeLast, room)
  }
}

/** @returns how many slots a hash table of so many nodes has: a power of two, a quarter of them free at least */
export function slotsFor(nodes: number): number {
  let slots = 8
  while (slots * 3 < nodes * 4) slots *= 2
  return slots
}
