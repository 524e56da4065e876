/**
 * The control plane: the declared state, what operators want, what was observed, and the one place where they meet.
 * Commands answer with an Outcome; views are plain JSON values; observations go through the fleet. No network, no clock of
 * its own, no disk: ports.ts.
 */
import { type Issue, nearestName } from '../base/index.ts'
import type { IntentKind, ProbeResult } from '../health/index.ts'
import type { Steering } from '../steer/index.ts'
import type { NodeSpec } from './added-node.ts'
import { apply, type Core, createCore, entryBy, flush, observe, trouble, write, writeBeside } from './core.ts'
import { poolsOfNode } from './declared.ts'
import { type DrainProof, drainProof } from './drain-proof.ts'
import type { Fleet, HealthMemory, PoolMemory, ProbeTarget } from './fleet-model.ts'
import {
  canDrain,
  done,
  type IntentOptions,
  setIntent,
  setStandby,
  setWeight,
  type Target,
  zonesOfNode,
} from './intents.ts'
import type { By, JournalEntry, JournalFilter, NewEntry } from './journal.ts'
import { endLeases } from './leases.ts'
import { addToPool, type PutOptions, putNode, removeNode } from './nodes.ts'
import type { Outcome, Refusal } from './outcome.ts'
import type { Plan } from './plan.ts'
import type { ControlPorts, LoadedFiles, Token } from './ports.ts'
import {
  begin,
  confirmReload,
  createReloadState,
  goBackWhenDue,
  planReload,
  type ReloadOptions,
  reload,
} from './reload.ts'
import type { Safety } from './safety.ts'
import { type HealthView, type ReloadView, viewHealth, viewReload } from './view-health.ts'
import { type NodeHealth, type NodeView, viewNode, viewNodeHealth } from './view-nodes.ts'
import {
  type PoolView,
  type RecordView,
  viewPool,
  viewRecord,
  viewZone,
  viewZones,
  type ZoneDetail,
  type ZoneView,
} from './view-pools.ts'

export interface Control {
  /** Takes up what the last run left, and the first files. */
  start(files: LoadedFiles): void

  // Observations.
  observe(result: ProbeResult): void
  /** Time has passed: call at nextDueMs(), and at least once a second. */
  tick(): void
  /** The clock of `now` was set, by so much. */
  clockSet(byMs: number): void
  nextDueMs(): number
  due(): readonly ProbeTarget[]
  /** Writes what is noted and not yet on disk; call before the end. */
  flush(): void

  // Commands.
  addToPool(by: By, pool: string, name: string, spec: Omit<NodeSpec, 'pools'>): Outcome
  putNode(by: By, name: string, spec: NodeSpec, options?: PutOptions): Outcome
  removeNode(by: By, name: string, options?: { readonly force?: boolean | undefined }): Outcome
  setIntent(by: By, target: Target, kind: IntentKind, options?: IntentOptions): Outcome
  /** @param weight undefined: back to the declared weight */
  setWeight(by: By, target: Target, weight: number | undefined, reason?: string): Outcome
  /** @param on undefined: as the load says */
  setStandby(by: By, pool: string, on: boolean | undefined): Outcome
  reload(by: By, options?: ReloadOptions): Promise<Outcome>
  confirmReload(by: By): Outcome
  plan(): Promise<{ readonly plan: Plan } | { readonly issues: readonly Issue[] }>
  putToken(by: By, token: Token): Outcome
  revokeToken(by: By, id: string): Outcome
  /** Keeps where somebody got to (a schedule, a hook), durably; no new generation, no journal. */
  mark(key: string, value: string | undefined): void
  /** Journals something that the server itself did or met. */
  note(entry: NewEntry): void
  /**
   * Journals a write of what is kept beside control's state (the zones of the database), in one transaction with it: both are on
   * disk on return, or neither. No new generation. @throws where the disk fails
   */
  writeBeside(entry: NewEntry, also: () => void): void

  // Views.
  generation(): number
  steering(): Steering
  fleet(): Fleet
  files(): LoadedFiles | undefined
  health(): HealthView
  reloadState(): ReloadView
  nodes(): readonly NodeView[]
  node(name: string): NodeHealth | undefined
  pools(): readonly PoolView[]
  pool(name: string): PoolView | undefined
  records(): readonly RecordView[]
  zones(): readonly ZoneView[]
  zone(name: string): ZoneDetail | undefined
  canDrain(target: Target): Safety | Refusal
  drainProof(node: string): DrainProof | undefined
  poolsOf(node: string): readonly string[]
  zonesOf(node: string): ReadonlySet<string>
  tokens(): readonly Token[]
  token(id: string): Token | undefined
  marks(): ReadonlyMap<string, string>
  events(filter: JournalFilter): readonly JournalEntry[]
  lastEntryId(): number
  firstEntryId(): number
  /** @returns a function that ends it */
  subscribe(listener: (entry: JournalEntry) => void): () => void
}

