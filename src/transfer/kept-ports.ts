/**
 * What kept zones need of the house, and what they hand out.
 */
import type { Issue } from '../base/index.ts'
import type { NewEntry } from '../control/index.ts'
import type { UpdateRecord, ZoneDiff, ZoneModel, ZoneRecord } from '../zone/index.ts'
import type { Grant } from './grants.ts'
import type { Asker, TransferLog } from './ports.ts'

export interface ArchivedZone {
  /** lower case, absolute */
  readonly zone: string
  readonly grants: readonly Grant[]
  readonly records: Iterable<ZoneRecord>
}

/** Where the zones are kept. A write is on disk when it, or the transaction around it, returns, and throws where it is not. */
export interface ZoneArchive {
  load(): readonly ArchivedZone[]
  /** Creates the zone, or replaces it whole. */
  put(zone: string, grants: readonly Grant[], records: Iterable<ZoneRecord>, author: string, atMs: number): void
  change(zone: string, diff: ZoneDiff): void
  grant(zone: string, grants: readonly Grant[]): void
  remove(zone: string): void
}

/** Who asked for a write, and from where. */
export interface Writer {
  readonly author: string
  /** the source address as text, or `unix` */
  readonly from: string
  /** why, in the writer's words */
  readonly reason?: string | undefined
}

export interface KeptZonePorts {
  readonly archive: ZoneArchive
  nowMs(): number
  keys(): { has(key: string): boolean }
  /** whose the name is already, as the end of a sentence: "is read from zones/example.zone"; undefined: nobody's */
  taken(zone: string): string | undefined
  /** the absolute names in this zone that are steered: their addresses and aliases are not for updates */
  steered(zone: string): ReadonlySet<string>
  /** A new version is here: compile and serve it. @param changes undefined: the whole zone is new */
  changed(zone: string, model: ZoneModel, changes: readonly ZoneDiff[] | undefined): void
  removed(zone: string): void
  /** Runs what writes to the archive in one transaction with a journal entry: both are on disk on return. @throws where the disk fails */
  journal(entry: NewEntry, work: () => void): void
  readonly log: TransferLog
}

export interface KeptDone {
  /** unchanged: it was so already; nothing was written */
  readonly status: 'done' | 'unchanged'
  readonly message: string
  readonly serial: number
}

export type KeptRefusal =
  | { readonly status: 'conflict'; readonly message: string }
  | { readonly status: 'unknown'; readonly message: string; readonly advice: string }
  | { readonly status: 'invalid'; readonly message: string; readonly issues: readonly Issue[] }

export type KeptOutcome = KeptDone | KeptRefusal

export interface KeptZone {
  readonly zone: string
  readonly serial: number
  readonly records: number
  readonly grants: readonly Grant[]
}

/** A change through the API: records that go and records that come, under the next serial. */
export interface RecordChanges {
  readonly remove: readonly ZoneRecord[]
  readonly add: readonly ZoneRecord[]
}

export interface KeptZones {
  /** Brings back what the archive holds. */
  start(): void
  readonly zones: readonly KeptZone[]
  model(zone: string): ZoneModel | undefined
  /** Creates a zone from the text of a master file, or replaces it. */
  put(zone: string, file: string, octets: Uint8Array, grants: readonly Grant[] | undefined, by: Writer): KeptOutcome
  change(zone: string, changes: RecordChanges, by: Writer): KeptOutcome
  grant(zone: string, grants: readonly Grant[], by: Writer): KeptOutcome
  remove(zone: string, by: Writer): KeptOutcome
  /** A dynamic update; undefined: not a zone that is kept here. */
  update(
    zone: Uint8Array,
    prerequisites: readonly UpdateRecord[],
    updates: readonly UpdateRecord[],
    from: Asker,
  ): { readonly rcode: number; readonly why?: string } | undefined
}
