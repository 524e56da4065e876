/**
 * Somebody set the machine's clock. What the fleet remembers are distances in time, so its moments move along: else a clock that is set
 * back by an hour (a machine that started with its local time taken for UTC) would stop all probes for that hour.
 * Moments that people named, the end of a `--for`, stay where they are.
 */
import type { NodeState, PoolState, Track } from './fleet-state.ts'

export function shiftTrack(track: Track, byMs: number): void {
  const { health } = track
  health.sinceMs += byMs
  health.recoveringFromMs += byMs
  health.returnedAtMs += byMs
  const { starts } = health.bucket
  for (let i = 0; i < starts.length; i++) starts[i]! += byMs
  track.askedAnewMs += byMs
  track.startedMs += byMs
  track.streakFromMs += byMs
  track.lastFailureMs += byMs
  if (track.spells !== undefined) track.spells.lastStartMs += byMs
  if (track.others !== undefined)
    for (const [vantage, { badMs, atMs }] of track.others) track.others.set(vantage, { badMs, atMs: atMs + byMs })
}

export function shiftPool(pool: PoolState, byMs: number): void {
  pool.removals = pool.removals.map((atMs) => atMs + byMs)
  pool.standbyTurnFromMs += byMs
  pool.balancedAtMs += byMs
  for (const member of pool.members) member.leftMs += byMs
  if (pool.trial !== undefined) pool.trial = { ...pool.trial, fromMs: pool.trial.fromMs + byMs }
  pool.standing = undefined
}

export function shiftNode(node: NodeState, byMs: number): void {
  node.loadAtMs += byMs
}
