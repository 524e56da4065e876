/**
 * Pools: members, floor, fallback and the rest of a pool's policy, with all defaults; also the pools that records declare in passing.
 */
import { parseAddress, printAddress } from '../base/index.ts'
import type { Check, Floor, Member, Node, Origin, Pool } from '../policy/index.ts'
import { type Complaints, type Declarations, type FileScope, originOf } from './declarations.ts'
import type { Path } from './document.ts'
import { durationMs, readCheck } from './read-checks.ts'
import { nodeOfAddress } from './read-nodes.ts'
import { parsePercent } from './scalars.ts'
import type { Defaults, MemberEntry, PolicyEntry } from './schema.ts'

export const POOL_DEFAULTS = {
  minInService: { percent: 50 },
  allDown: 'all',
  warmUpMs: 60_000,
  removalShare: 0.25,
  removalWindowMs: 60_000,
  standby: { joinAbove: 0.6, joinAfterMs: 300_000, leaveBelow: 0.3 },
} as const

/** What pools are made from, and what they may add in passing: nodes by address, checks written out. */
export interface Workshop {
  readonly declared: Declarations
  readonly nodes: Map<string, Node>
  readonly checks: Map<string, Check>
  readonly pools: Map<string, Pool>
  readonly complaints: Complaints
}

export function readPools(workshop: Workshop): void {
  for (const { name, entry, scope, path } of workshop.declared.pools.values()) {
    if (entry === undefined) continue
    const policy: PolicyEntry = Array.isArray(entry) ? {} : entry
    const [members, at] = Array.isArray(entry) ? [entry, path] : [entry.nodes, [...path, 'nodes']]
    addPool(workshop, {
      name,
      subject: `pool ${name}`,
      members,
      membersAt: at,
      policy,
      scope,
      path,
      origin: originOf({ scope, path }),
    })
  }
}

interface PoolDraft {
  readonly name: string
  /** how messages call it */
  readonly subject: string
  readonly members: readonly MemberEntry[]
  readonly membersAt: Path
  readonly policy: PolicyEntry
  readonly scope: FileScope
  readonly path: Path
  readonly origin: Origin
}

export function addPool(workshop: Workshop, draft: PoolDraft): void {
  const { complaints, declared } = workshop
  const { name, subject, policy, scope, path } = draft
  const { defaults, document } = scope
  const members = readMembers(workshop, draft)
  if (draft.members.length === 0)
    complaints.warn(
      'empty-pool',
      document.at(draft.membersAt),
      `${subject} has no nodes: it cannot answer until some are added.`,
      'List nodes, or add them through the API.',
    )
  const { fallback } = policy
  if (fallback !== undefined && !declared.pools.has(fallback))
    complaints.unknown(
      'pool',
      document.at([...path, 'fallback']),
      `${subject} falls back to pool`,
      fallback,
      declared.pools.keys(),
    )
  const minInService = readFloor(policy.min_in_service ?? defaults.min_in_service)
  if (
    policy.min_in_service !== undefined &&
    'nodes' in minInService &&
    minInService.nodes > members.length &&
    members.length > 0
  )
    complaints.warn(
      'high-floor',
      document.at([...path, 'min_in_service']),
      `${subject} wants ${minInService.nodes} nodes in service, but has ${members.length}: none of them could ever leave.`,
      'Lower it, or write a percentage.',
    )
  if (policy.all_down === 'fallback' && fallback === undefined)
    complaints.warn(
      'no-fallback',
      document.at([...path, 'all_down']),
      `${subject} has all_down: fallback, but no fallback.`,
      'Name a pool under fallback:, or say all_down: all, which it means without one.',
    )
  const standby = { ...POOL_DEFAULTS.standby }
  const share = (text: string | undefined, otherwise: number): number =>
    text === undefined ? otherwise : (parsePercent(text) ?? 0) / 100
  workshop.pools.set(name, {
    name,
    zone: scope.zone,
    members,
    check: readPoolCheck(workshop, draft),
    minInService,
    allDown: policy.all_down ?? defaults.all_down ?? POOL_DEFAULTS.allDown,
    fallback,
    warmUpMs: durationMs(policy.warm_up ?? defaults.warm_up, POOL_DEFAULTS.warmUpMs),
    removalShare: share(policy.removal?.share, POOL_DEFAULTS.removalShare),
    removalWindowMs: durationMs(policy.removal?.window, POOL_DEFAULTS.removalWindowMs),
    loadAware: policy.load_aware ?? false,
    standby: {
      joinAbove: share(policy.standby?.join_above, standby.joinAbove),
      joinAfterMs: durationMs(policy.standby?.join_after, standby.joinAfterMs),
      leaveBelow: share(policy.standby?.leave_below, standby.leaveBelow),
    },
    origin: draft.origin,
  })
  if (share(policy.standby?.leave_below, standby.leaveBelow) >= share(policy.standby?.join_above, standby.joinAbove))
    complaints.error(
      'standby',
      document.at([...path, 'standby']),
      `${subject}: standby nodes would leave at the load at which they join.`,
      'Make leave_below lower than join_above (30% and 60% by default).',
    )
}

