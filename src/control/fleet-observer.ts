/**
 * Takes in what probes and other vantages say of a (node, check), and turns its health.
 *
 *     result ─▶ word ─▶ streak ─▶ doubts (us? the check?) ─▶ bucket ─▶ median of vantages ─▶ health ─▶ its pools
 */
import type { Random } from '../base/index.ts'
import {
  adaptedPatienceMs,
  decayFlaps,
  isServing,
  jittered,
  lastStartMs,
  median,
  noteSpell,
  noteStart,
  OPINION_FRESH_MS,
  type ProbeResult,
  paceMs,
  pour,
  turn,
  weightOf,
} from '../health/index.ts'
import { isSilence, SelfDoubt } from './fleet-doubt.ts'
import type { PoolDesk } from './fleet-pools.ts'
import { healthKey, type Track } from './fleet-state.ts'
import { Timers } from './fleet-timers.ts'
import { isTried, tryCheck } from './fleet-trial.ts'
import { listen } from './own-word.ts'

/** Calm that one good probe can prove: longer silence between probes proves nothing. */
const LONGEST_CALM_MS = 15_000
/** Probes in a row that brought no evidence: then it is no passing trouble. */
const BLIND_AFTER = 5

export class FleetObserver {
  /** by healthKey; replaced by each declaration */
  tracks: ReadonlyMap<string, Track> = new Map()
  readonly probes = new Timers<Track>()
  readonly doubt = new SelfDoubt()
  /** tracks whose memory has changed since it was last taken */
  readonly dirty = new Set<Track>()
  readonly #random: Random
  readonly #desk: PoolDesk

  constructor(random: Random, desk: PoolDesk) {
    this.#random = random
    this.#desk = desk
  }

  observe(result: ProbeResult, nowMs: number): void {
    const track = this.tracks.get(healthKey(result.node, result.check))
    if (track === undefined) return
    const { health } = track
    const { startedAtMs } = result
    track.history.note(startedAtMs, result.durationMs, result.ok, result.class, result.detail)
    // An edit while the probe was under way: it answers a question that nobody asks any more.
    if (startedAtMs < track.askedAnewMs) return
    // Our own trouble (no socket, no program) is no evidence about the node. When it lasts, somebody must know.
    if (result.class === 'local') {
      if (++track.blind === BLIND_AFTER) this.#warn(track, tellBlindness(track, result.detail), nowMs)
      return
    }
    track.blind = 0
    const weight = weightOf(result.class)
    this.#warn(track, result.warning, nowMs)
    const word = track.word
    const { weightPercent } = track
    if (listen(track, result, nowMs)) this.#desk.decideAll(track.node.pools, nowMs)
    if (word !== track.word || weightPercent !== track.weightPercent) this.dirty.add(track)

    const sinceLastMs = startedAtMs - lastStartMs(health.bucket)
    if (weight > 0) {
      if (!track.failing) {
        track.streak = 0
        track.streakFromMs = startedAtMs
        track.badBeforeMs = health.bucket.badMs
        track.failuresBefore = health.bucket.failures
      }
      track.streak++
      track.lastFailureMs = startedAtMs
      track.lastClass = result.class
      track.reason = result.detail === '' ? result.class : result.detail
    } else if (health.flaps > 0 && !track.failing && sinceLastMs > 0) {
      health.flaps = decayFlaps(health.flaps, Math.min(sinceLastMs, LONGEST_CALM_MS))
      this.dirty.add(track)
    }
    track.failing = weight > 0
    tryCheck(this.#desk, track, result, weight, nowMs)

    const silent = weight > 0 && isSilence(result.class)
    if (!silent) {
      this.doubt.heardMs = Math.max(this.doubt.heardMs, startedAtMs)
      this.doubt.heard(track, nowMs)
    } else if (isServing(health.state) && this.doubt.silent(track, nowMs)) this.#distrust(nowMs)

    if (silent && this.doubt.isolated) noteStart(health.bucket, startedAtMs)
    else this.#weigh(track, result, weight, nowMs)
    this.#rescheduleAfter(track, startedAtMs, nowMs)
  }

  /** Pours one result into the bucket and turns the health by what it then holds. */
  #weigh(track: Track, result: ProbeResult, weight: number, nowMs: number): void {
    const { health } = track
    const { hysteresis } = track.check
    const badBefore = health.bucket.badMs
    // The probe under way when the server stopped was lost: the first one after it speaks for both.
    const speaksForMs = (health.remembered ? 2 : 1) * hysteresis.suspectIntervalMs
    pour(health.bucket, result.class, result.startedAtMs, speaksForMs, hysteresis.drain, track.patienceMs)
    if (track.spells !== undefined) {
      if (track.node.intent.kind !== 'auto' && (weight > 0 || track.spells.runningMs > 0)) track.spells.spoilt = true
      const ended = noteSpell(track.spells, weight, result.startedAtMs, hysteresis, !isServing(health.state))
      if (ended || (weight > 0 && badBefore === 0)) {
        track.patienceMs = adaptedPatienceMs(track.spells, hysteresis, nowMs)
      }
    }
    if (health.bucket.badMs !== badBefore) {
      this.dirty.add(track)
      for (const { pool } of track.seats) pool.standing = undefined
    }
    this.#turn(track, weight === 0, result.startedAtMs, nowMs)
  }

