/**
 * A gdnsd configuration and its zone files: records with DYNA become steering, by the plugin and resource that they name; all else is
 * a master file already.
 *
 *     www  300  DYNA  geoip!web        plugins => { geoip => { maps => {...}, resources => { web => { map => m, dcmap => {...} } } } }
 *                     multifo!web      several addresses, those that are up
 *                     weighted!web     addresses with weights
 *                     simplefo!web     primary and secondary
 */
import { parseAddress } from '../../base/index.ts'
import { Draft, type DraftMember, type DraftRule, type ImportedFiles } from './draft.ts'
import { continentNamed, countryNamed, narrowness } from './places.ts'
import { isHash, parseVscf, type Vscf, type VscfHash } from './vscf.ts'

const asHash = (value: Vscf | undefined): VscfHash => (isHash(value) ? value : {})
const asText = (value: Vscf | undefined): string | undefined => (typeof value === 'string' ? value : undefined)
const asList = (value: Vscf | undefined): readonly string[] =>
  value === undefined
    ? []
    : typeof value === 'string'
      ? [value]
      : Array.isArray(value)
        ? value.filter((each) => typeof each === 'string')
        : []

/** Keys of a plugin's or resource's hash that are parameters, not addresses or resources. */
const PARAMETERS =
  /^(service_types|up_thresh|multi|map|dcmap|skip_first|edns_client_subnet|ignore_health|undefined_datacenters_ok|maps|resources|primary|secondary)$/

export interface GdnsdFiles {
  readonly config: string
  readonly configFile: string
  readonly zones: readonly { readonly name: string; readonly text: string; readonly file: string }[]
}

/** @throws Error with a sentence where the configuration cannot be read */
export function importGdnsd(files: GdnsdFiles): ImportedFiles[] {
  const config = parseVscf(files.config, files.configFile)
  return files.zones.map(({ name, text, file }) => {
    const draft = new Draft(name)
    const plugins = new Plugins(draft, config)
    for (const line of text.split(/\r?\n/)) {
      const match =
        /^(\S*)\s+(?:(\d+[smhdw]?)(?:\/(\d+))?\s+)?(?:IN\s+)?(?:(\d+[smhdw]?)(?:\/(\d+))?\s+)?DYN([AC])\s+(\S+)/i.exec(
          line,
        )
      if (match === null) {
        const plain = line.replace(/^(\S*\s+\d+)\/\d+(\s)/, '$1$2')
        draft.verbatim(plain)
        continue
      }
      const [, owner = '', ttl, , lateTtl, , kind, target = ''] = match
      if (kind?.toUpperCase() === 'C')
        draft.note(
          `${owner === '' ? 'a name' : owner}: DYNC answers with CNAMEs by health or place; there is no counterpart.`,
        )
      else if (owner === '')
        draft.note(`a DYNA line without an owner (${target}) is not carried over: name its owner first.`)
      else plugins.steer(owner, target.split(';')[0]!, secondsOf(ttl ?? lateTtl))
    }
    if (/\$INCLUDE/i.test(text))
      draft.note('$INCLUDE stays in the master file; DYNA lines in included files are not carried over.')
    return draft.files(file)
  })
}

function secondsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const unit = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }[text.at(-1)!.toLowerCase()]
  return unit === undefined ? Number(text) : Number(text.slice(0, -1)) * unit
}

class Plugins {
  readonly #draft: Draft
  readonly #config: VscfHash
  readonly #plugins: VscfHash

  constructor(draft: Draft, config: VscfHash) {
    this.#draft = draft
    this.#config = config
    this.#plugins = asHash(config.plugins)
  }

