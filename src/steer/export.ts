/**
 * Writes a steering model as steering files that load to the same model: what was declared in files and what was added through
 * the API alike. What equals a default is left out.
 *
 * A file has one zone, so there is one file for each zone; what belongs to none stands in the first.
 */
import { stringify } from 'yaml'
import { printAddress, printNetwork } from '../base/index.ts'
import type {
  Check,
  Floor,
  HttpExpectation,
  Hysteresis,
  Match,
  Member,
  Node,
  Pool,
  Probe,
  Schedule,
  ScheduledAction,
  Site,
  SteeredRecord,
  Steering,
} from '../policy/index.ts'
import { PROFILES } from './hysteresis.ts'
import { DEFAULT_CERTIFICATE_WARNING_MS, DEFAULT_STATUS, DEFAULT_TIMEOUT_MS } from './read-checks.ts'
import { DEFAULT_WEIGHT } from './read-nodes.ts'
import { POOL_DEFAULTS } from './read-pools.ts'
import { RECORD_DEFAULTS } from './read-records.ts'

export interface ExportedFile {
  /** the zone without its final dot, or `shared` */
  readonly name: string
  /** plain values in the file's own words, for a YAML or JSON writer */
  readonly content: Readonly<Record<string, unknown>>
}

type Fields = Record<string, unknown>

/** @returns at least one file; all of them together are the model */
export function exportSteering(steering: Steering): readonly ExportedFile[] {
  const { records, pools } = steering
  const zones = new Set<string | undefined>([...records.values(), ...pools.values()].map(({ zone }) => zone))
  const named = [...zones].filter((zone) => zone !== undefined).sort()
  // One zone and pools without one cannot share a file: the pools would then be the zone's.
  const shared = zones.has(undefined) || named.length !== 1
  const write = (zone: string | undefined, common: boolean): ExportedFile => ({
    name: zone?.slice(0, -1) ?? 'shared',
    content: pruned({
      zone: zone?.slice(0, -1),
      checks: common ? section(steering.checks.values(), writeCheck) : undefined,
      sites: common ? section(steering.sites.values(), writeSite) : undefined,
      nodes: common ? section(steering.nodes.values(), writeNode) : undefined,
      pools: section(
        [...pools.values()].filter((pool) => pool.zone === zone),
        writePool,
      ),
      records: section(
        [...records.values()].filter((record) => record.zone === zone),
        writeRecord,
      ),
      schedules: common ? section(steering.schedules.values(), writeSchedule) : undefined,
    }),
  })
  return [...(shared ? [write(undefined, true)] : []), ...named.map((zone) => write(zone, !shared))]
}

/** The same as one text that loads: a YAML document for each file. */
export function exportText(steering: Steering): string {
  return exportSteering(steering)
    .map(({ content }) => stringify(content, { lineWidth: 0, aliasDuplicateObjects: false }))
    .join('---\n')
}

function section<T extends { readonly name: string }>(
  all: Iterable<T>,
  write: (one: T) => unknown,
): Fields | undefined {
  const entries = [...all].map((one) => [one.name, write(one)] as const)
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}

/** Without the keys that have nothing to say. */
function pruned(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}

/** The value, or undefined where it is the default. */
function unless<T>(value: T, byDefault: unknown): T | undefined {
  return JSON.stringify(value) === JSON.stringify(byDefault) ? undefined : value
}

/** The shortest exact way to write a duration. */
function exactDuration(ms: number): string {
  for (const [unit, size] of [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1000],
  ] as const)
    if (ms >= size && ms % size === 0) return `${ms / size}${unit}`
  return `${ms}ms`
}

function duration(ms: number, byDefault?: number): string | undefined {
  return ms === byDefault ? undefined : exactDuration(ms)
}

function percent(share: number, byDefault?: number): string | undefined {
  return share === byDefault ? undefined : `${Number((share * 100).toFixed(3))}%`
}

function oneOrMore<T>(values: readonly T[]): T | readonly T[] | undefined {
  return values.length === 0 ? undefined : values.length === 1 ? values[0] : values
}

function writeSite({ country, at }: Site): Fields {
  return pruned({ country, at: at && [at.latitude, at.longitude] })
}

function writeNode({ a, aaaa, site, weight }: Node): Fields {
  const texts = (addresses: readonly Uint8Array[]) => oneOrMore(addresses.map(printAddress))
  return pruned({ a: texts(a), aaaa: texts(aaaa), site, weight: unless(weight, DEFAULT_WEIGHT) })
}

function writeCheck({ probe, timeoutMs, budgetMs, source, hysteresis }: Check): Fields {
  return pruned({
    [probe.kind]: writeProbe(probe),
    timeout: duration(timeoutMs, DEFAULT_TIMEOUT_MS),
    budget: budgetMs === undefined ? undefined : exactDuration(budgetMs),
    source,
    hysteresis: writeHysteresis(hysteresis),
  })
}

