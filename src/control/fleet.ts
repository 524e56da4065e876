/**
 * The fleet: all nodes, their health and intents, and the standing of every pool.
 *
 *     probe ─▶ bucket ─▶ median of vantages ─▶ doubts (us? the check?) ─▶ health ─▶ floor, budget ─▶ effects
 *
 * Time and chance are arguments; what it decides goes out as effects, and the caller performs them.
 * Cost: a probe of a well node O(1); a change of health O(members of the node's pools); due() O(what is due x log n).
 */
import { printDuration, type Random, unreachable } from '../base/index.ts'
import {
  adaptedPatienceMs,
  decayFlaps,
  isServing,
  jittered,
  lastStartMs,
  median,
  nextWarmUpStepMs,
  noteSpell,
  noteStart,
  OPINION_FRESH_MS,
  type ProbeResult,
  paceMs,
  pour,
  turn,
  weightOf,
} from '../health/index.ts'
import type { PoolStanding, Steering } from '../steer/index.ts'
import { Alerts } from './fleet-alerts.ts'
import { type Declared, declare, newNode } from './fleet-declare.ts'
import { isSilence, SelfDoubt } from './fleet-doubt.ts'
import { balanceLoad, callStandby, noteLoad, periodMs, STANDBY_PERIOD_MS } from './fleet-load.ts'
import { printMemory } from './fleet-memory.ts'
import type { Fleet, FleetEffect, FleetEvent, HealthMemory, NodeHealthView, ProbeTarget } from './fleet-model.ts'
import { decideService, isUnsettled, nextRemovalMs } from './fleet-service.ts'
import { AUTO, healthKey, type NodeState, type PoolState, type Track } from './fleet-state.ts'
import { Timers } from './fleet-timers.ts'
import { failureFamily } from './fleet-trial.ts'
import { viewHealth } from './fleet-view.ts'
import { renderStanding, tellWhy } from './fleet-why.ts'

const NOTHING: readonly FleetEffect[] = []
/** Calm that one good probe can prove: longer silence between probes proves nothing. */
const LONGEST_CALM_MS = 15_000

/** Pools with more members are not decided anew for each single event. */
const LARGE_POOL = 200
const LARGE_POOL_PAUSE_MS = 50

/** First probes are spread over this much each, and over this much at the least. */
const SPREAD_PER_PROBE_MS = 0.5
const LEAST_SPREAD_MS = 500

/** Makes a fleet without nodes; `declare` brings them. */
export function createFleet(options: { readonly random: Random }): Fleet {
  return new RunningFleet(options.random)
}

class RunningFleet implements Fleet {
  readonly #random: Random
  #declared: Declared = { nodes: new Map(), pools: new Map(), tracks: new Map(), fresh: [] }
  readonly #memory = new Map<string, HealthMemory>()
  readonly #probes = new Timers<Track>()
  readonly #timers = new Timers<PoolState | NodeState>()
  readonly #doubt = new SelfDoubt()
  readonly #alerts = new Alerts()
  /** of the event being applied */
  #effects: FleetEffect[] = []
  readonly #published = new Set<string>()
  readonly #dirty = new Set<Track>()

  constructor(random: Random) {
    this.#random = random
  }