export function createControl(ports: ControlPorts): Control {
  const core = createCore(ports)
  const reloads = createReloadState()
  const { fleet, store } = ports
  let rememberedMs = 0
  const unsaved = new Map<string, HealthMemory>()
  const unsavedPools = new Map<string, PoolMemory>()
  const remember = (): void => {
    rememberedMs = ports.now()
    for (const row of fleet.takeMemory()) unsaved.set(`${row.node}\n${row.check}`, row)
    for (const row of fleet.takePoolMemory()) unsavedPools.set(row.pool, row)
    if (unsaved.size === 0 && unsavedPools.size === 0) return
    store.remember([...unsaved.values()], [...unsavedPools.values()])
    unsaved.clear()
    unsavedPools.clear()
  }
  return {
    start(files) {
      recall(core)
      begin(core, reloads, files)
    },

    observe: (result) => apply(core, { kind: 'probe', result }),
    tick() {
      apply(core, { kind: 'tick' })
      try {
        endLeases(core)
        goBackWhenDue(core, reloads)
        // Every probe changes the memory a little; a restart may forget the last two seconds of it.
        if (Math.abs(ports.now() - rememberedMs) >= 2000) remember()
      } catch (error) {
        trouble(core, error)
      }
    },
    clockSet: (byMs) => apply(core, { kind: 'clock-set', byMs }),
    nextDueMs: () => fleet.nextDueMs(),
    due: () => fleet.due(ports.now()),
    flush() {
      flush(core)
      remember()
    },

    addToPool: (by, pool, name, spec) => addToPool(core, by, pool, name, spec),
    putNode: (by, name, spec, options = {}) => putNode(core, by, name, spec, options),
    removeNode: (by, name, options = {}) => removeNode(core, by, name, options),
    setIntent: (by, target, kind, options = {}) => setIntent(core, by, target, kind, options),
    setWeight: (by, target, weight, reason) => setWeight(core, by, target, weight, reason),
    setStandby: (by, pool, on) => setStandby(core, by, pool, on),
    reload: (by, options = {}) => reload(core, reloads, by, options),
    confirmReload: (by) => confirmReload(core, reloads, by),
    plan: () => planReload(core),
    putToken(by, token) {
      const message = `token ${token.name} (${token.role}) was created by ${by.author}`
      const after = { id: token.id, name: token.name, role: token.role, scope: token.scope }
      write(core, [{ kind: 'put-token', token }], [{ ...entryBy(core, by, 'token-create', message), after }])
      return done(core, `token ${token.name} created.`, [])
    },
    revokeToken(by, id) {
      const token = core.tokens.get(id) ?? [...core.tokens.values()].find((one) => one.name === id)
      if (token === undefined) {
        const near = nearestName(
          id,
          [...core.tokens.values()].flatMap((one) => [one.id, one.name]),
        )
        return {
          status: 'unknown',
          message: `There is no token "${id}".`,
          ...(near === undefined ? {} : { advice: `Did you mean "${near}"?` }),
        }
      }
      const message = `token ${token.name} was revoked by ${by.author}`
      write(
        core,
        [{ kind: 'delete-token', id: token.id }],
        [{ ...entryBy(core, by, 'token-revoke', message), before: { id: token.id, name: token.name } }],
      )
      return done(core, `token ${token.name} revoked.`, [])
    },
    mark(key, value) {
      store.commit([{ kind: 'mark', key, value }], [])
      if (value === undefined) core.marks.delete(key)
      else core.marks.set(key, value)
    },
    note: (entry) => observe(core, entry),
    writeBeside: (entry, also) => writeBeside(core, entry, also),

    generation: () => core.generation,
    steering: () => core.steering,
    fleet: () => fleet,
    files: () => core.files,
    health: () => viewHealth(core, reloads),
    reloadState: () => viewReload(core, reloads),
    nodes: () => [...core.steering.nodes.values()].map((node) => viewNode(core, node)),
    node(name) {
      const node = core.steering.nodes.get(name)
      return node === undefined ? undefined : viewNodeHealth(core, node)
    },
    pools: () => [...core.steering.pools.values()].map((pool) => viewPool(core, pool)),
    pool(name) {
      const pool = core.steering.pools.get(name)
      return pool === undefined ? undefined : viewPool(core, pool)
    },
    records: () => [...core.steering.records.values()].map((record) => viewRecord(core, record)),
    zones: () => viewZones(core),
    zone: (name) => viewZone(core, name),
    canDrain: (target) => canDrain(core, target),
    drainProof: (node) => (core.steering.nodes.has(node) ? drainProof(core, node) : undefined),
    poolsOf: (node) => poolsOfNode(core.steering, node).map((pool) => pool.name),
    zonesOf: (node) => zonesOfNode(core, node),
    tokens: () => [...core.tokens.values()],
    token: (id) => core.tokens.get(id),
    marks: () => core.marks,
    events(filter) {
      flush(core)
      return store.journal(filter)
    },
    lastEntryId: () => store.lastEntryId(),
    firstEntryId: () => store.firstEntryId(),
    subscribe(listener) {
      core.listeners.add(listener)
      return () => core.listeners.delete(listener)
    },
  }
}

/** Takes up what the last run left. */
function recall(core: Core): void {
  const saved = core.ports.store.load()
  const now = core.ports.now()
  core.generation = saved.generation
  for (const node of saved.nodes) core.added.set(node.name, node)
  // What ended while nobody ran has ended.
  for (const [node, intent] of saved.intents)
    if (intent.untilMs === undefined || intent.untilMs > now) core.intents.set(node, intent)
    else core.pendingChanges.push({ kind: 'intent', node, intent: undefined })
  for (const [node, weight] of saved.weights) core.weights.set(node, weight)
  for (const [pool, on] of saved.standby) core.standby.set(pool, on)
  for (const token of saved.tokens) core.tokens.set(token.id, token)
  for (const [key, value] of saved.marks) core.marks.set(key, value)
  core.ports.fleet.remember(saved.memory, saved.pools)
}
