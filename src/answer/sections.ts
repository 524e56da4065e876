/**
 * The sections of an answer, as RFC 1034 4.3.2 makes them: a switch over the outcome of the look-up, and a loop over aliases.
 *
 * What must be there and does not fit sets `truncated`; what is only helpful (additional data) is left out instead. Sets go
 * in whole or not at all (RFC 2181 9).
 */
import { EDE, lowerOctet, nameOctets, type QueryScan, RCODE, TYPE } from '../wire/index.ts'
import { Lookup, NameWalk, OUTCOME, type Outcome, type ZoneImage } from '../zone/index.ts'
import type { AttachedWorld } from './attached-world.ts'
import { SHAPE, type Shape } from './question-cache.ts'
import { ANSWER_CLASS, type AnswerClass } from './rate-limit.ts'
import { MODE } from './region.ts'
import { type ClientView, SteeredPicker } from './steered-picker.ts'
import { A_OCTETS, AAAA_OCTETS } from './variants.ts'
import type { ResponseWriter } from './writer.ts'

/** RFC 1034 3.6.2 wants chains followed; a bound keeps loops and long chains from running on. */
const MOST_ALIASES = 16
/** Names that additional data was written for; further ones are left out, as what is only helpful may be. */
const MOST_ADDITIONAL = 64
/** RFC 1035 3.1 */
const MOST_NAME_OCTETS = 255
/** Owner pointer, type, class, TTL, rdlength. */
const FIXED_RR_OCTETS = 12

export class Sections {
  rcode = 0
  authoritative = false
  truncated = false
  ede = -1
  answerClass: AnswerClass = ANSWER_CLASS.positive
  answers = 0
  authorities = 0
  additionals = 0
  /** index of the zone of the question, or -1 */
  zone = -1
  /** whether the same question can be answered without a look-up, and from what (question-cache.ts) */
  shape: Shape = SHAPE.other
  source = 0
  /** goes up with every set whose records take turns */
  turn: number
  readonly picker: SteeredPicker

  readonly #out: ResponseWriter
  readonly #walks: readonly [NameWalk, NameWalk]
  readonly #scratch = [newScratch(), newScratch()] as const
  readonly #found = new Lookup()
  readonly #aliases = new Int32Array(MOST_ALIASES)
  readonly #additionalNodes = new Int32Array(MOST_ADDITIONAL)
  #additionalCount = 0
  /** index of the zone that is being answered from, for its serial */
  #serialAt = 0
  #serials: Int32Array = new Int32Array(0)

  constructor(out: ResponseWriter, client: ClientView, scan: QueryScan, turn: number) {
    this.#out = out
    this.#walks = [new NameWalk(scan.labelStarts), new NameWalk()]
    this.turn = turn
    this.picker = new SteeredPicker(out, client)
  }

  reset(): void {
    this.rcode = RCODE.NOERROR
    this.authoritative = false
    this.truncated = false
    this.ede = -1
    this.answerClass = ANSWER_CLASS.positive
    this.answers = 0
    this.authorities = 0
    this.additionals = 0
    this.zone = -1
    this.shape = SHAPE.other
    this.#additionalCount = 0
    this.picker.scope = 0
    this.picker.ede = -1
  }