  apply(event: FleetEvent, nowMs: number): readonly FleetEffect[] {
    if (this.#timers.nextMs() <= nowMs || this.#doubt.hearingMs <= nowMs) this.#tick(nowMs)
    switch (event.kind) {
      case 'probe':
        this.#probe(event.result, nowMs)
        break
      case 'declare':
        this.#declare(event.steering, nowMs)
        break
      case 'intent':
        this.#intend(this.#node(event.node), event.intent, nowMs)
        break
      case 'weight': {
        const node = this.#node(event.node)
        node.weight = event.weight
        this.#decideAll(node.pools, nowMs)
        break
      }
      case 'standby': {
        const pool = this.#declared.pools.get(event.pool)
        if (pool === undefined) break
        pool.standbyOn = event.on
        this.#decide(pool, nowMs)
        break
      }
      case 'opinions':
        this.#opine(event.vantage, event.bad, nowMs)
        break
      case 'tick':
        break
      default:
        return unreachable(event)
    }
    if (this.#published.size > 0) {
      this.#effects.push({ kind: 'publish', pools: [...this.#published] })
      this.#published.clear()
    }
    if (this.#effects.length === 0) return NOTHING
    const effects = this.#effects
    this.#effects = []
    return effects
  }

  nextDueMs(): number {
    return Math.min(this.#probes.nextMs(), this.#timers.nextMs(), this.#doubt.hearingMs)
  }

  due(nowMs: number): readonly ProbeTarget[] {
    const targets: ProbeTarget[] = []
    for (let track = this.#probes.take(nowMs); track !== undefined; track = this.#probes.take(nowMs)) {
      track.startedMs = nowMs
      this.#schedule(track, nowMs)
      targets.push(track.target)
    }
    return targets
  }

  standing(name: string): PoolStanding | undefined {
    const pool = this.#declared.pools.get(name)
    if (pool === undefined) return undefined
    pool.standing ??= renderStanding(pool)
    return pool.standing
  }

  health(name: string): readonly NodeHealthView[] {
    const node = this.#declared.nodes.get(name)
    return node === undefined ? [] : node.tracks.map((track) => viewHealth(track))
  }

  intent(name: string) {
    return this.#declared.nodes.get(name)?.intent ?? AUTO
  }

  alerts() {
    return this.#alerts.list()
  }

  opinions(): ReadonlyMap<string, number> {
    const opinions = new Map<string, number>()
    // Who is cut off has nothing to say about others.
    if (this.#doubt.isolated) return opinions
    for (const track of this.#declared.tracks.values()) {
      if (track.health.state !== 'pending') opinions.set(track.key, track.health.bucket.badMs)
    }
    return opinions
  }

  takeMemory(): readonly HealthMemory[] {
    const rows = [...this.#dirty].map(printMemory)
    this.#dirty.clear()
    return rows
  }

  remember(rows: readonly HealthMemory[]): void {
    for (const row of rows) this.#memory.set(healthKey(row.node, row.check), row)
  }

  #declare(steering: Steering, nowMs: number): void {
    const old = this.#declared
    this.#declared = declare(old, steering, this.#memory, nowMs)
    const { pools, tracks, fresh } = this.#declared
    for (const [key, track] of old.tracks) {
      if (tracks.get(key) === track) continue
      this.#probes.schedule(track, Number.POSITIVE_INFINITY)
      this.#dirty.delete(track)
      this.#doubt.heard(track)
    }
    for (const [name, pool] of old.pools) if (!pools.has(name)) this.#timers.schedule(pool, Number.POSITIVE_INFINITY)
    // A fleet that starts asks everybody soon, but not all at one moment.
    const spreadMs = Math.max(LEAST_SPREAD_MS, fresh.length * SPREAD_PER_PROBE_MS)
    for (const track of fresh) {
      this.#dirty.add(track)
      this.#probes.schedule(track, nowMs + this.#random.float() * Math.min(spreadMs, track.check.hysteresis.intervalMs))
    }
    this.#doubt.known = 0
    this.#doubt.windowMs = 0
    for (const track of tracks.values()) {
      if (isServing(track.health.state)) this.#doubt.known++
      const { intervalMs, suspectIntervalMs } = track.check.hysteresis
      const windowMs = 1.1 * (intervalMs + 2 * suspectIntervalMs) + track.check.timeoutMs
      this.#doubt.windowMs = Math.max(this.#doubt.windowMs, windowMs)
    }
    this.#alerts.retain(
      this.#effects,
      nowMs,
      ({ subject, code }) => code === 'isolated' || pools.has(subject) || tracks.has(subject),
    )
    for (const pool of pools.values()) {
      const told = this.#effects.length
      this.#decide(pool, nowMs)
      this.#published.add(pool.name)
      // That a new pool's members are in service is no change of theirs.
      if (!old.pools.has(pool.name)) {
        const news = this.#effects.splice(told)
        this.#effects.push(...news.filter(({ kind }) => kind !== 'effective'))
      }
    }
  }

  #probe(result: ProbeResult, nowMs: number): void {
    const track = this.#declared.tracks.get(healthKey(result.node, result.check))
    if (track === undefined) return
    const { health } = track
    const { startedAtMs } = result
    track.history.note(startedAtMs, result.durationMs, result.ok, result.class, result.detail)
    // An edit while the probe was under way: it answers a question that nobody asks any more.
    if (startedAtMs < track.askedAnewMs) return
    // Our own trouble (no socket, no program) is no evidence about the node.
    if (result.class === 'local') return
    const weight = weightOf(result.class)
    this.#warn(track, result.warning, nowMs)
    this.#listen(track, result, nowMs)

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
      this.#dirty.add(track)
    }
    track.failing = weight > 0
    this.#try(track, result, weight, nowMs)

    const silent = weight > 0 && isSilence(result.class)
    if (!silent) {
      this.#doubt.heardMs = Math.max(this.#doubt.heardMs, startedAtMs)
      if (this.#doubt.heard(track)) this.#trust(nowMs)
    } else if (isServing(health.state) && this.#doubt.silent(track, nowMs)) this.#distrust(nowMs)

    if (silent && this.#doubt.isolated) noteStart(health.bucket, startedAtMs)
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
      if (track.node.intent.kind !== 'auto') track.spells.spoilt = true
      const ended = noteSpell(track.spells, weight, result.startedAtMs, hysteresis, !isServing(health.state))
      if (ended || (weight > 0 && badBefore === 0)) {
        track.patienceMs = adaptedPatienceMs(track.spells, hysteresis, nowMs)
      }
    }
    if (health.bucket.badMs !== badBefore) {
      this.#dirty.add(track)
      for (const { pool } of track.seats) pool.standing = undefined
    }
    this.#turn(track, weight === 0, result.startedAtMs, nowMs)
  }

  /** @param good the latest own probe succeeded; undefined: it is others who have news */
  #turn(track: Track, good: boolean | undefined, atMs: number, nowMs: number): void {
    const { health } = track
    const others = this.#fresh(track, nowMs)
    const badMs = others === undefined ? health.bucket.badMs : median(others)
    const unproven = isSilence(track.lastClass) && track.failing && !this.#doubt.isProof(track, nowMs)
    const held = (this.#doubt.isolated || unproven) && others === undefined
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
        mayLeave: !held && !this.#isTried(track, nowMs),
        shared: others !== undefined,
      },
      track.check.hysteresis,
      nowMs,
    )
    if (before !== health.state) this.#turned(track, before, nowMs)
  }

  #turned(track: Track, before: Track['health']['state'], nowMs: number): void {
    const { health } = track
    this.#dirty.add(track)
    const was = isServing(before)
    const is = isServing(health.state)
    if (was !== is) this.#doubt.known += is ? 1 : -1
    if (was && !is && this.#doubt.heard(track)) this.#trust(nowMs)
    if (health.state === 'down' && before !== 'recovering') {
      health.excused = track.node.intent.kind !== 'auto' || track.word === 'drain' || track.word === 'maint'
    }
    this.#effects.push({
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
      if (!(served && is)) {
        this.#decideSoon(pool, nowMs)
        continue
      }
      // Up, suspect and warming serve alike: only the TTL may follow.
      pool.standing = undefined
      const unsettled = isUnsettled(member)
      if (unsettled === member.unsettled) continue
      member.unsettled = unsettled
      pool.unsettled += unsettled ? 1 : -1
      if (pool.unsettled === (unsettled ? 1 : 0)) this.#published.add(pool.name)
    }
  }

