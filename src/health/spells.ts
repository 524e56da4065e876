/**
 * Bad spells: how long a node's own hiccups last, so that patience can be cut to its measure (`adaptive: true`).
 *
 *     remove_after = clamp(12 s, 1.25 x the 95th percentile of the spells of 7 days that healed by themselves, 40 s)
 *
 * A spell's size is the badness it would have reached in a bucket without a rim, so that spells which removed the node count in full.
 * Spells over 40 s are no argument: no patience allowed here would have bridged them.
 * Growing needs a few spells; shrinking below the profile needs calm days, and then looks at the longest spell, not at the
 * 95th percentile: random loss makes many tiny spells and a rare long one, and the rare one is the false removal (docs/decisions/0021).
 */
import type { HysteresisFigures } from './profile.ts'

const DAY_MS = 86_400_000
const DAYS = 7
const BIN_MS = 2000
export const LEAST_PATIENCE_MS = 12_000
export const MOST_PATIENCE_MS = 40_000
const BINS = MOST_PATIENCE_MS / BIN_MS
const MARGIN = 1.25
const FEW_SPELLS = 10
const CALM_DAYS = 3

export interface Spells {
  /** the spell that is running: its size so far; 0: none */
  runningMs: number
  /** the largest it has been */
  peakMs: number
  /** an operator had a hand in the running spell: it does not count */
  spoilt: boolean
  lastStartMs: number
  /** the first day observed, in days since the epoch */
  firstDay: number
  /** day number -> how many spells ended in each bin of 2 s */
  readonly days: Map<number, number[]>
}

export function noSpells(nowMs: number): Spells {
  const firstDay = Math.floor(nowMs / DAY_MS)
  return { runningMs: 0, peakMs: 0, spoilt: false, lastStartMs: Number.NaN, firstDay, days: new Map() }
}

/**
 * Notes one result.
 * @param down the node is out: probes are further apart, and each speaks for more
 * @returns true when a spell ended, so that the patience may have changed
 */
export function noteSpell(
  spells: Spells,
  weight: number,
  startedAtMs: number,
  figures: HysteresisFigures,
  down: boolean,
): boolean {
  const most = down ? figures.downIntervalMs : figures.suspectIntervalMs
  const stepMs = Number.isNaN(spells.lastStartMs) ? most : Math.max(0, Math.min(startedAtMs - spells.lastStartMs, most))
  spells.lastStartMs = startedAtMs
  if (weight > 0) {
    // A spell far past the rim is an outage: let it not take as long to end as it took to grow.
    spells.runningMs = Math.min(spells.runningMs + weight * stepMs, 2 * MOST_PATIENCE_MS)
    spells.peakMs = Math.max(spells.peakMs, spells.runningMs)
    return false
  }
  if (spells.runningMs === 0) return false
  spells.runningMs = Math.max(0, spells.runningMs - figures.drain * stepMs)
  if (spells.runningMs > 0) return false
  const size = spells.peakMs
  spells.peakMs = 0
  const spoilt = spells.spoilt
  spells.spoilt = false
  if (spoilt || size > MOST_PATIENCE_MS) return false
  const day = Math.floor(startedAtMs / DAY_MS)
  let bins = spells.days.get(day)
  if (bins === undefined) {
    bins = new Array<number>(BINS).fill(0)
    spells.days.set(day, bins)
    for (const old of spells.days.keys()) if (old <= day - DAYS) spells.days.delete(old)
  }
  const bin = Math.min(BINS - 1, Math.max(0, Math.ceil(size / BIN_MS) - 1))
  bins[bin] = bins[bin]! + 1
  return true
}

/** The remove_after that fits the node's own spells. */
export function adaptedPatienceMs(spells: Spells, figures: HysteresisFigures, nowMs: number): number {
  const today = Math.floor(nowMs / DAY_MS)
  const total = new Array<number>(BINS).fill(0)
  let count = 0
  for (const [day, bins] of spells.days) {
    if (day <= today - DAYS) continue
    for (let i = 0; i < BINS; i++) {
      total[i] = total[i]! + bins[i]!
      count += bins[i]!
    }
  }
  if (count >= FEW_SPELLS) {
    const fitted = clamp(MARGIN * (quantileBin(total, count, 0.95) + 1) * BIN_MS)
    if (fitted > figures.removeAfterMs) return fitted
  }
  if (today - spells.firstDay < CALM_DAYS) return figures.removeAfterMs
  const longest = clamp(MARGIN * (quantileBin(total, count, 1) + 1) * BIN_MS)
  return Math.min(figures.removeAfterMs, longest)
}

function clamp(ms: number): number {
  return Math.max(LEAST_PATIENCE_MS, Math.min(MOST_PATIENCE_MS, ms))
}

/** @returns the bin that holds the quantile; -1 where there is nothing */
function quantileBin(bins: readonly number[], count: number, quantile: number): number {
  const wanted = Math.ceil(count * quantile)
  let seen = 0
  for (let i = 0; i < bins.length; i++) {
    seen += bins[i]!
    if (seen >= wanted && wanted > 0) return i
  }
  return -1
}

/** Prints for the store: plain JSON values. */
export function printSpells(spells: Spells): unknown {
  return {
    first: spells.firstDay,
    running: Math.round(spells.runningMs),
    peak: Math.round(spells.peakMs),
    days: [...spells.days],
  }
}

/** Reads what `printSpells` printed; anything else is forgotten rather than trusted. */
export function parseSpells(value: unknown, nowMs: number): Spells {
  const spells = noSpells(nowMs)
  if (typeof value !== 'object' || value === null) return spells
  const { first, running, peak, days } = value as Record<string, unknown>
  if (typeof first === 'number' && Number.isInteger(first)) spells.firstDay = first
  if (typeof running === 'number' && running >= 0) spells.runningMs = running
  if (typeof peak === 'number' && peak >= 0) spells.peakMs = peak
  if (!Array.isArray(days)) return spells
  for (const row of days.slice(-DAYS) as unknown[]) {
    if (!Array.isArray(row) || typeof row[0] !== 'number' || !Array.isArray(row[1]) || row[1].length !== BINS) continue
    if (row[1].every((n) => typeof n === 'number' && n >= 0)) spells.days.set(row[0], row[1] as number[])
  }
  return spells
}
