/**
 * What is known of one (node, check), as status, explain, metrics and the health API show it.
 */
import { GOOD_TO_JOIN, isServing, lastStartMs, printContract, restoreDelayMs } from '../health/index.ts'
import type { NodeHealthView } from './fleet-model.ts'
import type { Track } from './fleet-state.ts'

export function viewHealth(track: Track): NodeHealthView {
  const { health, check } = track
  return {
    node: track.node.name,
    check: check.name,
    health: health.state,
    sinceMs: health.sinceMs,
    badMs: health.effectiveBadMs,
    removeAfterMs: track.patienceMs,
    flaps: Math.round(health.flaps * 100) / 100,
    nextChangeMs: nextChangeMs(track),
    reason: isServing(health.state) && !track.failing && health.effectiveBadMs === 0 ? '' : track.reason,
    // Made only where somebody looks: metrics and lists ask for thousands of nodes and read neither.
    get lastProbes() {
      return track.history.list()
    },
    get contract() {
      return printContract({ ...check.hysteresis, removeAfterMs: track.patienceMs }, check.timeoutMs)
    },
    load: track.node.load,
    warning: track.warning,
  }
}

/** The earliest moment at which steady results, good or bad, change the state; undefined: only a failure can. */
function nextChangeMs(track: Track): number | undefined {
  const { health, check } = track
  const { hysteresis } = check
  const lastMs = lastStartMs(health.bucket)
  if (Number.isNaN(lastMs)) return undefined
  // After a restart one probe decides nothing: what the last run expected is of the past.
  if (health.remembered && health.state !== 'warming' && health.state !== 'recovering') return undefined
  switch (health.state) {
    case 'pending':
      return lastMs + (GOOD_TO_JOIN - health.good) * hysteresis.suspectIntervalMs
    case 'up':
      return undefined
    case 'warming':
      return health.returnedAtMs + track.warmUpMs
    case 'suspect': {
      const { badMs } = health.bucket
      return lastMs + (track.failing ? track.patienceMs - badMs : badMs / hysteresis.drain)
    }
    case 'down':
      return lastMs + hysteresis.downIntervalMs
    case 'recovering':
      return health.recoveringFromMs + restoreDelayMs(hysteresis.restoreAfterMs, health.flaps)
    default:
      return health.state satisfies never
  }
}
