/**
 * The one decision: who serves the clients of one rule right now. The answer compiler makes variants of it, explain tells it;
 * both call this, so what an operator is told is what a client gets.
 *
 *     the rule's pool ── has fit nodes ──────────────────────────────▶ its nodes in service (fit ones, and those kept by the floor)
 *           │ none fit
 *           ▼
 *     its fallback, and that one's fallback ... ── one has fit nodes ─▶ that pool's     (not for a strict record)
 *           │ none, or strict
 *           ▼
 *     all_down of the rule's own pool: all | last-good | fallback | nodata | servfail
 *
 * A record with nodes is never answered empty, unless all_down says nodata or servfail.
 */
import { unreachable } from '../base/index.ts'
import type { AllDownMode, SteeredRecord } from './model.ts'
import type { MemberStanding, PoolCondition, PoolStanding } from './standing.ts'
import type { DroppedNode, KeptNode, Step } from './steps.ts'

/** What the decision needs of a pool beside its standing; a `Pool` is one. */
export interface PoolPolicy {
  readonly fallback: string | undefined
  /** default: all */
  readonly allDown?: AllDownMode
}

export interface ChosenNode {
  readonly node: string
  /** weight in force times slow-start share; 0 takes part in no weighted pick */
  readonly weight: number
}

export interface Choice {
  /** the pool whose nodes are answered */
  readonly pool: string
  readonly mode: 'answer' | 'nodata' | 'servfail'
  /** declared order; nearest first where the record picks so. Empty unless mode is answer */
  readonly nodes: readonly ChosenNode[]
  readonly ttlSeconds: number
  /** a node is answered that is not fit: the floor, the removal budget or all_down kept it */
  readonly kept: boolean
  /** the condition of the rule's own pool */
  readonly below: PoolCondition
  /** how it came to this, in order; `tell` says them in sentences */
  readonly steps: readonly Step[]
}

/**
 * Decides who serves the clients that `rule` takes.
 * @param rule     index into record.rules
 * @param order    node names nearest first, for `pick: nearest`; those not named come after, in declared order
 * @param standing undefined: control knows nothing of the pool yet; it counts as one without nodes
 * @param poolOf   the declaration of a pool
 */
export function choose(
  record: SteeredRecord,
  rule: number,
  order: readonly string[] | undefined,
  standing: (pool: string) => PoolStanding | undefined,
  poolOf: (pool: string) => PoolPolicy | undefined,
): Choice {
  const own = record.rules[rule]!.pool
  const steps: Step[] = [{ kind: 'rule', record: record.name, rule, match: record.rules[rule]!.match, pool: own }]
  const ownStanding = standing(own)
  const below = ownStanding?.condition ?? 'all-down'

  const seen = new Set<string>()
  let pool: string | undefined = own
  let last = own
  while (pool !== undefined && !seen.has(pool)) {
    seen.add(pool)
    last = pool
    const now = standing(pool)
    if (now !== undefined && now.condition !== 'all-down' && now.members.some((member) => member.inService)) {
      const settled = pool === own && now.condition === 'normal' && !now.unsettled
      return finish(record, order, steps, {
        pool,
        below,
        settled,
        members: now.members.filter((m) => m.inService),
        of: now,
      })
    }
    const fallback: string | undefined = poolOf(pool)?.fallback
    if (fallback !== undefined && record.strict) steps.push({ kind: 'strict', pool, fallback })
    else if (fallback !== undefined) steps.push({ kind: 'fallback', pool, fallback, size: now?.members.length ?? 0 })
    pool = record.strict ? undefined : fallback
  }
  if (pool !== undefined) steps.push({ kind: 'loop', pool })
  return whenAllDown(record, order, steps, standing, { own, last, below, mode: poolOf(own)?.allDown ?? 'all' })
}

interface Found {
  readonly pool: string
  readonly below: PoolCondition
  readonly settled: boolean
  readonly members: readonly MemberStanding[]
  readonly of: PoolStanding
}

