/**
 * The health of one node under one check: what the bucket says, with memory.
 *
 *                    fills to remove_after                  restore_after x 2^flaps without a failure
 *   pending ─▶ up ──▶ suspect ──────────▶ down ──▶ recovering ──────────▶ warming ──▶ up
 *   3 good        ◀── drains to 0              ◀── a failure
 *
 * The badness that decides is the median of the vantages; alone, one's own bucket. The caller brings both, and the time.
 */
import { type Bucket, emptyBucket } from './bucket.ts'
import { addFlap, restoreDelayMs } from './flaps.ts'
import type { HealthState } from './model.ts'
import { FAILURES_TO_LEAVE, type HysteresisFigures } from './profile.ts'

/** Good probes in a row after which a new node joins. */
export const GOOD_TO_JOIN = 3

export interface NodeHealth {
  state: HealthState
  sinceMs: number
  readonly bucket: Bucket
  /** what decided last: the median of the vantages, or the own bucket's badness */
  effectiveBadMs: number
  /** pending: good probes in a row */
  good: number
  /** recovering: since when without a failure */
  recoveringFromMs: number
  /** the latest return to service; -Infinity: never left */
  returnedAtMs: number
  flaps: number
  /** it left while drained, by an operator or by its own word: its return is no flap */
  excused: boolean
  /** remembered from before a restart: the next probe decides nothing */
  remembered: boolean
}

export function newHealth(nowMs: number): NodeHealth {
  return {
    state: 'pending',
    sinceMs: nowMs,
    bucket: emptyBucket(),
    effectiveBadMs: 0,
    good: 0,
    recoveringFromMs: 0,
    returnedAtMs: Number.NEGATIVE_INFINITY,
    flaps: 0,
    excused: false,
    remembered: false,
  }
}

/** In the answers on its own account: what was observed does not speak against it. */
export function isServing(state: HealthState): boolean {
  return state === 'up' || state === 'suspect' || state === 'warming'
}

export interface Turn {
  /** badness that decides now */
  readonly badMs: number
  readonly removeAfterMs: number
  readonly warmUpMs: number
  /** the latest probe of one's own succeeded; undefined: this is no probe of one's own */
  readonly good: boolean | undefined
  /** start of the probe that brings this about, or the time of what else does */
  readonly atMs: number
  /** false: something is wrong with us or with the check, nobody leaves */
  readonly mayLeave: boolean
  /** other vantages have their say: failures elsewhere count without our own */
  readonly shared: boolean
}

/**
 * Turns the state by new badness.
 * @returns the state before; compare with `health.state`
 */
export function turn(health: NodeHealth, to: Turn, figures: HysteresisFigures, nowMs: number): HealthState {
  const before = health.state
  const worse = to.badMs > health.effectiveBadMs || (to.good === false && !to.shared)
  health.effectiveBadMs = to.badMs
  const over = to.badMs >= to.removeAfterMs && (to.shared || health.bucket.failures >= FAILURES_TO_LEAVE)
  switch (before) {
    case 'pending':
      if (to.good !== undefined) health.good = to.good ? health.good + 1 : 0
      if (over && to.mayLeave) enter(health, 'down', nowMs)
      else if (health.good >= GOOD_TO_JOIN) enter(health, to.badMs > 0 ? 'suspect' : 'up', nowMs)
      break
    case 'up':
    case 'suspect':
    case 'warming':
      if (over && to.mayLeave) enter(health, 'down', nowMs)
      else enter(health, to.badMs > 0 ? 'suspect' : calm(health, to.warmUpMs, nowMs), nowMs)
      break
    case 'down':
      if (!worse && to.badMs < to.removeAfterMs) {
        health.recoveringFromMs = to.atMs
        enter(health, 'recovering', nowMs)
      }
      break
    case 'recovering':
      if (worse) {
        // A failure on the way back fills the bucket: the node is as far from its return as when it left.
        if (to.good === false) health.bucket.badMs = to.removeAfterMs
        health.effectiveBadMs = Math.max(to.badMs, health.bucket.badMs)
        enter(health, 'down', nowMs)
      } else if (to.atMs - health.recoveringFromMs >= restoreDelayMs(figures.restoreAfterMs, health.flaps)) {
        health.bucket.badMs = 0
        health.bucket.failures = 0
        health.effectiveBadMs = 0
        if (!health.excused) health.flaps = addFlap(health.flaps)
        health.excused = false
        health.returnedAtMs = nowMs
        enter(health, calm(health, to.warmUpMs, nowMs), nowMs)
      }
      break
    default:
      before satisfies never
  }
  return before
}

function calm(health: NodeHealth, warmUpMs: number, nowMs: number): HealthState {
  return nowMs - health.returnedAtMs < warmUpMs ? 'warming' : 'up'
}

function enter(health: NodeHealth, state: HealthState, nowMs: number): void {
  if (health.state === state) return
  health.state = state
  health.sinceMs = nowMs
}

/** The time from the start of this probe to the start of the next, before jitter. */
export function paceMs(health: NodeHealth, failing: boolean, figures: HysteresisFigures): number {
  switch (health.state) {
    case 'down':
      return figures.downIntervalMs
    case 'pending':
    case 'recovering':
      return figures.suspectIntervalMs
    default:
      return failing || health.bucket.badMs > 0 ? figures.suspectIntervalMs : figures.intervalMs
  }
}
