/** Times and figures as the views and the journal write them. */

/** @param ms epoch ms; what a Date cannot say is its nearest end */
export function iso(ms: number): string {
  return new Date(Math.min(Math.max(ms, -8.64e15), 8.64e15)).toISOString()
}

/** @returns null where it never comes */
export function printMoment(ms: number | undefined): string | null {
  return ms === undefined || !Number.isFinite(ms) ? null : iso(ms)
}

export function seconds(ms: number): number {
  return Number((ms / 1000).toFixed(3))
}

/** Flaps fade, so they are seldom whole. */
export function printFlaps(flaps: number): number {
  return Number(flaps.toFixed(2))
}