  /** Writes all sections for the question of class IN that was scanned last; it stands in the message being written. */
  write(world: AttachedWorld, message: Uint8Array, scan: QueryScan): void {
    const { qtype } = scan
    let walk = this.#walks[0]
    this.#serials = world.serials
    walk.takeScanned(message, scan.qnameAt, scan.view, scan.qnameOctets, scan.labels)
    let zone = zoneOf(world, walk, qtype)
    this.zone = zone
    if (zone < 0) {
      this.#fail(RCODE.REFUSED, EDE.NOT_AUTHORITATIVE)
      return
    }
    if (world.expired[zone] !== 0) {
      this.#fail(RCODE.SERVFAIL, EDE.NOT_READY)
      return
    }

    for (let aliases = 0; ; aliases++) {
      const image = world.images[zone]!
      this.#serialAt = zone
      const found = this.#found
      const outcome = image.lookup(walk, qtype, found)
      if (aliases === 0) {
        this.authoritative = outcome !== OUTCOME.delegation
        if (!found.wildcard) this.#tellShape(image, outcome, found)
      }
      let target = -1
      switch (outcome) {
        case OUTCOME.answer:
          this.#answer(world, zone, walk, found, qtype, aliases)
          return
        case OUTCOME.steered:
          this.#steered(world, zone, walk, found.record, qtype, aliases)
          return
        case OUTCOME.delegation:
          this.#referral(world, image, walk, found, aliases)
          return
        case OUTCOME.nodata:
          this.#negative(world, zone, walk, aliases, RCODE.NOERROR)
          return
        case OUTCOME.nxdomain:
          this.#negative(world, zone, walk, aliases, RCODE.NXDOMAIN)
          return
        case OUTCOME.cname:
          // A loop in the data: what is known so far is the answer.
          if (this.#isKnownAlias(aliases, zone, found.rrset, found.wildcard ? walk.hash(0) : 0)) return
          if (!this.#set(image, found.rrset, walk, walk.labels, aliases)) {
            this.#cut()
            return
          }
          this.answers++
          target = image.rrAt(found.rrset) + FIXED_RR_OCTETS
          break
        case OUTCOME.dname:
          // Passed twice, with another name each time, it stands in the answer once (RFC 2181 5); the bound on the chain ends its loops.
          if (this.#isKnownAlias(aliases, zone, found.rrset, 0)) break
          if (!this.#set(image, found.rrset, walk, found.labels, aliases)) {
            this.#cut()
            return
          }
          this.answers++
          break
        default:
          this.#fail(RCODE.SERVFAIL, -1)
          return
      }
      const next = walk === this.#walks[0] ? this.#walks[1] : this.#walks[0]
      if (outcome === OUTCOME.dname) {
        const scratch = walk === this.#walks[0] ? this.#scratch[1] : this.#scratch[0]
        if (!this.#synthesise(image, walk, found, scratch, aliases)) return
        next.take(scratch.octets, 0, scratch.view)
      } else {
        next.take(image.octets, target, image.view)
      }
      // RFC 6672 3.2: ANY goes on under a DNAME's target; a CNAME is an answer to it (RFC 1034 4.3.2 step 3a), and never gets here.
      if (qtype === TYPE.CNAME) return
      if (aliases === MOST_ALIASES - 1) return
      walk = next
      zone = zoneOf(world, walk, qtype)
      if (zone < 0 || world.expired[zone] !== 0) return
    }
  }

  #tellShape(image: ZoneImage, outcome: Outcome, found: Lookup): void {
    if (outcome === OUTCOME.answer && found.rrset !== 0 && image.rrPlain(found.rrset)) {
      this.shape = SHAPE.set
      this.source = found.rrset
    } else if (outcome === OUTCOME.steered) {
      this.shape = SHAPE.steered
      this.source = found.record
    } else if (outcome === OUTCOME.nodata) {
      this.shape = SHAPE.nodata
    }
  }

  #fail(rcode: number, ede: number): void {
    this.rcode = rcode
    this.ede = ede
    this.answerClass = ANSWER_CLASS.error
  }

  /** Something that must be there did not fit (RFC 2181 9). */
  #cut(): void {
    this.truncated = true
  }

  /** @param owner the hash of the owner's name where it is a wildcard's: the same set stands under many names then */
  #isKnownAlias(aliases: number, zone: number, rrset: number, owner: number): boolean {
    const mark = (rrset ^ owner ^ Math.imul(zone, 0x9e3779b1)) & 0x7fffffff
    this.#aliases[aliases] = mark
    for (let i = 0; i < aliases; i++) if (this.#aliases[i] === mark) return true
    return false
  }

