/**
 * What the API needs from the others; main.ts fulfils it.
 */
import type { Explanation, PlaceFacts } from '../answer/index.ts'
import type { Control } from '../control/index.ts'
import type { KeptZones } from '../transfer/index.ts'

/** Counts since the process started. */
export interface Counters {
  readonly queries: readonly { readonly transport: string; readonly count: number }[]
  readonly responses: readonly { readonly rcode: string; readonly count: number }[]
  /** steered answers */
  readonly answers: readonly { readonly record: string; readonly pool: string; readonly count: number }[]
  readonly nodes: readonly { readonly node: string; readonly count: number }[]
  readonly countries: readonly { readonly country: string; readonly count: number }[]
  /** queries that got no response, by why */
  readonly silent: readonly { readonly why: string; readonly count: number }[]
  readonly workers: readonly {
    readonly worker: string
    readonly queries: number
    readonly restarts: number
    /** the generation of the world that it answers from */
    readonly generation: number
  }[]
}

/** The answer room behind the API. */
export interface Answers {
  /** @returns what is asked for, or why the question makes no sense */
  explain(question: {
    readonly name: string
    readonly type: string
    /** an address or a network; undefined: nobody in particular */
    readonly client: string | undefined
  }): Explanation | { readonly problem: string }
  /** @param address text; @returns undefined where it is no address */
  place(address: string): PlaceFacts | undefined
  counters(): Counters
  /** the published world's */
  generation(): number
}

/** A backup or the like that cannot be done; the message is for the operator. */
export type Done<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly message: string }

export interface ApiPorts {
  readonly control: Control
  readonly answers: Answers
  readonly version: string
  /** reads of /v1 need no token */
  readonly openReads: boolean
  /** epoch ms */
  readonly now: () => number
  /** @returns why the server does not answer queries yet; undefined: it does */
  readonly notReady: () => string | undefined
  /** what else `status` shows: addresses, databases and their age, workers; plain JSON values */
  readonly facts: () => Readonly<Record<string, unknown>>
  /** zones kept in the database; absent: this server keeps none */
  readonly keptZones?: KeptZones
  /** what is to be measured beside: hooks, geo databases, copies of zones; none where the server has none */
  readonly gauges?: () => {
    readonly hooks: readonly {
      readonly name: string
      readonly delivered: number
      readonly failed: number
      readonly passedOver: number
      readonly behind: number
    }[]
    readonly databases: readonly { readonly name: string; readonly builtMs: number }[]
    /** copies of other servers' zones */
    readonly secondaries: readonly {
      readonly zone: string
      readonly expiresAtMs: number | undefined
      readonly failing: boolean
    }[]
  }
  /** Copies the database while it runs. */
  readonly backup: (file: string) => Promise<Done<{ readonly file: string; readonly octets: number }>>
  /** Recorded probe results as lines of JSON for the lab, oldest first. */
  readonly probeLog: (filter: {
    readonly node: string | undefined
    readonly check: string | undefined
    readonly sinceMs: number
    readonly untilMs: number
  }) => Iterable<string>
  readonly log: (level: 'info' | 'warn' | 'error', message: string, fields?: Readonly<Record<string, unknown>>) => void
}
