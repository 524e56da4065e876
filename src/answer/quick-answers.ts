/**
 * The quick path: what nearly all queries are, answered in one function. One question of class IN that is known
 * (question-cache.ts) or whose name does not exist (quick-denial.ts), without EDNS, or with EDNS and no option but an IPv4 client
 * subnet; everything else is left to the whole path (respond.ts), which gives the same octets and the same counts, and teaches this
 * one. A test holds the two against each other.
 *
 *     header ─ name ─▶ entry | denial ─ OPT ─▶ set | class of the client, variant | SOA ─ rate limit ─▶ header, answer, OPT
 *
 * It is written for the compiler, which is why it looks as it does. A typed array that a closure finds in a constant has a fixed
 * address for V8, and an access costs three instructions; through an object it costs ten. So the function is made once, by the thread
 * whose memory it answers in, and what an import or an object would have to be asked for at each use is a constant of this file.
 * Nothing is counted or written before it is certain that the answer is made here. Figures: decision 0091.
 */
import type { GeoMap } from '../geo/index.ts'
import { CLASS as QCLASS, type QueryScan, RCODE, TYPE } from '../wire/index.ts'
import { hashStep, lowerWord } from '../zone/index.ts'
import type { AttachedWorld } from './attached-world.ts'
import { QTYPE_COLUMNS, SCALAR } from './counters.ts'
import type { CountrySample } from './country-sample.ts'
import { HOT, HotVariants, hotEntryOf } from './hot-variants.ts'
import {
  CACHE_WAYS,
  ENTRY,
  ENTRY_WORDS,
  MOST_NAME_OCTETS,
  QuestionCache,
  SHAPE,
  setOf,
  tagOf,
} from './question-cache.ts'
import { createQuickDenial } from './quick-denial.ts'
import { ANSWER_CLASS, type RateLimiter, VERDICT } from './rate-limit.ts'
import { BLOCK, CLASS, CLASS_WORDS, HEADER_WORDS, MODE, PICK, SLOT_BASE, VARIANT_WORDS } from './region.ts'
import type { Sections } from './sections.ts'
import { type ClientView, chooseVariant } from './steered-picker.ts'
import { A_OCTETS, AAAA_OCTETS } from './variants.ts'

/** Nothing was written or counted: the whole path answers. */
export const NOT_QUICK = -2

export interface QuickAnswers {
  /** Answers stand for this world from now on. */
  attach(world: AttachedWorld): void
  /** The batch is answered: what it used is counted. */
  settle(): void
  /** Takes note of what the whole path found out for a question; the next one like it is quick. @param at where the message starts */
  learn(scan: QueryScan, at: number, found: Found): void
  /**
   * Answers a message that came over UDP, as Responder.answer does, in the memory that this was made for.
   * @param at a multiple of four
   * @returns octets of the response, 0: say nothing, or NOT_QUICK
   */
  answer(at: number, length: number, capacity: number, peer: Uint8Array, peerAt: number, peerBytes: 4 | 16): number
}

/** What the whole path has answered (sections.ts). */
export type Found = Pick<Sections, 'shape' | 'source' | 'zone' | 'rcode' | 'answers'>

/** What the quick path shares with the whole one. */
export interface QuickParts {
  readonly limiter: RateLimiter
  readonly client: ClientView
  readonly sample: CountrySample
  /** which record of a static set comes first */
  readonly rotation: { turn: number }
  /** most octets of a UDP response */
  readonly udpLimit: number
}

const HEADER_OCTETS = 12
const PLAIN_UDP_OCTETS = 512
const OPT_OCTETS = 11
/** Option code and length, family, prefix lengths. */
const SUBNET_OCTETS = 8
/** Room that is always kept for an extended error (edns.ts). */
const EDE_OCTETS = 6
const CLIENT_SUBNET = 8
const SOA_NUMBERS_OCTETS = 20
/** Bits of the header's first word, as the machine has it: two octets of ID, then QR OPCODE AA TC RD, then RA Z AD CD RCODE. */
const QR_OPCODE = 0x00f80000
const ID_RD = 0x0001ffff
const QR_AA = 0x00840000
const TC = 0x00020000
const RCODE_NXDOMAIN = 0x03000000
/** One question; the other three counts are zero but for one additional record. */
const ONE_QUESTION = 0x0100
const ONE_AUTHORITY = 0x0100
const ONE_ADDITIONAL = 0x01000000

