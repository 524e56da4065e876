/**
 * The hour that a time zone leaves out in spring: what was to happen in it must happen right after. node-cron passes over it, and a node whose
 * resume stood at 02:30 would stay drained for a day.
 *
 *     wall clock   01:58  01:59  03:00  03:01         a schedule at 02:30 runs at 03:00, once
 *     passed over                ▲ 02:00 .. 02:59
 */

const MINUTE_MS = 60_000
const FORMATS = new Map<string, Intl.DateTimeFormat>()

/** The wall clock of a time zone at a moment, as the UTC moment that reads the same. */
export function wallClockMs(timeZone: string, atMs: number): number {
  let format = FORMATS.get(timeZone)
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
    })
    FORMATS.set(timeZone, format)
  }
  const part: Record<string, number> = {}
  for (const { type, value } of format.formatToParts(atMs)) part[type] = Number(value)
  return Date.UTC(part.year!, part.month! - 1, part.day, part.hour, part.minute)
}

/**
 * Finds the minutes of the wall clock that were passed over between two moments.
 * @returns as UTC moments that read the same, ascending; empty: none were
 */
export function skippedMinutes(timeZone: string, fromMs: number, toMs: number): readonly number[] {
  const from = Math.floor(fromMs / MINUTE_MS) * MINUTE_MS
  const skipped: number[] = []
  let before = wallClockMs(timeZone, from)
  for (let at = from + MINUTE_MS; at <= toMs; at += MINUTE_MS) {
    const wall = wallClockMs(timeZone, at)
    for (let gone = before + MINUTE_MS; gone < wall; gone += MINUTE_MS) skipped.push(gone)
    before = wall
  }
  return skipped
}
