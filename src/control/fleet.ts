/**
 * The fleet: all nodes, their health and intents, and the standing of every pool.
 *
 *     probe ─▶ bucket ─▶ median of vantages ─▶ doubts (us? the check?) ─▶ health ─▶ floor, budget ─▶ effects
 *
 * Time and chance are arguments; what it decides goes out as effects, and the caller performs them.
 * Cost: a probe of a well node O(1); a change of health O(members of the node's pools); due() O(what is due x log n).
 */
import { type Random, unreachable } from '../base/index.ts'
import { isServing } from '../health/index.ts'
import type { PoolStanding, Steering } from '../steer/index.ts'
import { shiftNode, shiftPool, shiftTrack } from './fleet-clock.ts'
import { type Declared, declare, newNode } from './fleet-declare.ts'
import { balanceLoad, callStandby } from './fleet-load.ts'
import { printMemory } from './fleet-memory.ts'
import type {
  Fleet,
  FleetEffect,
  FleetEvent,
  HealthMemory,
  NodeHealthView,
  PoolMemory,
  ProbeTarget,
} from './fleet-model.ts'
import { FleetObserver } from './fleet-observer.ts'
import { PoolDesk } from './fleet-pools.ts'
import { AUTO, healthKey, type NodeState } from './fleet-state.ts'
import { viewHealth } from './fleet-view.ts'
import { renderStanding } from './fleet-why.ts'
import { printPoolMemory, recallPoolMemory } from './pool-memory.ts'

/** First probes are spread over this much each, and over this much at the least. */
const SPREAD_PER_PROBE_MS = 0.5
const LEAST_SPREAD_MS = 500

/** Makes a fleet without nodes; `declare` brings them. */
export function createFleet(options: { readonly random: Random }): Fleet {
  return new RunningFleet(options.random)
}

class RunningFleet implements Fleet {
  readonly #random: Random
  readonly #desk = new PoolDesk()
  readonly #observer: FleetObserver
  readonly #memory = new Map<string, HealthMemory>()
  /** of the last run, by pool, until it is declared */
  readonly #poolMemory = new Map<string, PoolMemory>()
  /** as it was last taken */
  readonly #takenPools = new Map<string, string>()
  #declared: Declared = { nodes: new Map(), pools: new Map(), tracks: new Map(), fresh: [] }

  constructor(random: Random) {
    this.#random = random
    this.#observer = new FleetObserver(random, this.#desk)
  }

  apply(event: FleetEvent, nowMs: number): readonly FleetEffect[] {
    if (event.kind === 'clock-set') this.#shift(event.byMs)
    if (this.#desk.timers.nextMs() <= nowMs || this.#observer.doubt.hearingMs <= nowMs) this.#tick(nowMs)
    switch (event.kind) {
      case 'probe':
        this.#observer.observe(event.result, nowMs)
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
        this.#desk.decideAll(node.pools, nowMs)
        break
      }
      case 'standby': {
        const pool = this.#declared.pools.get(event.pool)
        if (pool === undefined) break
        pool.standbyOn = event.on
        this.#desk.decide(pool, nowMs)
        break
      }
      case 'opinions':
        this.#observer.opine(event.vantage, event.bad, nowMs)
        break
      case 'clock-set':
      case 'tick':
        break
      default:
        return unreachable(event)
    }
    return this.#desk.take()
  }

