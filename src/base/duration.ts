/**
 * Durations as operators write them: 500ms, 5s, 10m, 1h, 7d; compounds as 1h30m.
 */

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}

/** Reads a duration with units. @returns milliseconds, or undefined where the text is none */
export function parseDurationMs(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ms|[smhdw]))+$/.test(text)) return undefined
  let total = 0
  for (const part of text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhdw])/g)) total += Number(part[1]) * UNIT_MS[part[2]!]!
  return Number.isSafeInteger(Math.round(total)) ? Math.round(total) : undefined
}

/** Prints a duration for a person, at most two units: 90500 -> "1m 30s", 22500 -> "22.5s", 250 -> "250ms". */
export function printDuration(ms: number): string {
  if (ms < 0) return `-${printDuration(-ms)}`
  if (ms < 1000) return `${Math.round(ms)}ms`
  if (ms < 60_000) return `${Number((ms / 1000).toFixed(1))}s`
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1000],
  ] as const
  const first = units.findIndex(([, size]) => ms >= size)
  const [unit, size] = units[first]!
  const next = units[first + 1]
  const whole = Math.floor(ms / size)
  const rest = next === undefined ? 0 : Math.floor((ms - whole * size) / next[1])
  return rest > 0 ? `${whole}${unit} ${rest}${next![0]}` : `${whole}${unit}`
}
