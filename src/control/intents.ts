/**
 * Commands that say what the operator wants of nodes: drain, resume, disable, force-up, force-down, weight; for a node or a site.
 */
import { nearestName, printDuration } from '../base/index.ts'
import type { Intent, IntentKind } from '../health/index.ts'
import { apply, type Core, entryBy, write } from './core.ts'
import { poolsOfNode } from './declared.ts'
import { printMoment } from './figures.ts'
import type { By, NewEntry } from './journal.ts'
import type { Accepted, Outcome, Refusal } from './outcome.ts'
import type { Change } from './ports.ts'
import { harmsOf, type Safety, safetyOf } from './safety.ts'

export interface IntentOptions {
  readonly reason?: string | undefined
  /** back to auto after this time */
  readonly forMs?: number | undefined
  /** although a pool falls under its floor */
  readonly force?: boolean | undefined
}

/** A node, or all nodes of a site. */
export type Target = { readonly node: string } | { readonly site: string }

/** @returns the nodes meant, or why there are none */
export function nodesOf(core: Core, target: Target): readonly string[] | Refusal {
  if ('node' in target) {
    if (core.steering.nodes.has(target.node)) return [target.node]
    return unknownNode(core, target.node)
  }
  if (!core.steering.sites.has(target.site)) {
    const near = nearestName(target.site, core.steering.sites.keys())
    return {
      status: 'unknown',
      message: `There is no site "${target.site}".`,
      ...(near === undefined ? {} : { advice: `Did you mean "${near}"?` }),
    }
  }
  return [...core.steering.nodes.values()].filter((node) => node.site === target.site).map((node) => node.name)
}

export function unknownNode(core: Core, node: string): Refusal {
  const near = nearestName(node, core.steering.nodes.keys())
  return {
    status: 'unknown',
    message: `There is no node "${node}".`,
    ...(near === undefined ? {} : { advice: `Did you mean "${near}"?` }),
  }
}

/** What would stay if these nodes left the answers now. */
export function canDrain(core: Core, target: Target): Safety | Refusal {
  const nodes = nodesOf(core, target)
  if ('status' in nodes) return nodes
  return safetyOf(nodes, core.steering, (pool) => core.ports.fleet.standing(pool), false)
}

const VERB: Readonly<Record<IntentKind, string>> = {
  auto: 'resume',
  drain: 'drain',
  disabled: 'disable',
  'force-up': 'force-up',
  'force-down': 'force-down',
}
const DONE: Readonly<Record<IntentKind, string>> = {
  auto: 'resumed',
  drain: 'drained',
  disabled: 'disabled',
  'force-up': 'forced up',
  'force-down': 'forced down',
}

export function setIntent(core: Core, by: By, target: Target, kind: IntentKind, options: IntentOptions): Outcome {
  const nodes = nodesOf(core, target)
  if ('status' in nodes) return nodes
  const now = core.ports.now()
  const changing = nodes.filter((node) => {
    const present = core.intents.get(node)
    if (present === undefined) return kind !== 'auto'
    // A site's resume takes back drains; who disabled or forced one node of it meant that node.
    if (kind === 'auto') return 'node' in target || present.kind === 'drain'
    return (
      present.kind !== kind ||
      (options.reason !== undefined && options.reason !== present.reason) ||
      options.forMs !== undefined ||
      present.untilMs !== undefined
    )
  })
  const what = 'node' in target ? `node ${target.node}` : `site ${target.site}`
  if (changing.length === 0)
    return unchanged(core, `${what} is ${kind === 'auto' ? 'not drained' : `${DONE[kind]} already`}.`)
  if (kind !== 'auto' && kind !== 'force-up' && options.force !== true) {
    const safety = safetyOf(changing, core.steering, (pool) => core.ports.fleet.standing(pool), false)
    if (!safety.ok)
      return {
        status: 'refused',
        message: `To ${VERB[kind]} ${what} now would break a floor.`,
        harms: harmsOf(safety),
      }
  }
  const changes: Change[] = []
  const entries: NewEntry[] = []
  for (const node of changing) {
    const before = core.intents.get(node)
    const intent: Intent | undefined =
      kind === 'auto'
        ? undefined
        : {
            kind,
            reason: options.reason,
            author: by.author,
            sinceMs: before?.kind === kind ? before.sinceMs : now,
            untilMs: options.forMs === undefined ? undefined : now + options.forMs,
          }
    changes.push({ kind: 'intent', node, intent })
    const why = options.reason === undefined ? '' : `: ${options.reason}`
    const howLong = options.forMs === undefined ? '' : ` for ${printDuration(options.forMs)}`
    entries.push({
      ...entryBy(core, by, VERB[kind], `node ${node} was ${DONE[kind]} by ${by.author}${howLong}${why}`),
      node,
      ...(options.reason === undefined ? {} : { reason: options.reason }),
      before: printIntent(before),
      after: printIntent(intent),
    })
  }
  write(core, changes, entries)
  apply(core, ...changing.map((node) => ({ kind: 'intent' as const, node, intent: intentOf(core, node, now) })))
  const whom = changing.length === 1 ? `node ${changing[0]}` : `${changing.length} nodes of ${what}`
  return done(
    core,
    `${whom} ${DONE[kind]}.${kind === 'drain' || kind === 'disabled' ? stillServing(core, changing) : ''}`,
    changing,
  )
}

