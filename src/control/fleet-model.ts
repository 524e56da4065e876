/**
 * The fleet: all nodes, their health and intents, and the standing of every pool: state + event + now -> effects.
 * The door between the pure engine (fleet.ts) and those who drive it: main.ts on real time, the lab on virtual time.
 */
import type { HealthState, Intent, ProbeResult } from '../health/index.ts'
import type { Check, Node, PoolStanding, Steering } from '../steer/index.ts'

export type FleetEvent =
  /** The declared state in force: files and the nodes added through the API, joined. Keeps the memory of what stays. */
  | { readonly kind: 'declare'; readonly steering: Steering }
  | { readonly kind: 'probe'; readonly result: ProbeResult }
  | { readonly kind: 'intent'; readonly node: string; readonly intent: Intent }
  /** an operator's weight for a node, over the declared one; undefined: back to the declared one */
  | { readonly kind: 'weight'; readonly node: string; readonly weight: number | undefined }
  | { readonly kind: 'standby'; readonly pool: string; readonly on: boolean | undefined }
  /** other vantages' opinions (cluster); bad in ms by healthKey */
  | { readonly kind: 'opinions'; readonly vantage: string; readonly bad: ReadonlyMap<string, number> }
  /** the clock was set: all moments from now on are by so much later than they would have been; `now` is the new time */
  | { readonly kind: 'clock-set'; readonly byMs: number }
  /** time has passed: intents end, restores come due, budgets refill */
  | { readonly kind: 'tick' }

export type FleetEffect =
  /** tell the journal, the event stream, the metric: one effect, four readings */
  | {
      readonly kind: 'health'
      readonly node: string
      readonly check: string
      readonly from: HealthState
      readonly to: HealthState
      readonly reason: string
      readonly badMs: number
    }
  | {
      readonly kind: 'effective'
      readonly node: string
      readonly pool: string
      readonly inService: boolean
      readonly why: string
    }
  /** an intent ended by itself (`--for`) */
  | { readonly kind: 'intent-ended'; readonly node: string; readonly intent: Intent }
  /** a thing an operator must see; `raised` false: it is over */
  | {
      readonly kind: 'alert'
      readonly code: string
      readonly subject: string
      readonly raised: boolean
      readonly message: string
    }
  /** the standing of these pools changed: their records want new variants */
  | { readonly kind: 'publish'; readonly pools: readonly string[] }

/** One probe to run: (node, check), shared by all pools. */
export interface ProbeTarget {
  readonly node: Node
  readonly check: Check
  /** the Host and SNI to use where the check names none: a record's name that this node serves; undefined: none does */
  readonly host: string | undefined
}

/** What is known of one (node, check), for status, explain, metrics and the health API. */
export interface NodeHealthView {
  readonly node: string
  readonly check: string
  readonly health: HealthState
  readonly sinceMs: number
  readonly badMs: number
  /** the threshold in force: remove_after, or what adaptive patience made of it */
  readonly removeAfterMs: number
  readonly flaps: number
  /** the earliest moment the state can change by itself or by steady results; undefined: never */
  readonly nextChangeMs: number | undefined
  readonly reason: string
  /** newest first, at most 20 */
  readonly lastProbes: readonly {
    readonly atMs: number
    readonly ok: boolean
    readonly class: string
    readonly ms: number
    readonly detail: string
  }[]
  /** "a dead node leaves after about 24.5s; one that fails more than a third of its probes leaves eventually" */
  readonly contract: string
  readonly load: number | undefined
  readonly warning: string | undefined
}

/** What must survive a restart, one row for each (node, check); plain JSON values. */
export interface HealthMemory {
  readonly node: string
  readonly check: string
  readonly health: HealthState
  readonly sinceMs: number
  readonly badMs: number
  readonly flaps: number
  readonly flapsAtMs: number
  /** the rest, opaque to the store: spells for adaptive patience, last good probe ... */
  readonly more: string
}

/** What of a pool must survive a restart. */
export interface PoolMemory {
  readonly pool: string
  /** JSON, opaque to the store */
  readonly more: string
}

export interface Fleet {
  apply(event: FleetEvent, nowMs: number): readonly FleetEffect[]
  /** the earliest moment at which `due` or a tick has something to do; Infinity: nothing */
  nextDueMs(): number
  /** takes the probes that start now; each is next due when its pace says, counted from now */
  due(nowMs: number): readonly ProbeTarget[]
  standing(pool: string): PoolStanding | undefined
  health(node: string): readonly NodeHealthView[]
  intent(node: string): Intent
  alerts(): readonly {
    readonly code: string
    readonly subject: string
    readonly message: string
    readonly sinceMs: number
  }[]
  /** what this vantage tells the others: badness in ms by healthKey; empty while it takes itself for cut off */
  opinions(): ReadonlyMap<string, number>
  /** rows changed since the last call (all of them the first time) */
  takeMemory(): readonly HealthMemory[]
  /** pools whose row is another one since the last call */
  takePoolMemory(): readonly PoolMemory[]
  /** before the first `declare`: what the last run knew */
  remember(rows: readonly HealthMemory[], pools: readonly PoolMemory[]): void
}
