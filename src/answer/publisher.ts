/**
 * The writing side of the world, in the main thread: numbers for the counters, the steered region, and what is sent to the
 * serving threads when the structure changes. Deciding is steer's; this turns decisions into variants and publishes them.
 *
 *     files changed     load()      zones, maps, a region of its own    a message to every thread, then one atomic store
 *     health changed    publish()   the records of those pools          one atomic store for each record
 */
import { assert } from '../base/index.ts'
import {
  type Choice,
  choose,
  NOTHING_DECLARED,
  type Node,
  type PoolStanding,
  poolsOf,
  type SteeredRecord,
  type Steering,
} from '../policy/index.ts'
import { ZoneImage } from '../zone/index.ts'
import type { RateLimits } from './rate-limit.ts'
import { CONTROL, createControl, GENERATION_MASK, IDLE, RegionWriter } from './region.ts'
import type { CompiledRecord, Structure } from './structure.ts'
import { type CounterReport, Tally } from './tally.ts'
import { blockWords, type ClassAnswer, classAnswer, type Numbering, writeBlock } from './variants.ts'
import type { ResponderInit, ResponderSettings, StructureMessage, WorldParts } from './world.ts'

export interface PublisherPorts {
  standing(pool: string): PoolStanding | undefined
  /** sends a message to every serving thread; the order of messages is kept */
  post(message: StructureMessage): void
}

export interface PublisherOptions {
  /** serving threads and the main thread */
  readonly threads: number
  readonly settings: ResponderSettings
  readonly limits: RateLimits
  readonly seed: number
}

/** Room for variants that change size while old blocks still wait for their readers. */
const SPARE_WORDS = 1 << 14

export class Publisher {
  readonly #options: PublisherOptions
  readonly #ports: PublisherPorts
  readonly #control = createControl()
  readonly #words = new Int32Array(this.#control)
  readonly #tally: Tally
  readonly #numbering: Numbering
  #steering: Steering = NOTHING_DECLARED
  #structure: Structure = { zones: [], maps: [], records: [], countries: undefined }
  #region = new RegionWriter(this.#control, 0, 0)
  #recordMaps = new Int32Array(0)
  #countryColumns = new Int32Array(0)
  /** serials that are not the image's own, by zone; and those of the structure in force, in its order */
  readonly #ownSerials = new Map<string, number>()
  #serials = new SharedArrayBuffer(0)
  /** which records a pool's standing can change */
  #recordsOf = new Map<string, number[]>()