  steer(owner: string, target: string, ttlSeconds: number | undefined): void {
    const [plugin = '', resource = ''] = target.split('!')
    const rules =
      plugin === 'geoip' || plugin === 'metafo' ? this.#byPlace(plugin, resource) : this.#everyone(plugin, resource)
    if (rules === undefined || rules.length === 0) {
      this.#draft.note(`${owner}: ${target} could not be read; steer it by hand.`)
      return
    }
    const weighted = plugin === 'weighted'
    this.#draft.steer(owner, {
      rules,
      ttlSeconds,
      pick: plugin === 'simplefo' ? 'failover' : weighted ? 'weighted' : undefined,
      answers: plugin === 'simplefo' || weighted ? 1 : undefined,
    })
  }

  #resource(plugin: string, name: string): Vscf | undefined {
    const hash = asHash(this.#plugins[plugin])
    return asHash(hash.resources)[name] ?? hash[name]
  }

  #everyone(plugin: string, resource: string): DraftRule[] | undefined {
    const members = this.#members(plugin, this.#resource(plugin, resource))
    if (members.length === 0) return undefined
    const threshold = asHash(this.#resource(plugin, resource)).up_thresh ?? asHash(this.#plugins[plugin]).up_thresh
    const floor = plugin === 'multifo' ? thresholdOf(threshold) : undefined
    return [{ pool: this.#draft.pool(resource, { members, check: this.#check(plugin, resource), floor }) }]
  }

  /** The addresses of a resource or of a datacenter, whatever form they have. */
  #members(plugin: string, value: Vscf | undefined, depth = 0): DraftMember[] {
    if (value === undefined || depth > 8) return []
    if (typeof value === 'string') {
      const reference = /^%?(\w+)!([\w.-]+)$/.exec(value)
      if (reference !== null)
        return this.#members(reference[1]!, this.#resource(reference[1]!, reference[2]!), depth + 1)
      if (parseAddress(value) !== undefined) return [{ address: value }]
      this.#draft.note(`"${value}" is no address; not carried over.`)
      return []
    }
    if (Array.isArray(value)) {
      // weighted: [ address, weight ]
      const [address, weight] = value as readonly Vscf[]
      if (
        plugin === 'weighted' &&
        value.length === 2 &&
        typeof address === 'string' &&
        /^\d+$/.test(asText(weight) ?? '')
      )
        return [{ address, weight: Number(weight) }]
      return (value as readonly Vscf[]).flatMap((each) => this.#members(plugin, each, depth + 1))
    }
    const hash = value as VscfHash
    const inner = asText(hash.plugin)
    if (inner !== undefined) return this.#members(inner, { ...hash, plugin: [] }, depth + 1)
    const order = plugin === 'simplefo' ? (['primary', 'secondary'] as const) : []
    return [
      ...order.flatMap((key) => this.#members(plugin, hash[key], depth + 1)),
      ...Object.entries(hash)
        .filter(([key]) => !PARAMETERS.test(key) && key !== 'plugin')
        .flatMap(([key, each]) =>
          this.#members(plugin, each, depth + 1).map((member) => ({ ...member, name: member.name ?? nodeName(key) })),
        ),
    ]
  }

  #byPlace(plugin: string, name: string): DraftRule[] | undefined {
    const resource = asHash(this.#resource(plugin, name))
    const dcmap = asHash(resource.dcmap)
    const check = this.#check(plugin, name)
    const pools = new Map<string, string | undefined>()
    /** A list of datacenters, the best first, is a chain of fallbacks. */
    const poolOf = (datacenters: readonly string[]): string | undefined => {
      const key = datacenters.join('-')
      if (pools.has(key)) return pools.get(key)
      const [first, ...rest] = datacenters
      const fallback = rest.length === 0 ? undefined : poolOf(rest)
      const members =
        first === undefined
          ? []
          : this.#members(memberPlugin(dcmap[first], plugin), dcmap[first]).map((each) => ({
              ...each,
              name: each.name ?? first,
            }))
      const made = members.length === 0 ? fallback : this.#draft.pool(`${name}-${key}`, { members, fallback, check })
      pools.set(key, made)
      return made
    }
    if (plugin === 'metafo') {
      const pool = poolOf(asList(resource.datacenters).length > 0 ? asList(resource.datacenters) : Object.keys(dcmap))
      return pool === undefined ? undefined : [{ pool }]
    }
    const map = asHash(asHash(asHash(this.#plugins.geoip).maps)[asText(resource.map) ?? ''])
    const all = asList(map.datacenters)
    const rules: { target: Omit<DraftRule, 'pool'>; datacenters: readonly string[] }[] = []
    for (const [net, datacenters] of Object.entries(asHash(map.nets)))
      rules.push({ target: { net: [net] }, datacenters: asList(datacenters) })
    if (typeof map.nets === 'string')
      this.#draft.note(`map ${asText(resource.map)}: the file of nets "${map.nets}" is not carried over.`)
    const walk = (hash: VscfHash, above: Omit<DraftRule, 'pool'>): void => {
      for (const [key, value] of Object.entries(hash)) {
        const target = key === 'default' ? above : this.#place(key, above)
        if (target === undefined)
          this.#draft.note(`map ${asText(resource.map)}: "${key}" is no place that is known here (a city, perhaps).`)
        else if (isHash(value)) walk(value, target)
        else rules.push({ target, datacenters: asList(value) })
      }
    }
    walk(asHash(map.map), {})
    if (asText(map.city_auto_dist) !== undefined || Object.keys(asHash(map.auto_dc_coords)).length > 0)
      this.#draft.note(
        `map ${asText(resource.map)} orders datacenters by distance: give its nodes sites with coordinates and say "pick: nearest".`,
      )
    rules.sort((a, b) => narrowness(b.target) - narrowness(a.target))
    if (!rules.some((rule) => Object.keys(rule.target).length === 0) && all.length > 0)
      rules.push({ target: {}, datacenters: all })
    return rules.flatMap(({ target, datacenters }) => {
      // gdnsd answers nobody from an empty list; here a rule needs a pool.
      const pool = poolOf(datacenters)
      if (pool === undefined)
        this.#draft.note(`${name}: no addresses for ${JSON.stringify(target)}; its clients follow the next rule.`)
      return pool === undefined ? [] : [{ ...target, pool }]
    })
  }

  #place(key: string, above: Omit<DraftRule, 'pool'>): Omit<DraftRule, 'pool'> | undefined {
    if (above.country !== undefined)
      return /^[A-Z0-9]{1,3}$/i.test(key) ? { subdivision: [`${above.country[0]}-${key.toUpperCase()}`] } : undefined
    const continent = above.continent === undefined ? continentNamed(key) : undefined
    if (continent !== undefined) return { continent: [continent] }
    const country = countryNamed(key)
    return country === undefined ? undefined : { country: [country] }
  }

  #check(plugin: string, resource: string): string | undefined {
    const hash = asHash(this.#resource(plugin, resource))
    const types = asList(hash.service_types ?? asHash(this.#plugins[plugin]).service_types)
    const [first, ...rest] = types.filter((each) => each !== 'up' && each !== 'none')
    if (first === undefined) return undefined
    if (rest.length > 0) this.#draft.note(`${resource}: of several service types only ${first} became a check.`)
    const service = asHash(asHash(this.#config.service_types)[first])
    const seconds = (key: string): string | undefined =>
      asText(service[key]) === undefined ? undefined : `${asText(service[key])}s`
    const port = Number(asText(service.port) ?? 80)
    const timeout = seconds('timeout') === undefined ? {} : { timeout: seconds('timeout') }
    switch (asText(service.plugin)) {
      case 'http_status': {
        const path = asText(service.url_path) ?? '/'
        const vhost = asText(service.vhost) === undefined ? {} : { host: asText(service.vhost) }
        const expect =
          asList(service.ok_codes).length === 0 ? { expect: 200 } : { expect: asList(service.ok_codes).map(Number) }
        return this.#draft.check(first, { http: { path, port, ...vhost, ...expect }, ...timeout })
      }
      case 'tcp_connect':
        return this.#draft.check(first, { tcp: { port }, ...timeout })
      case 'pinger':
        return this.#draft.check(first, { icmp: {}, ...timeout })
      case 'extmon': {
        const command = asList(service.cmd)
        this.#draft.note(`check ${first} runs a program: look at its arguments (%%ITEM%% is the address in gdnsd).`)
        return command.length === 0
          ? undefined
          : this.#draft.check(first, { command: { program: command[0], args: command.slice(1) }, ...timeout })
      }
      default:
        this.#draft.note(
          `service type ${first} (${asText(service.plugin) ?? 'default'}) became no check; name one by hand.`,
        )
        return undefined
    }
  }
}

/** In a dcmap a hash may name the plugin whose addresses it holds. */
function memberPlugin(value: Vscf | undefined, otherwise: string): string {
  return (
    asText(asHash(value).plugin) ?? (isHash(value) && Object.values(value).some(Array.isArray) ? 'weighted' : otherwise)
  )
}

const nodeName = (key: string): string | undefined => (/^(addrs_v[46]|primary|secondary)$/.test(key) ? undefined : key)

/** up_thresh => 0.5: so many must be up, else all are answered; the floor says about the same. */
function thresholdOf(value: Vscf | undefined): string | undefined {
  const share = Number(asText(value))
  return Number.isFinite(share) && share > 0 && share <= 1 ? `${Math.round(share * 100)}%` : undefined
}