  /** @returns badness by vantage, ours among them, or undefined: we are alone */
  #fresh(track: Track, nowMs: number): number[] | undefined {
    if (track.others === undefined) return undefined
    const values: number[] = []
    for (const { badMs, atMs } of track.others.values()) if (nowMs - atMs <= OPINION_FRESH_MS) values.push(badMs)
    if (values.length === 0) return undefined
    if (!this.#doubt.isolated && track.health.state !== 'pending') values.push(track.health.bucket.badMs)
    return values
  }

  #opine(vantage: string, bad: ReadonlyMap<string, number>, nowMs: number): void {
    for (const track of this.#declared.tracks.values()) {
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

  /** The node's own word: out or ready, a weight, a load. */
  #listen(track: Track, result: ProbeResult, nowMs: number): void {
    const { node } = track
    const { word } = result
    if (word?.load !== undefined) noteLoad(node, word.load, nowMs)
    // A node that has stopped after its farewell still stands by it: only an answer takes it back.
    const state = result.ok || word?.state !== undefined ? (word?.state ?? undefined) : track.word
    const percent = word?.weightPercent ?? node.weightPercent
    if (state === track.word && percent === node.weightPercent) return
    const out = (said: Track['word']): boolean => said === 'drain' || said === 'maint'
    const news = out(state) || out(track.word) || percent !== node.weightPercent
    // What comes back by its own word starts slowly, too.
    if (out(track.word) && !out(state)) track.health.returnedAtMs = nowMs
    track.word = state
    node.weightPercent = percent
    this.#dirty.add(track)
    if (news) this.#decideAll(node.pools, nowMs)
  }

