/**
 * Plan before apply: what changed files would do, as a value; and the brake, which holds a plan that takes away too much.
 */
import { printAddress } from '../base/index.ts'
import type { Pool, PoolStanding, Steering } from '../steer/index.ts'
import type { Harm } from './outcome.ts'
import { type Move, movesOf } from './plan-moves.ts'
import type { LoadedFiles } from './ports.ts'
import { printMatch } from './safety.ts'

export interface Difference {
  readonly added: readonly string[]
  readonly removed: readonly string[]
  readonly changed: readonly { readonly name: string; readonly what: readonly string[] }[]
}

export interface Plan {
  readonly empty: boolean
  readonly zones: Difference
  readonly records: Difference
  readonly pools: Difference
  readonly nodes: Difference
  readonly checks: Difference
  readonly moves: readonly Move[]
  /** what an operator should look at twice; not a reason to stop */
  readonly warnings: readonly string[]
  /** what stops a reload without force */
  readonly harms: readonly Harm[]
}

// From ten on a share means something; below it, removing one of three nodes is everyday work.
const BRAKE_FROM = 10
const BRAKE_SHARE = 0.3

/** @param now what is in force (joined); @param next what would be (joined) */
export function planOf(
  files: LoadedFiles,
  now: Steering,
  nextFiles: LoadedFiles,
  next: Steering,
  standing: (pool: string) => PoolStanding | undefined,
): Plan {
  const nodes = differ(now.nodes, next.nodes, (node) => ({
    addresses: [...node.a, ...node.aaaa].map(printAddress),
    site: node.site,
    weight: node.weight,
  }))
  const pools = differ(now.pools, next.pools, (pool) => ({
    members: pool.members.map((member) => [member.node, member.weight, member.standby]),
    check: pool.check,
    floor: pool.minInService,
    'all-down': pool.allDown,
    fallback: pool.fallback,
    'warm-up': pool.warmUpMs,
  }))
  const records = differ(now.records, next.records, (record) => ({
    rules: record.rules.map((rule) => [printMatch(rule.match, false), rule.pool]),
    pick: record.pick,
    answers: record.answers,
    strict: record.strict,
    ttl: record.ttl,
  }))
  const checks = differ(now.checks, next.checks, (check) => ({
    probe: check.probe,
    timeout: check.timeoutMs,
    hysteresis: check.hysteresis,
  }))
  const zones = differ(
    new Map(files.zones.map((zone) => [zone.name, zone])),
    new Map(nextFiles.zones.map((zone) => [zone.name, zone])),
    (zone) => ({ serial: zone.serial, records: zone.records }),
  )
  const differences = [nodes, pools, records, checks, zones]
  return {
    empty: differences.every((one) => one.added.length + one.removed.length + one.changed.length === 0),
    zones,
    records,
    pools,
    nodes,
    checks,
    moves: movesOf(now, next),
    warnings: warningsOf(now, next),
    harms: brake(files, now, nextFiles, next, standing),
  }
}

function differ<T>(now: ReadonlyMap<string, T>, next: ReadonlyMap<string, T>, facts: (one: T) => object): Difference {
  const changed: { name: string; what: string[] }[] = []
  for (const [name, one] of next) {
    const before = now.get(name)
    if (before === undefined) continue
    const old = new Map(Object.entries(facts(before)))
    const what = Object.entries(facts(one))
      .filter(([key, value]) => stable(old.get(key)) !== stable(value))
      .map(([key]) => key)
    if (what.length > 0) changed.push({ name, what })
  }
  return {
    added: [...next.keys()].filter((name) => !now.has(name)),
    removed: [...now.keys()].filter((name) => !next.has(name)),
    changed,
  }
}

const stable = (value: unknown): string => JSON.stringify(value) ?? 'undefined'

function warningsOf(now: Steering, next: Steering): string[] {
  const warnings: string[] = []
  const inUse = poolsInUse(next)
  for (const pool of next.pools.values()) {
    const before = now.pools.get(pool.name)
    const left = pool.members.length
    if (before !== undefined && before.members.length > 1 && left === 1 && inUse.has(pool.name))
      warnings.push(`pool ${pool.name} loses its redundancy: ${before.members.length} nodes before, 1 after`)
    const sites = sitesOf(pool, next)
    if (before !== undefined && sitesOf(before, now) > 1 && sites === 1)
      warnings.push(`pool ${pool.name} stands in one site only from then on`)
    if (before !== undefined && before.check !== undefined && pool.check === undefined)
      warnings.push(`pool ${pool.name} is not checked any more: its nodes always count as up`)
  }
  return warnings
}

function sitesOf(pool: Pool, steering: Steering): number {
  return new Set(pool.members.map((member) => steering.nodes.get(member.node)?.site)).size
}

/** @returns the pools that a record sends clients to, itself or by fallback */
export function poolsInUse(steering: Steering): ReadonlySet<string> {
  const inUse = new Set<string>()
  const use = (name: string | undefined): void => {
    if (name === undefined || inUse.has(name)) return
    inUse.add(name)
    use(steering.pools.get(name)?.fallback)
  }
  for (const record of steering.records.values()) for (const rule of record.rules) use(rule.pool)
  return inUse
}

function brake(
  files: LoadedFiles,
  now: Steering,
  nextFiles: LoadedFiles,
  next: Steering,
  standing: (pool: string) => PoolStanding | undefined,
): Harm[] {
  const harms: Harm[] = []
  const percent = (gone: number, all: number): string => `${Math.round((100 * gone) / all)} %`
  const gone = [...now.nodes.keys()].filter((name) => !next.nodes.has(name))
  if (now.nodes.size >= BRAKE_FROM && gone.length > BRAKE_SHARE * now.nodes.size)
    harms.push({
      code: 'brake-nodes',
      message: `${gone.length} of ${now.nodes.size} nodes (${percent(gone.length, now.nodes.size)}) would go.`,
    })
  // A zone's records are counted, not named: the loser is a zone that shrinks, whatever was added elsewhere.
  const nextZones = new Map(nextFiles.zones.map((zone) => [zone.name, zone.records]))
  const records = files.zones.reduce((sum, zone) => sum + zone.records, now.records.size)
  const lost =
    files.zones.reduce((sum, zone) => sum + Math.max(0, zone.records - (nextZones.get(zone.name) ?? 0)), 0) +
    [...now.records.keys()].filter((name) => !next.records.has(name)).length
  if (records >= BRAKE_FROM && lost > BRAKE_SHARE * records)
    harms.push({
      code: 'brake-records',
      message: `${lost} of ${records} records (${percent(lost, records)}) would go.`,
    })
  const before = poolsInUse(now)
  for (const name of before) {
    const pool = next.pools.get(name)
    const members = now.pools.get(name)?.members ?? []
    if (members.length === 0) continue
    if (pool !== undefined && pool.members.length === 0)
      harms.push({ code: 'pool-emptied', pool: name, message: `pool ${name}, which is in use, would have no node.` })
    else if (pool !== undefined) {
      const fit = (standing(name)?.members ?? []).filter((member) => member.fit).map((member) => member.node)
      const stays = new Set(pool.members.map((member) => member.node))
      if (fit.length > 0 && !fit.some((node) => stays.has(node)))
        harms.push({
          code: 'pool-emptied',
          pool: name,
          message: `pool ${name}, which is in use, would lose every node that is fit now (${fit.join(', ')}).`,
        })
    }
  }
  return harms
}
