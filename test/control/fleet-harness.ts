/**
 * A small world for fleet tests: a steering model from a few words, and a clock that drives the fleet.
 */
import { seededRandom } from '../../src/base/index.ts'
import { createFleet, type Fleet, type FleetEffect, type FleetEvent, type PoolMemory } from '../../src/control/index.ts'
import { HYSTERESIS_FIGURES, type ProbeResult } from '../../src/health/index.ts'
import type { Check, Pool, Steering } from '../../src/steer/index.ts'

const origin = { kind: 'file', file: 'test.yaml', line: 1, column: 1 } as const

export interface Plan {
  /** node -> site, '' for none */
  readonly nodes: Readonly<Record<string, string>>
  readonly pool?: Partial<Pool>
  readonly check?: Partial<Check>
  readonly standby?: readonly string[]
}

export function steering(plan: Plan): Steering {
  const names = Object.keys(plan.nodes)
  const check: Check = {
    name: 'web',
    probe: { kind: 'tcp', port: 80, send: undefined, expect: undefined },
    timeoutMs: 2000,
    budgetMs: undefined,
    source: undefined,
    hysteresis: HYSTERESIS_FIGURES.normal,
    origin,
    ...plan.check,
  }
  const pool: Pool = {
    name: 'pool',
    zone: undefined,
    members: names.map((node) => ({ node, weight: undefined, standby: plan.standby?.includes(node) === true, origin })),
    check: 'web',
    minInService: { percent: 50 },
    allDown: 'all',
    fallback: undefined,
    warmUpMs: 60_000,
    removalShare: 0.25,
    removalWindowMs: 60_000,
    loadAware: false,
    standby: { joinAbove: 0.8, joinAfterMs: 300_000, leaveBelow: 0.3 },
    origin,
    ...plan.pool,
  }
  return {
    nodes: new Map(
      names.map((name) => {
        const site = plan.nodes[name]
        return [name, { name, a: [], aaaa: [], site: site === '' ? undefined : site, weight: 100, origin }]
      }),
    ),
    sites: new Map(),
    checks: new Map([[check.name, check]]),
    pools: new Map([[pool.name, pool]]),
    records: new Map(),
    schedules: new Map(),
  }
}

export type Answer = Partial<Pick<ProbeResult, 'ok' | 'class' | 'detail' | 'word' | 'durationMs' | 'warning'>>
type Told = FleetEffect & { readonly atMs: number }

/** Drives a fleet on virtual time; `answer` says what a node does to a probe. */
export class Clock {
  fleet: Fleet
  nowMs = 0
  readonly effects: Told[] = []
  readonly seed: number
  readonly #pending: { atMs: number; result: ProbeResult }[] = []
  readonly #pools = new Map<string, PoolMemory>()
  answer: (node: string, nowMs: number) => Answer = () => ({})

  constructor(plan: Plan, seed = 1) {
    this.seed = seed
    this.fleet = createFleet({ random: seededRandom(seed) })
    this.apply({ kind: 'declare', steering: steering(plan) })
  }

  apply(event: FleetEvent): readonly FleetEffect[] {
    const effects = this.fleet.apply(event, this.nowMs)
    for (const effect of effects) this.effects.push({ ...effect, atMs: this.nowMs })
    return effects
  }

  /** Lets time pass. Probes take no time unless the answer says so. */
  run(forMs: number): void {
    const endMs = this.nowMs + forMs
    const pending = this.#pending
    for (;;) {
      pending.sort((a, b) => a.atMs - b.atMs)
      const nextMs = Math.min(this.fleet.nextDueMs(), pending[0]?.atMs ?? Number.POSITIVE_INFINITY)
      if (nextMs > endMs) break
      this.nowMs = Math.max(this.nowMs, nextMs)
      while (pending[0] !== undefined && pending[0].atMs <= this.nowMs) {
        this.apply({ kind: 'probe', result: pending.shift()!.result })
      }
      for (const { node, check } of this.fleet.due(this.nowMs)) {
        const said = this.answer(node.name, this.nowMs)
        const failed = said.ok === false
        const result: ProbeResult = {
          node: node.name,
          check: check.name,
          startedAtMs: this.nowMs,
          durationMs: said.durationMs ?? 0,
          ok: !failed,
          class: said.class ?? (failed ? 'timeout' : 'ok'),
          detail: said.detail ?? '',
          ...(said.word === undefined ? {} : { word: said.word }),
          ...(said.warning === undefined ? {} : { warning: said.warning }),
        }
        pending.push({ atMs: this.nowMs + result.durationMs, result })
      }
      this.apply({ kind: 'tick' })
    }
    this.nowMs = endMs
    this.apply({ kind: 'tick' })
  }

  /** Somebody sets the clock: results under way arrive with their old starts, and the fleet is told. */
  step(byMs: number): void {
    this.nowMs += byMs
    for (const pending of this.#pending) pending.atMs += byMs
    this.apply({ kind: 'clock-set', byMs })
  }

  /** The name server stops and starts again, with what it had written down. */
  restart(plan: Plan): void {
    const rows = this.fleet.takeMemory()
    for (const row of this.fleet.takePoolMemory()) this.#pools.set(row.pool, row)
    this.#pending.length = 0
    this.fleet = createFleet({ random: seededRandom(this.seed + 1) })
    this.fleet.remember(JSON.parse(JSON.stringify(rows)), [...this.#pools.values()])
    this.apply({ kind: 'declare', steering: steering(plan) })
  }

  /** What the last run wrote down of the pool turns out to be this. */
  forget(more: string): void {
    this.fleet.takePoolMemory()
    this.#pools.set('pool', { pool: 'pool', more })
  }

  inService(): string[] {
    return this.fleet
      .standing('pool')!
      .members.filter((member) => member.inService)
      .map(({ node }) => node)
  }

  of<K extends FleetEffect['kind']>(kind: K): (Extract<FleetEffect, { kind: K }> & { readonly atMs: number })[] {
    return this.effects.filter(
      (effect): effect is Extract<FleetEffect, { kind: K }> & { atMs: number } => effect.kind === kind,
    )
  }
}

/** Nobody listens there. */
export const refused: Answer = { ok: false, class: 'refused', detail: 'connect ECONNREFUSED', durationMs: 1 }

/** Nodes n0, n1 ..., each at its site. */
export function named(count: number, siteOf: (i: number) => string = () => ''): Plan['nodes'] {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`n${i}`, siteOf(i)]))
}

/** A fleet that has been calm for a minute. */
export function calm(plan: Plan, seed = 1): Clock {
  const clock = new Clock(plan, seed)
  clock.run(60_000)
  return clock
}
