/**
 * Nodes as operators and scripts see them: declared, wanted, observed and effective, side by side. Plain JSON values.
 */
import { printAddress } from '../base/index.ts'
import type { HealthState } from '../health/index.ts'
import type { MemberStanding, Node, PoolStanding } from '../steer/index.ts'
import type { Core } from './core.ts'
import { poolsOfNode } from './declared.ts'
import { iso, printFlaps, printMoment, seconds } from './figures.ts'
import type { NodeHealthView } from './fleet-model.ts'
import { intentOf } from './intents.ts'
import { printOrigin } from './outcome.ts'

export interface IntentView {
  readonly kind: string
  readonly reason: string | null
  readonly author: string | null
  /** ISO 8601 */
  readonly since: string | null
  /** back to auto at this time */
  readonly until: string | null
}

export interface NodePoolView {
  readonly pool: string
  readonly inService: boolean
  readonly kept: boolean
  /** 0..1 */
  readonly share: number
  readonly weight: number
  readonly why: string
}

export interface NodeView {
  readonly name: string
  readonly a: readonly string[]
  readonly aaaa: readonly string[]
  readonly site: string | null
  readonly country: string | null
  /** in force: the operator's, else the declared */
  readonly weight: number
  readonly declaredWeight: number
  /** zones/portal.yaml:14, or who added it through the API */
  readonly origin: string
  /** true: added through the API; it may be changed and removed there */
  readonly added: boolean
  readonly intent: IntentView
  /** the worst over its checks; up where nothing is checked */
  readonly health: HealthState
  readonly badSeconds: number
  readonly flaps: number
  /** the earliest moment at which its health can change; null: never */
  readonly nextChange: string | null
  /** since when its health is what it is */
  readonly since: string | null
  readonly reason: string
  /** in the answers of at least one pool */
  readonly inService: boolean
  readonly pools: readonly NodePoolView[]
  readonly leaseUntil: string | null
}

export interface CheckView {
  readonly check: string
  readonly health: HealthState
  readonly since: string
  readonly badSeconds: number
  readonly removeAfterSeconds: number
  readonly flaps: number
  /** the earliest moment at which the state can change */
  readonly nextChange: string | null
  readonly reason: string
  /** what the figures promise, in seconds */
  readonly contract: string
  readonly load: number | null
  readonly warning: string | null
  readonly lastProbes: readonly {
    readonly at: string
    readonly ok: boolean
    readonly class: string
    readonly ms: number
    readonly detail: string
  }[]
}

export interface NodeHealth extends NodeView {
  readonly checks: readonly CheckView[]
}

/** How bad a state is for the one word that stands for several checks. */
const WORST: readonly HealthState[] = ['up', 'warming', 'suspect', 'recovering', 'pending', 'down']

export function viewNode(core: Core, node: Node): NodeView {
  const checks = core.ports.fleet.health(node.name)
  let worst: NodeHealthView | undefined
  for (const check of checks)
    if (worst === undefined || WORST.indexOf(check.health) > WORST.indexOf(worst.health)) worst = check
  const pools = viewPools(core, node.name)
  const lease = core.added.get(node.name)?.leaseUntilMs
  return {
    name: node.name,
    a: node.a.map(printAddress),
    aaaa: node.aaaa.map(printAddress),
    site: node.site ?? null,
    country: (node.site === undefined ? undefined : core.steering.sites.get(node.site)?.country) ?? null,
    weight: core.weights.get(node.name) ?? node.weight,
    declaredWeight: node.weight,
    origin: printOrigin(node.origin),
    added: node.origin.kind === 'api',
    intent: viewIntent(core, node.name),
    health: worst?.health ?? 'up',
    badSeconds: seconds(Math.max(0, ...checks.map((check) => check.badMs))),
    flaps: printFlaps(Math.max(0, ...checks.map((check) => check.flaps))),
    nextChange: printMoment(Math.min(...checks.map((check) => check.nextChangeMs ?? Number.POSITIVE_INFINITY))),
    since: worst === undefined ? null : iso(worst.sinceMs),
    reason: worst?.reason ?? 'not checked',
    inService: pools.some((pool) => pool.inService),
    pools,
    leaseUntil: lease === undefined ? null : iso(lease),
  }
}

function viewPools(core: Core, node: string): NodePoolView[] {
  return poolsOfNode(core.steering, node).map((pool) => {
    const standing = core.ports.fleet.standing(pool.name)
    const member = standing === undefined ? undefined : memberOf(standing, node)
    return {
      pool: pool.name,
      inService: member?.inService ?? false,
      kept: member?.kept ?? false,
      share: member?.share ?? 0,
      weight: member?.weight ?? 0,
      why: member?.why ?? 'not yet known',
    }
  })
}

const members = new WeakMap<PoolStanding, Map<string, MemberStanding>>()

/** A member of a standing; an index is made once for each, or a list of all nodes would be quadratic in large pools. */
function memberOf(standing: PoolStanding, node: string): MemberStanding | undefined {
  let index = members.get(standing)
  if (index === undefined) {
    index = new Map(standing.members.map((member) => [member.node, member]))
    members.set(standing, index)
  }
  return index.get(node)
}

function viewIntent(core: Core, node: string): IntentView {
  if (!core.intents.has(node)) return { kind: 'auto', reason: null, author: null, since: null, until: null }
  const intent = intentOf(core, node, 0)
  return {
    kind: intent.kind,
    reason: intent.reason ?? null,
    author: intent.author,
    since: iso(intent.sinceMs),
    until: intent.untilMs === undefined ? null : iso(intent.untilMs),
  }
}

export function viewNodeHealth(core: Core, node: Node): NodeHealth {
  return { ...viewNode(core, node), checks: core.ports.fleet.health(node.name).map(viewCheck) }
}

function viewCheck(view: NodeHealthView): CheckView {
  return {
    check: view.check,
    health: view.health,
    since: iso(view.sinceMs),
    badSeconds: seconds(view.badMs),
    removeAfterSeconds: seconds(view.removeAfterMs),
    flaps: printFlaps(view.flaps),
    nextChange: printMoment(view.nextChangeMs),
    reason: view.reason,
    contract: view.contract,
    load: view.load ?? null,
    warning: view.warning ?? null,
    lastProbes: view.lastProbes.map((probe) => ({
      at: iso(probe.atMs),
      ok: probe.ok,
      class: probe.class,
      ms: Number(probe.ms.toFixed(1)),
      detail: probe.detail,
    })),
  }
}
