/**
 * The declared and the added state as steering files that load again: plain values in the file's own words. One file for what
 * all share, and one for each zone; where there is one zone only, one file for all.
 */
import { printAddress, printNetwork } from '../base/index.ts'
import type {
  Check,
  HttpExpectation,
  Match,
  Node,
  Pool,
  Probe,
  Schedule,
  Site,
  SteeredRecord,
  Steering,
} from '../steer/index.ts'

export interface ExportedFile {
  /** shared, or the zone's name without its final dot */
  readonly name: string
  readonly content: Readonly<Record<string, unknown>>
}

/** @returns files whose reading gives the same nodes, sites, checks, pools, records and schedules */
export function exportSteering(steering: Steering): ExportedFile[] {
  const zones = [...new Set([...steering.records.values()].map((record) => record.zone))]
  const single = zones.length <= 1 && [...steering.pools.values()].every((pool) => (pool.zone ?? zones[0]) === zones[0])
  const poolsOf = (zone: string | undefined): Record<string, unknown> =>
    section(
      [...steering.pools.values()].filter((pool) => single || pool.zone === zone),
      exportPool,
    )
  const recordsOf = (zone: string): Record<string, unknown> =>
    Object.fromEntries(
      [...steering.records.values()]
        .filter((record) => record.zone === zone)
        .map((record) => [record.name === zone ? '@' : record.name.slice(0, -zone.length - 1), exportRecord(record)]),
    )
  const shared = {
    checks: section(steering.checks.values(), exportCheck),
    sites: section(steering.sites.values(), exportSite),
    nodes: section(steering.nodes.values(), exportNode),
    pools: poolsOf(undefined),
  }
  const schedules = { schedules: section(steering.schedules.values(), exportSchedule) }
  const zone = zones[0]
  if (single)
    return [
      {
        name: zone === undefined ? 'shared' : zone.slice(0, -1),
        content: tidy({
          ...(zone === undefined ? {} : { zone: zone.slice(0, -1) }),
          ...shared,
          records: zone === undefined ? {} : recordsOf(zone),
          ...schedules,
        }),
      },
    ]
  const named = new Set([...zones, ...[...steering.pools.values()].flatMap((pool) => pool.zone ?? [])])
  return [
    { name: 'shared', content: tidy({ ...shared, ...schedules }) },
    ...[...named].map((name) => ({
      name: name.slice(0, -1),
      content: tidy({ zone: name.slice(0, -1), pools: poolsOf(name), records: recordsOf(name) }),
    })),
  ]
}

function section<T extends { readonly name: string }>(
  all: Iterable<T>,
  one: (value: T) => unknown,
): Record<string, unknown> {
  const entries: Record<string, unknown> = {}
  for (const value of all) entries[value.name] = one(value)
  return entries
}

/** Without what is undefined, and without empty sections. */
function tidy(value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).filter(
      ([, one]) => one !== undefined && !(typeof one === 'object' && one !== null && Object.keys(one).length === 0),
    ),
  )
}

const oneOrMore = <T>(values: readonly T[]): T | readonly T[] | undefined =>
  values.length === 0 ? undefined : values.length === 1 ? values[0] : values

