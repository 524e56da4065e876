/**
 * Look-ups in one zone's image: RFC 1034 4.3.2 as refined by RFC 4592 (wildcards), RFC 6672 (DNAME) and RFC 8020 (empty
 * non-terminals exist). Nothing here allocates; numbers in, numbers out.
 *
 *   the name itself?  ── yes, and not below a cut ──────────────────────────▶ its data
 *      │ no: the closest encloser (binary search over the number of labels: ancestors of what exists exist)
 *      ├─ at or below a cut or a DNAME ──▶ delegation | dname
 *      ├─ it has a child `*` ────────────▶ the wildcard's data
 *      └─ ────────────────────────────────▶ nxdomain
 *
 * A name that does not exist costs one or two probes more than one that does, so a flood of random names is no special case.
 */
import { TYPE } from '../wire/index.ts'
import { aligned, HEADER, MAGIC, NODE, RR_HEAD, SET } from './image-layout.ts'
import { type Lookup, OUTCOME, type Outcome } from './lookup.ts'
import { spread } from './name-hash.ts'
import type { NameWalk } from './name-walk.ts'

export class ZoneImage {
  readonly buffer: SharedArrayBuffer
  readonly octets: Uint8Array
  /** over all of `octets` */
  readonly view: DataView
  readonly apex: number
  readonly apexLabels: number
  readonly serial: number
  /** handle of the apex SOA set */
  readonly soa: number
  /** RFC 2308 5: min(TTL of the SOA, its MINIMUM), seconds */
  readonly negativeTtl: number
  /** names, empty non-terminals included */
  readonly nodes: number
  readonly records: number
  readonly #words: Int32Array
  readonly #slotsAt: number
  readonly #slotMask: number
  readonly #offsetBits: number
  readonly #offsetMask: number
  readonly #nodesEnd: number

