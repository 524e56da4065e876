/**
 * Pools, steered records and zones as operators and scripts see them. Plain JSON values.
 */
import type { MemberStanding, Pool, PoolCondition, SteeredRecord } from '../steer/index.ts'
import type { Core } from './core.ts'
import { seconds } from './figures.ts'
import { printOrigin } from './outcome.ts'
import { type ClientClass, clientsOf, floorNow, printMatch } from './safety.ts'

export interface MemberView {
  readonly node: string
  readonly health: string
  readonly intent: string
  readonly fit: boolean
  readonly inService: boolean
  readonly kept: boolean
  readonly share: number
  readonly weight: number
  readonly badSeconds: number
  readonly why: string
  readonly standby: boolean
}

/** How patient the pool's check is: what `meridian tune` compares with. */
export interface HysteresisView {
  readonly profile: string
  readonly intervalSeconds: number
  readonly suspectIntervalSeconds: number
  readonly downIntervalSeconds: number
  readonly removeAfterSeconds: number
  readonly restoreAfterSeconds: number
  /** 0..1 */
  readonly drain: number
  readonly adaptive: boolean
  readonly timeoutSeconds: number
}

export interface PoolView {
  readonly name: string
  readonly zone: string | null
  readonly condition: PoolCondition
  readonly check: string | null
  /** null: it is not checked */
  readonly hysteresis: HysteresisView | null
  readonly fallback: string | null
  readonly allDown: string
  /** how many members the floor asks for */
  readonly floor: number
  readonly fit: number
  readonly inService: number
  readonly members: readonly MemberView[]
  readonly clients: readonly ClientClass[]
  readonly origin: string
}

export interface RecordView {
  readonly name: string
  readonly zone: string
  readonly pick: string
  readonly answers: number
  readonly strict: boolean
  readonly ttl: { readonly maxSeconds: number; readonly minSeconds: number }
  readonly rules: readonly {
    readonly clients: string
    readonly pool: string
    readonly condition: PoolCondition
    /** the pool's nodes in the answers */
    readonly nodes: readonly string[]
  }[]
  readonly origin: string
}

export interface ZoneView {
  readonly name: string
  readonly serial: number
  /** where it comes from: a file of the zones folder, a primary, the database */
  readonly source: 'file' | 'copy' | 'database'
  /** all but the steered ones */
  readonly staticRecords: number
  readonly steeredRecords: number
}

export interface ZoneDetail extends ZoneView {
  readonly records: readonly RecordView[]
  readonly pools: readonly PoolView[]
}

export function viewPool(core: Core, pool: Pool): PoolView {
  const standing = core.ports.fleet.standing(pool.name)
  const members = standing?.members ?? []
  const standby = new Set(pool.members.filter((member) => member.standby).map((member) => member.node))
  return {
    name: pool.name,
    zone: pool.zone ?? null,
    condition: standing?.condition ?? 'all-down',
    check: pool.check ?? null,
    hysteresis: viewHysteresis(core, pool),
    fallback: pool.fallback ?? null,
    allDown: pool.allDown,
    floor: floorNow(pool, standing),
    fit: members.filter((member) => member.fit).length,
    inService: members.filter((member) => member.inService).length,
    members: members.map((member) => viewMember(member, standby.has(member.node))),
    clients: clientsOf(core.steering, pool.name),
    origin: printOrigin(pool.origin),
  }
}

function viewHysteresis(core: Core, pool: Pool): HysteresisView | null {
  const check = pool.check === undefined ? undefined : core.steering.checks.get(pool.check)
  if (check === undefined) return null
  const { hysteresis } = check
  return {
    profile: hysteresis.profile,
    intervalSeconds: hysteresis.intervalMs / 1000,
    suspectIntervalSeconds: hysteresis.suspectIntervalMs / 1000,
    downIntervalSeconds: hysteresis.downIntervalMs / 1000,
    removeAfterSeconds: hysteresis.removeAfterMs / 1000,
    restoreAfterSeconds: hysteresis.restoreAfterMs / 1000,
    drain: hysteresis.drain,
    adaptive: hysteresis.adaptive,
    timeoutSeconds: check.timeoutMs / 1000,
  }
}

function viewMember(member: MemberStanding, standby: boolean): MemberView {
  return {
    node: member.node,
    health: member.health,
    intent: member.intent,
    fit: member.fit,
    inService: member.inService,
    kept: member.kept,
    share: Number(member.share.toFixed(3)),
    weight: member.weight,
    badSeconds: seconds(member.badMs),
    why: member.why,
    standby,
  }
}

export function viewRecord(core: Core, record: SteeredRecord): RecordView {
  return {
    name: record.name,
    zone: record.zone,
    pick: record.pick,
    answers: record.answers,
    strict: record.strict,
    ttl: record.ttl,
    rules: record.rules.map((rule) => {
      const standing = core.ports.fleet.standing(rule.pool)
      return {
        clients: printMatch(rule.match, record.rules.length === 1),
        pool: rule.pool,
        condition: standing?.condition ?? 'all-down',
        nodes: (standing?.members ?? []).filter((member) => member.inService).map((member) => member.node),
      }
    }),
    origin: printOrigin(record.origin),
  }
}

export function viewZones(core: Core): ZoneView[] {
  const steered = new Map<string, number>()
  for (const record of core.steering.records.values()) steered.set(record.zone, (steered.get(record.zone) ?? 0) + 1)
  const files = (core.files?.zones ?? []).map((zone) => ({ ...zone, source: 'file' as const }))
  const claimed = new Set(files.map(({ name }) => name))
  const others = (core.ports.otherZones?.() ?? []).filter(({ name }) => !claimed.has(name))
  return [...files, ...others].map((zone) => ({
    name: zone.name,
    serial: zone.serial,
    source: zone.source,
    staticRecords: zone.records,
    steeredRecords: steered.get(zone.name) ?? 0,
  }))
}

/** @param name with or without the final dot, in any case */
export function viewZone(core: Core, name: string): ZoneDetail | undefined {
  const wanted = zoneName(name)
  const zone = viewZones(core).find((one) => one.name === wanted)
  if (zone === undefined) return undefined
  const records = [...core.steering.records.values()].filter((record) => record.zone === wanted)
  const pools = new Set(records.flatMap((record) => record.rules.map((rule) => rule.pool)))
  return {
    ...zone,
    records: records.map((record) => viewRecord(core, record)),
    pools: [...core.steering.pools.values()]
      .filter((pool) => pool.zone === wanted || pools.has(pool.name))
      .map((pool) => viewPool(core, pool)),
  }
}

/** A zone's name as the model writes it: lower case, with the final dot. */
export function zoneName(name: string): string {
  const lower = name.toLowerCase()
  return lower.endsWith('.') ? lower : `${lower}.`
}
