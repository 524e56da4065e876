/**
 * A zone on its way from another name server's files to Meridian's: static records become a master file, what depends on the client
 * or on health becomes steering, and what cannot be carried over is said, one sentence each.
 */
import { stringify } from 'yaml'
import { parseAddress } from '../../base/index.ts'

export interface DraftRule {
  readonly country?: readonly string[]
  readonly continent?: readonly string[]
  readonly subdivision?: readonly string[]
  readonly asn?: readonly number[]
  readonly net?: readonly string[]
  readonly pool: string
}

export interface DraftMember {
  readonly address: string
  readonly weight?: number | undefined
  /** a name for people; else one is made of the address */
  readonly name?: string | undefined
}

export interface DraftPool {
  readonly members: readonly DraftMember[]
  readonly fallback?: string | undefined
  readonly check?: string | undefined
  readonly floor?: string | number | undefined
}

export interface DraftRecord {
  /** last: everyone */
  readonly rules: readonly DraftRule[]
  readonly ttlSeconds?: number | undefined
  readonly pick?: 'weighted' | 'failover' | undefined
  readonly answers?: number | undefined
}

export interface ImportedFiles {
  /** lower case, without the final dot */
  readonly zone: string
  /** text of ZONE.zone */
  readonly master: string
  /** text of ZONE.yaml; undefined: nothing is steered */
  readonly steering: string | undefined
  /** what could not be carried over, or ought to be looked at */
  readonly report: readonly string[]
}

export class Draft {
  readonly zone: string
  readonly #lines: string[] = []
  readonly #report: string[] = []
  readonly #nodes = new Map<string, { a?: string; aaaa?: string }>()
  readonly #nodeOf = new Map<string, string>()
  readonly #pools = new Map<string, Record<string, unknown>>()
  readonly #checks = new Map<string, unknown>()
  readonly #records = new Map<string, unknown>()
  #soa: string | undefined
  #defaultTtl = 3600
  #hasApexNs = false

  constructor(zone: string) {
    this.zone = zone.toLowerCase().replace(/\.$/, '')
  }