  nextDueMs(): number {
    return Math.min(this.#observer.probes.nextMs(), this.#desk.timers.nextMs(), this.#observer.doubt.hearingMs)
  }

  due(nowMs: number): readonly ProbeTarget[] {
    const targets: ProbeTarget[] = []
    for (
      let track = this.#observer.probes.take(nowMs);
      track !== undefined;
      track = this.#observer.probes.take(nowMs)
    ) {
      track.startedMs = nowMs
      this.#observer.schedule(track, nowMs)
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
    return this.#desk.alerts.list()
  }

  opinions(): ReadonlyMap<string, number> {
    const opinions = new Map<string, number>()
    // Who is cut off has nothing to say about others.
    if (this.#observer.doubt.isolated) return opinions
    for (const track of this.#declared.tracks.values()) {
      if (track.health.state !== 'pending') opinions.set(track.key, track.health.bucket.badMs)
    }
    return opinions
  }

  takeMemory(): readonly HealthMemory[] {
    const rows = [...this.#observer.dirty].map(printMemory)
    this.#observer.dirty.clear()
    return rows
  }

  takePoolMemory(): readonly PoolMemory[] {
    const rows: PoolMemory[] = []
    for (const pool of this.#desk.touched) {
      const row = printPoolMemory(pool)
      if (this.#takenPools.get(pool.name) === row.more) continue
      this.#takenPools.set(pool.name, row.more)
      rows.push(row)
    }
    this.#desk.touched.clear()
    return rows
  }

  remember(rows: readonly HealthMemory[], pools: readonly PoolMemory[]): void {
    for (const row of rows) this.#memory.set(healthKey(row.node, row.check), row)
    for (const row of pools) this.#poolMemory.set(row.pool, row)
  }

  #declare(steering: Steering, nowMs: number): void {
    const old = this.#declared
    this.#declared = declare(old, steering, this.#memory, nowMs)
    this.#observer.tracks = this.#declared.tracks
    const { pools, tracks, fresh } = this.#declared
    for (const [key, track] of old.tracks) {
      if (tracks.get(key) === track) continue
      this.#observer.probes.schedule(track, Number.POSITIVE_INFINITY)
      this.#observer.dirty.delete(track)
      this.#observer.doubt.heard(track, nowMs)
    }
    for (const [name, pool] of old.pools) {
      if (pools.has(name)) continue
      this.#desk.timers.schedule(pool, Number.POSITIVE_INFINITY)
      this.#desk.touched.delete(pool)
      this.#takenPools.delete(name)
    }
    for (const pool of pools.values()) {
      const row = this.#poolMemory.get(pool.name)
      if (row === undefined) continue
      this.#poolMemory.delete(pool.name)
      if (!old.pools.has(pool.name)) recallPoolMemory(pool, row, nowMs)
    }
    // A fleet that starts asks everybody soon, but not all at one moment.
    const spreadMs = Math.max(LEAST_SPREAD_MS, fresh.length * SPREAD_PER_PROBE_MS)
    for (const track of fresh) {
      this.#observer.dirty.add(track)
      this.#observer.probes.schedule(
        track,
        nowMs + this.#random.float() * Math.min(spreadMs, track.check.hysteresis.intervalMs),
      )
    }
    this.#observer.doubt.known = 0
    this.#observer.doubt.windowMs = 0
    for (const track of tracks.values()) {
      if (isServing(track.health.state)) this.#observer.doubt.known++
      const { intervalMs, suspectIntervalMs } = track.check.hysteresis
      const windowMs = 1.1 * (intervalMs + 2 * suspectIntervalMs) + track.check.timeoutMs
      this.#observer.doubt.windowMs = Math.max(this.#observer.doubt.windowMs, windowMs)
    }
    this.#desk.alerts.retain(
      this.#desk.effects,
      nowMs,
      ({ subject, code }) => code === 'isolated' || pools.has(subject) || tracks.has(subject),
    )
    for (const pool of pools.values()) {
      if (pool.trial === undefined)
        this.#desk.alert(nowMs, 'check-suspect', pool.name, false, `pool ${pool.name} has another check`)
      const told = this.#desk.effects.length
      this.#desk.decide(pool, nowMs)
      this.#desk.published.add(pool.name)
      // That a new pool's members are in service is no change of theirs.
      if (!old.pools.has(pool.name)) {
        const news = this.#desk.effects.splice(told)
        this.#desk.effects.push(...news.filter(({ kind }) => kind !== 'effective'))
      }
    }
  }

  #shift(byMs: number): void {
    const { nodes, pools, tracks } = this.#declared
    for (const track of tracks.values()) {
      shiftTrack(track, byMs)
      this.#observer.probes.schedule(track, track.dueMs + byMs)
    }
    for (const pool of pools.values()) {
      shiftPool(pool, byMs)
      this.#desk.timers.schedule(pool, pool.dueMs + byMs)
    }
    for (const node of nodes.values()) shiftNode(node, byMs)
    this.#observer.doubt.shift(byMs)
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
    this.#desk.timers.schedule(
      node,
      intent.kind === 'auto' ? Number.POSITIVE_INFINITY : (intent.untilMs ?? Number.POSITIVE_INFINITY),
    )
    this.#desk.decideAll(node.pools, nowMs)
  }

  #tick(nowMs: number): void {
    this.#observer.hear(nowMs)
    for (let item = this.#desk.timers.take(nowMs); item !== undefined; item = this.#desk.timers.take(nowMs)) {
      if (item.kind === 'pool') {
        balanceLoad(item, nowMs)
        callStandby(item, nowMs)
        this.#desk.decide(item, nowMs)
      } else {
        const { intent } = item
        const author = intent.author
        const back = { ...AUTO, reason: `${intent.kind} ended by itself`, author, sinceMs: nowMs }
        this.#desk.effects.push({ kind: 'intent-ended', node: item.name, intent })
        this.#intend(item, back, nowMs)
      }
    }
  }
}
