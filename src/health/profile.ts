/**
 * Hysteresis profiles: how patient a check is, in seconds, and the contract that follows from the figures.
 *
 * | profile | interval | suspect_interval | remove_after | restore_after |
 * |---------|----------|------------------|--------------|---------------|
 * | eager   |     10 s |              2 s |         12 s |          12 s |
 * | normal  |      5 s |              2 s |         20 s |          20 s |
 * | patient |      5 s |              2 s |         30 s |          30 s |
 */
import { printDuration } from '../base/index.ts'

export type ProfileName = 'eager' | 'normal' | 'patient'

/** The figures of one check; `steer` resolves profile and overrides into them. */
export interface HysteresisFigures {
  readonly profile: ProfileName
  readonly intervalMs: number
  readonly suspectIntervalMs: number
  /** pace while down */
  readonly downIntervalMs: number
  readonly removeAfterMs: number
  readonly restoreAfterMs: number
  /** 0..1: seconds of badness that drain in a second of success */
  readonly drain: number
  readonly adaptive: boolean
}

export const HYSTERESIS_FIGURES: Readonly<Record<ProfileName, HysteresisFigures>> = {
  eager: figures('eager', 10_000, 12_000),
  normal: figures('normal', 5000, 20_000),
  patient: figures('patient', 5000, 30_000),
}

function figures(profile: ProfileName, intervalMs: number, patienceMs: number): HysteresisFigures {
  return {
    profile,
    intervalMs,
    suspectIntervalMs: 2000,
    downIntervalMs: 5000,
    removeAfterMs: patienceMs,
    restoreAfterMs: patienceMs,
    drain: 0.5,
    adaptive: false,
  }
}

/** Failures that a removal takes at the least, however far apart the probes are. */
export const FAILURES_TO_LEAVE = 3

/**
 * About how long a node that is dead stays in the answers, ms: the bucket fills, after half a pace and a timeout on average.
 * Where probes are far apart, or wait for longer than their pace, the failures themselves take longer than the bucket:
 *
 *     calm pace                     |  pace in doubt, from the first failure known
 *     start · start · start · known |  start start start ... the last one's timeout
 */
export function deadNodeLeavesMs(figures: HysteresisFigures, timeoutMs: number): number {
  const { intervalMs, suspectIntervalMs, removeAfterMs } = figures
  const firstMs = intervalMs / 2
  const failures = Math.max(FAILURES_TO_LEAVE, Math.ceil(removeAfterMs / suspectIntervalMs))
  const underWay = Math.floor(timeoutMs / intervalMs) + 1
  const lastMs =
    failures <= underWay
      ? (failures - 1) * intervalMs
      : Math.max(timeoutMs, (underWay - 1) * intervalMs + suspectIntervalMs) +
        (failures - underWay - 1) * suspectIntervalMs
  return firstMs + timeoutMs + Math.max(removeAfterMs, lastMs)
}

/** Tells what an operator may rely on, in seconds: printed beside each check. */
export function printContract(figures: HysteresisFigures, timeoutMs: number): string {
  const dead = printDuration(deadNodeLeavesMs(figures, timeoutMs))
  const share = Math.round((100 * figures.drain) / (1 + figures.drain))
  const back = printDuration(figures.restoreAfterMs)
  return (
    `a dead node leaves after about ${dead}; one that fails more than ${share} % of its probes leaves eventually; ` +
    `it returns after ${back} without a failure, later if it flaps`
  )
}
