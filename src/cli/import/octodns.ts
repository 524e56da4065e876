/**
 * Zones of octoDNS (YAML): a name, its records; dynamic ones with pools and rules become steering. Old-style geo records too.
 */
import { parse } from 'yaml'
import { Draft, type DraftMember, type DraftRule, host, type ImportedFiles, quoteText } from './draft.ts'
import { narrowness, placeNamed } from './places.ts'

type Yaml = Readonly<Record<string, unknown>>
const isObject = (value: unknown): value is Yaml => typeof value === 'object' && value !== null && !Array.isArray(value)
const listOf = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : value === undefined || value === null ? [] : [value]

/** @throws Error with a sentence where the text is no such zone */
export function importOctodns(zone: string, text: string, from: string): ImportedFiles {
  const parsed: unknown = parse(text, { maxAliasCount: 100 })
  if (!isObject(parsed)) throw new Error(`${from} is no zone of octoDNS: it holds no names.`)
  const draft = new Draft(zone)
  for (const [name, value] of Object.entries(parsed)) {
    const records = listOf(value).filter(isObject)
    // The addresses of both families belong to one steered record.
    const steered = records.filter(isSteered)
    const addresses = records.filter((record) => record.type === 'A' || record.type === 'AAAA')
    if (steered.length > 0 && steered.every((record) => addresses.includes(record)))
      importSteered(draft, name, addresses)
    for (const record of records)
      if (steered.length === 0 || !addresses.includes(record)) importPlain(draft, name, record)
  }
  return draft.files(from)
}

const isSteered = (record: Yaml): boolean => record.dynamic !== undefined || record.geo !== undefined

const nameOf = (name: string): string => (name === '' ? 'the apex' : name)

function importPlain(draft: Draft, name: string, record: Yaml): void {
  const type = String(record.type ?? '')
  const ttl = record.ttl === undefined ? undefined : Number(record.ttl)
  if (record.dynamic !== undefined)
    draft.note(`${nameOf(name)}: a dynamic ${type} has no counterpart; its default value is carried over.`)
  for (const value of listOf(record.values ?? record.value)) {
    const rdata = rdataOf(type, value)
    if (rdata === undefined)
      draft.note(`${nameOf(name)}: ${type === '' ? 'a record without a type' : type} is not carried over.`)
    else draft.record(name, type === 'SPF' ? 'TXT' : type, rdata, ttl)
  }
}

/** @returns presentation form; undefined: no counterpart */
function rdataOf(type: string, value: unknown): string | undefined {
  const fields = isObject(value) ? value : {}
  const field = (...keys: readonly string[]): string =>
    String(keys.map((key) => fields[key]).find((each) => each !== undefined) ?? '')
  switch (type) {
    case 'A':
    case 'AAAA':
      return String(value)
    case 'CNAME':
    case 'DNAME':
    case 'NS':
    case 'PTR':
      return host(String(value))
    case 'TXT':
    case 'SPF':
      // octoDNS writes a semicolon as \; in its files.
      return quoteText(String(value).replaceAll('\\;', ';'))
    case 'MX':
      return `${field('preference', 'priority')} ${host(field('exchange', 'value'))}`
    case 'SRV':
      return `${field('priority')} ${field('weight')} ${field('port')} ${host(field('target'))}`
    case 'CAA':
      return `${field('flags') || '0'} ${field('tag')} ${quoteText(field('value'))}`
    case 'NAPTR':
      return `${field('order')} ${field('preference')} ${quoteText(field('flags'))} ${quoteText(field('service'))} ${quoteText(field('regexp'))} ${field('replacement')}`
    case 'SSHFP':
      return `${field('algorithm')} ${field('fingerprint_type')} ${field('fingerprint')}`
    case 'TLSA':
      return `${field('certificate_usage')} ${field('selector')} ${field('matching_type')} ${field('certificate_association_data')}`
    case 'DS':
      return `${field('key_tag', 'flags')} ${field('algorithm', 'protocol')} ${field('digest_type', 'algorithm')} ${field('digest', 'public_key')}`
    case 'LOC':
      return `${field('lat_degrees')} ${field('lat_minutes')} ${field('lat_seconds')} ${field('lat_direction')} ${field('long_degrees')} ${field('long_minutes')} ${field('long_seconds')} ${field('long_direction')} ${field('altitude')}m ${field('size')}m ${field('precision_horz')}m ${field('precision_vert')}m`
    case 'SVCB':
    case 'HTTPS': {
      const params = isObject(fields.svcparams) ? Object.entries(fields.svcparams) : []
      const printed = params.map(([key, each]) =>
        each === null || each === '' ? key : `${key}="${listOf(each).join(',')}"`,
      )
      return [field('svcpriority'), host(field('targetname')), ...printed].join(' ')
    }
    default:
      return undefined
  }
}