function readMembers(workshop: Workshop, draft: PoolDraft): Member[] {
  const { complaints, declared, nodes } = workshop
  const { scope, subject } = draft
  const members = new Map<string, Member>()
  draft.members.forEach((entry, i) => {
    const written = typeof entry === 'string' ? entry : entry.node
    const path = [...draft.membersAt, i]
    const place = scope.document.at(typeof entry === 'string' ? path : [...path, 'node'])
    const origin: Origin = { kind: 'file', ...place }
    const address = parseAddress(written)
    const name = declared.nodes.has(written) || address === undefined ? written : printAddress(address)
    if (!declared.nodes.has(name)) {
      const node = nodes.get(name) ?? nodeOfAddress(written, place, origin, complaints)
      if (node === undefined) {
        complaints.unknown('node', place, `${subject} has a node`, written, declared.nodes.keys())
        return
      }
      nodes.set(name, node)
    }
    if (members.has(name))
      complaints.error(
        'duplicate',
        place,
        `${subject} has the node ${name} twice.`,
        'Take one away; a larger share is a larger weight: { node: NAME, weight: 200 }.',
      )
    const { weight, standby } = typeof entry === 'string' ? { weight: undefined, standby: undefined } : entry
    members.set(name, { node: name, weight, standby: standby ?? false, origin })
  })
  return [...members.values()]
}

function readPoolCheck(workshop: Workshop, draft: PoolDraft): string | undefined {
  const { complaints, declared, checks } = workshop
  const { policy, scope, name, subject } = draft
  const path: Path = policy.check === undefined ? ['defaults', 'check'] : [...draft.path, 'check']
  const check = policy.check ?? scope.defaults.check
  if (check === undefined || check === 'none') return undefined
  if (typeof check === 'string') {
    if (!declared.checks.has(check))
      complaints.unknown('check', scope.document.at(path), `${subject} has a check`, check, declared.checks.keys())
    return check
  }
  // A check that is written out where it is used is named by its pool.
  if (declared.checks.has(name)) {
    complaints.error(
      'duplicate',
      scope.document.at(path),
      `${subject} has a check of its own, but there is a check called ${name} already.`,
      `Write check: ${name}, or rename the other.`,
    )
    return undefined
  }
  const made = readCheck(name, check, scope, path, { kind: 'file', ...scope.document.at(path) }, complaints)
  if (made !== undefined) checks.set(name, made)
  return made?.name
}

function readFloor(text: Defaults['min_in_service']): Floor {
  if (text === undefined) return POOL_DEFAULTS.minInService
  return typeof text === 'number'
    ? { nodes: text }
    : { percent: parsePercent(text) ?? POOL_DEFAULTS.minInService.percent }
}
