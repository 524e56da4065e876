/**
 * Decides pools anew and says what became of it: who came and went, which answers want making, which alerts stand.
 *
 * It holds what an event brings about until the fleet hands it out, and the timers of pools and nodes.
 */
import { printDuration } from '../base/index.ts'
import { nextWarmUpStepMs } from '../health/index.ts'
import { Alerts } from './fleet-alerts.ts'
import { periodMs, STANDBY_PERIOD_MS } from './fleet-load.ts'
import type { FleetEffect } from './fleet-model.ts'
import { decideService, isUnsettled, nextKeptMs, nextRemovalMs } from './fleet-service.ts'
import type { NodeState, PoolState, Seat } from './fleet-state.ts'
import { Timers } from './fleet-timers.ts'
import { tellWhy } from './fleet-why.ts'

/** Pools with more members are not decided anew for each single event. */
const LARGE_POOL = 200
const LARGE_POOL_PAUSE_MS = 50
const NOTHING: readonly FleetEffect[] = []

export class PoolDesk {
  readonly timers = new Timers<PoolState | NodeState>()
  readonly alerts = new Alerts()
  /** of the event being applied */
  effects: FleetEffect[] = []
  readonly published = new Set<string>()
  /** pools decided since their memory was last taken */
  readonly touched = new Set<PoolState>()

  /** Takes what the event brought about. */
  take(): readonly FleetEffect[] {
    if (this.published.size > 0) {
      this.effects.push({ kind: 'publish', pools: [...this.published] })
      this.published.clear()
    }
    if (this.effects.length === 0) return NOTHING
    const { effects } = this
    this.effects = []
    return effects
  }

  alert(nowMs: number, code: string, subject: string, raised: boolean, message: string): void {
    this.alerts.set(this.effects, nowMs, code, subject, raised, message)
  }

  /** Up, suspect and warming serve alike: only the TTL may follow. */
  settle({ pool, member }: Seat): void {
    pool.standing = undefined
    const unsettled = isUnsettled(member)
    if (unsettled === member.unsettled) return
    member.unsettled = unsettled
    pool.unsettled += unsettled ? 1 : -1
    if (pool.unsettled === (unsettled ? 1 : 0)) this.published.add(pool.name)
  }

  decide(pool: PoolState, nowMs: number): void {
    const { moved, changed } = decideService(pool, nowMs)
    this.touched.add(pool)
    for (const member of moved) {
      const why = tellWhy(pool, member)
      const { inService } = member
      this.effects.push({ kind: 'effective', node: member.node.name, pool: pool.name, inService, why })
    }
    if (changed) this.published.add(pool.name)
    const { condition, name } = pool
    const size = pool.members.length
    const alert = (code: string, raised: boolean, message: string): void =>
      this.alerts.set(this.effects, nowMs, code, name, raised, message)
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
    this.timers.schedule(pool, this.#nextPoolMs(pool, nowMs))
  }

  /** A large pool where much happens at one moment is decided once, a moment later. */
  decideSoon(pool: PoolState, nowMs: number): void {
    if (pool.members.length <= LARGE_POOL) this.decide(pool, nowMs)
    else if (pool.dueMs > nowMs + LARGE_POOL_PAUSE_MS) this.timers.schedule(pool, nowMs + LARGE_POOL_PAUSE_MS)
  }

  decideAll(pools: Iterable<PoolState>, nowMs: number): void {
    for (const pool of new Set(pools)) this.decide(pool, nowMs)
  }

  #nextPoolMs(pool: PoolState, nowMs: number): number {
    let next = Math.min(nextRemovalMs(pool), nextKeptMs(pool, nowMs))
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
}