  #answer(world: AttachedWorld, zone: number, walk: NameWalk, found: Lookup, qtype: number, aliases: number): void {
    const image = world.images[zone]!
    let rrset = found.rrset
    if (rrset === 0 && qtype === TYPE.ANY) {
      // RFC 8482 4.1: one of the sets stands for all.
      const record = image.steeredRecord(found.node)
      if (record >= 0) {
        const block = this.picker.block(world, record)
        const type = block !== 0 && !this.picker.has(world, TYPE.A) ? TYPE.AAAA : TYPE.A
        this.#steered(world, zone, walk, record, type, aliases)
        return
      }
      rrset = image.firstRrset(found.node)
      if (rrset === 0) {
        this.#negative(world, zone, walk, aliases, RCODE.NOERROR)
        return
      }
    }
    if (!this.#set(image, rrset, walk, walk.labels, aliases)) {
      this.#cut()
      return
    }
    this.answers += image.rrCount(rrset)
    if (!image.rrPlain(rrset)) this.#additional(world, image, rrset)
  }

  #steered(world: AttachedWorld, zone: number, walk: NameWalk, record: number, qtype: number, aliases: number): void {
    const picker = this.picker
    if (picker.block(world, record) === 0) {
      this.#fail(RCODE.SERVFAIL, EDE.NOT_READY)
      return
    }
    if (picker.ede >= 0) this.ede = picker.ede
    if (picker.mode === MODE.servfail) {
      this.#fail(RCODE.SERVFAIL, picker.ede)
      return
    }
    if (picker.mode === MODE.nodata || !picker.has(world, qtype)) {
      this.#negative(world, zone, walk, aliases, RCODE.NOERROR)
      return
    }
    const owner = aliases === 0 ? -1 : walk.at
    const written = picker.write(world, record, qtype, walk.octets, owner)
    if (written < 0) {
      this.#cut()
      return
    }
    this.answers += written
  }

  /** RFC 2308 2.2, 3, 5: the SOA of the zone that says no, with the negative TTL. */
  #negative(world: AttachedWorld, zone: number, walk: NameWalk, aliases: number, rcode: number): void {
    this.rcode = rcode
    this.answerClass = rcode === RCODE.NXDOMAIN ? ANSWER_CLASS.nxdomain : ANSWER_CLASS.nodata
    const image = world.images[zone]!
    const out = this.#out
    const start = out.at
    const apexAt = walk.starts[walk.labels - image.apexLabels]! - out.base
    if (aliases === 0 && apexAt < 256) {
      world.negatives[zone]!.write(out, apexAt, world.serials[zone]!)
    } else {
      const soa = image.rrAt(image.soa)
      out.name(image.octets, image.ownerAt(image.apex), true)
      out.uint16(TYPE.SOA)
      out.uint16(1)
      out.uint32(image.negativeTtl)
      this.#rdata(image, TYPE.SOA, soa + FIXED_RR_OCTETS)
    }
    if (out.overflow) {
      out.rewind(start)
      this.#cut()
      return
    }
    this.authorities++
  }

  /** RFC 1034 4.3.2 step 3b, with the glue that RFC 9471 wants. */
  #referral(world: AttachedWorld, image: ZoneImage, walk: NameWalk, found: Lookup, aliases: number): void {
    this.answerClass = ANSWER_CLASS.referral
    if (!this.#set(image, found.rrset, walk, found.labels, aliases)) {
      this.#cut()
      return
    }
    const count = image.rrCount(found.rrset)
    this.authorities += count
    const cut = image.ownerAt(found.node)
    // Glue in the delegated domain must go along or TC be set (RFC 9471 3.1); what is beside it is only helpful (3.2), and comes last.
    for (let pass = 0; pass < 2; pass++) {
      for (let i = 0; i < count; i++) {
        const node = image.additional(found.rrset, i)
        if (node === 0) continue
        const below = isBelow(image.octets, image.ownerAt(node), cut)
        if (below !== (pass === 0)) continue
        if (!this.#addresses(world, image, node, below) && below) this.truncated = true
      }
    }
  }

  /** RFC 1035 3.3, 2782, 9460: addresses of the names that a set points to, while there is room. */
  #additional(world: AttachedWorld, image: ZoneImage, rrset: number): void {
    const count = image.rrCount(rrset)
    for (let i = 0; i < count; i++) {
      const node = image.additional(rrset, i)
      if (node !== 0) this.#addresses(world, image, node, false)
    }
  }

  /**
   * @param needed  glue: never left out for want of a place in the list of names; within a set of NS no name comes twice
   * @returns false where something of them did not fit
   */
  #addresses(world: AttachedWorld, image: ZoneImage, node: number, needed: boolean): boolean {
    for (let i = 0; i < this.#additionalCount; i++) if (this.#additionalNodes[i] === node) return true
    if (this.#additionalCount < MOST_ADDITIONAL) this.#additionalNodes[this.#additionalCount++] = node
    else if (!needed) return false
    const record = image.steeredRecord(node)
    if (record >= 0) return this.#steeredAddresses(world, image, node, record)
    return this.#addressSet(image, node, TYPE.A) && this.#addressSet(image, node, TYPE.AAAA)
  }

  #addressSet(image: ZoneImage, node: number, type: number): boolean {
    const rrset = image.rrset(node, type)
    if (rrset === 0) return true
    const out = this.#out
    const start = out.at
    const count = image.rrCount(rrset)
    const octets = type === TYPE.A ? A_OCTETS : AAAA_OCTETS
    for (let i = 0; i < count; i++) {
      out.name(image.octets, image.ownerAt(node), true)
      out.copy(image.view, image.rrAt(rrset) + i * octets + 2, octets - 2)
    }
    if (out.overflow) {
      out.rewind(start)
      return false
    }
    this.additionals += count
    return true
  }

  #steeredAddresses(world: AttachedWorld, image: ZoneImage, node: number, record: number): boolean {
    const picker = this.picker
    if (picker.block(world, record) === 0 || picker.mode !== MODE.answer) return true
    for (const type of ADDRESS_TYPES) {
      if (!picker.has(world, type)) continue
      const written = picker.write(world, record, type, image.octets, image.ownerAt(node))
      if (written < 0) return false
      this.additionals += written
    }
    return true
  }

  /** RFC 6672 3.1: a CNAME from the name asked for to the name under the DNAME's target. @returns false: the answer ends here */
  #synthesise(image: ZoneImage, walk: NameWalk, found: Lookup, scratch: Scratch, aliases: number): boolean {
    const prefix = walk.starts[walk.labels - found.labels]! - walk.at
    const from = image.rrAt(found.rrset) + FIXED_RR_OCTETS
    const octets = image.octets
    let length = 0
    while (octets[from + length] !== 0) length += octets[from + length]! + 1
    length++
    if (prefix + length > MOST_NAME_OCTETS) {
      this.#fail(RCODE.YXDOMAIN, -1)
      return false
    }
    for (let i = 0; i < prefix; i++) scratch.octets[i] = walk.octets[walk.at + i]!
    for (let i = 0; i < length; i++) scratch.octets[prefix + i] = octets[from + i]!
    const out = this.#out
    const start = out.at
    this.#owner(walk, walk.labels, aliases)
    out.uint16(TYPE.CNAME)
    out.uint16(1)
    out.copy(image.view, image.rrAt(found.rrset) + 6, 4)
    const rdlengthAt = out.at
    out.uint16(0)
    out.name(scratch.octets, 0, true)
    if (out.overflow) {
      out.rewind(start)
      this.#cut()
      return false
    }
    out.patch16(rdlengthAt, out.at - rdlengthAt - 2)
    this.answers++
    return true
  }

  /**
   * Writes a whole set. @param labels of its owner, counted from the root of the name being looked up
   * @returns false where it does not fit; nothing is written then
   */
  #set(image: ZoneImage, rrset: number, walk: NameWalk, labels: number, aliases: number): boolean {
    const out = this.#out
    const start = out.at
    const at = image.rrAt(rrset)
    const octets = image.rrOctets(rrset)
    const count = image.rrCount(rrset)
    const type = image.rrType(rrset)
    if (aliases === 0 && labels === walk.labels && image.rrPlain(rrset)) {
      // The owner is the question's name: the set stands ready as it is.
      if (count > 1 && (type === TYPE.A || type === TYPE.AAAA)) {
        this.turn = (this.turn + 1) & 0x3fffffff
        const first = (this.turn % count) * ((octets / count) | 0)
        out.copy(image.view, at + first, octets - first)
        out.copy(image.view, at, first)
      } else {
        out.copy(image.view, at, octets)
      }
    } else {
      let rr = at
      for (let i = 0; i < count && !out.overflow; i++) {
        this.#owner(walk, labels, aliases)
        out.copy(image.view, rr + 2, 8)
        rr = this.#rdata(image, type, rr + FIXED_RR_OCTETS)
      }
    }
    if (!out.overflow) return true
    out.rewind(start)
    return false
  }

  /** The owner of what is being answered: a suffix of the name looked up. */
  #owner(walk: NameWalk, labels: number, aliases: number): void {
    const at = walk.starts[walk.labels - labels]!
    // In the question itself: a pointer without a search.
    if (aliases === 0) this.#out.uint16(0xc000 | (at - this.#out.base))
    else this.#out.name(walk.octets, at, true)
  }

  /** Writes rdlength and rdata, names of RFC 1035's types compressed (RFC 3597 4). @returns where the next RR starts */
  #rdata(image: ZoneImage, type: number, at: number): number {
    const out = this.#out
    const octets = image.octets
    const length = (octets[at - 2]! << 8) | octets[at - 1]!
    const rdlengthAt = out.at
    out.uint16(length)
    switch (type) {
      case TYPE.NS:
      case TYPE.CNAME:
      case TYPE.PTR:
        out.name(octets, at, true)
        break
      case TYPE.MX:
        out.copy(image.view, at, 2)
        out.name(octets, at + 2, true)
        break
      case TYPE.SOA: {
        const mname = out.name(octets, at, true)
        const rname = out.name(octets, at + mname, true)
        out.copy(image.view, at + mname + rname, 20)
        if (!out.overflow) out.patch32(out.at - 20, this.#serials[this.#serialAt]!)
        break
      }
      default:
        out.copy(image.view, at, length)
    }
    if (!out.overflow) out.patch16(rdlengthAt, out.at - rdlengthAt - 2)
    return at + length
  }
}