// An import is asked for at each use, and so is a field of an object: constants of this file are part of the code.
const lowered = lowerWord
const step = hashStep
const firstOf = setOf
const choose = chooseVariant
const IN = QCLASS.IN
const TYPE_A = TYPE.A
const MOST_NAME = MOST_NAME_OCTETS
const tagged = tagOf
const WAYS = CACHE_WAYS
const WORDS_OF_ENTRY = ENTRY_WORDS
const { hash: E_HASH, question: E_QUESTION, name: E_NAME, source: E_SOURCE } = ENTRY
const { zone: E_ZONE, zoneColumn: E_ZONE_COLUMN, lower: E_LOWER, answer: E_ANSWER } = ENTRY
const { turning: TURNING, steered: STEERED, nodata: NODATA } = SHAPE
/** A shape that no entry has. */
const NXDOMAIN = 15
/** Types below are data, but for 0 and OPT; those from here to ANY are questions of their own kind (RFC 6895 3.1). */
const QUESTION_TYPES = 249
const ANY = TYPE.ANY
const OPT = TYPE.OPT
const SLOTS = SLOT_BASE
const B_PICK = BLOCK.pick
const B_CLASSES = HEADER_WORDS
const WORDS_OF_CLASS = CLASS_WORDS
const { mode: C_MODE, a: C_A, aaaa: C_AAAA, aCount: C_A_COUNT, pair: C_PAIR, ede: C_EDE } = CLASS
const COUNT_BEHIND_TABLE = C_A_COUNT - C_A
const { uses: H_USES, octets: H_OCTETS, records: H_RECORDS, answer: H_ANSWER } = HOT
const hotEntry = hotEntryOf
const SIZE_A = A_OCTETS
const WORDS_OF_VARIANT = VARIANT_WORDS
const MODE_ANSWER = MODE.answer
const PICK_STICKY = PICK.sticky
const SIZE_AAAA = AAAA_OCTETS
const LAST_QTYPE = QTYPE_COLUMNS - 1
const { udp: UDP, responses: RESPONSES, truncated: TRUNCATED, limited: LIMITED, slipped: SLIPPED } = SCALAR
const { clientSubnet: SUBNET, steered: STEERED_COUNT } = SCALAR
/** Counted for the batch, in their own columns; and behind those the answers that a name does not exist. */
const TALLIED = [UDP, RESPONSES, STEERED_COUNT, SUBNET]
const DENIED = 31
const { positive: POSITIVE, nodata: NO_DATA, nxdomain: NO_NAME } = ANSWER_CLASS
const SEND = VERDICT.send
const DROP = VERDICT.drop

