/**
 * Self-doubt: when more than half of all nodes at two sites or more stop answering within one interval, it is we who are cut off.
 *
 * Then the vantage calls itself isolated: failures do not count, nobody leaves, and the badness that the failures brought is given back.
 * Only silence (timeout, unreachable) speaks for isolation: a node that refuses or answers wrongly has been reached.
 *
 * Doubt is not blindness. Nodes that went on answering all the while are witnesses that we are not cut off:
 *     none                 the doubt lasts as long as the silence (the answers are those of all_down: all, anyway)
 *     at one site only     it may be our own site: the doubt lasts 10 min
 *     at two sites or more it lasts 60 s, or less where the picture is clear: everybody was either silent or well all the while
 * A node without a site is a site of its own.
 *
 * A line that loses packets silences everybody now and then and nobody for good: then the picture is not clear.
 */
import { type EvidenceClass, isServing } from '../health/index.ts'
import type { Track } from './fleet-state.ts'

export const DOUBT_MS = 60_000
export const LONG_DOUBT_MS = 600_000
/** The first minute is heard this often: a node that died has 60 s less to be answered. */
const EARLY_HEARING_MS = 2000
/** Once most nodes answer again, whether they go on doing so is looked at this often. */
const BACK_HEARING_MS = 500
/** Good probes since the doubt began, without a failure, that make an early witness. */
const EARLY_PROBES = 2
/** Of more than so many nodes one may have been both silent and well without blurring the picture. */
const CLEAR_OF = 10

interface Silence {
  readonly track: Track
  fromMs: number
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
    this.hearingMs = nowMs + Math.min(DOUBT_MS, this.windowMs)
    return true
  }

  /**
   * Whether the silence of one node proves anything yet: since it began, somebody else must have answered, or everybody been asked.
   * Without this a patient pace and an eager threshold would remove the first ones before the others are even asked.
   */
  isProof(track: Track, nowMs: number): boolean {
    return this.known < 2 || this.heardMs >= track.streakFromMs || nowMs - track.streakFromMs > this.windowMs
  }

  /** The node answered, or is not in service any more. */
  heard(track: Track, nowMs: number): void {
    const silence = this.#silent.get(track)
    if (silence === undefined) return
    this.#silent.delete(track)
    this.#age(silence)
    // The line is back, or it lets a packet through now and then: soon it shows which.
    if (this.isolated && this.#silent.size * 2 <= this.known)
      this.hearingMs = Math.min(this.hearingMs, nowMs + BACK_HEARING_MS)
  }

  /** The clock was set. */
  shift(byMs: number): void {
    this.heardMs += byMs
    this.hearingMs += byMs
    if (this.sinceMs !== undefined) this.sinceMs += byMs
    const silences = new Set([...this.#silent.values(), ...this.#recent])
    for (const silence of silences) silence.fromMs += byMs
  }

  silentTracks(): Iterable<Track> {
    return this.#silent.keys()
  }

  /** Hears the nodes. @returns what ends the doubt: most of them are back, or some were there all the while */
  hear(tracks: Iterable<Track>, nowMs: number): 'back' | 'witnesses' | undefined {
    const { sinceMs } = this
    if (sinceMs === undefined || nowMs < this.hearingMs) return undefined
    if (this.#silent.size * 2 <= this.known) {
      let failed = 0
      for (const track of tracks)
        if (isServing(track.health.state) && nowMs - track.lastFailureMs < this.windowMs / 2) failed++
      if (failed * 2 <= this.known) {
        this.#end()
        return 'back'
      }
      this.hearingMs = nowMs + BACK_HEARING_MS
      return undefined
    }
    const doubtMs = nowMs - sinceMs
    const sites = doubtMs < DOUBT_MS ? this.#clearSites(tracks, sinceMs) : witnessSites(tracks, sinceMs)
    if (sites >= 2 || (sites === 1 && doubtMs >= LONG_DOUBT_MS)) {
      this.#end()
      return 'witnesses'
    }
    // Each hearing is later than this one: a sum rounded to now would be heard for ever.
    this.hearingMs = nowMs + (doubtMs < DOUBT_MS ? EARLY_HEARING_MS : DOUBT_MS)
    return undefined
  }

  /** @returns sites of nodes that have been asked twice since and were well each time; 0 where the picture is not clear */
  #clearSites(tracks: Iterable<Track>, sinceMs: number): number {
    const sites = new Set<string>()
    let mixed = 0
    for (const track of tracks) {
      const { starts } = track.health.bucket
      const asked = starts.filter((startMs) => startMs >= sinceMs)
      const failed = track.lastFailureMs >= sinceMs
      if (failed && (!track.failing || asked.some((startMs) => startMs < track.streakFromMs))) mixed++
      if (!failed && !track.failing && asked.length >= EARLY_PROBES) sites.add(siteOf(track))
    }
    return mixed > 0 && mixed * CLEAR_OF >= this.known ? 0 : sites.size
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

/** @returns sites of nodes that were asked since and have not failed */
function witnessSites(tracks: Iterable<Track>, sinceMs: number): number {
  const sites = new Set<string>()
  for (const track of tracks)
    if (track.startedMs >= sinceMs && !track.failing && track.lastFailureMs < sinceMs) sites.add(siteOf(track))
  return sites.size
}

/** What speaks for our own silence rather than for the node's trouble. */
export function isSilence(evidence: EvidenceClass): boolean {
  return evidence === 'timeout' || evidence === 'unreachable'
}

function siteOf(track: Track): string {
  return track.node.node?.site ?? `node ${track.node.name}`
}
