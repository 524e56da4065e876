/**
 * Steered records: which clients go to which pool, and how an answer looks.
 */
import { type Network, parseDurationMs, parseNetwork } from '../base/index.ts'
import type { Match, Rule, SteeredRecord } from '../policy/index.ts'
import { type Complaints, type Declared, originOf } from './declarations.ts'
import { addPool, type Workshop } from './read-pools.ts'
import type { Defaults, Entry, PolicyEntry } from './schema.ts'

export const RECORD_DEFAULTS = { answers: 8, pick: 'round-robin', maxTtlSeconds: 60, minTtlSeconds: 10 } as const

export const EVERYONE: Match = { country: [], continent: [], subdivision: [], asn: [], net: [] }

/** Keys of a record that belong to the pool it declares in passing. */
const POOL_KEYS = [
  'check',
  'min_in_service',
  'all_down',
  'fallback',
  'warm_up',
  'removal',
  'load_aware',
  'standby',
] as const

type RecordEntry = Exclude<Entry<'records'>, string>
type RuleEntry = NonNullable<RecordEntry['rules']>[number]

export function readRecords(workshop: Workshop): Map<string, SteeredRecord> {
  const records = new Map<string, SteeredRecord>()
  for (const declared of workshop.declared.records.values()) {
    const record = readRecord(declared, workshop)
    if (record !== undefined) records.set(record.name, record)
  }
  return records
}

function readRecord(declared: Declared<'records'>, workshop: Workshop): SteeredRecord | undefined {
  const { name, entry: written, scope, path } = declared
  const { complaints } = workshop
  if (written === undefined || scope.zone === undefined) return undefined
  const subject = `record ${path[1]}`
  const entry: RecordEntry = typeof written === 'string' ? { pool: written } : written
  const ways = (['pool', 'nodes', 'rules'] as const).filter((way) => entry[way] !== undefined)
  if (ways.length !== 1) {
    const message =
      ways.length === 0
        ? `${subject} says nothing of who serves it.`
        : `${subject} has ${ways.join(' and ')}: they say the same thing in different ways.`
    complaints.error(
      'one-way',
      scope.document.keyAt(ways[1] === undefined ? path : [...path, ways[1]]),
      message,
      'Give exactly one of pool, nodes and rules.',
    )
    return undefined
  }
  checkPoolKeys(declared, entry, subject, complaints)
  const rules =
    entry.rules === undefined
      ? [onePool(declared, entry, workshop, typeof written === 'string')]
      : readRules(declared, entry.rules, subject, workshop)
  return {
    zone: scope.zone,
    name,
    rules,
    pick: entry.pick ?? scope.defaults.pick ?? RECORD_DEFAULTS.pick,
    answers: entry.answers ?? scope.defaults.answers ?? RECORD_DEFAULTS.answers,
    strict: entry.strict ?? false,
    ttl: readTtl(declared, entry, subject, complaints),
    origin: originOf(declared),
  }
}

function checkPoolKeys(
  declared: Declared<'records'>,
  entry: RecordEntry,
  subject: string,
  complaints: Complaints,
): void {
  if (entry.nodes !== undefined) return
  for (const key of POOL_KEYS) {
    if (entry[key] !== undefined)
      complaints.error(
        'pool-key',
        declared.scope.document.keyAt([...declared.path, key]),
        `${subject} has ${key}, which is a matter of the pool, not of the record.`,
        'Move it to the pool under pools:.',
      )
  }
}

