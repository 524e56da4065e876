/**
 * Slow start: a node that returns takes a tenth of its share at first and all of it when `warm_up` has passed.
 * In steps, because each step is a new set of answers.
 */

export const WARM_UP_STEPS = 9

/** @returns 0.1, 0.2 ... 1 */
export function warmUpShare(sinceReturnMs: number, warmUpMs: number): number {
  if (warmUpMs <= 0 || sinceReturnMs >= warmUpMs) return 1
  return (1 + Math.floor((Math.max(0, sinceReturnMs) / warmUpMs) * WARM_UP_STEPS)) / 10
}

/** @returns how long until the share is next larger; Infinity: it is whole */
export function nextWarmUpStepMs(sinceReturnMs: number, warmUpMs: number): number {
  if (warmUpMs <= 0 || sinceReturnMs >= warmUpMs) return Number.POSITIVE_INFINITY
  const stepMs = warmUpMs / WARM_UP_STEPS
  return (Math.floor(Math.max(0, sinceReturnMs) / stepMs) + 1) * stepMs - sinceReturnMs
}
