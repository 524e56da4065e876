/**
 * Questions that were answered before, and what a look-up in the zones would find for them again. A server is asked for few names
 * again and again; one that is known needs no zone, no hash of its suffixes and no look-up. What is remembered holds for one
 * structure of the world: with the next one everything is forgotten at once.
 *
 *     set     four entries side by side
 *     tags    16 bits of each entry's hash, 0: free. All of them are 8 KiB, so that a flood of unknown names leaves the entries alone
 *     entry   32 words, two lines of the processor's cache:
 *             0 hash | 1 qtype, qclass | 2 octets of the name, shape, offset of the apex in the message | 3 source | 4 zone |
 *             5 column of the zone in the counters | 6..17 name in lower case | 18..31 answer
 *     source  set, turning: octets of the answer, records      steered: the record's number      nodata: nothing
 *
 * The size is fixed, and what a stranger can make up without end has no place here: names that do not exist, those that only a
 * wildcard covers, and types that a name does not have, but for those that every client asks for.
 */
import { CLASS, type QueryScan, TYPE } from '../wire/index.ts'
import { hashStep, lowerWord, spread } from '../zone/index.ts'
import type { AttachedWorld } from './attached-world.ts'

/** What the answer to a question is made of. */
export const SHAPE = {
  /** more than an entry can tell: aliases, names to compress, additional data, referrals */
  other: 0,
  /** one set that stands ready in the image, for the name asked for itself */
  set: 1,
  /** the same, several addresses that take turns */
  turning: 2,
  steered: 3,
  /** the name exists, without the type */
  nodata: 4,
} as const
export type Shape = (typeof SHAPE)[keyof typeof SHAPE]

export const ENTRY_WORDS = 32
export const ENTRY = { hash: 0, question: 1, name: 2, source: 3, zone: 4, zoneColumn: 5, lower: 6, answer: 18 } as const
/** Longest name and answer that have room in an entry. */
export const MOST_NAME_OCTETS = 4 * (ENTRY.answer - ENTRY.lower)
export const MOST_ANSWER_OCTETS = 4 * (ENTRY_WORDS - ENTRY.answer)

/** 4,096 entries: half a MiB for each thread that answers over UDP. Of 1,000 names some 4 find their set taken. */
export const CACHE_SETS = 1024
export const CACHE_WAYS = 4
/** Where all entries of a set are taken, one newcomer in so many drives one out: names that are asked for often win. */
const STAYING_POWER = 8

/** @returns number of the set that a question of this hash belongs to */
export function setOf(hash: number): number {
  return spread(hash) & (CACHE_SETS - 1)
}

export function tagOf(hash: number): number {
  return (hash >>> 16) | 1
}

export class QuestionCache {
  readonly tags = new Uint16Array(CACHE_SETS * CACHE_WAYS)
  readonly words = new Int32Array(CACHE_SETS * CACHE_WAYS * ENTRY_WORDS)
  readonly #lower = new Int32Array(MOST_NAME_OCTETS / 4 + 1)
  #newcomers = 0

  /** Forgets everything. */
  forget(): void {
    this.tags.fill(0)
  }

  /**
   * Takes in a question that was just answered; what has no room in an entry is left out.
   * @param at     where the message starts
   * @param shape  not `other`
   * @param source set: its handle in the zone's image; steered: the record's number
   */
  remember(world: AttachedWorld, scan: QueryScan, at: number, shape: Shape, zone: number, source: number): void {
    const { qtype, qnameAt, qnameOctets } = scan
    if (qnameOctets > MOST_NAME_OCTETS || scan.qclass !== CLASS.IN || qtype === TYPE.ANY || qtype === TYPE.SOA) return
    if (shape === SHAPE.nodata && qtype !== TYPE.A && qtype !== TYPE.AAAA && qtype !== TYPE.HTTPS) return
    const image = world.images[zone]!
    if (shape === SHAPE.set && image.rrOctets(source) > MOST_ANSWER_OCTETS) return
    const question = (qtype << 16) | scan.qclass
    const lower = this.#lower
    let hash = qnameOctets ^ question
    // As quick-answers.ts reads it: whole words, and of the last one what belongs to the name, perhaps nothing.
    for (let i = 0; i <= qnameOctets >> 2; i++) {
      const rest = qnameOctets - 4 * i
      let word = 0
      for (let k = Math.min(rest, 4) - 1; k >= 0; k--) word = (word << 8) | scan.view.getUint8(qnameAt + 4 * i + k)
      lower[i] = lowerWord(word)
      hash = hashStep(hash, lower[i]!)
    }
    const place = this.#place(hash)
    if (place < 0) return
    this.tags[place] = tagOf(hash)
    const { words } = this
    const entry = place * ENTRY_WORDS
    words[entry + ENTRY.hash] = hash
    words[entry + ENTRY.question] = question
    words[entry + ENTRY.source] = source
    words[entry + ENTRY.zone] = zone
    words[entry + ENTRY.zoneColumn] = world.layout.zonesAt + world.zoneIds[zone]!
    for (let i = 0; 4 * i < qnameOctets; i++) words[entry + ENTRY.lower + i] = lower[i]!
    let kind = shape
    if (shape === SHAPE.set) {
      const octets = image.rrOctets(source)
      const records = image.rrCount(source)
      if (records > 1 && (qtype === TYPE.A || qtype === TYPE.AAAA)) kind = SHAPE.turning
      words[entry + ENTRY.source] = octets | (records << 16)
      const from = image.rrAt(source)
      for (let i = 0; i < octets; i += 4) words[entry + ENTRY.answer + (i >> 2)] = image.view.getInt32(from + i, true)
    }
    const apexAt = scan.labelStarts[scan.labels - image.apexLabels]! - at
    words[entry + ENTRY.name] = qnameOctets | (kind << 8) | (apexAt << 16)
  }

  /** @returns number of the entry to write, or -1: those that are there stay */
  #place(hash: number): number {
    const { tags } = this
    const first = CACHE_WAYS * setOf(hash)
    const tag = tagOf(hash)
    // Of two questions with one tag only the first would be found: there is room for one of them.
    const end = first + CACHE_WAYS
    for (let place = first; place < end; place++) if (tags[place] === tag) return place
    for (let place = first; place < end; place++) if (tags[place] === 0) return place
    const turn = ++this.#newcomers
    return turn % STAYING_POWER === 0 ? first + ((turn / STAYING_POWER) & (CACHE_WAYS - 1)) : -1
  }
}
