/**
 * Zones of abh/geodns (JSON): {"serial": 1, "ttl": 600, "data": {"www": {"a": [["192.0.2.1", 10]]}, "www.europe": {...}}}. A label under a
 * name is a target (country, continent, region, network operator, network) where the name itself exists.
 */
import { parseAddress, parseNetwork } from '../../base/index.ts'
import { Draft, type DraftMember, type DraftRule, host, type ImportedFiles, quoteText } from './draft.ts'
import { continentNamed, countryNamed, narrowness } from './places.ts'

type Json = Readonly<Record<string, unknown>>
type Target = Omit<DraftRule, 'pool'>

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)
const listOf = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : value === undefined ? [] : [value]

/** @throws Error with a sentence where the text is no such zone */
export function importGeodns(zone: string, text: string, from: string): ImportedFiles {
  const parsed: unknown = JSON.parse(text)
  if (!isObject(parsed) || !isObject(parsed.data)) throw new Error(`${from} is no zone of geodns: it has no "data".`)
  const data = parsed.data
  const draft = new Draft(zone)
  const ttl = Number(parsed.ttl ?? 120)
  draft.defaultTtl(ttl)
  const contact = String(parsed.contact ?? `hostmaster.${draft.zone}`).replace('@', '.')
  const apex = data['']
  const firstNs = isObject(apex) ? hostsOf(apex.ns)[0] : undefined
  draft.soa(
    `${host(firstNs ?? `ns1.${draft.zone}`)} ${host(contact)} ${Number(parsed.serial ?? 1)} 5400 5400 1209600 ${Math.min(ttl, 3600)}`,
  )
  for (const key of Object.keys(parsed))
    if (!['data', 'ttl', 'serial', 'contact', 'max_hosts', 'targeting', 'logging'].includes(key))
      draft.note(`"${key}" of the zone is not carried over.`)

  const targets = new Map<string, { readonly target: Target; readonly label: Json }[]>()
  for (const [name, label] of Object.entries(data)) {
    if (!isObject(label)) continue
    const split = targetOf(name, data)
    if (split === undefined) continue
    targets.set(split.base, [...(targets.get(split.base) ?? []), { target: split.target, label }])
  }
  const maxHosts = parsed.max_hosts === undefined ? undefined : Number(parsed.max_hosts)
  for (const [name, label] of Object.entries(data)) {
    if (!isObject(label)) {
      draft.note(`${name === '' ? 'The apex' : name} is no object and is not carried over.`)
      continue
    }
    if (targetOf(name, data) === undefined) importLabel(draft, name, label, targets.get(name) ?? [], data, maxHosts)
  }
  return draft.files(from)
}

/** www.europe -> www for clients in EU; undefined: a name like any other */
function targetOf(name: string, data: Json): { base: string; target: Target } | undefined {
  const bracket = /^(?:(.*)\.)?\[([0-9a-fA-F.:/]+)\]$/.exec(name)
  if (bracket !== null) {
    const network = bracket[2]!.includes('/') ? bracket[2]! : `${bracket[2]!}/${bracket[2]!.includes(':') ? 48 : 24}`
    return parseNetwork(network) === undefined ? undefined : { base: bracket[1] ?? '', target: { net: [network] } }
  }
  const dot = name.lastIndexOf('.')
  const last = name.slice(dot + 1)
  const base = dot < 0 ? '' : name.slice(0, dot)
  if (name === '' || !isObject(data[base])) return undefined
  // A record of another kind under the apex ("us": {"ns": ...}) is a name; only what the base has too is a target of it.
  const label = data[name]
  const shared = isObject(label) && ['a', 'aaaa', 'cname', 'alias'].some((type) => label[type] !== undefined)
  if (!shared || (base === '' && !['a', 'aaaa', 'alias'].some((type) => (data[''] as Json)[type] !== undefined)))
    return undefined
  const continent = continentNamed(last)
  if (continent !== undefined && last.length > 2) return { base, target: { continent: [continent] } }
  const country = countryNamed(last)
  if (country !== undefined) return { base, target: { country: [country] } }
  const region = /^([a-z]{2})-([a-z0-9]{1,3})$/i.exec(last)
  if (region !== null && countryNamed(region[1]!) !== undefined)
    return { base, target: { subdivision: [last.toUpperCase()] } }
  const asn = /^as(\d+)$/i.exec(last)
  return asn === null ? undefined : { base, target: { asn: [Number(asn[1])] } }
}

