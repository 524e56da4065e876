/**
 * Weights that follow the load which nodes report, and standby members that come when it is high.
 *
 * A node's share of the clients is weight / sum of weights, so load_i ~ weight_i / strength_i: in logarithms the way from weight
 * to load is a plain shift, and the strength of a node is what must be found. Each period
 *
 *     ln factor_i += GAIN x (mean of ln load - ln load_i)          bounded to 1/4 .. 4
 *
 * DNS answers late: a resolver that asked just before keeps the old weights for a whole TTL. So a period is at least a TTL long,
 * and a step takes a quarter of the way: an integrator that acts two periods late stays free of overshoot up to a gain of about 0.3,
 * and stable up to 0.6. The daily curve moves all loads alike and cancels out of the difference.
 */
import type { MemberState, NodeState, PoolState } from './fleet-state.ts'

const GAIN = 0.25
const LEAST_PERIOD_MS = 30_000
const LARGEST_FACTOR = 4
/** Reports are smoothed over this time. */
const SMOOTHING_MS = 30_000
/** A load that nobody has confirmed for so long is not known. */
const LOAD_FRESH_MS = 120_000
/** Idle machines differ by noise, not by strength. */
const LEAST_MEAN_LOAD = 0.05
const LEAST_LOAD = 0.01
/** How often standby is considered. */
export const STANDBY_PERIOD_MS = 10_000

/** Takes a node's report in. */
export function noteLoad(node: NodeState, load: number, nowMs: number): void {
  const sinceMs = nowMs - node.loadAtMs
  const old = sinceMs > LOAD_FRESH_MS ? 0 : Math.exp(-sinceMs / SMOOTHING_MS)
  // Whatever comes in, weights must not become NaN.
  if (!(load >= 0)) return
  node.smoothLoad = old * node.smoothLoad + (1 - old) * Math.min(1, load)
  node.load = load
  node.loadAtMs = nowMs
}

/** The node has stopped telling its load. */
export function forgetLoad(node: NodeState): void {
  node.load = undefined
  node.loadAtMs = Number.NEGATIVE_INFINITY
}

export function periodMs(pool: PoolState): number {
  return Math.max(LEAST_PERIOD_MS, pool.ttlMs)
}

/** Moves the weights of a load-aware pool one step. @returns true when it did */
export function balanceLoad(pool: PoolState, nowMs: number): boolean {
  if (!pool.pool.loadAware || nowMs - pool.balancedAtMs < periodMs(pool)) return false
  pool.balancedAtMs = nowMs
  const members = reporting(pool, nowMs).filter(({ share, fit }) => share === 1 && fit)
  if (members.length < 2 || meanLoad(members) < LEAST_MEAN_LOAD) return false
  const logs = members.map(({ node }) => Math.log(Math.max(node.smoothLoad, LEAST_LOAD)))
  const target = logs.reduce((sum, log) => sum + log, 0) / logs.length
  members.forEach((member, i) => {
    member.loadFactor *= Math.exp(GAIN * (target - logs[i]!))
  })
  // All weights times the same say the same: keep their middle at 1, so that a bound is met by a node's strength and not by drift.
  const drift = Math.exp(members.reduce((sum, { loadFactor }) => sum + Math.log(loadFactor), 0) / members.length)
  for (const member of members) {
    member.loadFactor = Math.min(LARGEST_FACTOR, Math.max(1 / LARGEST_FACTOR, member.loadFactor / drift))
  }
  return true
}

/** Calls standby members in or sends them off. @returns true when either happened */
export function callStandby(pool: PoolState, nowMs: number): boolean {
  if (!pool.members.some(({ member }) => member.standby)) return false
  const { joinAbove, joinAfterMs, leaveBelow } = pool.pool.standby
  const members = reporting(pool, nowMs)
  const load = members.length === 0 ? undefined : meanLoad(members)
  const turning =
    load !== undefined &&
    (pool.standbyCalled ? load < leaveBelow && loadWithoutStandby(members) < joinAbove : load > joinAbove)
  if (!turning) {
    pool.standbyTurnFromMs = Number.NaN
    return false
  }
  if (Number.isNaN(pool.standbyTurnFromMs)) pool.standbyTurnFromMs = nowMs
  if (nowMs - pool.standbyTurnFromMs < joinAfterMs) return false
  pool.standbyTurnFromMs = Number.NaN
  pool.standbyCalled = !pool.standbyCalled
  return pool.standbyOn === undefined
}

/** What the others would have to bear alone: spares that leave only to be called again would come and go for ever. */
function loadWithoutStandby(members: readonly MemberState[]): number {
  const staying = members.filter(({ member }) => !member.standby).length
  return staying === 0 ? Number.POSITIVE_INFINITY : (meanLoad(members) * members.length) / staying
}

function reporting(pool: PoolState, nowMs: number): MemberState[] {
  return pool.members.filter(({ inService, node }) => inService && nowMs - node.loadAtMs <= LOAD_FRESH_MS)
}

function meanLoad(members: readonly MemberState[]): number {
  return members.reduce((sum, { node }) => sum + node.smoothLoad, 0) / members.length
}