  /** @param good the latest own probe succeeded; undefined: it is others who have news */
  #turn(track: Track, good: boolean | undefined, atMs: number, nowMs: number): void {
    const { health } = track
    const others = this.#fresh(track, nowMs)
    const badMs = others === undefined ? health.bucket.badMs : median(others)
    const unproven = isSilence(track.lastClass) && track.failing && !this.doubt.isProof(track, nowMs)
    const held = (this.doubt.isolated || unproven) && others === undefined
    // One probe after a restart decides nothing: it fills or drains, and the next one turns.
    if (health.remembered) {
      if (good !== undefined) health.remembered = false
      return
    }
    const before = turn(
      health,
      {
        badMs,
        removeAfterMs: track.patienceMs,
        warmUpMs: track.warmUpMs,
        good,
        atMs,
        mayLeave: !held && !isTried(this.#desk, track, nowMs),
        shared: others !== undefined,
      },
      track.check.hysteresis,
      nowMs,
    )
    if (before !== health.state) this.#turned(track, before, nowMs)
  }

  #turned(track: Track, before: Track['health']['state'], nowMs: number): void {
    const { health } = track
    this.dirty.add(track)
    const was = isServing(before)
    const is = isServing(health.state)
    if (was !== is) this.doubt.known += is ? 1 : -1
    if (was && !is) this.doubt.heard(track, nowMs)
    if (health.state === 'down' && before !== 'recovering') {
      health.excused = track.node.intent.kind !== 'auto' || track.word === 'drain' || track.word === 'maint'
    }
    this.#desk.effects.push({
      kind: 'health',
      node: track.node.name,
      check: track.check.name,
      from: before,
      to: health.state,
      reason: tellReason(track),
      badMs: health.effectiveBadMs,
    })
    for (const { pool, member } of track.seats) {
      const served = was || (before === 'pending' && member.trusted)
      // On the way back and down again: nobody's place depends on it, unless somebody is only kept.
      const stayedOut = !was && !is && before !== 'pending' && pool.kept === 0 && !member.inService
      if ((served && is) || stayedOut) this.#desk.settle({ pool, member })
      else this.#desk.decideSoon(pool, nowMs)
    }
  }

  /** @returns badness by vantage, ours among them, or undefined: we are alone */
  #fresh(track: Track, nowMs: number): number[] | undefined {
    if (track.others === undefined) return undefined
    const values: number[] = []
    for (const { badMs, atMs } of track.others.values()) if (nowMs - atMs <= OPINION_FRESH_MS) values.push(badMs)
    if (values.length === 0) return undefined
    if (!this.doubt.isolated && track.health.state !== 'pending') values.push(track.health.bucket.badMs)
    return values
  }

  opine(vantage: string, bad: ReadonlyMap<string, number>, nowMs: number): void {
    for (const track of this.tracks.values()) {
      const badMs = bad.get(track.key)
      if (badMs === undefined) {
        if (track.others?.delete(vantage) !== true) continue
        if (track.others.size === 0) track.others = undefined
      } else {
        track.others ??= new Map()
        track.others.set(vantage, { badMs, atMs: nowMs })
      }
      const before = track.health.effectiveBadMs
      this.#turn(track, undefined, nowMs, nowMs)
      if (track.health.effectiveBadMs !== before) for (const { pool } of track.seats) pool.standing = undefined
    }
  }

  #warn(track: Track, warning: string | undefined, nowMs: number): void {
    if (warning === track.warning) return
    track.warning = warning
    const message = warning ?? 'the warning is over'
    this.#desk.alert(nowMs, 'probe-warning', track.key, warning !== undefined, message)
  }

  /** We are cut off: give back what our own silence cost the nodes. */
  #distrust(nowMs: number): void {
    for (const track of this.doubt.silentTracks()) {
      track.health.bucket.badMs = track.badBeforeMs
      track.health.bucket.failures = track.failuresBefore
      for (const { pool } of track.seats) pool.standing = undefined
      this.dirty.add(track)
    }
    this.#desk.alert(
      nowMs,
      'isolated',
      'self',
      true,
      'more than half of all nodes fell silent at once, at two sites or more: this name server may be cut off. ' +
        'Its failures do not count until nodes answer again; nobody is removed.',
    )
  }

  /** Hears the nodes. Where some have answered all the while, the silence of the others was their own, and counts from its beginning. */
  hear(nowMs: number): void {
    const { doubt } = this
    const ended = doubt.hear(this.tracks.values(), nowMs)
    if (ended === undefined) return
    if (ended === 'back') {
      const message = 'enough nodes answer: this name server trusts its own eyes again'
      this.#desk.alert(nowMs, 'isolated', 'self', false, message)
      return
    }
    for (const track of doubt.silentTracks()) {
      const { bucket } = track.health
      const silentMs = track.lastFailureMs - track.streakFromMs + track.check.hysteresis.suspectIntervalMs
      bucket.badMs = Math.min(track.patienceMs, Math.max(bucket.badMs, track.badBeforeMs + silentMs))
      bucket.failures = Math.max(bucket.failures, track.streak)
      this.dirty.add(track)
      for (const { pool } of track.seats) pool.standing = undefined
    }
    const message =
      'nodes answered all the while: this name server is not cut off, the silence of the others is their own'
    this.#desk.alert(nowMs, 'isolated', 'self', false, message)
  }

  schedule(track: Track, fromMs: number): void {
    track.paceMs = paceMs(track.health, track.failing, track.check.hysteresis)
    this.probes.schedule(track, fromMs + jittered(track.paceMs, this.#random.float()))
  }

  /** The pace may have changed with the result; it counts from the start of the probe. */
  #rescheduleAfter(track: Track, startedAtMs: number, nowMs: number): void {
    if (startedAtMs < track.startedMs) return
    const pace = paceMs(track.health, track.failing, track.check.hysteresis)
    if (pace === track.paceMs) return
    track.paceMs = pace
    this.probes.schedule(track, Math.max(nowMs, startedAtMs + jittered(pace, this.#random.float())))
  }
}

function tellBlindness(track: Track, detail: string): string {
  return (
    `check ${track.check.name} finds nothing out about node ${track.node.name}, for a reason on this side: ${detail}. ` +
    `The node stays ${track.health.state} until a probe works.`
  )
}

function tellReason(track: Track): string {
  switch (track.health.state) {
    case 'suspect':
    case 'down':
      return track.reason
    case 'warming':
      return 'answered for long enough without a failure'
    default:
      return 'answers'
  }
}