/** @param message the memory in which all messages of this thread stand */
export function createQuickAnswers(message: Uint8Array, parts: QuickParts): QuickAnswers {
  const octets = message
  const words = new Int32Array(message.buffer, message.byteOffset, message.length >> 2)
  const view = new DataView(message.buffer, message.byteOffset, message.length)
  // A few octets behind a message are read with it and cut off, or written with an answer.
  const readable = message.length - 16
  const cache = new QuestionCache()
  const known = cache.words
  const tags = cache.tags
  const denial = createQuickDenial(message)
  const apexOf = denial.apexOf
  const denyingZone = denial.zone
  const limiter = parts.limiter
  const limits = limiter.active
  const client = parts.client
  const sample = parts.sample
  const rotation = parts.rotation
  const variants = new HotVariants()
  const hot = variants.words
  const tally = new Int32Array(32)
  const udpLimit = parts.udpLimit

  let world: AttachedWorld
  /** the zone that denied a name last, fit for quick denial or not */
  let taught = -1
  let region: Int32Array
  let row: Float64Array
  let recordMaps: Int32Array
  let maps: readonly GeoMap[]
  let turns: Int32Array
  let qtypesAt = 0
  let rcodesAt = 0
  let zonesAt = 0
  let pairsAt = 0

  const attach = (now: AttachedWorld): void => {
    world = now
    cache.forget()
    denial.forget()
    taught = -1
    region = now.region.words
    row = now.row
    recordMaps = now.recordMaps
    maps = now.maps
    turns = now.turns
    const { layout } = now
    qtypesAt = layout.qtypesAt
    rcodesAt = layout.rcodesAt
    zonesAt = layout.zonesAt
    pairsAt = layout.pairsAt
  }

  const answer = (
    at: number,
    length: number,
    capacity: number,
    peer: Uint8Array,
    peerAt: number,
    peerBytes: 4 | 16,
  ): number => {
    // --- header: a query with one question and at most one record behind it
    const head = at >> 2
    const first = words[head]!
    const additional = words[head + 2]!
    if (
      length < HEADER_OCTETS + 5 ||
      at + length > readable ||
      (first & QR_OPCODE) !== 0 ||
      words[head + 1] !== ONE_QUESTION ||
      (additional !== 0 && additional !== ONE_ADDITIONAL)
    )
      return NOT_QUICK

    // --- question: what is no sound name has no entry, so nothing is checked but that it ends in the message
    const nameAt = at + HEADER_OCTETS
    const end = at + length
    let p = nameAt
    for (let label = octets[p]!; label !== 0; label = octets[p]!) {
      p += label + 1
      if (p >= end) return NOT_QUICK
    }
    const nameOctets = p + 1 - nameAt
    const questionEnd = p + 5
    if (nameOctets > MOST_NAME || questionEnd > end) return NOT_QUICK
    const qtype = (octets[p + 1]! << 8) | octets[p + 2]!
    const question = (qtype << 16) | (octets[p + 3]! << 8) | octets[p + 4]!
    const nameWords = head + 3
    const whole = nameOctets >> 2
    // The last word may hold octets of the name: what lies behind them is cut off.
    const tail = lowered(words[nameWords + whole]! & ((1 << ((nameOctets & 3) << 3)) - 1))
    let hash = nameOctets ^ question
    for (let i = 0; i < whole; i++) hash = step(hash, lowered(words[nameWords + i]!))
    hash = step(hash, tail)

    const tag = tagged(hash)
    let place = WAYS * firstOf(hash)
    if (tags[place] !== tag && tags[++place] !== tag && tags[++place] !== tag && tags[++place] !== tag) place = -1
    const entry = WORDS_OF_ENTRY * place
    let shape = NXDOMAIN
    let zone = 0
    let apexAt = 0
    if (place >= 0) {
      const about = known[entry + E_NAME]!
      if (
        known[entry + E_HASH] !== hash ||
        known[entry + E_QUESTION] !== question ||
        (about & 255) !== nameOctets ||
        ((nameOctets & 3) !== 0 && known[entry + E_LOWER + whole] !== tail)
      )
        return NOT_QUICK
      for (let i = 0; i < whole; i++)
        if (known[entry + E_LOWER + i] !== lowered(words[nameWords + i]!)) return NOT_QUICK
      shape = (about >> 8) & 255
      zone = known[entry + E_ZONE]!
      apexAt = about >>> 16
    } else {
      if ((question & 0xffff) !== IN || qtype === 0 || qtype === OPT || (qtype >= QUESTION_TYPES && qtype <= ANY))
        return NOT_QUICK
      apexAt = apexOf(nameAt, nameOctets)
      if (apexAt === 0) return NOT_QUICK
      apexAt += HEADER_OCTETS
      zone = denyingZone()
    }

    // --- OPT (RFC 6891 6.1.2), with an IPv4 client subnet (RFC 7871 6) or no option at all
    let limit = PLAIN_UDP_OCTETS
    let optOctets = 0
    let doBit = 0
    let subnetOctets = -1
    let source = 0
    let address = 0
    if (additional === 0) {
      if (questionEnd !== end) return NOT_QUICK
    } else {
      const opt = questionEnd
      if (opt + OPT_OCTETS > end) return NOT_QUICK
      // The root's octet and the type; the version; what else there is in the message.
      if ((octets[opt]! | octets[opt + 1]!) !== 0 || octets[opt + 2] !== 41 || octets[opt + 6] !== 0) return NOT_QUICK
      const rdlength = (octets[opt + 9]! << 8) | octets[opt + 10]!
      if (opt + OPT_OCTETS + rdlength !== end) return NOT_QUICK
      const udpSize = (octets[opt + 3]! << 8) | octets[opt + 4]!
      if (udpSize > limit) limit = udpSize
      if (limit > udpLimit) limit = udpLimit
      doBit = octets[opt + 7]! & 0x80
      optOctets = OPT_OCTETS + EDE_OCTETS
      if (rdlength !== 0) {
        const option = opt + OPT_OCTETS
        subnetOctets = rdlength - SUBNET_OCTETS
        if (subnetOctets < 0 || subnetOctets > 4) return NOT_QUICK
        source = octets[option + 6]!
        if (
          octets[option] !== 0 ||
          octets[option + 1] !== CLIENT_SUBNET ||
          octets[option + 2] !== 0 ||
          octets[option + 3] !== 4 + subnetOctets ||
          octets[option + 4] !== 0 ||
          octets[option + 5] !== 1 ||
          octets[option + 7] !== 0 ||
          source > 32 ||
          (source + 7) >> 3 !== subnetOctets
        )
          return NOT_QUICK
        address = view.getInt32(option + SUBNET_OCTETS)
        const mask = source === 0 ? 0 : -1 << (32 - source)
        const taken = subnetOctets === 0 ? 0 : address & (-1 << (32 - 8 * subnetOctets))
        // Bits past the prefix must be zero.
        if ((taken & ~mask) !== 0) return NOT_QUICK
        address = taken
        optOctets += SUBNET_OCTETS + subnetOctets
      }
    }
    if (limit > capacity) limit = capacity
    const room = at + limit - optOctets - questionEnd

    // --- what is answered: words from `from` on, of the cache or of the variant
    let scope = 0
    let from = 0
    let answerOctets = 0
    let records = 0
    const counts = row
    const regionWords = region
    if (shape === STEERED) {
      const record = known[entry + E_SOURCE]!
      const block = regionWords[SLOTS + record]!
      if (block === 0) return NOT_QUICK
      const map = recordMaps[record]!
      let cls = block + B_CLASSES
      if (map >= 0) {
        const geo = maps[map]!
        const located = source > 0 ? geo.locateIPv4(address) : geo.locate(peer, peerAt, peerBytes)
        scope = located & 255
        cls += WORDS_OF_CLASS * (located >>> 8)
      }
      const pick = regionWords[block + B_PICK]!
      if (pick === PICK_STICKY || regionWords[cls + C_MODE] !== MODE_ANSWER || regionWords[cls + C_EDE] !== 0)
        return NOT_QUICK
      const isA = qtype === TYPE_A
      const tableAt = cls + (isA ? C_A : C_AAAA)
      const count = regionWords[tableAt + COUNT_BEHIND_TABLE]!
      if (count === 0) {
        if (world.negatives[zone]!.octets > room) return NOT_QUICK
        shape = NODATA
      } else {
        const turnAt = 2 * record + (isA ? 0 : 1)
        const now = turns[turnAt]!
        const table = regionWords[tableAt]!
        const variant = table + WORDS_OF_VARIANT * choose(regionWords, pick, now, table, count)
        const used = hotEntry(variant)
        if (
          hot[used] !== variant &&
          !variants.take(used, variant, regionWords, isA ? SIZE_A : SIZE_AAAA, counts, world.layout, client.nowMs)
        )
          return NOT_QUICK
        answerOctets = hot[used + H_OCTETS]!
        if (answerOctets > room) return NOT_QUICK
        hot[used + H_USES]! += 1
        turns[turnAt] = (now + 1) & 0x3fffffff
        from = used + H_ANSWER
        records = hot[used + H_RECORDS]!
      }
      counts[pairsAt + regionWords[cls + C_PAIR]!]! += 1
      tally[STEERED_COUNT]! += 1
      if (scope > 0) {
        const weight = sample.weight()
        if (weight > 0)
          if (source > 0) sample.countIPv4(world, address, weight)
          else sample.count(world, peer, peerAt, peerBytes, weight)
      }
    } else if (shape >= NODATA) {
      if (world.negatives[zone]!.octets > room) return NOT_QUICK
    } else {
      const set = known[entry + E_SOURCE]!
      answerOctets = set & 0xffff
      if (answerOctets > room) return NOT_QUICK
      records = set >> 16
      from = entry + E_ANSWER
    }
    tally[UDP]! += 1
    counts[qtypesAt + Math.min(qtype, LAST_QTYPE)]! += 1
    counts[shape === NXDOMAIN ? zonesAt + world.zoneIds[zone]! : known[entry + E_ZONE_COLUMN]!]! += 1
    if (subnetOctets >= 0) tally[SUBNET]! += 1

    // --- response: the answer stands right behind the question, the OPT record behind that
    let flags = (first & ID_RD) | (shape === NXDOMAIN ? QR_AA | RCODE_NXDOMAIN : QR_AA)
    let next = questionEnd
    const verdict = limits
      ? limiter.judge(
          peer,
          peerAt,
          peerBytes,
          shape === NXDOMAIN ? NO_NAME : shape === NODATA ? NO_DATA : POSITIVE,
          client.nowMs,
        )
      : SEND
    if (verdict !== SEND) {
      if (verdict === DROP) {
        counts[LIMITED]! += 1
        return 0
      }
      counts[SLIPPED]! += 1
      counts[TRUNCATED]! += 1
      flags |= TC
    } else if (shape >= NODATA) {
      next = writeNegative(questionEnd, zone, apexAt)
      words[head + 2] = additional | ONE_AUTHORITY
    } else {
      // Four words a step: what is written past the answer is the OPT record's place, or nobody's.
      next = questionEnd + answerOctets
      if (shape === STEERED) {
        for (let to = questionEnd, i = from; to < next; to += 16, i += 4) {
          view.setInt32(to, hot[i]!, true)
          view.setInt32(to + 4, hot[i + 1]!, true)
          view.setInt32(to + 8, hot[i + 2]!, true)
          view.setInt32(to + 12, hot[i + 3]!, true)
        }
      } else if (shape === TURNING) {
        copyTurned(questionEnd, from, answerOctets, records)
      } else {
        for (let to = questionEnd, i = from; to < next; to += 16, i += 4) {
          view.setInt32(to, known[i]!, true)
          view.setInt32(to + 4, known[i + 1]!, true)
          view.setInt32(to + 8, known[i + 2]!, true)
          view.setInt32(to + 12, known[i + 3]!, true)
        }
      }
      words[head + 1] = ONE_QUESTION | (records << 24)
    }
    words[head] = flags
    if (optOctets !== 0) {
      const rdlength = subnetOctets < 0 ? 0 : SUBNET_OCTETS + subnetOctets
      view.setInt32(next, (41 << 8) | (udpLimit >> 8))
      view.setInt32(next + 4, (udpLimit << 24) | doBit)
      view.setInt32(next + 8, rdlength << 8)
      next += OPT_OCTETS
      if (rdlength !== 0) {
        view.setInt32(next, (CLIENT_SUBNET << 16) | (4 + subnetOctets))
        view.setInt32(next + 4, (1 << 16) | (source << 8) | (source === 0 ? 0 : scope))
        view.setInt32(next + 8, address)
        next += rdlength
      }
    }
    tally[RESPONSES]! += 1
    if (shape === NXDOMAIN) tally[DENIED]! += 1
    return next - at
  }

  /** The same set, beginning with another record each time; words of records lie one behind the other. */
  const copyTurned = (to: number, from: number, length: number, records: number): void => {
    const turn = (rotation.turn + 1) & 0x3fffffff
    rotation.turn = turn
    const start = (((turn % records) * length) / records) >> 2
    const count = length >> 2
    for (let i = 0; i < count; i++) {
      const j = i + start
      view.setInt32(to + 4 * i, known[from + (j < count ? j : j - count)]!, true)
    }
  }

  /** RFC 2308 2.2: the SOA of the zone. @returns where the next record goes */
  const writeNegative = (to: number, zone: number, apexAt: number): number => {
    const negative = world.negatives[zone]!
    const { words: record, octets: count, pointers } = negative
    for (let i = 0; 4 * i < count; i++) view.setInt32(to + 4 * i, record[i]!, true)
    view.setInt32(to + count - SOA_NUMBERS_OCTETS, world.serials[zone]!)
    for (let i = 0; i < pointers.length; i++) octets[to + pointers[i]!] = apexAt
    return to + count
  }

  const learn = (scan: QueryScan, at: number, { shape, source, zone, rcode, answers }: Found): void => {
    if (shape !== SHAPE.other) cache.remember(world, scan, at, shape, zone, source)
    else if (rcode === RCODE.NXDOMAIN && answers === 0 && zone !== taught) {
      taught = zone
      denial.deny(world, zone)
    }
  }

  const settle = (): void => {
    variants.settle(region, row, world.layout, client.nowMs)
    if (tally[UDP] === 0) return
    row[rcodesAt]! += tally[RESPONSES]! - tally[DENIED]!
    row[rcodesAt + 3]! += tally[DENIED]!
    tally[DENIED] = 0
    for (const column of TALLIED) {
      row[column]! += tally[column]!
      tally[column] = 0
    }
  }

  return { attach, learn, answer, settle }
}