  note(sentence: string): void {
    if (!this.#report.includes(sentence)) this.#report.push(sentence)
  }

  defaultTtl(seconds: number): void {
    this.#defaultTtl = seconds
  }

  soa(rdata: string): void {
    this.#soa = rdata
  }

  /** A line that stands in the master file as it is: directives, or records in a form that is carried over unread. */
  verbatim(line: string): void {
    this.#lines.push(line)
    if (/^(@|)\s+(\S+\s+){0,2}NS\s/i.test(line)) this.#hasApexNs = true
    if (/\sSOA\s/i.test(line)) this.#soa = ''
  }

  /** @param owner relative to the zone, '' or @ for the apex */
  record(owner: string, type: string, rdata: string, ttlSeconds?: number): void {
    const name = owner === '' ? '@' : owner
    if (name === '@' && type === 'NS') this.#hasApexNs = true
    this.#lines.push(`${name}\t${ttlSeconds === undefined ? '' : `${ttlSeconds}\t`}IN\t${type}\t${rdata}`)
  }

  check(name: string, check: unknown): string {
    for (const [known, other] of this.#checks) if (JSON.stringify(other) === JSON.stringify(check)) return known
    const free = freeName(name, this.#checks)
    this.#checks.set(free, check)
    return free
  }

  /** @returns the pool's name; the same members and policy once more are the same pool */
  pool(name: string, pool: DraftPool): string {
    const nodes = pool.members.map((member) => {
      const node = this.#node(member)
      return member.weight === undefined ? node : { node, weight: member.weight }
    })
    const value = {
      nodes,
      ...(pool.check === undefined ? {} : { check: pool.check }),
      ...(pool.fallback === undefined ? {} : { fallback: pool.fallback }),
      ...(pool.floor === undefined ? {} : { min_in_service: pool.floor }),
    }
    const wanted = plainName(name)
    const same = this.#pools.get(wanted)
    if (same !== undefined && JSON.stringify(same) === JSON.stringify(value)) return wanted
    const free = freeName(wanted, this.#pools)
    this.#pools.set(free, value)
    return free
  }

  steer(owner: string, record: DraftRecord): void {
    const ttl = record.ttlSeconds
    this.#records.set(owner === '' ? '@' : owner, {
      ...(record.pick === undefined ? {} : { pick: record.pick }),
      ...(record.answers === undefined ? {} : { answers: Math.min(64, Math.max(1, record.answers)) }),
      ...(ttl === undefined ? {} : { ttl: { max: `${ttl}s`, min: `${Math.min(10, ttl)}s` } }),
      ...(record.rules.length === 1 && Object.keys(record.rules[0]!).length === 1
        ? { pool: record.rules[0]!.pool }
        : { rules: record.rules }),
    })
  }

  isSteered(owner: string): boolean {
    return this.#records.has(owner === '' ? '@' : owner)
  }

  files(from: string): ImportedFiles {
    if (this.#soa === undefined) {
      this.soa(`ns1.${this.zone}. hostmaster.${this.zone}. 1 7200 900 1209600 300`)
      this.note('The source has no SOA record: one was made up; look at its names and figures.')
    }
    if (!this.#hasApexNs)
      this.note('The source has no NS records at the apex: add them to the master file, else the zone does not load.')
    const head = [`; imported from ${from}`, `$ORIGIN ${this.zone}.`, `$TTL ${this.#defaultTtl}`]
    const soa = this.#soa === '' ? [] : [`@\tIN\tSOA\t${this.#soa}`]
    const sections = {
      checks: this.#checks,
      nodes: this.#nodes,
      pools: this.#pools,
      records: this.#records,
    }
    const steering: Record<string, unknown> = { zone: this.zone }
    for (const [name, section] of Object.entries(sections))
      if (section.size > 0) steering[name] = Object.fromEntries(section)
    return {
      zone: this.zone,
      master: [...head, ...soa, ...this.#lines, ''].join('\n'),
      steering:
        this.#records.size === 0
          ? undefined
          : `# imported from ${from}\n${stringify(steering, { flowCollectionPadding: true, lineWidth: 120 })}`,
      report: this.#report,
    }
  }

  #node(member: DraftMember): string {
    const known = this.#nodeOf.get(member.address)
    if (known !== undefined) return known
    const octets = parseAddress(member.address)
    const name = freeName(plainName(member.name ?? member.address.replaceAll(/[.:]/g, '-')), this.#nodes)
    this.#nodes.set(name, octets?.length === 16 ? { aaaa: member.address } : { a: member.address })
    this.#nodeOf.set(member.address, name)
    return name
  }
}

/** A name as a shell and a URL like it. */
export function plainName(text: string): string {
  const plain = text.replaceAll(/[^A-Za-z0-9._-]+/g, '-').replaceAll(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '')
  return plain === '' ? 'unnamed' : plain.slice(0, 60)
}

function freeName(name: string, taken: ReadonlyMap<string, unknown>): string {
  let free = name
  for (let i = 2; taken.has(free); i++) free = `${name}-${i}`
  return free
}

/** A text as quoted character-strings of at most 255 octets (RFC 1035 3.3.14). */
export function quoteText(text: string): string {
  const octets = Buffer.from(text, 'utf8')
  const strings: string[] = []
  for (let at = 0; at === 0 || at < octets.length; at += 255) {
    const part = octets.subarray(at, at + 255)
    strings.push(
      `"${[...part].map((octet) => (octet === 34 || octet === 92 ? `\\${String.fromCharCode(octet)}` : octet < 32 || octet > 126 ? `\\${String(octet).padStart(3, '0')}` : String.fromCharCode(octet))).join('')}"`,
    )
  }
  return strings.join(' ')
}

/** A host as a master file wants it: with the final dot where it is absolute. */
export const host = (name: string): string => (name.endsWith('.') || name === '@' ? name : `${name}.`)
