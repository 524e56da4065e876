/**
 * Takes a new declaration over the old state: what stays keeps its memory, what is new is pending, what has gone is forgotten.
 */
import { adaptedPatienceMs, HYSTERESIS_FIGURES, isServing, newHealth, noSpells } from '../health/index.ts'
import type { Check, Steering } from '../steer/index.ts'
import { digestOf, recallMemory } from './fleet-memory.ts'
import type { HealthMemory } from './fleet-model.ts'
import {
  AUTO,
  healthKey,
  type MemberState,
  type NodeState,
  type PoolState,
  ProbeHistory,
  type Track,
} from './fleet-state.ts'
import { askedPercent } from './own-word.ts'

export interface Declared {
  readonly nodes: Map<string, NodeState>
  readonly pools: Map<string, PoolState>
  readonly tracks: Map<string, Track>
  /** tracks that have never been scheduled */
  readonly fresh: readonly Track[]
}

export function newNode(name: string): NodeState {
  return {
    kind: 'node',
    name,
    dueMs: Number.POSITIVE_INFINITY,
    node: undefined,
    intent: AUTO,
    weight: undefined,
    weightPercent: 100,
    load: undefined,
    smoothLoad: 0,
    loadAtMs: Number.NEGATIVE_INFINITY,
    tracks: [],
    pools: [],
  }
}

/**
 * Joins the declaration with what is known.
 * @param memory rows of the last run by healthKey; rows that are taken are removed
 */
export function declare(
  old: Pick<Declared, 'nodes' | 'pools' | 'tracks'>,
  steering: Steering,
  memory: Map<string, HealthMemory>,
  nowMs: number,
): Declared {
  const nodes = new Map<string, NodeState>()
  // Intents and operators' weights outlive a node's absence from the files: the order of messages must not lose them.
  for (const [name, node] of old.nodes) {
    if (!steering.nodes.has(name) && (node.intent.kind !== 'auto' || node.weight !== undefined)) nodes.set(name, node)
    node.tracks = []
    node.pools = []
    node.node = undefined
  }
  for (const [name, node] of steering.nodes) {
    const state = old.nodes.get(name) ?? newNode(name)
    state.node = node
    nodes.set(name, state)
  }

  const hosts = hostsOf(steering)
  const ttls = ttlsOf(steering)
  const tracks = new Map<string, Track>()
  const pools = new Map<string, PoolState>()
  const fresh: Track[] = []
  const edited = new Set<Track>()
  for (const pool of steering.pools.values()) {
    const before = old.pools.get(pool.name)
    const members = new Map(before?.members.map((member) => [member.member.node, member]))
    const check = pool.check === undefined ? undefined : steering.checks.get(pool.check)
    const asksAnew = before !== undefined && before.pool.check !== pool.check
    const state: PoolState = before ?? newPool(pool, nowMs)
    state.pool = pool
    state.ttlMs = ttls.get(pool.name) ?? 60_000
    state.standing = undefined
    state.members = pool.members.flatMap((member) => {
      const node = nodes.get(member.node)
      if (node?.node === undefined) return []
      const track = check === undefined ? undefined : trackOf(node, check)
      const was = members.get(member.node)
      node.pools.push(state)
      const joined: MemberState = {
        member,
        node,
        track,
        // A pool that is new, or whose check is, must not fall empty until everybody has been asked three times.
        trusted: before === undefined || was?.inService === true,
        inService: was?.inService ?? false,
        fit: was?.fit ?? false,
        share: was?.share ?? 1,
        weight: was?.weight ?? 0,
        loadFactor: pool.loadAware ? (was?.loadFactor ?? 1) : 1,
        unsettled: false,
        keptBy: was?.keptBy,
        leftMs: was?.leftMs ?? Number.NaN,
      }
      track?.seats.push({ pool: state, member: joined })
      return [joined]
    })
    if (check === undefined) state.trial = undefined
    else if (asksAnew || state.members.some(({ track }) => edited.has(track!))) {
      // Only nodes that passed before can tell that the new question is wrong.
      const passed = state.members.some(({ fit, track }) => fit || isServing(track!.health.state))
      state.trial = passed ? { fromMs: nowMs, failure: undefined, alerted: false } : undefined
    }
    pools.set(pool.name, state)
  }
  // What was said in answers to a check that nobody asks any more is not said any more.
  for (const node of nodes.values()) {
    node.weightPercent = askedPercent(node)
    if (!node.tracks.some(({ tellsLoad }) => tellsLoad)) node.load = undefined
  }
  for (const track of tracks.values()) {
    track.warmUpMs = track.seats.reduce((longest, { pool }) => Math.max(longest, pool.pool.warmUpMs), 0)
  }
  return { nodes, pools, tracks, fresh }

  function trackOf(node: NodeState, check: Check): Track {
    const key = healthKey(node.name, check.name)
    const known = tracks.get(key)
    if (known !== undefined) return known
    const target = { node: node.node!, check, host: hosts.get(node.name) }
    let track = old.tracks.get(key)
    if (track === undefined) {
      track = newTrack(key, node, check, target, nowMs)
      const row = memory.get(key)
      if (row !== undefined) {
        memory.delete(key)
        const digest = recallMemory(track, row, nowMs)
        if (digest !== '' && digest !== digestOf(check)) edited.add(track)
      }
      fresh.push(track)
    } else {
      if (digestOf(track.check) !== digestOf(check)) {
        edited.add(track)
        askAnew(track, nowMs)
      }
      track.seats = []
    }
    track.node = node
    track.check = check
    track.target = target
    const adaptive = check.hysteresis.adaptive
    track.spells = adaptive ? (track.spells ?? noSpells(nowMs)) : undefined
    track.patienceMs =
      track.spells === undefined
        ? check.hysteresis.removeAfterMs
        : adaptedPatienceMs(track.spells, check.hysteresis, nowMs)
    node.tracks.push(track)
    tracks.set(key, track)
    return track
  }
}

