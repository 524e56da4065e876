/**
 * Is it safe? What stays of every pool, and for which clients, when some nodes go.
 *
 * A pool keeps its floor when at least min_in_service of its members stay fit. Taking away a node that is not fit
 * anyway takes nothing from its pool; it is never refused.
 */
import { printNetwork } from '../base/index.ts'
import type { Match, Pool, PoolStanding, Steering } from '../steer/index.ts'
import { poolsOfNode } from './declared.ts'
import type { Harm } from './outcome.ts'

/** How many members the floor asks for: max(1, ceil(percent of members)), or the number given, never more than there are. */
export function floorOf(pool: Pool, members: number): number {
  const floor = pool.minInService
  const wanted = 'percent' in floor ? Math.ceil((floor.percent * members) / 100) : floor.nodes
  return Math.min(members, Math.max(1, wanted))
}

/**
 * The floor in force. Who was never seen well has not joined yet: it neither serves nor raises the floor; nor do standby nodes.
 * @param without nodes that will not be members any more
 */
export function floorNow(pool: Pool, standing: PoolStanding | undefined, without?: ReadonlySet<string>): number {
  const pending = new Set(
    (standing?.members ?? []).filter((one) => one.health === 'pending' && !one.fit).map((one) => one.node),
  )
  const members = pool.members.filter(
    (member) => !member.standby && !pending.has(member.node) && without?.has(member.node) !== true,
  )
  return floorOf(pool, Math.max(1, members.length))
}

/** Clients that a record sends to the pool, told in words: "www.portal.example. for MD, RO". */
export interface ClientClass {
  readonly record: string
  /** what the rule matches; "everyone else" for the last one */
  readonly clients: string
  /** the record never sends these clients to another pool */
  readonly strict: boolean
}

export interface PoolSafety {
  readonly pool: string
  /** false: the pool would fall under its floor by this */
  readonly ok: boolean
  readonly members: number
  readonly floor: number
  readonly fitNow: number
  readonly fitAfter: number
  /** nodes that would go on serving */
  readonly stay: readonly string[]
  readonly fallback: string | undefined
  readonly clients: readonly ClientClass[]
}

export interface Safety {
  readonly ok: boolean
  readonly pools: readonly PoolSafety[]
}

/**
 * @param leaving nodes that would leave at once
 * @param shrinks they leave the pool itself (remove), not only the answers
 * @param only    look at these pools, not at all that the nodes are in
 */
export function safetyOf(
  leaving: readonly string[],
  steering: Steering,
  standing: (pool: string) => PoolStanding | undefined,
  shrinks: boolean,
  only?: readonly string[],
): Safety {
  const going = new Set(leaving)
  const pools = new Set(
    leaving.flatMap((node) => poolsOfNode(steering, node)).filter((pool) => only?.includes(pool.name) ?? true),
  )
  const told: PoolSafety[] = []
  for (const pool of pools) {
    const present = standing(pool.name)?.members ?? []
    const fit = present.filter((member) => member.fit).map((member) => member.node)
    const stay = fit.filter((node) => !going.has(node))
    const remaining = pool.members.filter((member) => !(shrinks && going.has(member.node)))
    const members = remaining.filter((member) => !member.standby).length
    const floor = floorNow(pool, standing(pool.name), shrinks ? going : undefined)
    const clients = clientsOf(steering, pool.name)
    const emptied = shrinks && remaining.length === 0 && (clients.length > 0 || isFallback(steering, pool.name))
    told.push({
      pool: pool.name,
      ok: !emptied && (stay.length >= floor || stay.length === fit.length),
      members,
      floor,
      fitNow: fit.length,
      fitAfter: stay.length,
      stay,
      fallback: pool.fallback,
      clients,
    })
  }
  return { ok: told.every((pool) => pool.ok), pools: told }
}

/** @returns what breaks, one harm for each pool under its floor */
export function harmsOf(safety: Safety): Harm[] {
  return safety.pools
    .filter((pool) => !pool.ok)
    .map((pool) => {
      const left =
        pool.fitAfter === 0
          ? 'no fit node'
          : `${pool.fitAfter} fit node${pool.fitAfter === 1 ? '' : 's'} (${pool.stay.join(', ')})`
      const strict = pool.clients.length > 0 && pool.clients.every((one) => one.strict)
      const spill =
        pool.fitAfter > 0 || pool.fallback === undefined
          ? ''
          : strict
            ? `; its clients are strict and would not be sent to pool ${pool.fallback}`
            : `; its clients would be sent to pool ${pool.fallback}`
      const whom = pool.clients.map((one) => `${one.record} (${one.clients})`).slice(0, 5)
      const who = whom.length === 0 ? '' : ` Clients: ${whom.join(', ')}.`
      return {
        code: 'floor',
        pool: pool.pool,
        message: `pool ${pool.pool} would have ${left} left, and its floor is ${pool.floor}${spill}.${who}`,
      }
    })
}

function isFallback(steering: Steering, pool: string): boolean {
  for (const other of steering.pools.values()) if (other.fallback === pool) return true
  return false
}

/** Which clients of which records are sent to the pool, itself or as a fallback. */
export function clientsOf(steering: Steering, pool: string): ClientClass[] {
  const classes: ClientClass[] = []
  for (const record of steering.records.values())
    for (const rule of record.rules)
      if (rule.pool === pool)
        classes.push({
          record: record.name,
          clients: printMatch(rule.match, record.rules.length === 1),
          strict: record.strict,
        })
  return classes
}

/** Prints whom a rule matches: "country MD, RO", "net 192.0.2.0/24"; "everyone" or "everyone else" without a key. */
export function printMatch(match: Match, alone: boolean): string {
  const parts: string[] = []
  if (match.country.length > 0) parts.push(`country ${match.country.join(', ')}`)
  if (match.continent.length > 0) parts.push(`continent ${match.continent.join(', ')}`)
  if (match.subdivision.length > 0) parts.push(`subdivision ${match.subdivision.join(', ')}`)
  if (match.asn.length > 0) parts.push(`asn ${match.asn.join(', ')}`)
  if (match.net.length > 0) parts.push(`net ${match.net.map(printNetwork).join(', ')}`)
  return parts.length > 0 ? parts.join(' and ') : alone ? 'everyone' : 'everyone else'
}