/** A name that a DNAME makes. */
interface Scratch {
  readonly octets: Uint8Array
  readonly view: DataView
}

function newScratch(): Scratch {
  const octets = new Uint8Array(MOST_NAME_OCTETS + 1)
  return { octets, view: new DataView(octets.buffer) }
}

const ADDRESS_TYPES = [TYPE.A, TYPE.AAAA] as const

/** @returns index of the zone that answers for the name; -1: none */
function zoneOf(world: AttachedWorld, walk: NameWalk, qtype: number): number {
  const zone = world.directory.find(walk)
  if (qtype !== TYPE.DS || zone < 0 || world.images[zone]!.apexLabels !== walk.labels) return zone
  // RFC 4035 3.1.4.1: DS is the parent's to answer, where we serve the parent too.
  const above = world.directory.findAbove(walk)
  return above >= 0 ? above : zone
}

/** @returns true where the uncompressed name at `name` is at or below the one at `above`, without case (RFC 4343) */
function isBelow(octets: Uint8Array, name: number, above: number): boolean {
  const length = nameOctets(octets, name)
  const aboveLength = nameOctets(octets, above)
  let at = name
  while (name + length - at > aboveLength) at += octets[at]! + 1
  if (name + length - at !== aboveLength) return false
  for (let i = 0; i < aboveLength; i++) if (lowerOctet(octets[at + i]!) !== lowerOctet(octets[above + i]!)) return false
  return true
}
