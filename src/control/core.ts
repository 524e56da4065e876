/**
 * What all commands share: the state in force, the one way to write it, and the one way to let the fleet's effects out.
 *
 *   command ── checks ──▶ write: store.commit (durable) ──▶ state ──▶ fleet ──▶ publish ──▶ the answer to the operator
 *   probe ──────────────────────────────────────────────────────────▶ fleet ──▶ publish ──▶ journal, soon after
 *
 * Publishing never waits for the disk when nature changed something, and always does when an operator did.
 */
import type { Issue } from '../base/index.ts'
import type { Intent } from '../health/index.ts'
import { NOTHING_DECLARED, type Steering } from '../policy/index.ts'
import type { AddedNode } from './added-node.ts'
import { printFlaps, printMoment } from './figures.ts'
import type { FleetEffect, FleetEvent } from './fleet-model.ts'
import { BY_ITSELF, type By, type JournalEntry, type NewEntry } from './journal.ts'
import type { Change, ControlPorts, LoadedFiles, Token } from './ports.ts'

/** The state in force. Only `write` and `perform` change it. */
export interface Core {
  readonly ports: ControlPorts
  files: LoadedFiles | undefined
  /** files and added nodes, joined */
  steering: Steering
  readonly added: Map<string, AddedNode>
  readonly intents: Map<string, Intent>
  readonly weights: Map<string, number>
  readonly standby: Map<string, boolean>
  readonly tokens: Map<string, Token>
  /** where schedules and hooks got to */
  readonly marks: Map<string, string>
  generation: number
  readonly startedMs: number
  /** when each node was last taken out of a pool's answers */
  readonly outSinceMs: Map<string, number>
  /** issues of the files in force and of joining them */
  issues: readonly Issue[]
  readonly listeners: Set<(entry: JournalEntry) => void>
  /** observations not yet on disk */
  pendingEntries: NewEntry[]
  pendingChanges: Change[]
  flushing: boolean
  /** when the operator was last told of a failing disk */
  troubleMs: number
}

export function createCore(ports: ControlPorts): Core {
  return {
    ports,
    files: undefined,
    steering: NOTHING_DECLARED,
    added: new Map(),
    intents: new Map(),
    weights: new Map(),
    standby: new Map(),
    tokens: new Map(),
    marks: new Map(),
    generation: 0,
    startedMs: ports.now(),
    outSinceMs: new Map(),
    issues: [],
    listeners: new Set(),
    pendingEntries: [],
    pendingChanges: [],
    flushing: false,
    troubleMs: Number.NEGATIVE_INFINITY,
  }
}

/** Makes the start of a journal entry for an operator's write. */
export function entryBy(core: Core, by: By, action: string, message: string): NewEntry {
  return { atMs: core.ports.now(), kind: 'write', action, author: by.author, from: by.from, message }
}

/**
 * Writes changes and entries, durable on return, as one more generation; then takes them up in memory.
 * Throws where the disk fails; nothing has changed then. The caller tells the fleet.
 */
export function write(core: Core, changes: readonly Change[], entries: readonly NewEntry[]): void {
  // An intent that ended by itself and is not yet on disk must not undo, later, what is written now.
  const nodes = new Set(changes.flatMap((change) => (change.kind === 'intent' ? change.node : [])))
  core.pendingChanges = core.pendingChanges.filter((change) => change.kind !== 'intent' || !nodes.has(change.node))
  const generation = core.generation + 1
  const written = core.ports.store.commit([...changes, { kind: 'generation', generation }], entries)
  core.generation = generation
  for (const change of changes) takeUp(core, change)
  tell(core, written)
}

/**
 * Writes an entry in one transaction with what `also` writes into the same database, durable on return. The generation stays: nodes,
 * pools and rules are as they were. Throws where the disk fails, or `also` does; nothing was written then.
 */
export function writeBeside(core: Core, entry: NewEntry, also: () => void): void {
  tell(core, core.ports.store.commit([], [entry], also))
}

function takeUp(core: Core, change: Change): void {
  const set = <V>(map: Map<string, V>, key: string, value: V | undefined): void => {
    if (value === undefined) map.delete(key)
    else map.set(key, value)
  }
  switch (change.kind) {
    case 'generation':
    case 'forget-health':
      return
    case 'put-node':
      core.added.set(change.node.name, change.node)
      return
    case 'delete-node':
      core.added.delete(change.node)
      return
    case 'intent':
      set(core.intents, change.node, change.intent)
      return
    case 'weight':
      set(core.weights, change.node, change.weight)
      return
    case 'standby':
      set(core.standby, change.pool, change.on)
      return
    case 'put-token':
      core.tokens.set(change.token.id, change.token)
      return
    case 'delete-token':
      core.tokens.delete(change.id)
      return
    case 'mark':
      set(core.marks, change.key, change.value)
      return
    default:
      change satisfies never
  }
}