function finish(record: SteeredRecord, order: readonly string[] | undefined, steps: Step[], found: Found): Choice {
  const members = record.pick === 'nearest' && order !== undefined ? sortBy(order, found.members) : found.members
  const inside = new Set(members.map(({ node }) => node))
  const kept: KeptNode[] = members.map(({ node, weight, share, why, fit }) => ({
    node,
    weight: weight * share,
    why,
    kept: !fit,
  }))
  const dropped: DroppedNode[] = found.of.members
    .filter(({ node }) => !inside.has(node))
    .map(({ node, why }) => ({ node, why }))
  steps.push({ kind: 'pool', pool: found.pool, condition: found.of.condition, kept, dropped })
  const ttlSeconds = found.settled ? record.ttl.maxSeconds : record.ttl.minSeconds
  steps.push({ kind: 'ttl', seconds: ttlSeconds, settled: found.settled })
  return {
    pool: found.pool,
    mode: 'answer',
    nodes: kept.map(({ node, weight }) => ({ node, weight })),
    ttlSeconds,
    kept: kept.some((node) => node.kept),
    below: found.below,
    steps,
  }
}

/** No pool that the rule may use has a fit node. */
function whenAllDown(
  record: SteeredRecord,
  order: readonly string[] | undefined,
  steps: Step[],
  standing: (pool: string) => PoolStanding | undefined,
  at: { readonly own: string; readonly last: string; readonly below: PoolCondition; readonly mode: AllDownMode },
): Choice {
  const { own, mode, below } = at
  steps.push({ kind: 'all-down', pool: own, mode })
  const silent = (how: 'nodata' | 'servfail'): Choice => ({
    pool: own,
    mode: how,
    nodes: [],
    ttlSeconds: record.ttl.minSeconds,
    kept: false,
    below,
    steps,
  })
  switch (mode) {
    case 'nodata':
    case 'servfail':
      return silent(mode)
    case 'all':
    case 'last-good':
    case 'fallback': {
      // `fallback` keeps going down the chain to the last pool, and answers with all of that; strict stays at home.
      const pool = mode === 'fallback' && !record.strict ? at.last : own
      const of = standing(pool)
      const members = of === undefined ? [] : membersWhenAllDown(mode, of)
      // A pool without any node (all were removed through the API) has nothing to answer with: better no answer than "no such address".
      if (of === undefined || members.length === 0) return silent('servfail')
      return finish(record, order, steps, { pool, below, settled: false, members, of })
    }
    default:
      return unreachable(mode)
  }
}

/**
 * Who is answered when no member is fit: what control shows as in service, too.
 * Drained nodes come before disabled ones, and both only where nobody else is left: an operator's word outweighs a sick node's.
 */
export function membersWhenAllDown(mode: AllDownMode, standing: PoolStanding): readonly MemberStanding[] {
  if (mode === 'last-good') {
    const good = new Set(standing.lastGood)
    const last = standing.members.filter(
      ({ node, intent }) => good.has(node) && (intent === 'auto' || intent === 'force-up'),
    )
    if (last.length > 0) return last
  }
  for (const intents of [['auto', 'force-up'], ['drain'], ['disabled', 'force-down']]) {
    const willing = standing.members.filter(({ intent }) => intents.includes(intent))
    // One that has never passed its checks is no help, unless all are new.
    const tried = willing.filter(({ health }) => health !== 'pending')
    if (willing.length > 0) return tried.length > 0 ? tried : willing
  }
  return []
}

function sortBy(order: readonly string[], members: readonly MemberStanding[]): MemberStanding[] {
  const rank = new Map(order.map((node, i) => [node, i]))
  const of = ({ node }: MemberStanding): number => rank.get(node) ?? order.length
  return [...members].sort((a, b) => of(a) - of(b))
}

/**
 * Every pool whose standing can change the record's answer: its rules' pools and their fallbacks, transitively.
 * @returns names, each once, the rules' own first
 */
export function poolsOf(
  record: SteeredRecord,
  pools: { get(name: string): { readonly fallback: string | undefined } | undefined },
): readonly string[] {
  const found = new Set(record.rules.map(({ pool }) => pool))
  if (!record.strict) {
    // A Set visits what is added while it is being walked.
    for (const pool of found) {
      const fallback = pools.get(pool)?.fallback
      if (fallback !== undefined) found.add(fallback)
    }
  }
  return [...found]
}