/** The old question's answers still under way do not count; nor do those that nobody could pass. */
function askAnew(track: Track, nowMs: number): void {
  track.askedAnewMs = nowMs
  if (!track.seats.some(({ pool }) => pool.trial?.failure !== undefined)) return
  track.health.bucket.badMs = Math.min(track.badBeforeMs, track.health.bucket.badMs)
  track.health.bucket.failures = track.failuresBefore
}

function newTrack(key: string, node: NodeState, check: Check, target: Track['target'], nowMs: number): Track {
  return {
    key,
    dueMs: Number.POSITIVE_INFINITY,
    node,
    check,
    target,
    seats: [],
    health: newHealth(nowMs),
    spells: undefined,
    patienceMs: check.hysteresis.removeAfterMs,
    warmUpMs: 0,
    paceMs: HYSTERESIS_FIGURES.normal.intervalMs,
    askedAnewMs: Number.NEGATIVE_INFINITY,
    startedMs: Number.NaN,
    failing: false,
    streak: 0,
    streakFromMs: Number.NaN,
    badBeforeMs: 0,
    failuresBefore: 0,
    lastFailureMs: Number.NEGATIVE_INFINITY,
    lastClass: 'ok',
    reason: '',
    word: undefined,
    weightPercent: undefined,
    tellsLoad: false,
    warning: undefined,
    blind: 0,
    others: undefined,
    history: new ProbeHistory(),
  }
}

function newPool(pool: PoolState['pool'], nowMs: number): PoolState {
  return {
    kind: 'pool',
    name: pool.name,
    dueMs: Number.POSITIVE_INFINITY,
    pool,
    members: [],
    condition: 'normal',
    unsettled: 0,
    kept: 0,
    lastGood: [],
    removals: [],
    standbyOn: undefined,
    standbyCalled: false,
    standbyTurnFromMs: Number.NaN,
    balancedAtMs: nowMs,
    ttlMs: 60_000,
    trial: undefined,
    standing: undefined,
  }
}

/** The name to ask each node for where its check names none: that of the first record that it serves. */
function hostsOf(steering: Steering): ReadonlyMap<string, string> {
  const hosts = new Map<string, string>()
  for (const record of steering.records.values()) {
    const name = record.name.endsWith('.') ? record.name.slice(0, -1) : record.name
    // A wildcard is no name that a server could be asked for.
    if (name.startsWith('*')) continue
    for (const { pool } of record.rules) {
      for (const { node } of steering.pools.get(pool)?.members ?? []) if (!hosts.has(node)) hosts.set(node, name)
    }
  }
  return hosts
}

/** The longest TTL under which each pool's nodes are answered: how late clients follow. */
function ttlsOf(steering: Steering): ReadonlyMap<string, number> {
  const ttls = new Map<string, number>()
  for (const record of steering.records.values()) {
    for (const { pool } of record.rules) {
      ttls.set(pool, Math.max(ttls.get(pool) ?? 0, record.ttl.maxSeconds * 1000))
    }
  }
  return ttls
}
