/**
 * What steering needs to know of a pool right now: which members are fit, which are in the answers, with what share, and why.
 * Control makes it (health x intent x floor); `choose` and the answer compiler read it.
 */
import type { HealthState, IntentKind } from '../health/index.ts'

/**
 * normal      enough fit members
 * below-floor fewer fit members than min_in_service, but at least one: the least bad are `kept`
 * all-down    no fit member at all
 */
export type PoolCondition = 'normal' | 'below-floor' | 'all-down'

export interface MemberStanding {
  readonly node: string
  readonly health: HealthState
  readonly intent: IntentKind
  /** fit on its own account: health and intent both allow it */
  readonly fit: boolean
  /** in the answers: fit, or kept by the floor, the removal budget or all_down */
  readonly inService: boolean
  /** in the answers although it is not fit */
  readonly kept: boolean
  /** 0..1: slow start; 1 in calm */
  readonly share: number
  /** the weight in force: configured, overridden or load-aware; 0 takes part in no weighted pick */
  readonly weight: number
  readonly badMs: number
  /** why it is in or out, one clause: "down since 12:04:31 (timeout)", "drained by ana: disk swap" */
  readonly why: string
}

export interface PoolStanding {
  readonly pool: string
  readonly condition: PoolCondition
  /** in declared order */
  readonly members: readonly MemberStanding[]
  /** a member in use is suspect or recovering: answers carry ttl.min */
  readonly unsettled: boolean
  /** the nodes in service when the pool was last `normal` (all_down: last-good) */
  readonly lastGood: readonly string[]
}