/** What a forced drain may not hide: a pool without anybody fit goes on answering with whom it has, as all_down says. */
function stillServing(core: Core, nodes: readonly string[]): string {
  const told = nodes.flatMap((node) =>
    poolsOfNode(core.steering, node).flatMap((pool) => {
      const member = core.ports.fleet.standing(pool.name)?.members.find((one) => one.node === node)
      return member?.inService ? [` But pool ${pool.name} still answers with ${node}: ${member.why}.`] : []
    }),
  )
  return told.slice(0, 3).join('')
}

/** @param weight undefined: back to the declared weight */
export function setWeight(core: Core, by: By, target: Target, weight: number | undefined, reason?: string): Outcome {
  const nodes = nodesOf(core, target)
  if ('status' in nodes) return nodes
  if (weight !== undefined && (!Number.isInteger(weight) || weight < 0 || weight > 65535))
    return {
      status: 'invalid',
      message: `weight ${weight} is not a whole number from 0 to 65535.`,
      issues: [],
    }
  const changing = nodes.filter((node) => core.weights.get(node) !== weight)
  const what = 'node' in target ? `node ${target.node}` : `site ${target.site}`
  if (changing.length === 0) return unchanged(core, `${what} has weight ${weight ?? 'as declared'} already.`)
  const entries = changing.map((node) => ({
    ...entryBy(core, by, 'weight', `node ${node} was given weight ${weight ?? 'as declared'} by ${by.author}`),
    node,
    ...(reason === undefined ? {} : { reason }),
    before: { weight: core.weights.get(node) ?? null },
    after: { weight: weight ?? null },
  }))
  write(
    core,
    changing.map((node) => ({ kind: 'weight', node, weight })),
    entries,
  )
  apply(core, ...changing.map((node) => ({ kind: 'weight' as const, node, weight })))
  return done(core, `${what} has weight ${weight ?? 'as declared'}.`, changing)
}

/** @param on undefined: as the load says */
export function setStandby(core: Core, by: By, pool: string, on: boolean | undefined): Outcome {
  if (!core.steering.pools.has(pool)) {
    const near = nearestName(pool, core.steering.pools.keys())
    return {
      status: 'unknown',
      message: `There is no pool "${pool}".`,
      ...(near === undefined ? {} : { advice: `Did you mean "${near}"?` }),
    }
  }
  if (!core.steering.pools.get(pool)?.members.some((member) => member.standby))
    return unchanged(core, `pool ${pool} has no standby nodes.`)
  if (core.standby.get(pool) === on) return unchanged(core, `the standby nodes of pool ${pool} are so already.`)
  const how = on === undefined ? 'follow the load' : on ? 'joined' : 'left'
  write(
    core,
    [{ kind: 'standby', pool, on }],
    [
      {
        ...entryBy(core, by, 'standby', `the standby nodes of pool ${pool} ${how} by ${by.author}`),
        pool,
        before: { on: core.standby.get(pool) ?? null },
        after: { on: on ?? null },
      },
    ],
  )
  apply(core, { kind: 'standby', pool, on })
  return done(core, `the standby nodes of pool ${pool} ${how}.`, [])
}

export function intentOf(core: Core, node: string, nowMs: number): Intent {
  return (
    core.intents.get(node) ?? {
      kind: 'auto',
      reason: undefined,
      author: 'meridian',
      sinceMs: nowMs,
      untilMs: undefined,
    }
  )
}

function printIntent(intent: Intent | undefined): unknown {
  if (intent === undefined) return { intent: 'auto' }
  return {
    intent: intent.kind,
    reason: intent.reason ?? null,
    until: printMoment(intent.untilMs),
  }
}

export function done(core: Core, message: string, nodes: readonly string[]): Accepted {
  return { status: 'done', message, generation: core.generation, nodes }
}

export function unchanged(core: Core, message: string): Accepted {
  return { status: 'unchanged', message: `Nothing changed: ${message}`, generation: core.generation, nodes: [] }
}

/** @returns the zones that a node's pools serve: what a token's scope is held against */
export function zonesOfNode(core: Core, node: string): ReadonlySet<string> {
  const zones = new Set<string>()
  for (const pool of poolsOfNode(core.steering, node)) if (pool.zone !== undefined) zones.add(pool.zone)
  return zones
}
