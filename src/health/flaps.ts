/**
 * Flap memory: each return to service makes the next one wait twice as long, and calm forgets.
 *
 * Calm is time spent succeeding, not time passed: a node that is up for 45 s and down for 45 s must not wait its flaps out
 * while it flaps (docs/decisions/0020).
 */

/** Calm that halves the flaps. */
export const FLAP_HALF_LIFE_MS = 15 * 60_000
/** No return waits longer than this, unless restore_after itself is longer. */
export const LONGEST_RESTORE_MS = 10 * 60_000
/** More say nothing new: 2^16 times any restore_after is past the longest. */
const MOST_FLAPS = 16

export function decayFlaps(flaps: number, calmMs: number): number {
  if (flaps === 0) return 0
  const left = flaps * 2 ** (-calmMs / FLAP_HALF_LIFE_MS)
  return left < 0.01 ? 0 : left
}

export function addFlap(flaps: number): number {
  return Math.min(MOST_FLAPS, flaps + 1)
}

/** How long a node must succeed without a failure before it returns. */
export function restoreDelayMs(restoreAfterMs: number, flaps: number): number {
  return Math.min(restoreAfterMs * 2 ** flaps, Math.max(restoreAfterMs, LONGEST_RESTORE_MS))
}
