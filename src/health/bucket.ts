/**
 * Seconds of badness: the bucket that one vantage keeps for one (node, check).
 *
 *     failure   bad += weight(class) x min(dt, suspect_interval)      dt: start to start, since the probe before
 *     success   bad -= drain x min(dt, suspect_interval), not below 0
 *
 * It holds at most remove_after, so that a node that was dead for an hour is as near to its return as one dead for a minute.
 * Time comes in with the evidence. Results overtake each other (a refusal is quicker than the timeout of the probe before), so a few
 * starts are remembered: each result speaks for the time since the probe that started before it, whenever it arrives.
 */
import type { EvidenceClass } from './model.ts'

/** Probes start up to this share earlier than their pace says. */
export const JITTER = 0.1

export interface Bucket {
  badMs: number
  /** since the bucket was last empty */
  failures: number
  /** starts of the latest probes counted, ascending */
  readonly starts: number[]
}

/** A timeout of 16 s at a pace of 2 s is overtaken by as many. */
const STARTS = 8

export function emptyBucket(): Bucket {
  return { badMs: 0, failures: 0, starts: [] }
}

/** Start of the latest probe counted; NaN: none yet. */
export function lastStartMs(bucket: Bucket): number {
  return bucket.starts.at(-1) ?? Number.NaN
}

/** How much of the time since the probe before a result of this class counts as bad: 0 is a success. */
export function weightOf(evidence: EvidenceClass): number {
  switch (evidence) {
    case 'ok':
    case 'local':
      return 0
    case 'slow':
      return 0.5
    default:
      return 1
  }
}

/**
 * Fills or drains the bucket by one result.
 * @param speaksForMs most time that one result counts for: suspect_interval
 * @param drain 0..1
 * @param capMs most that it holds: the remove_after in force
 */
export function pour(
  bucket: Bucket,
  evidence: EvidenceClass,
  startedAtMs: number,
  speaksForMs: number,
  drain: number,
  capMs: number,
): void {
  const stepMs = creditMs(noteStart(bucket, startedAtMs), startedAtMs, speaksForMs)
  const weight = weightOf(evidence)
  if (weight > 0) {
    bucket.badMs = Math.min(capMs, bucket.badMs + weight * stepMs)
    bucket.failures++
  } else {
    bucket.badMs = Math.max(0, bucket.badMs - drain * stepMs)
    if (bucket.badMs === 0) bucket.failures = 0
  }
}

/**
 * Notes that a probe started, without weighing what it found.
 * @returns the start of the probe before it; NaN: none is known
 */
export function noteStart(bucket: Bucket, startedAtMs: number): number {
  const { starts } = bucket
  let at = starts.length
  while (at > 0 && starts[at - 1]! > startedAtMs) at--
  const before = starts[at - 1] ?? Number.NaN
  if (at === starts.length) starts.push(startedAtMs)
  else starts.splice(at, 0, startedAtMs)
  if (starts.length > STARTS) starts.shift()
  return before
}

/**
 * The time that one result speaks for. A probe that jitter started early still speaks for its whole pace:
 * else ten failures at 2 s would come to 19.6 s, and the contract in seconds would slip by a probe.
 */
export function creditMs(beforeMs: number, startedAtMs: number, mostMs: number): number {
  if (Number.isNaN(beforeMs)) return mostMs
  return Math.max(0, Math.min((startedAtMs - beforeMs) / (1 - JITTER), mostMs))
}

/**
 * When the probe after this one starts, counted from start to start.
 * @param draw 0 <= draw < 1: the jitter's chance
 */
export function jittered(paceMs: number, draw: number): number {
  return paceMs * (1 - JITTER + 2 * JITTER * draw)
}
