/**
 * What control needs from the world, as ports; main.ts fulfils them. Everything here is synchronous except loading files:
 * a write is durable before it takes effect, and it takes effect before its answer.
 */
import type { Issue } from '../base/index.ts'
import type { Intent } from '../health/index.ts'
import type { Steering } from '../steer/index.ts'
import type { AddedNode } from './added-node.ts'
import type { Fleet, HealthMemory, PoolMemory } from './fleet-model.ts'
import type { JournalEntry, JournalFilter, NewEntry } from './journal.ts'

export const ROLES = ['viewer', 'operator', 'admin'] as const
export type Role = (typeof ROLES)[number]

/** What a token may touch; an empty list of a kind does not limit by that kind, all empty: everything. */
export interface Scope {
  readonly zones: readonly string[]
  readonly pools: readonly string[]
  readonly nodes: readonly string[]
}

/** An API token as it is kept: never the secret, only its hash. */
export interface Token {
  /** public part of the token, unique */
  readonly id: string
  /** the name that the journal writes as author */
  readonly name: string
  readonly role: Role
  readonly scope: Scope
  /** SHA-256 of the secret, hexadecimal */
  readonly hash: string
  readonly createdMs: number
  readonly createdBy: string
  readonly expiresMs: number | undefined
}

/** One row of what an operator did; all of a commit are written, or none. */
export type Change =
  | { readonly kind: 'generation'; readonly generation: number }
  | { readonly kind: 'put-node'; readonly node: AddedNode }
  | { readonly kind: 'delete-node'; readonly node: string }
  /** what was observed of a node that is gone for good */
  | { readonly kind: 'forget-health'; readonly node: string }
  /** undefined: auto */
  | { readonly kind: 'intent'; readonly node: string; readonly intent: Intent | undefined }
  /** undefined: the declared weight */
  | { readonly kind: 'weight'; readonly node: string; readonly weight: number | undefined }
  /** undefined: as load says */
  | { readonly kind: 'standby'; readonly pool: string; readonly on: boolean | undefined }
  | { readonly kind: 'put-token'; readonly token: Token }
  | { readonly kind: 'delete-token'; readonly id: string }
  /** where somebody got to: a schedule, a hook; undefined: forget it */
  | { readonly kind: 'mark'; readonly key: string; readonly value: string | undefined }

/** What the last run left. */
export interface Saved {
  readonly generation: number
  readonly nodes: readonly AddedNode[]
  readonly intents: ReadonlyMap<string, Intent>
  readonly weights: ReadonlyMap<string, number>
  readonly standby: ReadonlyMap<string, boolean>
  readonly tokens: readonly Token[]
  readonly marks: ReadonlyMap<string, string>
  readonly memory: readonly HealthMemory[]
  readonly pools: readonly PoolMemory[]
}

export interface Store {
  load(): Saved
  /**
   * Writes all or nothing; durable (on disk) when it returns. Throws where the disk fails: nothing was written then.
   * @param also  what somebody else writes into the same database, in the same transaction
   */
  commit(changes: readonly Change[], entries: readonly NewEntry[], also?: () => void): readonly JournalEntry[]
  /** Observations: written in one transaction, but a crash may lose the last second of them. */
  remember(rows: readonly HealthMemory[], pools: readonly PoolMemory[]): void
  journal(filter: JournalFilter): readonly JournalEntry[]
  /** the newest entry's id, 0: none */
  lastEntryId(): number
  /** the oldest entry's id that is still kept, 0: none */
  firstEntryId(): number
}

/** All files, loaded and checked; `image` is what the answer room made of them and is opaque here. */
export interface LoadedFiles {
  readonly steering: Steering
  /** warnings and notes; no errors */
  readonly issues: readonly Issue[]
  /** static records per zone (absolute name), for plans and their brake */
  readonly zones: readonly { readonly name: string; readonly serial: number; readonly records: number }[]
  readonly image: unknown
  /** changes when any of the files (geo databases too) does */
  readonly fingerprint: string
}

export interface Loader {
  /** Reads and checks all files; never rejects because of what stands in them. */
  load(): Promise<
    { readonly ok: true; readonly files: LoadedFiles } | { readonly ok: false; readonly issues: readonly Issue[] }
  >
}

/**
 * Loaded states on disk, by fingerprint: what a reload goes back to and what a start compares the files with. A state that cannot be
 * read any more (another version wrote it, the disk lost it) is simply not there.
 */
export interface KeptStates {
  /** Lays down a state that the loader gave, or that was recalled; on disk when it settles. Rejects where the disk fails. */
  keep(files: LoadedFiles): Promise<void>
  recall(fingerprint: string): LoadedFiles | undefined
  /** A recalled state is in force: what is loaded from now on fits to it. */
  continueFrom(files: LoadedFiles): void
  /** Removes all others, once what is being laid down is: asked for then. */
  retain(fingerprints: () => readonly string[]): Promise<void>
}

/** Makes answers of the declared state and the standing of the pools. Neither call fails, both are done when they return. */
export interface Publisher {
  /** The declared state changed (files, or nodes added and removed). Standings of the new pools can be asked for already. */
  declare(files: LoadedFiles, steering: Steering, generation: number): void
  /** The standing of these pools changed: the next query sees it. */
  publish(pools: readonly string[]): void
  /** epoch ms of the last answer that held this node; undefined: none since this process started */
  lastAnswered(node: string): number | undefined
}

export interface ControlPorts {
  readonly store: Store
  readonly loader: Loader
  /** Absent: a restart knows only the files. */
  readonly states?: KeptStates | undefined
  readonly publisher: Publisher
  readonly fleet: Fleet
  /** epoch ms */
  readonly now: () => number
  /** Runs work soon, but not now (setImmediate): observations of one moment are journalled together. */
  readonly soon: (work: () => void) => void
  /** Zones that come from no file: copies of other servers', and those of the database. Absent: there are none. */
  readonly otherZones?: () => readonly {
    readonly name: string
    readonly serial: number
    readonly records: number
    readonly source: 'copy' | 'database'
  }[]
  /** The disk failed while an observation was written: told, not thrown. */
  readonly trouble: (message: string) => void
}
