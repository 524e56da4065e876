/**
 * What explain tells, as values; and what it needs to know it.
 */
import type { PoolStanding, Steering } from '../policy/index.ts'
import type { Publisher } from './publisher.ts'

/** Where an address is, as the databases say. */
export interface PlaceFacts {
  readonly address: string
  readonly country: string | null
  readonly subdivision: string | null
  readonly continent: string | null
  readonly asn: number | null
  readonly latitude: number | null
  readonly longitude: number | null
  /** the database that says so, and the network it says it of */
  readonly database: string | null
  readonly network: string | null
}

export interface ExplainedNode {
  readonly node: string
  readonly pool: string
  readonly answered: boolean
  readonly intent: string
  readonly health: string
  readonly badSeconds: number
  readonly flaps: number
  /** the earliest moment at which its health can change; null: never */
  readonly nextChange: string | null
  /** what its check promises, in seconds; null: it has none */
  readonly contract: string | null
  /** 0..1: slow start */
  readonly share: number
  readonly weight: number
  readonly why: string
}

export interface Explanation {
  readonly name: string
  readonly type: string
  readonly client: string | null
  readonly generation: number
  readonly zone: string | null
  readonly outcome: string
  readonly rcode: string
  readonly record: { readonly name: string; readonly pick: string; readonly strict: boolean } | null
  readonly place: PlaceFacts | null
  readonly rules: readonly {
    readonly clients: string
    readonly pool: string
    readonly matched: boolean
    readonly why: string
  }[]
  readonly pool: string | null
  readonly nodes: readonly ExplainedNode[]
  /** rdata in presentation form: of a steered name everything that may be answered, else the answer section */
  readonly answers: readonly string[]
  readonly ttl: number | null
  readonly ttlWhy: string
  readonly scope: number | null
  readonly steps: readonly string[]
}

/** How a node stands by one check, in the words that explain needs. */
export interface CheckFacts {
  readonly check: string
  readonly badMs: number
  readonly removeAfterMs: number
  readonly flaps: number
  /** epoch ms; undefined: never */
  readonly nextChangeMs: number | undefined
  readonly contract: string
}

export interface ExplainPorts {
  readonly publisher: Publisher
  steering(): Steering
  standing(pool: string): PoolStanding | undefined
  /** what is known of a node by the checks it has */
  health(node: string): readonly CheckFacts[]
  place(address: Uint8Array): PlaceFacts | undefined
  nowMs(): number
}

export interface Question {
  readonly name: string
  readonly type: string
  /** an address or a network; undefined: nobody in particular */
  readonly client: string | undefined
}
