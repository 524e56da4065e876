/** The records of each node as RRsets: one type after the other, duplicates dropped, one TTL per set (RFC 2181 5). */
import { lowerOctet } from '../wire/index.ts'
import type { ZoneBuilder } from './builder.ts'
import { MOST_SET_OCTETS, RR_HEAD } from './image-layout.ts'
import { canonicalRdata, hasNames, octetsKey } from './records.ts'

/** What grouping found out about the records; the checks turn it into issues. */
export interface Grouping {
  /** records that repeat another one of their set; dropped */
  readonly duplicates: readonly number[]
  /** records whose TTL differed from their set's lowest, which the set got (RFC 2181 5.2) */
  readonly unevenTtl: readonly { readonly record: number; readonly ttl: number }[]
  /** first record of each set that no message can carry; the zone cannot be compiled with one */
  readonly oversized: readonly number[]
}

/** Orders each node's records by RRset, drops duplicates and evens the TTLs, in place. */
export function groupRecords(builder: ZoneBuilder): Grouping {
  const duplicates: number[] = []
  const unevenTtl: { record: number; ttl: number }[] = []
  const oversized: number[] = []
  const { nodeFirst, recordNext } = builder
  for (let node = 0; node < builder.nodes; node++) {
    const first = nodeFirst[node]!
    if (first < 0) continue
    if (recordNext[first]! < 0) {
      if (RR_HEAD + builder.rdlengthOf(first) > MOST_SET_OCTETS) oversized.push(first)
      continue
    }
    if (hasOneOfEach(builder, first)) continue
    const sets = new Map<number, number[]>()
    for (let record = first; record >= 0; record = recordNext[record]!) {
      const type = builder.typeOf(record)
      const set = sets.get(type)
      if (set === undefined) sets.set(type, [record])
      else set.push(record)
    }
    let last = -1
    for (const set of sets.values()) {
      const repeated = repeatedIn(builder, set)
      let octets = 0
      let ttl = 0xffffffff
      for (const record of set) ttl = Math.min(ttl, builder.ttlOf(record))
      for (const record of set) {
        if (repeated?.has(record)) {
          duplicates.push(record)
          continue
        }
        if (builder.ttlOf(record) !== ttl) {
          unevenTtl.push({ record, ttl })
          builder.setTtl(record, ttl)
        }
        octets += RR_HEAD + builder.rdlengthOf(record)
        if (last < 0) nodeFirst[node] = record
        else recordNext[last] = record
        recordNext[record] = -1
        last = record
      }
      if (octets > MOST_SET_OCTETS) oversized.push(set[0]!)
    }
    builder.nodeLast[node] = last
  }
  return { duplicates, unevenTtl, oversized }
}

/** The common name with an A and an AAAA record needs no grouping. @returns true where a few records are all of different types */
function hasOneOfEach(builder: ZoneBuilder, first: number): boolean {
  const { recordNext } = builder
  let before = 0
  for (let record = first; record >= 0; record = recordNext[record]!) {
    if (before++ === 4 || RR_HEAD + builder.rdlengthOf(record) > MOST_SET_OCTETS) return false
    const type = builder.typeOf(record)
    for (let other = first; other !== record; other = recordNext[other]!)
      if (builder.typeOf(other) === type) return false
  }
  return true
}

/** @returns the records of a set that repeat an earlier one, or undefined where none does */
function repeatedIn(builder: ZoneBuilder, set: readonly number[]): Set<number> | undefined {
  if (set.length === 1) return undefined
  const type = builder.typeOf(set[0]!)
  if (hasNames(type)) return repeatedByName(builder, type, set)
  // Sorting instead of comparing all pairs: a set may have five thousand records.
  const sorted = set.toSorted((a, b) => compareRdata(builder, a, b) || a - b)
  let repeated: Set<number> | undefined
  for (let i = 1; i < sorted.length; i++) {
    if (compareRdata(builder, sorted[i - 1]!, sorted[i]!) !== 0) continue
    repeated ??= new Set()
    repeated.add(sorted[i]!)
  }
  return repeated
}

/** Where names stand in the data, another case makes no other record (RFC 4343 3). The first one stays. */
function repeatedByName(builder: ZoneBuilder, type: number, set: readonly number[]): Set<number> | undefined {
  if (allDiffer(builder, set)) return undefined
  const seen = new Set<string>()
  let repeated: Set<number> | undefined
  for (const record of set) {
    const before = seen.size
    seen.add(octetsKey(canonicalRdata(type, builder.rdataOf(record))))
    if (seen.size > before) continue
    repeated ??= new Set()
    repeated.add(record)
  }
  return repeated
}

/** A quick look that is right for nearly every set: @returns true where no two are alike even with all letters in one case */
function allDiffer(builder: ZoneBuilder, set: readonly number[]): boolean {
  if (set.length > MOST_PAIRWISE) return false
  const { log } = builder
  for (let i = 1; i < set.length; i++) {
    const length = builder.rdlengthOf(set[i]!)
    const at = builder.recordAt[set[i]!]! + RR_HEAD
    for (let j = 0; j < i; j++) {
      if (builder.rdlengthOf(set[j]!) !== length) continue
      const other = builder.recordAt[set[j]!]! + RR_HEAD
      let same = 0
      while (same < length && lowerOctet(log[at + same]!) === lowerOctet(log[other + same]!)) same++
      if (same === length) return false
    }
  }
  return true
}

/** Sets of which all pairs are compared: delegations come by the million, with a few name servers each. */
const MOST_PAIRWISE = 16

function compareRdata(builder: ZoneBuilder, a: number, b: number): number {
  const { log } = builder
  const lengthA = builder.rdlengthOf(a)
  const lengthB = builder.rdlengthOf(b)
  const atA = builder.recordAt[a]! + RR_HEAD
  const atB = builder.recordAt[b]! + RR_HEAD
  const shorter = Math.min(lengthA, lengthB)
  for (let i = 0; i < shorter; i++) {
    const difference = log[atA + i]! - log[atB + i]!
    if (difference !== 0) return difference
  }
  return lengthA - lengthB
}
