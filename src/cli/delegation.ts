/**
 * Does the parent say what the zone says? A delegation as resolvers follow it: the parent's servers are asked for the zone's NS records
 * and glue, then every server that they name is asked for the zone itself, over UDP and TCP; and the zone's own file, where it is here,
 * is held against both. A zone that is not delegated yet is checked by what its file says: what a registry will ask before it delegates.
 *
 *     file ──┐
 *     parent ┴─NS, glue──▶ ns1, ns2 ──SOA, NS, own addresses──▶ the same set, one serial, with authority
 */
import { type Issue, parseAddress, printAddress } from '../base/index.ts'
import { isAtOrBelow, parseName, printName, TYPE } from '../wire/index.ts'
import { serialNewer } from '../zone/index.ts'
import type { CheckedZone } from './context.ts'
import { askChild, type Child } from './delegation-child.ts'
import type { DnsQuestion, DnsReply, DnsServer } from './dns-client.ts'

/** The network, as the check needs it. */
export interface DelegationPorts {
  /** the closest zone above, and addresses of its servers (a few are enough); undefined: none found */
  parent(zone: string): Promise<{ readonly zone: string; readonly servers: readonly DnsServer[] } | undefined>
  /** addresses of a host, as the world's resolvers know them; none where there are none */
  addresses(host: string): Promise<readonly Uint8Array[]>
  ask(server: DnsServer, question: DnsQuestion): Promise<DnsReply>
}

export interface DelegationReport {
  readonly zone: string
  readonly parent: string | undefined
  readonly nameServers: readonly {
    readonly name: string
    readonly addresses: readonly string[]
    readonly serials: readonly number[]
  }[]
  readonly issues: readonly Issue[]
}

export interface DelegationOptions {
  /** the zone as its file has it; undefined: it is not here */
  readonly own?: CheckedZone | undefined
  /** where the zone's name servers listen; 53 but in rehearsals */
  readonly port?: number
}

/** Who is named for the zone, and where they are. */
export interface Delegation {
  readonly names: ReadonlySet<string>
  /** by host */
  readonly glue: ReadonlyMap<string, ReadonlySet<string>>
}

export type Say = (severity: Issue['severity'], code: string, message: string, advice?: string) => void