function importLabel(
  draft: Draft,
  name: string,
  label: Json,
  targets: readonly { readonly target: Target; readonly label: Json }[],
  data: Json,
  zoneMaxHosts: number | undefined,
): void {
  const shown = name === '' ? 'the apex' : name
  const ttl = label.ttl === undefined ? undefined : Number(label.ttl)
  const resolved = followAlias(draft, label, data, shown)
  const members = membersOf(draft, resolved, shown)
  const plain =
    targets.length === 0 && label.health === undefined && members.every((member) => member.weight === undefined)
  if (members.length > 0 && plain)
    for (const member of members) draft.record(name, member.address.includes(':') ? 'AAAA' : 'A', member.address, ttl)
  else if (members.length > 0 || targets.length > 0) {
    const check = checkOf(draft, label.health, shown)
    const poolName = name === '' ? draft.zone : name
    const rules: (DraftRule & { readonly width: number })[] = targets.flatMap(({ target, label: inner }) => {
      const own = membersOf(draft, followAlias(draft, inner, data, shown), shown)
      if (own.length === 0) {
        draft.note(`${shown} has a target without addresses (${JSON.stringify(target)}): not carried over.`)
        return []
      }
      const pool = draft.pool(`${poolName}-${Object.values(target).flat().join('-')}`, { members: own, check })
      return [{ ...target, pool, width: narrowness(target) }]
    })
    rules.sort((a, b) => b.width - a.width)
    if (members.length === 0) draft.note(`${shown} has no addresses for everyone else: add a last rule by hand.`)
    const last = members.length === 0 ? [] : [{ pool: draft.pool(poolName, { members, check }) }]
    const maxHosts = label.max_hosts === undefined ? zoneMaxHosts : Number(label.max_hosts)
    draft.steer(name, {
      rules: [...rules.map(({ width: _, ...rule }) => rule), ...last],
      ttlSeconds: ttl,
      pick: members.some((member) => member.weight !== undefined) ? 'weighted' : undefined,
      answers: maxHosts,
    })
  }
  importOthers(draft, name, label, ttl, shown)
}

function importOthers(draft: Draft, name: string, label: Json, ttl: number | undefined, shown: string): void {
  for (const [type, value] of Object.entries(label)) {
    switch (type) {
      case 'a':
      case 'aaaa':
      case 'alias':
      case 'ttl':
      case 'max_hosts':
      case 'health':
        break
      case 'cname': {
        const choices = listOf(value).map((each) => (Array.isArray(each) ? String(each[0]) : String(each)))
        if (choices.length > 1) draft.note(`${shown} has several weighted CNAMEs: only the first is carried over.`)
        // Without a final dot it is relative to the zone, as in a master file.
        draft.record(name, 'CNAME', choices[0]!, ttl)
        break
      }
      case 'ns':
        for (const target of hostsOf(value)) draft.record(name, 'NS', host(target), ttl)
        break
      case 'ptr':
        draft.record(name, 'PTR', host(String(value)), ttl)
        break
      case 'mx':
        for (const each of listOf(value)) {
          const mx = isObject(each) ? each : { mx: String(each) }
          if (mx.weight !== undefined)
            draft.note(`${shown}: weights of MX records are not carried over; all are answered.`)
          draft.record(name, 'MX', `${Number(mx.preference ?? 10)} ${host(String(mx.mx))}`, ttl)
        }
        break
      case 'srv':
        for (const each of listOf(value).filter(isObject))
          draft.record(
            name,
            'SRV',
            `${Number(each.priority ?? 10)} ${Number(each.srv_weight ?? 100)} ${Number(each.port ?? 0)} ${host(String(each.target))}`,
            ttl,
          )
        break
      case 'txt':
      case 'spf':
        for (const each of listOf(value)) {
          const text = isObject(each) ? String(each.txt ?? each.spf) : String(each)
          draft.record(name, 'TXT', quoteText(text), ttl)
        }
        if (type === 'spf') draft.note(`${shown}: SPF records are TXT records today (RFC 7208 3.1).`)
        break
      default:
        draft.note(`${shown}: "${type}" is not carried over.`)
    }
  }
}

/** ns: {"ns1.example.com": null}, or a list */
function hostsOf(value: unknown): string[] {
  return isObject(value) ? Object.keys(value) : listOf(value).map(String)
}

/** The label that "alias" names has the addresses. */
function followAlias(draft: Draft, label: Json, data: Json, shown: string): Json {
  let present = label
  for (let depth = 0; depth < 8 && present.alias !== undefined; depth++) {
    const next = data[String(present.alias)]
    if (!isObject(next)) {
      draft.note(`${shown} is an alias of "${String(present.alias)}", which is not there.`)
      return {}
    }
    present = next
  }
  return present
}

function membersOf(draft: Draft, label: Json, shown: string): DraftMember[] {
  return ['a', 'aaaa'].flatMap((type) =>
    listOf(label[type]).flatMap((each) => {
      const [address, weight] = Array.isArray(each)
        ? each
        : isObject(each)
          ? [each.ip ?? each.aaaa ?? each.a, each.weight]
          : [each]
      if (parseAddress(String(address)) === undefined) {
        draft.note(`${shown}: "${String(address)}" is no address.`)
        return []
      }
      return [{ address: String(address), ...(weight === undefined ? {} : { weight: Number(weight) }) }]
    }),
  )
}

function checkOf(draft: Draft, health: unknown, shown: string): string | undefined {
  if (health === undefined) return undefined
  const type = isObject(health) ? String(health.type) : ''
  const port = isObject(health) && health.port !== undefined ? { port: Number(health.port) } : {}
  if (type === 'tcp') return draft.check('tcp', { tcp: { port: 80, ...port } })
  draft.note(`${shown}: its health test "${type}" has no counterpart that could be read off; name a check by hand.`)
  return undefined
}
