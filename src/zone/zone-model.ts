/**
 * A zone as sets of records by name, for zones that change: those kept in the database and updated (RFC 2136), and secondaries
 * (RFC 1995). A model is a value: a change gives a new model that shares with the old one all names that were not touched.
 */
import { isAtOrBelow, lowerName, TYPE } from '../wire/index.ts'
import type { ZoneDiff } from './diff.ts'
import { canonicalRdata, nameKey, octetsKey, sameOctets, sameRdata, type ZoneRecord } from './records.ts'
import { soaFigures } from './soa.ts'

/** One RRset: all of one owner and type, with one TTL. */
export interface RecordSet {
  /** seconds */
  readonly ttl: number
  readonly rdatas: readonly Uint8Array[]
}

interface NameSets {
  readonly owner: Uint8Array
  readonly sets: ReadonlyMap<number, RecordSet>
}

/** From here on pairs are too many to compare one by one. */
const LARGE_SET = 16

export class ZoneModel {
  /** lower case, wire form */
  readonly origin: Uint8Array
  readonly #names: ReadonlyMap<string, NameSets>
  readonly records: number

  private constructor(origin: Uint8Array, names: ReadonlyMap<string, NameSets>, records: number) {
    this.origin = origin
    this.#names = names
    this.records = records
  }

  /** @param records of one zone; repetitions are dropped, records outside of the zone too; a set gets its lowest TTL */
  static of(origin: Uint8Array, records: Iterable<ZoneRecord>): ZoneModel {
    const builder = new ZoneModelBuilder(origin)
    for (const record of records) builder.add(record)
    return builder.build()
  }

  /** @param names  by nameKey; the model's from now on */
  static holding(origin: Uint8Array, names: ReadonlyMap<string, NameSets>, records: number): ZoneModel {
    return new ZoneModel(origin, names, records)
  }

  /** The apex SOA's rdata, undefined in a model that has none. */
  get soa(): Uint8Array | undefined {
    return this.set(this.origin, TYPE.SOA)?.rdatas[0]
  }

  /** 0 without an SOA */
  get serial(): number {
    const { soa } = this
    return soa === undefined ? 0 : soaFigures(soa).serial
  }

  set(owner: Uint8Array, type: number): RecordSet | undefined {
    return this.#names.get(nameKey(owner))?.sets.get(type)
  }