/** @param zone with or without the final dot */
export async function checkDelegation(
  zone: string,
  ports: DelegationPorts,
  { own, port = 53 }: DelegationOptions = {},
): Promise<DelegationReport> {
  const apex = parseName(zone)
  const name = apex === undefined ? zone : printName(apex).toLowerCase()
  const issues: Issue[] = []
  const say: Say = (severity, code, message, advice) => {
    issues.push({
      severity,
      code: `delegation/${code}`,
      file: name,
      line: 0,
      column: 0,
      message,
      ...(advice === undefined ? {} : { advice }),
    })
  }
  const report = (parent: string | undefined, nameServers: DelegationReport['nameServers']): DelegationReport => ({
    zone: name,
    parent,
    nameServers,
    issues,
  })
  if (apex === undefined || apex.length === 1) {
    say('error', 'name', `"${zone}" is no zone that can be delegated.`)
    return report(undefined, [])
  }
  const above = await ports.parent(name)
  if (above === undefined || above.servers.length === 0) {
    say(
      'error',
      'no-parent',
      'No servers of a zone above were found.',
      'Does this machine reach a resolver? Then check the name. --resolver names another, --parent the servers themselves.',
    )
    return report(undefined, [])
  }

  const parent = await askParents(above, name, apex, ports, say)
  const file = own === undefined ? undefined : delegationOf(own)
  if (parent === undefined && !issues.some((issue) => issue.severity === 'error'))
    say(
      'error',
      'none',
      `${above.zone} does not delegate the zone.`,
      file === undefined
        ? 'Give the registrar (or whoever keeps the zone above) its NS records.'
        : `Give the registrar (or whoever keeps the zone above):${linesOf(file, apex)}`,
    )
  const delegation = parent ?? file
  if (delegation === undefined) return report(above.zone, [])
  if (parent !== undefined && file !== undefined) compareWithFile(parent, file, say)
  if (delegation.names.size < 2)
    say(
      'warning',
      'one-server',
      `${parent === undefined ? "The zone's file" : 'The parent'} names one name server only.`,
      'RFC 1034 4.1: at least two, in different networks.',
    )

  const nameServers: { name: string; addresses: string[]; serials: number[] }[] = []
  const children: Child[] = []
  for (const host of [...delegation.names].sort()) {
    const glue = delegation.glue.get(host)
    const inside = isAtOrBelow(parseName(host)!, apex)
    if (inside && glue === undefined)
      say(
        'error',
        'no-glue',
        `${host} lies inside the zone and ${parent === undefined ? "the zone's file" : 'the parent'} has no address for it.`,
        'Give the parent its addresses (glue): nobody can find the server else.',
      )
    const addresses = glue === undefined ? await ports.addresses(host) : [...glue].map((text) => parseAddress(text)!)
    if (addresses.length === 0 && !inside) say('error', 'no-address', `${host} has no address.`)
    const serials: number[] = []
    for (const address of addresses) {
      const child = await askChild({ address, port }, host, apex, delegation, parent !== undefined, ports, say)
      if (child === undefined) continue
      children.push(child)
      serials.push(child.serial)
    }
    nameServers.push({ name: host, addresses: addresses.map(printAddress), serials })
  }
  compareServers(nameServers, children, own, say)
  const signed = children.some((child) => child.signed)
  if (parent !== undefined && children.length > 0 && !signed) await checkSigner(above, name, apex, ports, say)
  return report(above.zone, nameServers)
}

/** Asks every server of the parent. @returns what the first says that delegates; undefined: none does */
async function askParents(
  above: { readonly zone: string; readonly servers: readonly DnsServer[] },
  zone: string,
  apex: Uint8Array,
  ports: DelegationPorts,
  say: Say,
): Promise<Delegation | undefined> {
  const told: Delegation[] = []
  for (const server of above.servers) {
    const delegation = await askParent(server, zone, apex, ports, say)
    if (delegation !== undefined) told.push(delegation)
  }
  const first = told[0]
  for (const other of told.slice(1))
    if ([...other.names].sort().join() !== [...first!.names].sort().join())
      say(
        'warning',
        'parent-disagrees',
        `The servers of ${above.zone} do not agree.`,
        'A change is on its way, perhaps; ask again in an hour.',
      )
  return first
}

async function askParent(
  server: DnsServer,
  zone: string,
  apex: Uint8Array,
  ports: DelegationPorts,
  say: Say,
): Promise<Delegation | undefined> {
  const reply = await ports.ask(server, { name: apex, type: TYPE.NS }).catch((error: Error) => error)
  if (reply instanceof Error) {
    say('note', 'parent-silent', `A server of the zone above does not answer: ${reply.message}.`)
    return undefined
  }
  const { message } = reply
  // A server of both zones answers for the child; a referral stands in the authority section.
  const records = [...message.answers, ...message.authorities].filter(
    (record) => record.type === TYPE.NS && printName(record.name).toLowerCase() === zone,
  )
  if (records.length === 0) return undefined
  const glue = new Map<string, Set<string>>()
  for (const record of message.additionals) {
    if (record.type !== TYPE.A && record.type !== TYPE.AAAA) continue
    const host = printName(record.name).toLowerCase()
    glue.set(host, (glue.get(host) ?? new Set()).add(printAddress(record.rdata)))
  }
  return { names: new Set(records.map((record) => printName(record.rdata).toLowerCase())), glue }
}

function delegationOf({ nameServers }: CheckedZone): Delegation {
  return {
    names: new Set(nameServers.map(({ name }) => name)),
    glue: new Map(
      nameServers
        .filter(({ addresses }) => addresses.length > 0)
        .map(({ name, addresses }) => [name, new Set(addresses)] as const),
    ),
  }
}

