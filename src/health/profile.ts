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

/** Tells what an operator may rely on, in seconds: printed beside each check. */
/** About how long a node that is dead stays in the answers, ms: the bucket fills, after half a pace and a timeout on average. */
export function deadNodeLeavesMs(figures: HysteresisFigures, timeoutMs: number): number {
  return figures.removeAfterMs + figures.intervalMs / 2 + timeoutMs
}

export function printContract(figures: HysteresisFigures, timeoutMs: number): string {
  const dead = printDuration(deadNodeLeavesMs(figures, timeoutMs))
  const share = Math.round((100 * figures.drain) / (1 + figures.drain))
  const back = printDuration(figures.restoreAfterMs)
  return (
    `a dead node leaves after about ${dead}; one that fails more than ${share} % of its probes leaves eventually; ` +
    `it returns after ${back} without a failure, later if it flaps`
  )
}