/** `pool: NAME`, or nodes of its own: a pool named by the record. */
function onePool(declared: Declared<'records'>, entry: RecordEntry, workshop: Workshop, short: boolean): Rule {
  const { name, scope, path } = declared
  const { document } = scope
  if (entry.pool !== undefined) {
    const at = document.at(short ? path : [...path, 'pool'])
    if (!workshop.declared.pools.has(entry.pool))
      workshop.complaints.unknown(
        'pool',
        at,
        `record ${path[1]} sends everyone to pool`,
        entry.pool,
        workshop.declared.pools.keys(),
      )
    return { match: EVERYONE, pool: entry.pool, origin: { kind: 'file', ...at } }
  }
  const pool = name.slice(0, -1)
  const origin = originOf(declared)
  if (workshop.declared.pools.has(pool))
    workshop.complaints.error(
      'duplicate',
      document.keyAt(path),
      `record ${path[1]} makes a pool called ${pool}, but there is one already.`,
      `Write ${path[1]}: ${pool}, or rename the pool.`,
    )
  else
    addPool(workshop, {
      name: pool,
      subject: `record ${path[1]}`,
      members: entry.nodes ?? [],
      membersAt: [...path, 'nodes'],
      policy: entry as PolicyEntry,
      scope,
      path,
      origin,
    })
  return { match: EVERYONE, pool, origin: { kind: 'file', ...document.at([...path, 'nodes']) } }
}

function readRules(
  declared: Declared<'records'>,
  entries: readonly RuleEntry[],
  subject: string,
  workshop: Workshop,
): Rule[] {
  const { scope, path } = declared
  const { complaints } = workshop
  return entries.map((entry, i) => {
    const at = [...path, 'rules', i]
    const match = readMatch(entry)
    if (!workshop.declared.pools.has(entry.pool))
      complaints.unknown(
        'pool',
        scope.document.at([...at, 'pool']),
        `${subject} sends ${sentWhom(match)} to pool`,
        entry.pool,
        workshop.declared.pools.keys(),
      )
    return { match, pool: entry.pool, origin: { kind: 'file', ...scope.document.at(at) } }
  })
}

function sentWhom({ country, continent, subdivision, asn, net }: Match): string {
  const values = [...country, ...continent, ...subdivision, ...asn.map((n) => `AS${n}`)]
  return values.length + net.length === 0
    ? 'everyone'
    : values.length === 0
      ? 'some networks'
      : values.slice(0, 5).join(', ')
}

function readMatch(entry: RuleEntry): Match {
  const upper = (value: string | readonly string[] | undefined): string[] =>
    unique(list(value).map((text) => text.toUpperCase()))
  return {
    country: upper(entry.country),
    continent: upper(entry.continent),
    subdivision: upper(entry.subdivision),
    asn: unique(list(entry.asn).map((asn) => (typeof asn === 'number' ? asn : Number(asn.slice(2))))),
    net: list(entry.net)
      .map(parseNetwork)
      .filter((net): net is Network => net !== undefined),
  }
}

function readTtl(
  declared: Declared<'records'>,
  entry: RecordEntry,
  subject: string,
  complaints: Complaints,
): SteeredRecord['ttl'] {
  const { scope, path } = declared
  const own = entry.ttl ?? {}
  const shared: NonNullable<Defaults['ttl']> = scope.defaults.ttl ?? {}
  const seconds = (text: string | undefined): number | undefined =>
    text === undefined ? undefined : (parseDurationMs(text) ?? 0) / 1000
  const maxSeconds = seconds(own.max) ?? seconds(shared.max) ?? RECORD_DEFAULTS.maxTtlSeconds
  const written = seconds(own.min) ?? seconds(shared.min)
  // Nobody who asks for a short TTL means a longer one in trouble.
  const minSeconds = written ?? Math.min(maxSeconds, RECORD_DEFAULTS.minTtlSeconds)
  if (minSeconds > maxSeconds) {
    const where = own.min === undefined && own.max === undefined ? ['defaults', 'ttl'] : [...path, 'ttl']
    complaints.error(
      'ttl-order',
      scope.document.at(where),
      `${subject}: ttl.min (${minSeconds}s) is longer than ttl.max (${maxSeconds}s).`,
      'ttl.min holds in trouble and is the shorter one.',
    )
  }
  return { maxSeconds, minSeconds }
}

function list<T>(value: T | readonly T[] | undefined): readonly T[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value as T]
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)]
}