const duration = (ms: number): string => (ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`)
const percent = (share: number): string => `${Number((share * 100).toFixed(6))}%`

function exportNode(node: Node): unknown {
  return tidy({
    a: oneOrMore(node.a.map(printAddress)),
    aaaa: oneOrMore(node.aaaa.map(printAddress)),
    site: node.site,
    weight: node.weight === 100 ? undefined : node.weight,
  })
}

function exportSite(site: Site): unknown {
  return {
    ...(site.country === undefined ? {} : { country: site.country }),
    ...(site.at === undefined ? {} : { at: [site.at.latitude, site.at.longitude] }),
  }
}

function exportPool(pool: Pool): unknown {
  const floor = pool.minInService
  return {
    nodes: pool.members.map((member) =>
      member.weight === undefined && !member.standby
        ? member.node
        : tidy({ node: member.node, weight: member.weight, standby: member.standby || undefined }),
    ),
    ...tidy({
      check: pool.check,
      min_in_service: 'percent' in floor ? `${floor.percent}%` : floor.nodes,
      all_down: pool.allDown,
      fallback: pool.fallback,
      warm_up: duration(pool.warmUpMs),
      removal: { share: percent(pool.removalShare), window: duration(pool.removalWindowMs) },
      load_aware: pool.loadAware || undefined,
      standby: {
        join_above: percent(pool.standby.joinAbove),
        join_after: duration(pool.standby.joinAfterMs),
        leave_below: percent(pool.standby.leaveBelow),
      },
    }),
  }
}

function exportRecord(record: SteeredRecord): unknown {
  const [only] = record.rules
  const everyone = record.rules.length === 1 && only !== undefined && Object.keys(exportMatch(only.match)).length === 0
  return {
    ...(everyone
      ? { pool: only.pool }
      : { rules: record.rules.map((rule) => ({ ...exportMatch(rule.match), pool: rule.pool })) }),
    pick: record.pick,
    answers: record.answers,
    ...(record.strict ? { strict: true } : {}),
    ttl: { max: `${record.ttl.maxSeconds}s`, min: `${record.ttl.minSeconds}s` },
  }
}

function exportMatch(match: Match): Record<string, unknown> {
  return tidy({
    country: oneOrMore(match.country),
    continent: oneOrMore(match.continent),
    subdivision: oneOrMore(match.subdivision),
    asn: oneOrMore(match.asn),
    net: oneOrMore(match.net.map(printNetwork)),
  })
}

function exportSchedule(schedule: Schedule): unknown {
  const { action } = schedule
  const what =
    action.kind === 'weight'
      ? { weight: { node: action.node, weight: action.weight } }
      : action.kind === 'standby'
        ? { standby: { pool: action.pool, on: action.on } }
        : { [action.kind]: action.node }
  return tidy({
    cron: schedule.cron,
    time_zone: schedule.timeZone,
    ...what,
    reason: schedule.reason,
    missed: schedule.missed,
  })
}

function exportCheck(check: Check): unknown {
  const figures = check.hysteresis
  return {
    ...exportProbe(check.probe),
    ...tidy({
      timeout: duration(check.timeoutMs),
      budget: check.budgetMs === undefined ? undefined : duration(check.budgetMs),
      source: check.source,
    }),
    hysteresis: {
      profile: figures.profile,
      interval: duration(figures.intervalMs),
      suspect_interval: duration(figures.suspectIntervalMs),
      down_interval: duration(figures.downIntervalMs),
      remove_after: duration(figures.removeAfterMs),
      restore_after: duration(figures.restoreAfterMs),
      drain: figures.drain,
      adaptive: figures.adaptive,
    },
  }
}

function exportProbe(probe: Probe): Record<string, unknown> {
  switch (probe.kind) {
    case 'http':
    case 'https': {
      const { kind, port, path, method, host, headers } = probe
      const plain = { path, port, method, host, headers, expect: exportExpectation(probe.expect) }
      return { [kind]: tidy(kind === 'http' ? plain : { ...plain, ...exportTls(probe) }) }
    }
    case 'tcp':
      return { tcp: tidy({ port: probe.port, send: probe.send, expect: probe.expect }) }
    case 'tls':
      return { tls: tidy({ port: probe.port, ...exportTls(probe) }) }
    case 'icmp':
      return { icmp: {} }
    case 'dns':
      return { dns: tidy({ port: probe.port, name: probe.name, type: probe.type, expect: probe.expect }) }
    case 'command':
      return { command: [probe.program, ...probe.args] }
    default:
      probe satisfies never
      return {}
  }
}

function exportTls(probe: {
  readonly sni: string | undefined
  readonly verify: boolean
  readonly certificateWarningMs: number
}): Record<string, unknown> {
  return { sni: probe.sni, verify: probe.verify, certificate_warning: duration(probe.certificateWarningMs) }
}

function exportExpectation(expect: HttpExpectation): unknown {
  const { fresh, json } = expect
  return tidy({
    status: oneOrMore(expect.status.map(([from, to]) => (from === to ? from : `${from}-${to}`))),
    body: expect.body,
    body_pattern: expect.bodyPattern,
    json: json === undefined ? undefined : { path: json.path, equals: json.equals },
    fresh: fresh === undefined ? undefined : { ...fresh.from, max_age: duration(fresh.maxAgeMs) },
  })
}
