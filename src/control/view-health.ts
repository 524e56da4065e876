/**
 * The health of everything in one word and the reasons for it: what monitoring reads.
 *
 *   critical  a pool that clients are sent to has no fit node
 *   degraded  a node is down, a pool is under its floor, an alert stands, files were not taken up
 *   ok        none of that
 */
import type { Issue } from '../base/index.ts'
import { printContract } from '../health/index.ts'
import type { Core } from './core.ts'
import { iso } from './figures.ts'
import { type Plan, poolsInUse } from './plan.ts'
import type { ReloadState } from './reload.ts'
import { floorNow } from './safety.ts'
import { viewNode } from './view-nodes.ts'

export interface HealthView {
  readonly status: 'ok' | 'degraded' | 'critical'
  /** why it is not ok, one sentence each */
  readonly reasons: readonly string[]
  readonly generation: number
  readonly nodes: Readonly<
    Record<
      string,
      {
        readonly health: string
        readonly intent: string
        readonly inService: boolean
        readonly badSeconds: number
        readonly flaps: number
        /** the earliest moment at which its health can change; null: never */
        readonly nextChange: string | null
        readonly since: string | null
        readonly reason: string
      }
    >
  >
  /** what each check promises, in seconds */
  readonly checks: Readonly<Record<string, { readonly contract: string }>>
  readonly pools: Readonly<
    Record<
      string,
      {
        readonly condition: string
        readonly inUse: boolean
        readonly members: number
        readonly fit: number
        readonly inService: number
        readonly floor: number
      }
    >
  >
  readonly alerts: readonly {
    readonly code: string
    readonly subject: string
    readonly message: string
    readonly since: string
  }[]
  readonly reload: ReloadView
}

export interface ReloadView {
  readonly ok: boolean
  readonly last: string | null
  readonly issues: readonly Issue[]
  /** harms of a reload that the brake holds */
  readonly held: Plan['harms']
  /** a reload that goes back at this time unless confirmed */
  readonly confirmBy: string | null
}

export function viewReload(core: Core, state: ReloadState): ReloadView {
  return {
    ok: state.lastOk,
    last: state.lastMs === undefined ? null : iso(state.lastMs),
    issues: state.lastOk ? core.issues : state.issues,
    held: state.held?.harms ?? [],
    confirmBy: state.confirmBy === undefined ? null : iso(state.confirmBy.atMs),
  }
}

function viewContracts(core: Core): HealthView['checks'] {
  return Object.fromEntries(
    [...core.steering.checks.values()].map((check) => [
      check.name,
      { contract: printContract(check.hysteresis, check.timeoutMs) },
    ]),
  )
}

export function viewHealth(core: Core, state: ReloadState): HealthView {
  const reasons: string[] = []
  let critical = false
  const inUse = poolsInUse(core.steering)
  const pools: Record<string, HealthView['pools'][string]> = {}
  for (const pool of core.steering.pools.values()) {
    const standing = core.ports.fleet.standing(pool.name)
    const members = standing?.members ?? []
    const condition = standing?.condition ?? 'all-down'
    const floor = floorNow(pool, standing)
    const fit = members.filter((member) => member.fit).length
    pools[pool.name] = {
      condition,
      inUse: inUse.has(pool.name),
      members: pool.members.length,
      fit,
      inService: members.filter((member) => member.inService).length,
      floor,
    }
    if (pool.members.length === 0) continue
    if (condition === 'all-down') {
      reasons.push(`pool ${pool.name} has no fit node`)
      if (inUse.has(pool.name)) critical = true
    } else if (condition === 'below-floor')
      reasons.push(`pool ${pool.name} has ${fit} fit nodes, and its floor is ${floor}`)
  }
  const nodes: Record<string, HealthView['nodes'][string]> = {}
  for (const node of core.steering.nodes.values()) {
    const view = viewNode(core, node)
    nodes[node.name] = {
      health: view.health,
      intent: view.intent.kind,
      inService: view.inService,
      badSeconds: view.badSeconds,
      flaps: view.flaps,
      nextChange: view.nextChange,
      since: view.since,
      reason: view.reason,
    }
    if (view.health === 'down' && view.intent.kind !== 'disabled')
      reasons.push(`node ${node.name} is down: ${view.reason}`)
  }
  const alerts = core.ports.fleet.alerts()
  for (const alert of alerts) reasons.push(alert.message)
  if (!state.lastOk)
    reasons.push(
      state.held !== undefined
        ? 'a reload is held: it would take away too much'
        : state.wentBack
          ? 'nobody confirmed the last reload: what is in force is older than the files'
          : `files were not taken up: ${state.issues.length} issue${state.issues.length === 1 ? '' : 's'}`,
    )
  return {
    status: critical ? 'critical' : reasons.length > 0 ? 'degraded' : 'ok',
    reasons,
    generation: core.generation,
    nodes,
    checks: viewContracts(core),
    pools,
    alerts: alerts.map(({ code, subject, message, sinceMs }) => ({ code, subject, message, since: iso(sinceMs) })),
    reload: viewReload(core, state),
  }
}