function writeHysteresis(figures: Hysteresis): unknown {
  const base = PROFILES[figures.profile]
  const own = pruned({
    interval: duration(figures.intervalMs, base.intervalMs),
    // Written wherever the interval is: the default for the one hangs on the other.
    suspect_interval:
      figures.intervalMs === base.intervalMs
        ? duration(figures.suspectIntervalMs, base.suspectIntervalMs)
        : exactDuration(figures.suspectIntervalMs),
    down_interval: duration(figures.downIntervalMs, base.downIntervalMs),
    remove_after: duration(figures.removeAfterMs, base.removeAfterMs),
    restore_after: duration(figures.restoreAfterMs, base.restoreAfterMs),
    drain: unless(figures.drain, base.drain),
    adaptive: unless(figures.adaptive, base.adaptive),
  })
  return Object.keys(own).length === 0 ? unless(figures.profile, 'normal') : { profile: figures.profile, ...own }
}

function writeProbe(probe: Probe): unknown {
  switch (probe.kind) {
    case 'http':
    case 'https': {
      const { path, port, method, host, headers, expect } = probe
      return pruned({
        path: unless(path, '/'),
        port: unless(port, probe.kind === 'http' ? 80 : 443),
        method: unless(method, 'GET'),
        host,
        headers: unless(headers, {}),
        expect: writeExpectation(expect),
        ...(probe.kind === 'https' ? writeTls(probe) : {}),
      })
    }
    case 'tcp':
      return pruned({ port: probe.port, send: probe.send, expect: probe.expect })
    case 'tls':
      return pruned({ port: unless(probe.port, 443), ...writeTls(probe) })
    case 'icmp':
      return {}
    case 'dns':
      return pruned({
        port: unless(probe.port, 53),
        name: probe.name,
        type: unless(probe.type, 'A'),
        expect: probe.expect,
      })
    case 'command':
      return [probe.program, ...probe.args]
  }
}

function writeTls(probe: {
  readonly sni: string | undefined
  readonly verify: boolean
  readonly certificateWarningMs: number
}): Fields {
  return {
    sni: probe.sni,
    verify: unless(probe.verify, true),
    certificate_warning: duration(probe.certificateWarningMs, DEFAULT_CERTIFICATE_WARNING_MS),
  }
}

function writeExpectation({ status, body, bodyPattern, json, fresh }: HttpExpectation): unknown {
  const statuses = oneOrMore(status.map(([from, to]) => (from === to ? from : `${from}-${to}`)))
  const own = pruned({
    status: unless(status, DEFAULT_STATUS) && statuses,
    body,
    body_pattern: bodyPattern,
    json,
    fresh: fresh && { ...fresh.from, max_age: exactDuration(fresh.maxAgeMs) },
  })
  return Object.keys(own).length === 0 ? undefined : own
}

function writePool(pool: Pool): Fields {
  const {
    members,
    check,
    minInService,
    allDown,
    fallback,
    warmUpMs,
    removalShare,
    removalWindowMs,
    loadAware,
    standby,
  } = pool
  const removal = pruned({
    share: percent(removalShare, POOL_DEFAULTS.removalShare),
    window: duration(removalWindowMs, POOL_DEFAULTS.removalWindowMs),
  })
  const join = pruned({
    join_above: percent(standby.joinAbove, POOL_DEFAULTS.standby.joinAbove),
    join_after: duration(standby.joinAfterMs, POOL_DEFAULTS.standby.joinAfterMs),
    leave_below: percent(standby.leaveBelow, POOL_DEFAULTS.standby.leaveBelow),
  })
  return pruned({
    nodes: members.map(writeMember),
    check,
    min_in_service: unless(minInService, POOL_DEFAULTS.minInService) && writeFloor(minInService),
    all_down: unless(allDown, POOL_DEFAULTS.allDown),
    fallback,
    warm_up: duration(warmUpMs, POOL_DEFAULTS.warmUpMs),
    removal: unless(removal, {}),
    load_aware: unless(loadAware, false),
    standby: unless(join, {}),
  })
}

function writeMember({ node, weight, standby }: Member): unknown {
  return weight === undefined && !standby ? node : pruned({ node, weight, standby: unless(standby, false) })
}

function writeFloor(floor: Floor): string | number {
  return 'nodes' in floor ? floor.nodes : `${floor.percent}%`
}

function writeRecord({ rules, pick, answers, strict, ttl }: SteeredRecord): Fields {
  return pruned({
    rules: rules.map(({ match, pool }) => ({ ...writeMatch(match), pool })),
    pick: unless(pick, RECORD_DEFAULTS.pick),
    answers: unless(answers, RECORD_DEFAULTS.answers),
    strict: unless(strict, false),
    ttl: { max: `${ttl.maxSeconds}s`, min: `${ttl.minSeconds}s` },
  })
}

function writeMatch({ country, continent, subdivision, asn, net }: Match): Fields {
  return pruned({
    country: oneOrMore(country),
    continent: oneOrMore(continent),
    subdivision: oneOrMore(subdivision),
    asn: oneOrMore(asn),
    net: oneOrMore(net.map(printNetwork)),
  })
}

function writeSchedule({ cron, timeZone, action, reason, missed }: Schedule): Fields {
  return pruned({
    cron,
    time_zone: unless(timeZone, 'UTC'),
    [action.kind]: writeAction(action),
    reason,
    missed: unless(missed, 'skip'),
  })
}

function writeAction(action: ScheduledAction): unknown {
  switch (action.kind) {
    case 'drain':
    case 'resume':
      return action.node
    case 'weight':
      return { node: action.node, weight: action.weight }
    case 'standby':
      return { pool: action.pool, on: action.on }
  }
}
