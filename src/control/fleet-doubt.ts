/**
 * Self-doubt: when more than half of all nodes at two sites or more stop answering within one interval, it is we who are cut off.
 *
 * Then the vantage calls itself isolated: failures do not count, nobody leaves, and the badness that the failures brought is given back.
 * Only silence (timeout, unreachable) speaks for isolation: a node that refuses or answers wrongly has been reached.
 *
 * Doubt is not blindness. Nodes that went on answering all the while are witnesses that we are not cut off:
 *     none                 the doubt lasts as long as the silence (the answers are those of all_down: all, anyway)
 *     at one site only     it may be our own site: the doubt lasts 10 min
 *     at two sites or more it lasts 60 s
 * A node without a site is a site of its own.
 */
import type { EvidenceClass } from '../health/index.ts'
import type { Track } from './fleet-state.ts'

export const DOUBT_MS = 60_000
export const LONG_DOUBT_MS = 600_000

interface Silence {
  readonly track: Track
  readonly fromMs: number
  /** it fell silent within the window, and after the latest doubt */
  recent: boolean
}

export class SelfDoubt {
  /** silent nodes that would otherwise be in service */
  readonly #silent = new Map<Track, Silence>()
  /** those that fell silent within the window, in the order in which it was noticed, and per site */
  #recent: Silence[] = []
  #recentHead = 0
  readonly #recentSites = new Map<string, number>()
  #recentCount = 0
  /** one interval of the slowest check, and the time it takes to be sure */
  windowMs = 0
  /** tracks in service on their own account */
  known = 0
  /** start of the latest probe that any node answered */
  heardMs = Number.NEGATIVE_INFINITY
  /** since when we take ourselves for cut off; undefined: we do not */
  sinceMs: number | undefined
  /** when the witnesses are heard next; Infinity: no doubt */
  hearingMs = Number.POSITIVE_INFINITY

  get isolated(): boolean {
    return this.sinceMs !== undefined
  }

  /** A serving node is silent. @returns true when this is what makes us doubt ourselves */
  silent(track: Track, nowMs: number): boolean {
    if (!this.#silent.has(track) && (track.streak >= 2 || this.isolated)) {
      const silence = { track, fromMs: track.streakFromMs, recent: true }
      this.#silent.set(track, silence)
      this.#recent.push(silence)
      this.#recentCount++
      const site = siteOf(track)
      this.#recentSites.set(site, (this.#recentSites.get(site) ?? 0) + 1)
    }
    this.#forgetOld(nowMs)
    if (this.isolated || this.#recentSites.size < 2 || this.#recentCount * 2 <= this.known) return false
    this.sinceMs = nowMs
    this.hearingMs = nowMs + DOUBT_MS
    return true
  }

  /**
   * Whether the silence of one node proves anything yet: since it began, somebody else must have answered, or everybody been asked.
   * Without this a patient pace and an eager threshold would remove the first ones before the others are even asked.
   */
  isProof(track: Track, nowMs: number): boolean {
    return this.known < 2 || this.heardMs >= track.streakFromMs || nowMs - track.streakFromMs > this.windowMs
  }

  /** The node answered, or is not in service any more. @returns true when this ends the doubt */
  heard(track: Track): boolean {
    const silence = this.#silent.get(track)
    if (silence === undefined) return false
    this.#silent.delete(track)
    this.#age(silence)
    if (!this.isolated || this.#silent.size * 2 > this.known) return false
    this.#end()
    return true
  }

  silentTracks(): Iterable<Track> {
    return this.#silent.keys()
  }

  /** Hears the witnesses. @returns true when they end the doubt */
  hear(tracks: Iterable<Track>, nowMs: number): boolean {
    if (this.sinceMs === undefined || nowMs < this.hearingMs) return false
    const sites = new Set<string>()
    for (const track of tracks) {
      if (track.startedMs >= this.sinceMs && !track.failing && track.lastFailureMs < this.sinceMs)
        sites.add(siteOf(track))
      if (sites.size >= 2) break
    }
    if (sites.size >= 2 || (sites.size === 1 && nowMs - this.sinceMs >= LONG_DOUBT_MS)) {
      this.#end()
      return true
    }
    this.hearingMs = nowMs + DOUBT_MS
    return false
  }

  #end(): void {
    this.sinceMs = undefined
    this.hearingMs = Number.POSITIVE_INFINITY
    // The silence that was doubted is old news: only new silence raises new doubt.
    for (const silence of this.#recent) this.#age(silence)
    this.#recent = []
    this.#recentHead = 0
  }

  #forgetOld(nowMs: number): void {
    while (this.#recentHead < this.#recent.length) {
      const oldest = this.#recent[this.#recentHead]!
      if (oldest.recent && nowMs - oldest.fromMs <= this.windowMs) break
      this.#age(oldest)
      this.#recentHead++
    }
    if (this.#recentHead > 1024 && this.#recentHead * 2 > this.#recent.length) {
      this.#recent = this.#recent.slice(this.#recentHead)
      this.#recentHead = 0
    }
  }

  #age(silence: Silence): void {
    if (!silence.recent) return
    silence.recent = false
    this.#recentCount--
    const site = siteOf(silence.track)
    const left = this.#recentSites.get(site)! - 1
    if (left === 0) this.#recentSites.delete(site)
    else this.#recentSites.set(site, left)
  }
}

/** What speaks for our own silence rather than for the node's trouble. */
export function isSilence(evidence: EvidenceClass): boolean {
  return evidence === 'timeout' || evidence === 'unreachable'
}

function siteOf(track: Track): string {
  return track.node.node?.site ?? `node ${track.node.name}`
}
