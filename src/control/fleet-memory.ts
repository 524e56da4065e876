/**
 * What of a track survives a restart: one row each, plain JSON values. A row that cannot be read is forgotten, not trusted.
 */
import { HEALTH_STATES, newHealth, noSpells, parseSpells, printSpells } from '../health/index.ts'
import type { HealthMemory } from './fleet-model.ts'
import type { Track } from './fleet-state.ts'

export function printMemory(track: Track): HealthMemory {
  const { health } = track
  return {
    node: track.node.name,
    check: track.check.name,
    health: health.state,
    sinceMs: health.sinceMs,
    badMs: health.bucket.badMs,
    flaps: health.flaps,
    flapsAtMs: health.bucket.starts.at(-1) ?? health.sinceMs,
    more: JSON.stringify({
      failures: health.bucket.failures,
      good: health.good,
      recoveringFrom: health.recoveringFromMs,
      returnedAt: Number.isFinite(health.returnedAtMs) ? health.returnedAtMs : undefined,
      excused: health.excused,
      reason: track.reason,
      word: track.word,
      weightPercent: track.weightPercent,
      digest: digestOf(track.check),
      ...(track.spells === undefined ? {} : { spells: printSpells(track.spells) }),
    }),
  }
}

/**
 * Puts a remembered row into a fresh track.
 * @returns the digest of the check that the row was made under; '' where it is unknown
 */
export function recallMemory(track: Track, row: HealthMemory, nowMs: number): string {
  if (!HEALTH_STATES.includes(row.health)) return ''
  let more: Record<string, unknown>
  try {
    const parsed: unknown = JSON.parse(row.more)
    more = typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {}
  } catch {
    more = {}
  }
  const number = (value: unknown, otherwise: number): number =>
    typeof value === 'number' && Number.isFinite(value) ? value : otherwise
  const health = newHealth(row.sinceMs)
  health.state = row.health
  health.bucket.badMs = Math.max(0, row.badMs)
  health.bucket.failures = number(more.failures, 0)
  if (Number.isFinite(row.flapsAtMs) && row.flapsAtMs <= nowMs) health.bucket.starts.push(row.flapsAtMs)
  health.effectiveBadMs = health.bucket.badMs
  health.flaps = Math.max(0, row.flaps)
  health.good = number(more.good, 0)
  health.recoveringFromMs = number(more.recoveringFrom, nowMs)
  health.returnedAtMs = number(more.returnedAt, Number.NEGATIVE_INFINITY)
  health.excused = more.excused === true
  health.remembered = true
  track.health = health
  if (typeof more.reason === 'string') track.reason = more.reason
  if (more.word === 'drain' || more.word === 'maint' || more.word === 'ready') track.word = more.word
  const percent = number(more.weightPercent, Number.NaN)
  if (percent >= 0) track.weightPercent = percent
  if (track.check.hysteresis.adaptive)
    track.spells = more.spells === undefined ? noSpells(nowMs) : parseSpells(more.spells, nowMs)
  return typeof more.digest === 'string' ? more.digest : ''
}

/** Tells whether two versions of a check ask the same question: what is sent and what is expected, not how patient we are. */
export function digestOf(check: Track['check']): string {
  let digest = digests.get(check)
  if (digest === undefined) {
    digest = computeDigest(check)
    digests.set(check, digest)
  }
  return digest
}

/** A declaration asks for it twice for every node of a large fleet. */
const digests = new WeakMap<Track['check'], string>()

function computeDigest(check: Track['check']): string {
  const text = JSON.stringify([check.probe, check.timeoutMs, check.source])
  // FNV-1a (Fowler, Noll, Vo), 32 bits: a wrong match costs a missed alert, no more.
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0
  return hash.toString(16)
}
