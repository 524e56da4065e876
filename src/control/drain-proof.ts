/**
 * The proof that a drained node may be stopped: no resolver that keeps to TTLs can still hold its address.
 *
 *   last answer with the node ── the longest TTL that such an answer carried ──▶ safe since
 *
 * The longest TTL is the greatest ttl.max of all records that can name the node: an upper bound, never too early.
 */
import type { Core } from './core.ts'
import { poolsOfNode } from './declared.ts'
import { iso, seconds } from './figures.ts'

export interface DrainProof {
  readonly node: string
  /** serving: still in the answers of some pool; waiting: resolvers may still hold it; safe: none can */
  readonly state: 'serving' | 'waiting' | 'safe'
  /** pools whose answers still hold it, and why */
  readonly serving: readonly { readonly pool: string; readonly why: string }[]
  /** the last answer with it; null: none since the server started */
  readonly lastAnswered: string | null
  readonly ttlSeconds: number
  readonly safeSince: string | null
  readonly secondsLeft: number | null
}

export function drainProof(core: Core, node: string): DrainProof {
  const now = core.ports.now()
  const pools = poolsOfNode(core.steering, node)
  const serving = pools.flatMap((pool) => {
    const member = core.ports.fleet.standing(pool.name)?.members.find((one) => one.node === node)
    return member?.inService ? [{ pool: pool.name, why: member.why }] : []
  })
  const ttlMs = 1000 * longestTtl(core, new Set(pools.map((pool) => pool.name)))
  const answered = core.ports.publisher.lastAnswered(node)
  const lastAnswered = answered === undefined ? null : iso(answered)
  if (serving.length > 0)
    return {
      node,
      state: 'serving',
      serving,
      lastAnswered,
      ttlSeconds: ttlMs / 1000,
      safeSince: null,
      secondsLeft: null,
    }
  // Without an answer seen by this process: the one before it may have answered until the moment the node was taken out, or
  // until this process started.
  const until = answered ?? Math.min(core.startedMs, core.intents.get(node)?.sinceMs ?? core.startedMs)
  const safeAt = until + ttlMs
  return {
    node,
    state: now >= safeAt ? 'safe' : 'waiting',
    serving,
    lastAnswered,
    ttlSeconds: ttlMs / 1000,
    safeSince: iso(safeAt),
    secondsLeft: seconds(Math.max(0, safeAt - now)),
  }
}

/** Seconds; over all records that send clients to these pools, directly or as a fallback. */
function longestTtl(core: Core, pools: ReadonlySet<string>): number {
  let longest = 0
  for (const record of core.steering.records.values()) {
    const reaches = record.rules.some((rule) => {
      const seen = new Set<string>()
      let pool: string | undefined = rule.pool
      while (pool !== undefined && !seen.has(pool)) {
        if (pools.has(pool)) return true
        seen.add(pool)
        pool = core.steering.pools.get(pool)?.fallback
      }
      return false
    })
    if (reaches) longest = Math.max(longest, record.ttl.maxSeconds, record.ttl.minSeconds)
  }
  return longest
}
