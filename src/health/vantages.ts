/**
 * Several vantages, one opinion: the median of what the fresh ones think. With one vantage it is one's own; with two, the mean,
 * so that neither alone removes a node that the other sees well.
 */

/** A vantage that has been silent for longer is not asked. */
export const OPINION_FRESH_MS = 30_000

/** @param values badness in ms, at least one; sorted in place */
export function median(values: number[]): number {
  values.sort((a, b) => a - b)
  const middle = values.length >> 1
  return values.length % 2 === 1 ? values[middle]! : (values[middle - 1]! + values[middle]!) / 2
}