function tell(core: Core, entries: readonly JournalEntry[]): void {
  for (const entry of entries)
    for (const listener of core.listeners) {
      try {
        listener(entry)
      } catch (error) {
        // It is written, and must take effect: who only listens cannot stop it.
        core.ports.trouble(
          `Somebody who follows events failed: ${error instanceof Error ? error.stack : String(error)}`,
        )
      }
    }
}

/** Hands events to the fleet and lets its effects out: answers at once, the journal soon. */
export function apply(core: Core, ...events: readonly FleetEvent[]): void {
  const now = core.ports.now()
  perform(
    core,
    events.flatMap((event) => core.ports.fleet.apply(event, now)),
  )
}

/** Lets effects out: one publication for all of them. */
export function perform(core: Core, effects: readonly FleetEffect[]): void {
  const now = core.ports.now()
  const pools = new Set<string>()
  for (const effect of effects) {
    if (effect.kind === 'publish') for (const pool of effect.pools) pools.add(pool)
    else note(core, effect, now)
  }
  if (pools.size > 0) core.ports.publisher.publish([...pools])
}

/** Notes an effect for the journal. */
function note(core: Core, effect: Exclude<FleetEffect, { kind: 'publish' }>, atMs: number): void {
  const self = { atMs, ...BY_ITSELF }
  switch (effect.kind) {
    case 'health': {
      const view = core.ports.fleet.health(effect.node).find(({ check }) => check === effect.check)
      observe(core, {
        ...self,
        kind: 'health',
        action: effect.to,
        node: effect.node,
        reason: effect.reason,
        before: { health: effect.from },
        after: {
          health: effect.to,
          check: effect.check,
          badSeconds: effect.badMs / 1000,
          flaps: printFlaps(view?.flaps ?? 0),
          nextChange: printMoment(view?.nextChangeMs),
          contract: view?.contract ?? null,
        },
        message: `node ${effect.node} is ${effect.to} (was ${effect.from}) by check ${effect.check}: ${effect.reason}`,
      })
      return
    }
    case 'effective':
      if (!effect.inService) core.outSinceMs.set(effect.node, atMs)
      observe(core, {
        ...self,
        kind: 'service',
        action: effect.inService ? 'in-service' : 'out-of-service',
        node: effect.node,
        pool: effect.pool,
        reason: effect.why,
        message: `node ${effect.node} is ${effect.inService ? 'in' : 'out of'} the answers of pool ${effect.pool}: ${effect.why}`,
      })
      return
    case 'intent-ended': {
      core.intents.delete(effect.node)
      core.pendingChanges.push({ kind: 'intent', node: effect.node, intent: undefined })
      observe(core, {
        ...self,
        kind: 'write',
        action: 'resume',
        node: effect.node,
        reason: `${effect.intent.kind} by ${effect.intent.author} ended by itself`,
        before: { intent: effect.intent.kind, reason: effect.intent.reason ?? null },
        after: { intent: 'auto' },
        message: `node ${effect.node}: ${effect.intent.kind} by ${effect.intent.author} ended by itself`,
      })
      return
    }
    case 'alert':
      alert(core, effect.raised, effect.code, effect.subject, effect.message)
      return
    default:
      effect satisfies never
  }
}

/** Journals an alert that was raised or is over. */
export function alert(core: Core, raised: boolean, code: string, subject: string, message: string): void {
  observe(core, {
    atMs: core.ports.now(),
    ...BY_ITSELF,
    kind: 'alert',
    action: raised ? 'alert-raised' : 'alert-over',
    reason: code,
    after: { code, subject, raised },
    message,
  })
}

/** Notes what was observed; it is on disk soon after, together with what else happened at this moment. */
export function observe(core: Core, entry: NewEntry): void {
  // The disk may be gone for long: what is kept for it in memory is bounded, the oldest goes first.
  if (core.pendingEntries.length >= 20_000) core.pendingEntries.splice(0, 1000)
  core.pendingEntries.push(entry)
  if (core.flushing) return
  core.flushing = true
  core.ports.soon(() => flush(core))
}

/** Writes the noted observations now. */
export function flush(core: Core): void {
  core.flushing = false
  if (core.pendingEntries.length === 0 && core.pendingChanges.length === 0) return
  const entries = core.pendingEntries
  const changes = core.pendingChanges
  core.pendingEntries = []
  core.pendingChanges = []
  try {
    tell(core, core.ports.store.commit(changes, entries))
  } catch (error) {
    core.pendingEntries = [...entries, ...core.pendingEntries]
    core.pendingChanges = [...changes, ...core.pendingChanges]
    trouble(core, error)
  }
}

/** The disk failed while nobody waits for an answer: told (every ten seconds at the most), not thrown. */
export function trouble(core: Core, error: unknown): void {
  const now = core.ports.now()
  if (now - core.troubleMs < 10_000) return
  core.troubleMs = now
  core.ports.trouble(
    `The database cannot be written: ${error instanceof Error ? error.message : String(error)}. Answers and health checks go ` +
      'on, observations wait in memory, writes are refused. Look at the disk that holds the data folder.',
  )
}