  /** @returns the types at a name; none: it is not in use */
  types(owner: Uint8Array): number[] {
    return [...(this.#names.get(nameKey(owner))?.sets.keys() ?? [])]
  }

  /** Walks all records, the apex first, its SOA first of all. */
  *[Symbol.iterator](): Generator<ZoneRecord, void, undefined> {
    const apex = this.#names.get(nameKey(this.origin))
    if (apex !== undefined) yield* recordsOf(apex)
    for (const name of this.#names.values()) if (name !== apex) yield* recordsOf(name)
  }

  /** Makes changes on a draft. @returns the new model, or this one where nothing changed */
  edit(change: (draft: ZoneDraft) => void): ZoneModel {
    const names = new Map(this.#names)
    const draft = new ZoneDraft(this.origin, names)
    change(draft)
    return draft.changed ? new ZoneModel(this.origin, names, this.records + draft.growth) : this
  }

  /**
   * Applies an incremental transfer (RFC 1995 4).
   * @returns undefined where it does not fit this version: another serial, or it removes what is not here
   */
  apply(diff: ZoneDiff): ZoneModel | undefined {
    if (diff.fromSerial !== this.serial) return undefined
    let fits = true
    const model = this.edit((draft) => {
      for (const record of diff.removed) fits = draft.remove(record.owner, record.type, record.rdata) && fits
      for (const record of diff.added) draft.add(record)
      draft.replace(diff.newSoa)
    })
    return fits ? model : undefined
  }
}

interface GrowingSet {
  ttl: number
  readonly rdatas: Uint8Array[]
}

/** Makes a model of a whole zone, record by record: a large one in pieces, with other work between them. */
export class ZoneModelBuilder {
  readonly #origin: Uint8Array
  readonly #names = new Map<string, { readonly owner: Uint8Array; readonly sets: Map<number, GrowingSet> }>()
  readonly #keys = new Map<GrowingSet, Set<string>>()
  #records = 0
  /** records come by owner mostly: the last one's sets are at hand */
  #lastOwner: Uint8Array | undefined
  #lastSets: Map<number, GrowingSet> | undefined

  constructor(origin: Uint8Array) {
    this.#origin = lowerName(origin)
  }

  add({ owner, type, ttl, rdata }: ZoneRecord): void {
    const sets = this.#setsOf(owner)
    if (sets === undefined) return
    const set = sets.get(type)
    // Copies: a view would keep a whole image, or message, in memory.
    if (set === undefined) {
      sets.set(type, { ttl, rdatas: [rdata.slice()] })
      this.#records++
      return
    }
    set.ttl = Math.min(set.ttl, ttl)
    if (this.#holds(set, type, rdata)) return
    set.rdatas.push(rdata.slice())
    this.#records++
  }

  build(): ZoneModel {
    return ZoneModel.holding(this.#origin, this.#names, this.#records)
  }

  /** A transfer may bring thousands of records of one set: there, repetitions are found by key, not by comparing all pairs. */
  #holds(set: GrowingSet, type: number, rdata: Uint8Array): boolean {
    if (set.rdatas.length < LARGE_SET) return set.rdatas.some((known) => sameRdata(type, known, rdata))
    let keys = this.#keys.get(set)
    if (keys === undefined) {
      keys = new Set(set.rdatas.map((known) => octetsKey(canonicalRdata(type, known))))
      this.#keys.set(set, keys)
    }
    const before = keys.size
    keys.add(octetsKey(canonicalRdata(type, rdata)))
    return keys.size === before
  }

  #setsOf(owner: Uint8Array): Map<number, GrowingSet> | undefined {
    if (this.#lastOwner !== undefined && sameOctets(this.#lastOwner, owner)) return this.#lastSets
    if (!isAtOrBelow(owner, this.#origin)) return undefined
    const key = nameKey(owner)
    let name = this.#names.get(key)
    if (name === undefined) {
      name = { owner: lowerName(owner), sets: new Map() }
      this.#names.set(key, name)
    }
    this.#lastOwner = owner
    this.#lastSets = name.sets
    return name.sets
  }
}

/** A model in the making; valid within edit() only. */
export class ZoneDraft {
  readonly origin: Uint8Array
  readonly #names: Map<string, NameSets>
  /** records more (or, negative, fewer) than before */
  growth = 0
  changed = false

  constructor(origin: Uint8Array, names: Map<string, NameSets>) {
    this.origin = origin
    this.#names = names
  }

  set(owner: Uint8Array, type: number): RecordSet | undefined {
    return this.#names.get(nameKey(owner))?.sets.get(type)
  }

  types(owner: Uint8Array): number[] {
    return [...(this.#names.get(nameKey(owner))?.sets.keys() ?? [])]
  }

  /** Adds a record to its set, which gets the lower of the two TTLs. Records outside of the zone are ignored. */
  add(record: ZoneRecord): void {
    const set = this.set(record.owner, record.type)
    if (set === undefined) {
      this.#put(record.owner, record.type, { ttl: record.ttl, rdatas: [record.rdata] })
      return
    }
    const ttl = Math.min(set.ttl, record.ttl)
    const known = set.rdatas.some((rdata) => sameRdata(record.type, rdata, record.rdata))
    if (known && ttl === set.ttl) return
    this.#put(record.owner, record.type, { ttl, rdatas: known ? set.rdatas : [...set.rdatas, record.rdata] })
  }

  /** Makes the record its set's only one. */
  replace(record: ZoneRecord): void {
    this.#put(record.owner, record.type, { ttl: record.ttl, rdatas: [record.rdata] })
  }

  setTtl(owner: Uint8Array, type: number, ttl: number): void {
    const set = this.set(owner, type)
    if (set !== undefined && set.ttl !== ttl) this.#put(owner, type, { ttl, rdatas: set.rdatas })
  }

  /** @returns false where there is no such record */
  remove(owner: Uint8Array, type: number, rdata: Uint8Array): boolean {
    const set = this.set(owner, type)
    const rest = set?.rdatas.filter((one) => !sameRdata(type, one, rdata)) ?? []
    if (set === undefined || rest.length === set.rdatas.length) return false
    this.#put(owner, type, rest.length === 0 ? undefined : { ttl: set.ttl, rdatas: rest })
    return true
  }

  removeSet(owner: Uint8Array, type: number): void {
    this.#put(owner, type, undefined)
  }

  #put(owner: Uint8Array, type: number, set: RecordSet | undefined): void {
    if (!isAtOrBelow(owner, this.origin)) return
    const key = nameKey(owner)
    const before = this.#names.get(key)
    const old = before?.sets.get(type)
    if (old === undefined && set === undefined) return
    const sets = new Map(before?.sets)
    if (set === undefined) sets.delete(type)
    else sets.set(type, set)
    if (sets.size === 0) this.#names.delete(key)
    else this.#names.set(key, { owner: before?.owner ?? lowerName(owner), sets })
    this.growth += (set?.rdatas.length ?? 0) - (old?.rdatas.length ?? 0)
    this.changed = true
  }
}

function* recordsOf({ owner, sets }: NameSets): Generator<ZoneRecord, void, undefined> {
  const soa = sets.get(TYPE.SOA)
  if (soa !== undefined) for (const rdata of soa.rdatas) yield { owner, type: TYPE.SOA, ttl: soa.ttl, rdata }
  for (const [type, { ttl, rdatas }] of sets)
    if (type !== TYPE.SOA) for (const rdata of rdatas) yield { owner, type, ttl, rdata }
}