  constructor(options: PublisherOptions, ports: PublisherPorts) {
    this.#options = options
    this.#ports = ports
    this.#tally = new Tally(options.threads)
    this.#numbering = {
      nodeId: (node) => this.#tally.nodes.id(node),
      pairId: (record, pool) => this.#tally.pairs.id(`${record}\n${pool}`),
      node: (node): Node | undefined => this.#steering.nodes.get(node),
    }
  }

  /** Goes up with every change that a query can see; stays below 2^31, then starts again. */
  get generation(): number {
    return Atomics.load(this.#words, CONTROL.generation) & GENERATION_MASK
  }

  get structure(): Structure {
    return this.#structure
  }

  /** What a serving thread is started with, now. */
  init(thread: number): ResponderInit {
    const { settings, limits, seed } = this.#options
    return {
      thread,
      control: this.#control,
      structure: Atomics.load(this.#words, CONTROL.structure),
      parts: this.#parts(),
      settings,
      limits,
      seed: (seed + Math.imul(thread, 0x9e3779b1)) | 0,
    }
  }

  /**
   * Puts a declared state in force, whole: a thread answers from the old one or from the new one.
   * @param steering the files' and what was added through the API, joined
   */
  declare(structure: Structure, steering: Steering): void {
    const before = this.#steering
    this.#steering = steering
    if (structure === this.#structure) {
      // Only nodes and memberships changed: the records of their pools want new variants, nothing else does.
      this.publish(changedPools(before, steering))
      return
    }
    const steeringChanged = structure.records !== this.#structure.records || structure.maps !== this.#structure.maps
    this.#structure = structure
    for (const { name } of structure.zones) this.#tally.zones.id(name)
    // Classes of a map are numbered as they are met, so another load numbers countries otherwise: their columns stay.
    this.#countryColumns = Int32Array.from(structure.countries?.names ?? [], (name) => this.#tally.countries.id(name))
    if (steeringChanged) this.#newRegion()
    this.#tally.fit()
    this.#announce()
    if (!steeringChanged) this.publish(changedPools(before, steering))
  }

  /** Compiles the records that these pools decide, and publishes each. @returns how many records have new variants */
  publish(pools: readonly string[]): number {
    const records = new Set<number>()
    for (const pool of pools) for (const record of this.#recordsOf.get(pool) ?? []) records.add(record)
    if (records.size === 0) return 0
    for (const number of records) {
      const compiled = this.#structure.records[number]
      if (compiled === undefined) continue
      const answers = this.#decide(compiled)
      // A node that nobody counted before needs a column before an answer names it.
      if (this.#tally.fit()) this.#announce()
      const block = writeBlock(this.#region, compiled.record, answers)
      if (block < 0) {
        // The region is full: a larger one, with everything that is known now.
        this.#newRegion()
        this.#tally.fit()
        this.#announce()
        break
      }
      this.#region.publish(number, block)
    }
    return records.size
  }

  /** The decision for each class of a record, as `explain` and the compiler both see it. */
  choices(compiled: CompiledRecord): Choice[] {
    const { record, classes } = compiled
    const { pools, nodes } = this.#steering
    return classes.map(({ rule, order }) =>
      choose(
        record,
        rule,
        order === undefined ? undefined : order(nodes),
        (pool) => this.#ports.standing(pool),
        (pool) => pools.get(pool),
      ),
    )
  }

  /** The serial that the zone's SOA carries from the next query on. @param serial undefined: the image's own */
  setSerial(zone: string, serial: number | undefined): void {
    if (serial === undefined) this.#ownSerials.delete(zone)
    else this.#ownSerials.set(zone, serial)
    const at = this.#structure.zones.findIndex(({ name }) => name === zone)
    if (at < 0) return
    const value = serial ?? new ZoneImage(this.#structure.zones[at]!.image).serial
    Atomics.store(new Int32Array(this.#serials), at, value | 0)
  }

  /** What a steered record answers to clients of whom nothing is known: the last rule's, all nodes. It is what zone transfers carry. */
  safeView(number: number): ClassAnswer | undefined {
    const record = this.#structure.records[number]?.record
    if (record === undefined) return undefined
    const { pools } = this.#steering
    const choice = choose(
      record,
      record.rules.length - 1,
      undefined,
      (pool) => this.#ports.standing(pool),
      (pool) => pools.get(pool),
    )
    return this.answerOf({ ...record, pick: 'round-robin' }, choice)
  }

  /** The addresses that a decision comes to, as the compiler takes them. */
  answerOf(record: SteeredRecord, choice: Choice): ClassAnswer {
    return classAnswer(record, choice, this.#numbering)
  }

  #decide(compiled: CompiledRecord): ClassAnswer[] {
    return this.choices(compiled).map((choice) => this.answerOf(compiled.record, choice))
  }

  /** The generation that a thread answers from; one that waits for queries takes the newest up before it answers. */
  generationOf(thread: number): number {
    const seen = Atomics.load(this.#words, CONTROL.seen + thread)
    return seen === IDLE ? this.generation : seen
  }

  counters(): CounterReport {
    return this.#tally.report()
  }

  lastAnsweredMs(node: string): number | undefined {
    return this.#tally.lastAnsweredMs(node)
  }

  #newRegion(): void {
    const { records } = this.#structure
    const { pools } = this.#steering
    this.#recordMaps = Int32Array.from(records, (compiled) => compiled?.map ?? -1)
    this.#recordsOf = new Map()
    const decided: (readonly ClassAnswer[] | undefined)[] = []
    let words = SPARE_WORDS
    for (let number = 0; number < records.length; number++) {
      const compiled = records[number]
      if (compiled === undefined) continue
      for (const pool of poolsOf(compiled.record, pools)) {
        const others = this.#recordsOf.get(pool)
        if (others === undefined) this.#recordsOf.set(pool, [number])
        else others.push(number)
      }
      const answers = this.#decide(compiled)
      decided[number] = answers
      // Room for the block and for its successor, with every node of its pools back in the answers.
      words += 2 * roundUp(blockWords(compiled.record, answers) + 64)
    }
    const region = new RegionWriter(this.#control, records.length, 2 * words)
    for (let number = 0; number < records.length; number++) {
      const answers = decided[number]
      if (answers === undefined) continue
      const block = writeBlock(region, records[number]!.record, answers)
      assert(block >= 0, 'a new region has room for what it was measured for')
      region.publish(number, block)
    }
    this.#region = region
  }

  #parts(): WorldParts {
    const { counters, layout } = this.#tally.current
    return {
      serials: this.#serials,
      zones: this.#structure.zones.map((zone) => ({ ...zone, id: this.#tally.zones.id(zone.name) })),
      maps: this.#structure.maps,
      recordMaps: this.#recordMaps,
      region: this.#region.buffer,
      counters,
      layout,
      countries: this.#structure.countries?.map,
      countryColumns: this.#countryColumns,
    }
  }

  /** The message first, then the store that tells of it: a thread that sees the store finds the message. */
  #announce(): void {
    const structure = (Atomics.load(this.#words, CONTROL.structure) + 1) | 0
    this.#serials = new SharedArrayBuffer(4 * this.#structure.zones.length)
    const serials = new Int32Array(this.#serials)
    this.#structure.zones.forEach(({ name, image }, i) => {
      serials[i] = this.#ownSerials.get(name) ?? new ZoneImage(image).serial
    })
    this.#ports.post({ kind: 'structure', parts: this.#parts(), structure })
    Atomics.store(this.#words, CONTROL.structure, structure)
    Atomics.add(this.#words, CONTROL.generation, 1)
  }
}

/** Pools whose members, or the members' addresses, are not what they were. */
function changedPools(before: Steering, after: Steering): string[] {
  const changed: string[] = []
  for (const [name, pool] of after.pools) {
    const old = before.pools.get(name)
    const same =
      old !== undefined &&
      old.members.length === pool.members.length &&
      old.allDown === pool.allDown &&
      old.fallback === pool.fallback &&
      pool.members.every(
        (member, i) =>
          member.node === old.members[i]!.node && after.nodes.get(member.node) === before.nodes.get(member.node),
      )
    if (!same) changed.push(name)
  }
  return changed
}

function roundUp(words: number): number {
  return 1 << Math.max(6, 32 - Math.clz32(words - 1))
}