  /** @param buffer as compile.ts made it; kept, never written */
  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer
    this.octets = new Uint8Array(buffer)
    this.view = new DataView(buffer)
    const words = new Int32Array(buffer)
    this.#words = words
    if (words[HEADER.magic] !== MAGIC) throw new Error('assertion failed: not a zone image')
    this.#slotsAt = words[HEADER.slotsAt]! >> 2
    this.#slotMask = words[HEADER.slotMask]!
    this.#offsetBits = words[HEADER.offsetBits]!
    this.#offsetMask = 2 ** this.#offsetBits - 1
    this.#nodesEnd = words[HEADER.nodesEnd]!
    this.apex = words[HEADER.apex]!
    this.apexLabels = this.octets[this.apex + 1]!
    this.serial = words[HEADER.serial]! >>> 0
    this.soa = words[HEADER.soa]!
    this.negativeTtl = words[HEADER.negativeTtl]!
    this.nodes = words[HEADER.nodes]!
    this.records = words[HEADER.records]!
  }

  /**
   * Looks the walk's name up; it is at or below the apex. DS at a cut is answered from here, the parent's side (RFC 4035 3.1.4.1).
   * @returns an OUTCOME; `found` says the rest
   */
  lookup(walk: NameWalk, qtype: number, found: Lookup): Outcome {
    found.wildcard = false
    found.record = -1
    const own = this.find(walk, 0)
    if (own !== 0) {
      if ((this.#flags(own) & NODE.below) !== 0) return this.#above(walk, 1, found)
      found.labels = walk.labels
      return this.#dataAt(own, qtype, found)
    }
    const first = this.#closestEncloser(walk, found)
    const encloser = found.node
    const flags = this.#flags(encloser)
    if ((flags & (NODE.cut | NODE.dname | NODE.below)) !== 0) return this.#above(walk, first, found)
    if ((flags & NODE.wildcard) !== 0) {
      found.wildcard = true
      found.labels = walk.labels
      return this.#dataAt(this.#words[(encloser + ((flags & NODE.steered) !== 0 ? 8 : 4)) >> 2]!, qtype, found)
    }
    found.node = 0
    found.rrset = 0
    found.labels = 0
    return OUTCOME.nxdomain
  }

  /** @returns the node of the suffix that begins with label `from`, 0: none */
  find(walk: NameWalk, from: number): number {
    const words = this.#words
    const mask = this.#slotMask
    const mixed = spread(walk.hash(from))
    for (let slot = mixed & mask; ; slot = (slot + 1) & mask) {
      const entry = words[this.#slotsAt + slot]!
      if (entry === 0) return 0
      if ((entry ^ mixed) >>> this.#offsetBits !== 0) continue
      const node = (entry & this.#offsetMask) << 2
      if (this.isNamed(node, walk, from)) return node
    }
  }

  /** @returns false: no name of this hash (hashName) is here; true: one may be */
  mayHold(hash: number): boolean {
    const words = this.#words
    const mask = this.#slotMask
    const mixed = spread(hash)
    for (let slot = mixed & mask; ; slot = (slot + 1) & mask) {
      const entry = words[this.#slotsAt + slot]!
      if (entry === 0) return false
      if ((entry ^ mixed) >>> this.#offsetBits === 0) return true
    }
  }

  /** @returns true where a name without an ancestor below the apex does not exist: no wildcard, no DNAME stands at the apex */
  get deniesAtApex(): boolean {
    return (this.#flags(this.apex) & (NODE.cut | NODE.dname | NODE.below | NODE.wildcard)) === 0
  }

  /** @returns true where the node's owner is the suffix of the walk that begins with label `from` */
  isNamed(node: number, walk: NameWalk, from: number): boolean {
    const head = this.#words[node >> 2]!
    return walk.isSuffixInWords(from, this.#words, this.#nameAt(node, head >>> 16) >> 2, head & 255)
  }

  /** @returns handle of the node's set of that type, 0: none */
  rrset(node: number, type: number): number {
    const words = this.#words
    // C0 0C and the type, as a word of the machine has them.
    const wanted = ((type & 255) << 8) | (type >>> 8)
    for (let set = this.firstRrset(node); set !== 0; ) {
      const head = words[set >> 2]!
      const at = set + 4 + ((head & SET.targets) !== 0 ? (head & SET.count) * 4 : 0)
      if (words[at >> 2]! >>> 16 === wanted) return set
      set = (head & SET.last) !== 0 ? 0 : aligned(at + (head >>> 16))
    }
    return 0
  }

  /** @returns handle of the node's first set, 0: the node is an empty non-terminal */
  firstRrset(node: number): number {
    const head = this.#words[node >> 2]!
    const flags = head >>> 16
    return (flags & NODE.empty) !== 0 ? 0 : aligned(this.#nameAt(node, flags) + (head & 255))
  }

  /** @returns handle of the node's next set, 0: that was the last */
  nextRrset(rrset: number): number {
    return (this.#words[rrset >> 2]! & SET.last) !== 0 ? 0 : this.#setEnd(rrset)
  }

  rrType(rrset: number): number {
    return this.view.getUint16(this.rrAt(rrset) + 2)
  }

  rrCount(rrset: number): number {
    return this.#words[rrset >> 2]! & SET.count
  }

  /** @returns offset in `octets` of the first RR: C0 0C, type, class, TTL, RDLENGTH, RDATA uncompressed; the others follow */
  rrAt(rrset: number): number {
    const bits = this.#words[rrset >> 2]!
    return rrset + 4 + ((bits & SET.targets) !== 0 ? (bits & SET.count) * 4 : 0)
  }

  /** @returns octets of all RRs of the set */
  rrOctets(rrset: number): number {
    return this.#words[rrset >> 2]! >>> 16
  }

  /** @returns true where the set may be copied as it stands: no name in it wants compression, none calls for additional data */
  rrPlain(rrset: number): boolean {
    return (this.#words[rrset >> 2]! & SET.plain) !== 0
  }

  /**
   * @returns node of this zone (glue below cuts too) that the target of RR `i` names, or the stand-in of a target that a wildcard
   *   covers; 0: none, or a type without targets
   */
  additional(rrset: number, i: number): number {
    return (this.#words[rrset >> 2]! & SET.targets) !== 0 ? this.#words[(rrset >> 2) + 1 + i]! : 0
  }

  /** @returns offset in `octets` of the node's owner name, uncompressed and lower case */
  ownerAt(node: number): number {
    return this.#nameAt(node, this.#flags(node))
  }

  /** @returns the record number of a steered node, or -1 */
  steeredRecord(node: number): number {
    return (this.#flags(node) & NODE.steered) !== 0 ? this.#words[(node >> 2) + 1]! : -1
  }

  /** @returns true where the node's records are not authoritative: glue below a cut, or hidden below a DNAME */
  isBelowCut(node: number): boolean {
    return (this.#flags(node) & NODE.below) !== 0
  }

  /** @returns true at a delegation point */
  isCut(node: number): boolean {
    return (this.#flags(node) & NODE.cut) !== 0
  }

  /** Walks all nodes in the image's order, the apex first. @returns the node after this one, 0: end */
  nextNode(node: number): number {
    const flags = this.#flags(node)
    let end = aligned(this.#nameAt(node, flags) + this.octets[node]!)
    if ((flags & NODE.empty) === 0) {
      let set = end
      while ((this.#words[set >> 2]! & SET.last) === 0) set = this.#setEnd(set)
      end = this.#setEnd(set)
    }
    return end < this.#nodesEnd ? end : 0
  }

  #setEnd(rrset: number): number {
    return aligned(this.rrAt(rrset) + this.rrOctets(rrset))
  }

  #flags(node: number): number {
    return this.#words[node >> 2]! >>> 16
  }

  #nameAt(node: number, flags: number): number {
    return node + 4 + ((flags & NODE.steered) !== 0 ? 4 : 0) + ((flags & NODE.wildcard) !== 0 ? 4 : 0)
  }

  /** Sets found.node to the longest existing proper suffix. @returns the label it begins with */
  #closestEncloser(walk: NameWalk, found: Lookup): number {
    // Nearly always the parent; else halve: the apex exists, and where a name exists all above it do.
    let missing = 0
    let existing = walk.labels - this.apexLabels
    found.node = this.apex
    if (existing > 1) {
      const parent = this.find(walk, 1)
      if (parent !== 0) {
        found.node = parent
        return 1
      }
      missing = 1
    }
    while (existing - missing > 1) {
      const middle = (existing + missing) >> 1
      const node = this.find(walk, middle)
      if (node === 0) missing = middle
      else {
        existing = middle
        found.node = node
      }
    }
    return existing
  }

  /** The highest cut or DNAME among the suffixes that begin with label `first` or further right. */
  #above(walk: NameWalk, first: number, found: Lookup): Outcome {
    for (let i = walk.labels - this.apexLabels; i >= first; i--) {
      const node = this.find(walk, i)
      const flags = this.#flags(node)
      if ((flags & (NODE.cut | NODE.dname)) === 0) continue
      found.node = node
      found.labels = walk.labels - i
      if ((flags & NODE.cut) !== 0) {
        found.rrset = this.rrset(node, TYPE.NS)
        return OUTCOME.delegation
      }
      found.rrset = this.rrset(node, TYPE.DNAME)
      return OUTCOME.dname
    }
    throw new Error('assertion failed: a node below a cut has a cut above it')
  }

  /** The data of a node that the name matched, by itself or through a wildcard. */
  #dataAt(node: number, qtype: number, found: Lookup): Outcome {
    const flags = this.#flags(node)
    found.node = node
    found.rrset = 0
    // RFC 4592 4.2: NS at a wildcard makes no cut; compile.ts never marks one.
    if ((flags & NODE.cut) !== 0 && qtype !== TYPE.DS) {
      found.rrset = this.rrset(node, TYPE.NS)
      return OUTCOME.delegation
    }
    if ((flags & NODE.steered) !== 0 && (qtype === TYPE.A || qtype === TYPE.AAAA)) {
      found.record = this.#words[(node >> 2) + 1]!
      return OUTCOME.steered
    }
    // RFC 8482: the caller chooses one set; a CNAME is not followed for ANY (RFC 1034 4.3.2 step 3a).
    if (qtype === TYPE.ANY) {
      if ((flags & NODE.steered) !== 0) found.record = this.#words[(node >> 2) + 1]!
      return (flags & (NODE.empty | NODE.steered)) === NODE.empty ? OUTCOME.nodata : OUTCOME.answer
    }
    const set = this.rrset(node, qtype)
    if (set !== 0) {
      found.rrset = set
      return OUTCOME.answer
    }
    if ((flags & NODE.cname) !== 0) {
      found.rrset = this.rrset(node, TYPE.CNAME)
      return OUTCOME.cname
    }
    return OUTCOME.nodata
  }
}

/** The figures of one RR of an image. @returns octets from the RR's start to the next one's */
export function rrLength(octets: Uint8Array, at: number): number {
  return RR_HEAD + ((octets[at + 10]! << 8) | octets[at + 11]!)
}