/** What to hand over, one server a line; addresses only where they are glue. */
function linesOf({ names, glue }: Delegation, apex: Uint8Array): string {
  return [...names]
    .map((host) => {
      const addresses = isAtOrBelow(parseName(host)!, apex) ? [...(glue.get(host) ?? [])] : []
      return `\n    ${[host, ...addresses].join('  ')}`
    })
    .join('')
}

/** The parent against the zone's file. */
function compareWithFile(parent: Delegation, file: Delegation, say: Say): void {
  const missing = [...parent.names].filter((name) => !file.names.has(name))
  const extra = [...file.names].filter((name) => !parent.names.has(name))
  if (missing.length > 0)
    say(
      'error',
      'ns-only-in-parent',
      `The parent names ${missing.join(', ')}, which the zone's file does not.`,
      'Make both the same.',
    )
  if (extra.length > 0)
    say(
      'warning',
      'ns-only-in-zone',
      `The zone's file names ${extra.join(', ')}, which the parent does not.`,
      'Give it to the registrar too, or take it out.',
    )
  for (const [host, glue] of parent.glue) {
    const own = file.glue.get(host)
    if (own === undefined || [...own].sort().join() === [...glue].sort().join()) continue
    say(
      'error',
      'glue-differs',
      `The parent's glue for ${host} is ${[...glue].sort().join(', ')}; the zone's file says ${[...own].sort().join(', ')}.`,
      'Change the addresses at the registrar.',
    )
  }
}

/** What all servers together must be: of one serial, not behind the file, and not all in one place. */
function compareServers(
  nameServers: DelegationReport['nameServers'],
  children: readonly Child[],
  own: CheckedZone | undefined,
  say: Say,
): void {
  const serials = [...new Set(children.map(({ serial }) => serial))]
  if (serials.length > 1)
    say(
      'warning',
      'serials-differ',
      `The name servers answer with different serials: ${serials.join(', ')}.`,
      'A secondary is behind; look at its transfers.',
    )
  const behind = own === undefined ? [] : serials.filter((serial) => serialNewer(own.serial, serial))
  if (own !== undefined && behind.length > 0)
    say(
      'warning',
      'serial-behind',
      `The zone's file has the serial ${own.serial}, name servers still answer with ${behind.join(', ')}.`,
      'Reload the server (`meridian reload`), and look at the transfers.',
    )
  const addresses = nameServers.flatMap((server) => server.addresses)
  const networks = new Set(addresses.map((text) => networkOf(parseAddress(text)!)))
  if (nameServers.length > 1 && addresses.length > 1 && networks.size === 1)
    say(
      'warning',
      'one-network',
      `All name servers are in one network (${addresses.join(', ')}).`,
      'RFC 2182 3.1: one fault must not silence all of them; put one elsewhere.',
    )
}

/** The network that is likely to fail as a whole: /24, /48. */
function networkOf(address: Uint8Array): string {
  return `${address.length} ${[...address.subarray(0, address.length === 4 ? 3 : 6)].join('.')}`
}

/** RFC 4035 5.2: a DS record at the parent of a zone without keys makes every validating resolver answer SERVFAIL. */
async function checkSigner(
  above: { readonly zone: string; readonly servers: readonly DnsServer[] },
  zone: string,
  apex: Uint8Array,
  ports: DelegationPorts,
  say: Say,
): Promise<void> {
  for (const server of above.servers) {
    const reply = await ports.ask(server, { name: apex, type: TYPE.DS }).catch(() => undefined)
    if (reply === undefined) continue
    if (reply.message.answers.some((record) => record.type === TYPE.DS))
      say(
        'error',
        'ds-without-key',
        `${above.zone} has a DS record for ${zone}, and the zone has no DNSKEY: validating resolvers take it for forged.`,
        'Have the DS record removed at the registrar before anything else.',
      )
    return
  }
}