function importSteered(draft: Draft, name: string, records: readonly Yaml[]): void {
  const shown = nameOf(name)
  const poolName = name === '' ? draft.zone : name
  if (records.length > 1)
    draft.note(
      `${shown}: its A and AAAA addresses became nodes of their own; give one node both (a, aaaa), so that they leave together.`,
    )
  const ttls = records.map((record) => Number(record.ttl)).filter((ttl) => Number.isFinite(ttl) && ttl > 0)
  const check = records.map((record) => checkOf(draft, record, shown)).find((each) => each !== undefined)
  const pools = new Map<string, DraftMember[]>()
  const fallbacks = new Map<string, string>()
  const everyones: DraftMember[] = []
  const rules: { target: Omit<DraftRule, 'pool'>; pool: string }[] = []
  const addRule = (target: Omit<DraftRule, 'pool'>, pool: string): void => {
    if (!rules.some((rule) => JSON.stringify(rule) === JSON.stringify({ target, pool }))) rules.push({ target, pool })
  }
  for (const record of records) {
    if (!isSteered(record)) {
      // The other family's addresses are everyone's: they stand in every pool.
      everyones.push(...listOf(record.values ?? record.value).map((address) => ({ address: String(address) })))
      continue
    }
    const dynamic = isObject(record.dynamic) ? record.dynamic : undefined
    if (dynamic === undefined) {
      // The old style: a place, its addresses; and those for everyone else.
      const everyone = listOf(record.values ?? record.value).map((address) => ({ address: String(address) }))
      pools.set('default', [...(pools.get('default') ?? []), ...everyone])
      const places = isObject(record.geo) ? Object.entries(record.geo) : []
      const read = places.map(([text, values]) => ({ text, place: placeNamed(text), values }))
      for (const { text, place, values } of read.sort(
        (a, b) => narrowness(b.place ?? {}) - narrowness(a.place ?? {}),
      )) {
        if (place === undefined) {
          draft.note(`${shown}: "${text}" is no place that is known here.`)
          continue
        }
        pools.set(text, [
          ...(pools.get(text) ?? []),
          ...listOf(values).map((address) => ({ address: String(address) })),
        ])
        fallbacks.set(text, 'default')
        addRule(place, text)
      }
      continue
    }
    for (const [pool, value] of Object.entries(isObject(dynamic.pools) ? dynamic.pools : {})) {
      if (!isObject(value)) continue
      if (value.fallback !== undefined && value.fallback !== null) fallbacks.set(pool, String(value.fallback))
      for (const each of listOf(value.values).filter(isObject)) {
        if (each.status === 'down')
          draft.note(`${shown}: ${String(each.value)} was forced down; say so with: meridian force-down NODE`)
        if (each.status === 'up')
          draft.note(`${shown}: ${String(each.value)} was forced up; say so with: meridian force-up NODE`)
        const weight = each.weight === undefined ? undefined : Number(each.weight)
        pools.set(pool, [...(pools.get(pool) ?? []), { address: String(each.value), weight }])
      }
    }
    for (const rule of listOf(dynamic.rules).filter(isObject)) {
      const places = listOf(rule.geos).map(String)
      const nets = listOf(rule.subnets).map(String)
      // Within one of octoDNS's rules any place will do; here any within a key, so a rule for each kind.
      const byKind = new Map<string, string[]>()
      for (const text of places) {
        const place = placeNamed(text)
        if (place === undefined) draft.note(`${shown}: "${text}" is no place that is known here.`)
        else
          for (const [kind, values] of Object.entries(place))
            byKind.set(kind, [...(byKind.get(kind) ?? []), ...values.map(String)])
      }
      if (nets.length > 0) addRule({ net: nets }, String(rule.pool))
      for (const kind of ['subdivision', 'country', 'continent'] as const)
        if (byKind.has(kind)) addRule({ [kind]: byKind.get(kind) }, String(rule.pool))
      if (places.length === 0 && nets.length === 0) addRule({}, String(rule.pool))
    }
  }
  const made = new Map<string, string>()
  const make = (pool: string, seen: readonly string[] = []): string | undefined => {
    const present = made.get(pool)
    if (present !== undefined) return present
    const own = pools.get(pool)
    const members = own === undefined ? undefined : [...own, ...everyones]
    if (members === undefined || members.length === 0 || seen.includes(pool)) return undefined
    const next = fallbacks.get(pool)
    const fallback = next === undefined ? undefined : make(next, [...seen, pool])
    const given = draft.pool(`${poolName}-${pool}`, { members: oneWeight(members), fallback, check })
    made.set(pool, given)
    return given
  }
  const last = rules.filter((rule) => Object.keys(rule.target).length === 0)
  if (last.length === 0 && pools.has('default')) addRule({}, 'default')
  const ready = rules.flatMap(({ target, pool }) => {
    const given = make(pool)
    if (given === undefined) draft.note(`${shown}: pool "${pool}" has no addresses; its rule is not carried over.`)
    return given === undefined ? [] : [{ ...target, pool: given }]
  })
  if (!ready.some((rule) => Object.keys(rule).length === 1))
    draft.note(`${shown}: no rule takes everyone; add a last one by hand.`)
  const weighted = [...pools.values()].some((members) => new Set(members.map((member) => member.weight ?? 1)).size > 1)
  draft.steer(name, {
    rules: ready,
    ttlSeconds: ttls.length === 0 ? undefined : Math.min(...ttls),
    pick: weighted ? 'weighted' : undefined,
    answers: weighted ? 1 : undefined,
  })
  if (weighted)
    draft.note(
      `${shown}: weights decide; one address an answer, as the providers behind octoDNS do it. Raise "answers" if you like.`,
    )
}

/** Equal weights say nothing. */
function oneWeight(members: readonly DraftMember[]): DraftMember[] {
  return new Set(members.map((member) => member.weight ?? 1)).size > 1
    ? [...members]
    : members.map(({ address, name }) => ({ address, name }))
}

function checkOf(draft: Draft, record: Yaml, shown: string): string | undefined {
  const octodns = isObject(record.octodns) ? record.octodns : {}
  const given = octodns.healthcheck
  if (!isObject(given)) return undefined
  const protocol = String(given.protocol ?? 'HTTPS').toLowerCase()
  const port = given.port === undefined ? {} : { port: Number(given.port) }
  if (protocol === 'tcp') return draft.check('tcp', { tcp: { port: 443, ...port } })
  if (protocol !== 'http' && protocol !== 'https') {
    draft.note(`${shown}: a health check over ${protocol.toUpperCase()} is not carried over.`)
    return undefined
  }
  const hostKey = given.host === undefined ? {} : { host: String(given.host) }
  return draft.check('web', { [protocol]: { path: String(given.path ?? '/_dns'), ...port, ...hostKey } })
}
