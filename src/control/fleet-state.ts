/**
 * What the fleet keeps in mind: nodes, pools, and tracks, a track being one (node, check). Mutable, and owned by the fleet alone.
 */
import type { EvidenceClass, HealthState, Intent, NodeHealth, Spells } from '../health/index.ts'
import type { Check, Member, Node, Pool, PoolStanding } from '../steer/index.ts'
import type { ProbeTarget } from './fleet-model.ts'
import type { Timed } from './fleet-timers.ts'

export interface Track extends Timed {
  readonly key: string
  node: NodeState
  check: Check
  target: ProbeTarget
  /** where the node sits under this check: one for each pool */
  seats: Seat[]
  health: NodeHealth
  spells: Spells | undefined
  /** the threshold in force: remove_after, or what adaptive patience made of it */
  patienceMs: number
  /** the longest warm-up among its pools */
  warmUpMs: number
  /** pace at which `dueMs` was set */
  paceMs: number
  /** the check asks another question since then */
  askedAnewMs: number
  /** start of the latest probe handed out; NaN: none */
  startedMs: number
  /** the latest result was a failure, and since when without a success in between */
  failing: boolean
  streak: number
  streakFromMs: number
  /** what the bucket held before the streak: given back when the streak was our own fault */
  badBeforeMs: number
  failuresBefore: number
  lastFailureMs: number
  /** the class and detail of the latest failure */
  lastClass: EvidenceClass
  reason: string
  /** the node's own word in answers to this check */
  word: 'ready' | 'drain' | 'maint' | undefined
  /** the share of its weight that the node asks for in answers to this check; undefined: it does not say */
  weightPercent: number | undefined
  /** answers to this check told a load */
  tellsLoad: boolean
  warning: string | undefined
  /** results in a row that our own trouble kept from being any evidence */
  blind: number
  /** what other vantages think: badness, and when they said so */
  others: Map<string, { readonly badMs: number; readonly atMs: number }> | undefined
  history: ProbeHistory
}

export interface Seat {
  readonly pool: PoolState
  readonly member: MemberState
}

export interface NodeState extends Timed {
  readonly kind: 'node'
  readonly name: string
  /** undefined: an intent came for a node that nobody declares (yet) */
  node: Node | undefined
  intent: Intent
  /** an operator's weight */
  weight: number | undefined
  weightPercent: number
  load: number | undefined
  /** the load, smoothed: what weights follow */
  smoothLoad: number
  loadAtMs: number
  tracks: Track[]
  pools: PoolState[]
}

export interface MemberState {
  readonly member: Member
  readonly node: NodeState
  readonly track: Track | undefined
  /** it served before it was first known: unknown is not down */
  trusted: boolean
  inService: boolean
  fit: boolean
  share: number
  weight: number
  /** follows the load: what the configured weight is multiplied by */
  loadFactor: number
  unsettled: boolean
  keptBy: 'floor' | 'budget' | 'all-down' | undefined
  /** when it last left the answers; NaN: it is in them, or never was */
  leftMs: number
}

export interface PoolState extends Timed {
  readonly kind: 'pool'
  readonly name: string
  pool: Pool
  members: MemberState[]
  condition: PoolStanding['condition']
  unsettled: number
  /** members in the answers only because floor, budget or all_down keep them */
  kept: number
  lastGood: readonly string[]
  /** when members were removed, within the removal window */
  removals: number[]
  /** by schedule or by hand; undefined: the load decides */
  standbyOn: boolean | undefined
  /** the load called for the standby members */
  standbyCalled: boolean
  /** since when the load has been above or below what would change that */
  standbyTurnFromMs: number
  /** the last time that load-aware weights were set */
  balancedAtMs: number
  /** the longest TTL among the records that use the pool */
  ttlMs: number
  /** an edited check has neither passed on any member nor failed in two ways */
  trial: { readonly fromMs: number; failure: string | undefined; alerted: boolean } | undefined
  standing: PoolStanding | undefined
}

/** A ring of the latest probes; arrays of numbers, because there are as many rings as tracks. */
export class ProbeHistory {
  static readonly SIZE = 20
  readonly #at: number[] = []
  readonly #ms: number[] = []
  readonly #ok: boolean[] = []
  readonly #class: string[] = []
  readonly #detail: string[] = []
  #next = 0

  note(atMs: number, ms: number, ok: boolean, evidence: string, detail: string): void {
    const at = this.#next
    this.#at[at] = atMs
    this.#ms[at] = ms
    this.#ok[at] = ok
    this.#class[at] = evidence
    this.#detail[at] = detail
    this.#next = (at + 1) % ProbeHistory.SIZE
  }

  /** newest first */
  list(): { atMs: number; ok: boolean; class: string; ms: number; detail: string }[] {
    const size = this.#at.length
    return Array.from({ length: size }, (_, i) => {
      const at = (this.#next - 1 - i + size) % size
      return {
        atMs: this.#at[at]!,
        ok: this.#ok[at]!,
        class: this.#class[at]!,
        ms: this.#ms[at]!,
        detail: this.#detail[at]!,
      }
    })
  }
}

export const AUTO: Intent = { kind: 'auto', reason: undefined, author: '', sinceMs: 0, untilMs: undefined }

export function stateOf(member: MemberState): HealthState {
  return member.track === undefined ? 'up' : member.track.health.state
}

/** The name of a (node, check) in messages between vantages. */
export function healthKey(node: string, check: string): string {
  return `${node}/${check}`
}
