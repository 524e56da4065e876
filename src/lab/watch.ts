/**
 * Watches a fleet's effects: lines for what changed, and the tally of what was right.
 */
import type { FleetEffect } from '../control/index.ts'
import type { HealthState } from '../health/index.ts'
import type { PoolStanding } from '../steer/index.ts'
import { round, type Tally } from './figures.ts'

export interface LabAlert {
  readonly t: number
  readonly code: string
  readonly subject: string
  readonly raised: boolean
}

/** One change. */
export interface ChangeLine {
  /** seconds */
  readonly t: number
  readonly node: string
  readonly health: HealthState
  /** in the answers */
  readonly effective: boolean
}

/** What is really so. */
export interface Judge {
  /** it ought to be in the answers, and has been for long enough that a late result excuses nothing */
  isSound(node: string, nowMs: number): boolean
  /** since when it is in trouble; undefined: it is not */
  troubleSinceMs(node: string, nowMs: number): number | undefined
}

export class Watch {
  readonly alerts: LabAlert[] = []
  /** nodes whose present trouble was found */
  readonly found = new Set<string>()
  readonly #tally: Tally
  readonly #judge: Judge
  readonly #health = new Map<string, HealthState>()
  readonly #in = new Map<string, boolean>()
  /** found down while sound, and not yet removed */
  readonly #innocent = new Set<string>()
  /** the start of the trouble in which a node was last found down */
  readonly #findings = new Map<string, number>()
  /** an operator took them out: no detection */
  readonly drained = new Set<string>()

  constructor(standing: PoolStanding, tally: Tally, judge: Judge) {
    this.#tally = tally
    this.#judge = judge
    for (const { node, health, inService } of standing.members) {
      this.#health.set(node, health)
      this.#in.set(node, inService)
    }
  }

  /** It serves as if nothing were wrong with it: neither removed nor kept although found down. */
  isTrusted(node: string): boolean {
    const health = this.#health.get(node)
    return this.#in.get(node) === true && health !== 'down' && health !== 'recovering'
  }

  note(effects: readonly FleetEffect[], nowMs: number): ChangeLine[] {
    const t = round(nowMs / 1000)
    const changed = new Set<string>()
    let moved = false
    for (const effect of effects) {
      if (effect.kind === 'health') {
        this.#health.set(effect.node, effect.to)
        changed.add(effect.node)
        if (effect.to === 'down' && effect.from !== 'recovering') this.#condemned(effect.node, nowMs)
      } else if (effect.kind === 'effective') {
        if (this.#in.get(effect.node) === effect.inService) continue
        this.#in.set(effect.node, effect.inService)
        changed.add(effect.node)
        moved = true
        if (effect.inService) this.#innocent.delete(effect.node)
        else this.#removed(effect.node, nowMs)
      } else if (effect.kind === 'alert') {
        this.alerts.push({ t, code: effect.code, subject: effect.subject, raised: effect.raised })
      }
    }
    if (moved) {
      this.#tally.changed(nowMs)
      if (![...this.#in.values()].includes(true)) this.#tally.emptyAnswers++
    }
    return [...changed].map((node) => ({
      t,
      node,
      health: this.#health.get(node)!,
      effective: this.#in.get(node)!,
    }))
  }

  /** A fleet that has just started has no effects to tell from: its standing is compared with what was. */
  compare(standing: PoolStanding, nowMs: number): ChangeLine[] {
    const effects: FleetEffect[] = []
    for (const { node, health, inService, why } of standing.members) {
      const from = this.#health.get(node)!
      if (from !== health) effects.push({ kind: 'health', node, check: '', from, to: health, reason: '', badMs: 0 })
      if (inService !== this.#in.get(node))
        effects.push({ kind: 'effective', node, pool: standing.pool, inService, why })
    }
    return this.note(effects, nowMs)
  }

  /** Whether a removal is false shows when the node is found down, not when floor and budget let it go. */
  #condemned(node: string, nowMs: number): void {
    if (this.#judge.isSound(node, nowMs)) this.#innocent.add(node)
    else this.#innocent.delete(node)
    const sinceMs = this.#judge.troubleSinceMs(node, nowMs)
    if (sinceMs === undefined || this.#findings.get(node) === sinceMs) return
    this.#findings.set(node, sinceMs)
    this.#tally.findings.push({ node, sinceMs, atMs: nowMs })
  }

  #removed(node: string, nowMs: number): void {
    if (this.drained.has(node)) return
    if (this.#innocent.delete(node)) this.#tally.falseRemovals++
    const sinceMs = this.#judge.troubleSinceMs(node, nowMs)
    if (sinceMs === undefined || this.found.has(node)) return
    this.found.add(node)
    this.#tally.detected(node, sinceMs, nowMs)
  }
}