  #warn(track: Track, warning: string | undefined, nowMs: number): void {
    if (warning === track.warning) return
    track.warning = warning
    const message = warning ?? 'the warning is over'
    this.#alerts.set(this.#effects, nowMs, 'probe-warning', track.key, warning !== undefined, message)
  }

  /** An edited check that nobody has passed yet, and that fails everywhere alike, is itself the suspect. */
  #try(track: Track, result: ProbeResult, weight: number, nowMs: number): void {
    for (const { pool } of track.seats) {
      const { trial } = pool
      if (trial === undefined || result.startedAtMs < trial.fromMs) continue
      const family = failureFamily(result.class)
      if (weight > 0 && !isServing(track.health.state) && track.health.state !== 'pending') continue
      if (weight > 0 && (trial.failure ?? family) === family) {
        trial.failure = family
        continue
      }
      pool.trial = undefined
      this.#alerts.set(
        this.#effects,
        nowMs,
        'check-suspect',
        pool.name,
        false,
        `check ${track.check.name} works for pool ${pool.name} again, or fails in more than one way: it is trusted`,
      )
    }
  }

  /** @returns true when the track's failures may be the check's fault */
  #isTried(track: Track, nowMs: number): boolean {
    let tried = false
    for (const { pool } of track.seats) {
      const { trial } = pool
      if (trial?.failure === undefined) continue
      tried = true
      if (trial.alerted || track.health.bucket.badMs < track.patienceMs) continue
      trial.alerted = true
      this.#alerts.set(
        this.#effects,
        nowMs,
        'check-suspect',
        pool.name,
        true,
        `check ${track.check.name} was edited, and since then every node of pool ${pool.name} fails it alike (${track.reason}): ` +
          'the check is the suspect, nobody is removed. Correct it, or force the nodes down.',
      )
    }
    return tried
  }

  /** We are cut off: give back what our own silence cost the nodes. */
  #distrust(nowMs: number): void {
    for (const track of this.#doubt.silentTracks()) {
      track.health.bucket.badMs = track.badBeforeMs
      track.health.bucket.failures = track.failuresBefore
      for (const { pool } of track.seats) pool.standing = undefined
      this.#dirty.add(track)
    }
    this.#alerts.set(
      this.#effects,
      nowMs,
      'isolated',
      'self',
      true,
      'more than half of all nodes fell silent at once, at two sites or more: this name server may be cut off. ' +
        'Its failures do not count until nodes answer again; nobody is removed.',
    )
  }

  #trust(nowMs: number): void {
    const message = 'enough nodes answer: this name server trusts its own eyes again'
    this.#alerts.set(this.#effects, nowMs, 'isolated', 'self', false, message)
  }

  #node(name: string): NodeState {
    let node = this.#declared.nodes.get(name)
    if (node === undefined) {
      node = newNode(name)
      this.#declared.nodes.set(name, node)
    }
    return node
  }

  #intend(node: NodeState, intent: NodeState['intent'], nowMs: number): void {
    node.intent = intent
    this.#timers.schedule(
      node,
      intent.kind === 'auto' ? Number.POSITIVE_INFINITY : (intent.untilMs ?? Number.POSITIVE_INFINITY),
    )
    this.#decideAll(node.pools, nowMs)
  }

  #tick(nowMs: number): void {
    if (this.#doubt.hear(this.#declared.tracks.values(), nowMs)) this.#trust(nowMs)
    for (let item = this.#timers.take(nowMs); item !== undefined; item = this.#timers.take(nowMs)) {
      if (item.kind === 'pool') {
        balanceLoad(item, nowMs)
        callStandby(item, nowMs)
        this.#decide(item, nowMs)
      } else {
        const { intent } = item
        const author = intent.author
        const back = { ...AUTO, reason: `${intent.kind} ended by itself`, author, sinceMs: nowMs }
        this.#effects.push({ kind: 'intent-ended', node: item.name, intent })
        this.#intend(item, back, nowMs)
      }
    }
  }

  #decideAll(pools: Iterable<PoolState>, nowMs: number): void {
    for (const pool of new Set(pools)) this.#decide(pool, nowMs)
  }

  /** A large pool where much happens at one moment is decided once, a moment later. */
  #decideSoon(pool: PoolState, nowMs: number): void {
    if (pool.members.length <= LARGE_POOL) this.#decide(pool, nowMs)
    else if (pool.dueMs > nowMs + LARGE_POOL_PAUSE_MS) this.#timers.schedule(pool, nowMs + LARGE_POOL_PAUSE_MS)
  }

  #decide(pool: PoolState, nowMs: number): void {
    const { moved, changed } = decideService(pool, nowMs)
    for (const member of moved) {
      const why = tellWhy(pool, member)
      const { inService } = member
      this.#effects.push({ kind: 'effective', node: member.node.name, pool: pool.name, inService, why })
    }
    if (changed) this.#published.add(pool.name)
    const { condition, name } = pool
    const size = pool.members.length
    const alert = (code: string, raised: boolean, message: string): void =>
      this.#alerts.set(this.#effects, nowMs, code, name, raised, message)
    const fit = pool.members.filter((member) => member.fit).length
    alert(
      'below-floor',
      condition === 'below-floor',
      condition === 'below-floor'
        ? `pool ${name}: only ${fit} of ${size} nodes are fit, fewer than min_in_service; the least bad are kept`
        : `pool ${name} is not below its floor any more`,
    )
    alert(
      'all-down',
      condition === 'all-down' && size > 0,
      condition === 'all-down'
        ? `pool ${name}: none of ${size} nodes is fit; all_down: ${pool.pool.allDown} decides the answers`
        : `pool ${name} has fit nodes again`,
    )
    const held = pool.members.filter(({ keptBy }) => keptBy === 'budget').map(({ node }) => node.name)
    alert(
      'removal-budget',
      held.length > 0,
      held.length > 0
        ? `pool ${name}: ${held.join(', ')} failed too soon after others and stays until ${printDuration(pool.pool.removalWindowMs)} have passed`
        : `pool ${name}: nobody waits for the removal budget any more`,
    )
    this.#timers.schedule(pool, this.#nextPoolMs(pool, nowMs))
  }

  #nextPoolMs(pool: PoolState, nowMs: number): number {
    let next = nextRemovalMs(pool)
    for (const { share, track } of pool.members) {
      if (share === 1 || track === undefined) continue
      const stepMs = nextWarmUpStepMs(nowMs - track.health.returnedAtMs, pool.pool.warmUpMs)
      // Thousands that return together warm up in common steps.
      next = Math.min(next, nowMs + (pool.members.length > LARGE_POOL ? Math.max(stepMs, 1000) : stepMs))
    }
    if (pool.pool.loadAware) next = Math.min(next, pool.balancedAtMs + periodMs(pool))
    if (pool.members.some(({ member }) => member.standby)) next = Math.min(next, nowMs + STANDBY_PERIOD_MS)
    // Rounding must not make a moment that has passed come due for ever.
    return next <= nowMs ? nowMs + 1 : next
  }

  #schedule(track: Track, fromMs: number): void {
    track.paceMs = paceMs(track.health, track.failing, track.check.hysteresis)
    this.#probes.schedule(track, fromMs + jittered(track.paceMs, this.#random.float()))
  }

  /** The pace may have changed with the result; it counts from the start of the probe. */
  #rescheduleAfter(track: Track, startedAtMs: number, nowMs: number): void {
    if (startedAtMs < track.startedMs) return
    const pace = paceMs(track.health, track.failing, track.check.hysteresis)
    if (pace === track.paceMs) return
    track.paceMs = pace
    this.#probes.schedule(track, Math.max(nowMs, startedAtMs + jittered(pace, this.#random.float())))
  }
}

function tellReason(track: Track): string {
  switch (track.health.state) {
    case 'suspect':
    case 'down':
      return track.reason
    default:
      return track.health.flaps >= 1 ? `${Math.round(track.health.flaps)} flaps remembered` : 'answers'
  }
}
