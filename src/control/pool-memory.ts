/**
 * What of a pool survives a restart: whom it answered last, whom it only kept and why, what was removed of late, and what the load
 * made of weights and standby. A row that cannot be read is forgotten, not trusted.
 *
 * Without it a server that starts in the middle of an outage would take the last good set for everybody, spend the removal budget
 * anew, and send the standby nodes off for five minutes while the load is at its height.
 */
import type { PoolMemory } from './fleet-model.ts'
import type { MemberState, PoolState } from './fleet-state.ts'

const KEPT_BY = ['floor', 'budget', 'all-down'] as const

export function printPoolMemory(pool: PoolState): PoolMemory {
  const kept: Record<string, string> = {}
  const factors: Record<string, number> = {}
  for (const { node, keptBy, loadFactor } of pool.members) {
    if (keptBy !== undefined) kept[node.name] = keptBy
    if (loadFactor !== 1) factors[node.name] = Math.round(loadFactor * 1000) / 1000
  }
  return {
    pool: pool.name,
    more: JSON.stringify({
      lastGood: pool.lastGood,
      kept,
      removals: pool.removals,
      ...(pool.standbyCalled ? { standbyCalled: true } : {}),
      ...(Object.keys(factors).length === 0 ? {} : { factors }),
    }),
  }
}

/** Puts a remembered row into a pool that has just been declared, before it is first decided. */
export function recallPoolMemory(pool: PoolState, row: PoolMemory, nowMs: number): void {
  const more = parse(row.more)
  if (more === undefined) return
  const members = new Map(pool.members.map((member) => [member.node.name, member]))
  if (Array.isArray(more.lastGood)) pool.lastGood = more.lastGood.filter((name) => members.has(name as string))
  if (Array.isArray(more.removals))
    pool.removals = more.removals.filter((atMs): atMs is number => typeof atMs === 'number' && atMs <= nowMs)
  pool.standbyCalled = more.standbyCalled === true
  for (const [name, keptBy] of Object.entries(parse(more.kept) ?? {})) {
    const member = members.get(name)
    const known = KEPT_BY.find((each) => each === keptBy)
    if (member === undefined || known === undefined) continue
    member.keptBy = known
    member.inService = true
  }
  if (!pool.pool.loadAware) return
  for (const [name, factor] of Object.entries(parse(more.factors) ?? {})) recallFactor(members.get(name), factor)
}

function recallFactor(member: MemberState | undefined, factor: unknown): void {
  if (member !== undefined && typeof factor === 'number' && factor >= 0.25 && factor <= 4) member.loadFactor = factor
}

/** @returns an object, given as such or as JSON text; undefined: it is none */
function parse(value: unknown): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = typeof value === 'string' ? JSON.parse(value) : value
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
      ? (parsed as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}
