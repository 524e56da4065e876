/**
 * The trial of an edited check: one that nobody has passed since, and that fails everywhere alike, is itself the suspect. Nobody leaves
 * by it until somebody passes or the failures differ.
 */
import { type EvidenceClass, isServing, type ProbeResult } from '../health/index.ts'
import type { PoolDesk } from './fleet-pools.ts'
import type { Track } from './fleet-state.ts'

/** "In the same new way": kinds of failure that one wrong check would cause alike on every node. */
function failureFamily(evidence: EvidenceClass): string {
  switch (evidence) {
    // A wrong port is refused by one host and dropped by the next one's firewall: that is one way of failing.
    case 'refused':
    case 'timeout':
    case 'reset':
    case 'unreachable':
      return 'no connection'
    default:
      return evidence
  }
}

/** Takes one result as evidence for or against the check. */
export function tryCheck(desk: PoolDesk, track: Track, result: ProbeResult, weight: number, nowMs: number): void {
  for (const { pool } of track.seats) {
    const { trial } = pool
    if (trial === undefined || result.startedAtMs < trial.fromMs) continue
    const family = failureFamily(result.class)
    if (weight > 0 && !isServing(track.health.state) && track.health.state !== 'pending') continue
    if (weight > 0 && (trial.failure ?? family) === family) {
      trial.failure = family
      continue
    }
    pool.trial = undefined
    desk.alert(
      nowMs,
      'check-suspect',
      pool.name,
      false,
      `check ${track.check.name} works for pool ${pool.name} again, or fails in more than one way: it is trusted`,
    )
  }
}

/** @returns true when the track's failures may be the check's fault */
export function isTried(desk: PoolDesk, track: Track, nowMs: number): boolean {
  let tried = false
  for (const { pool } of track.seats) {
    const { trial } = pool
    if (trial?.failure === undefined) continue
    tried = true
    if (trial.alerted || track.health.bucket.badMs < track.patienceMs) continue
    trial.alerted = true
    desk.alert(
      nowMs,
      'check-suspect',
      pool.name,
      true,
      `check ${track.check.name} was edited, and since then every node of pool ${pool.name} fails it alike (${track.reason}): ` +
        'the check is the suspect, nobody is removed. Correct it, or force the nodes down.',
    )
  }
  return tried
}
