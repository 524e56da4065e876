/**
 * The figures of a check's hysteresis: a profile, with figures of one's own over it, or `fall` and `rise` as other health
 * checkers count them.
 */
import { parseDurationMs } from '../base/index.ts'
import { HYSTERESIS_FIGURES } from '../health/index.ts'
import type { Hysteresis, ProfileName } from '../policy/index.ts'
import type { HysteresisEntry } from './schema.ts'

/** The figures belong to the health engine; they are proved there. */
export const PROFILES: Readonly<Record<ProfileName, Hysteresis>> = HYSTERESIS_FIGURES

export interface HysteresisComplaint {
  readonly severity: 'error' | 'warning'
  readonly key: string
  readonly message: string
  readonly advice: string
}

/** Resolves a profile or figures to all figures. @param complain is told of figures that contradict each other */
export function resolveHysteresis(
  entry: HysteresisEntry | undefined,
  complain: (complaint: HysteresisComplaint) => void,
): Hysteresis {
  if (entry === undefined) return PROFILES.normal
  if (typeof entry === 'string') return PROFILES[entry]
  const base = PROFILES[entry.profile ?? 'normal']
  const ms = (text: string | undefined, otherwise: number): number =>
    text === undefined ? otherwise : (parseDurationMs(text) ?? otherwise)
  const intervalMs = ms(entry.interval, base.intervalMs)
  const counted = (times: number | undefined, otherwise: number): number =>
    times === undefined ? otherwise : times * intervalMs
  for (const [count, figure] of [
    ['fall', 'remove_after'],
    ['rise', 'restore_after'],
  ] as const) {
    if (entry[count] !== undefined && entry[figure] !== undefined)
      complain({
        severity: 'error',
        key: count,
        message: `${count} and ${figure} say the same thing in two ways.`,
        advice: `Keep one: ${count}: ${entry[count]} means ${figure}: ${(entry[count] * intervalMs) / 1000}s.`,
      })
  }
  const resolved: Hysteresis = {
    profile: base.profile,
    intervalMs,
    // Doubt is never looked into more slowly than calm.
    suspectIntervalMs: ms(entry.suspect_interval, Math.min(base.suspectIntervalMs, intervalMs)),
    downIntervalMs: ms(entry.down_interval, base.downIntervalMs),
    removeAfterMs: ms(entry.remove_after, counted(entry.fall, base.removeAfterMs)),
    restoreAfterMs: ms(entry.restore_after, counted(entry.rise, base.restoreAfterMs)),
    drain: entry.drain ?? base.drain,
    adaptive: entry.adaptive ?? base.adaptive,
  }
  examine(resolved, complain)
  return resolved
}

/** Shorter paces are a load on the nodes, not a check of them. */
const SHORTEST_INTERVAL_MS = 100

function examine(figures: Hysteresis, complain: (complaint: HysteresisComplaint) => void): void {
  const paces = {
    interval: figures.intervalMs,
    suspect_interval: figures.suspectIntervalMs,
    down_interval: figures.downIntervalMs,
  }
  for (const [key, pace] of Object.entries(paces)) {
    // A pace in doubt that follows from the one in calm is not to blame.
    const derived = key === 'suspect_interval' && pace === figures.intervalMs
    if (pace < SHORTEST_INTERVAL_MS && !derived)
      complain({
        severity: 'error',
        key,
        message: `${key} is ${pace}ms; probes may follow each other after ${SHORTEST_INTERVAL_MS}ms at the earliest.`,
        advice: 'Faster probes do not find more, they only burden the node.',
      })
  }
  if (figures.suspectIntervalMs > figures.intervalMs)
    complain({
      severity: 'warning',
      key: 'suspect_interval',
      message:
        'suspect_interval is longer than interval: a node in doubt would be looked at less often than one in calm.',
      advice: 'Make it at most as long as interval.',
    })
  if (figures.removeAfterMs < 3 * Math.min(figures.suspectIntervalMs, figures.intervalMs))
    complain({
      severity: 'warning',
      key: 'remove_after',
      message: 'remove_after is shorter than three probes, but three failures are needed in any case.',
      advice: 'Lengthen it, or shorten suspect_interval.',
    })
}
