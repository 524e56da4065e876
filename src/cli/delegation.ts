/**
 * Does the parent say what the zone says? A delegation as resolvers follow it: the parent's servers are asked for the zone's NS records
 * and glue, then every server that they name is asked for the zone itself, over UDP and TCP.
 *
 *     parent ──NS, glue──▶ ns1, ns2 ──SOA, NS, own addresses──▶ the same set, one serial, with authority
 */
import { type Issue, parseAddress, printAddress } from '../base/index.ts'
import { FLAG, isAtOrBelow, type Message, parseName, printName, rcodeName, rcodeOf, TYPE } from '../wire/index.ts'
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

interface Delegation {
  readonly names: ReadonlySet<string>
  /** by host */
  readonly glue: ReadonlyMap<string, ReadonlySet<string>>
}

/** @param zone with or without the final dot */
export async function checkDelegation(zone: string, ports: DelegationPorts): Promise<DelegationReport> {
  const apex = parseName(zone)
  const name = apex === undefined ? zone : printName(apex).toLowerCase()
  const issues: Issue[] = []
  const say = (severity: Issue['severity'], code: string, message: string, advice?: string): void => {
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
      'Does this machine reach a resolver? Then check the name.',
    )
    return report(undefined, [])
  }

  const told: Delegation[] = []
  for (const server of above.servers) {
    const delegation = await askParent(server, name, apex, ports, say)
    if (delegation !== undefined) told.push(delegation)
  }
  const first = told[0]
  if (first === undefined) {
    if (!issues.some((issue) => issue.severity === 'error'))
      say(
        'error',
        'none',
        `${above.zone} does not delegate the zone.`,
        'Give the registrar (or whoever keeps the zone above) its NS records.',
      )
    return report(above.zone, [])
  }
  for (const other of told.slice(1))
    if ([...other.names].sort().join() !== [...first.names].sort().join())
      say(
        'warning',
        'parent-disagrees',
        `The servers of ${above.zone} do not agree.`,
        'A change is on its way, perhaps; ask again in an hour.',
      )
  if (first.names.size < 2)
    say(
      'warning',
      'one-server',
      'The parent names one name server only.',
      'RFC 1034 4.1: at least two, in different networks.',
    )

  const nameServers: { name: string; addresses: string[]; serials: number[] }[] = []
  for (const host of [...first.names].sort()) {
    const glue = first.glue.get(host)
    const inside = isAtOrBelow(parseName(host)!, apex)
    if (inside && glue === undefined)
      say(
        'error',
        'no-glue',
        `${host} lies inside the zone and the parent has no address for it.`,
        'Give the parent its addresses (glue): nobody can find the server else.',
      )
    const addresses = glue === undefined ? await ports.addresses(host) : [...glue].map((text) => parseAddress(text)!)
    if (addresses.length === 0 && !inside) say('error', 'no-address', `${host} has no address.`)
    const serials: number[] = []
    for (const address of addresses)
      serials.push(...(await askChild({ address, port: 53 }, host, name, apex, first, ports, say)))
    nameServers.push({ name: host, addresses: addresses.map(printAddress), serials })
  }
  const serials = new Set(nameServers.flatMap((server) => server.serials))
  if (serials.size > 1)
    say(
      'warning',
      'serials-differ',
      `The name servers answer with different serials: ${[...serials].join(', ')}.`,
      'A secondary is behind; look at its transfers.',
    )
  return report(above.zone, nameServers)
}

type Say = (severity: Issue['severity'], code: string, message: string, advice?: string) => void

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

/** Asks one address of one name server for the zone. @returns the serial it answers with, if it does */
async function askChild(
  server: DnsServer,
  host: string,
  zone: string,
  apex: Uint8Array,
  parent: Delegation,
  ports: DelegationPorts,
  say: Say,
): Promise<number[]> {
  const where = `${host} (${printAddress(server.address)})`
  const ask = async (type: number, tcp: boolean): Promise<Message | undefined> => {
    const reply = await ports.ask(server, { name: apex, type, tcp }).catch((error: Error) => error)
    if (!(reply instanceof Error)) return reply.message
    if (tcp)
      say(
        'error',
        'no-tcp',
        `${where} does not answer over TCP: ${reply.message}.`,
        'Let TCP port 53 through (RFC 7766).',
      )
    else
      say(
        'error',
        'no-answer',
        `${where} does not answer: ${reply.message}.`,
        'Is the server running, and UDP port 53 open from outside?',
      )
    return undefined
  }
  const soa = await ask(TYPE.SOA, false)
  if (soa === undefined) return []
  const rcode = rcodeOf(soa)
  const own = soa.answers.find((record) => record.type === TYPE.SOA)
  if (rcode !== 0 || own === undefined || (soa.flags & FLAG.AA) === 0) {
    const what = rcode !== 0 ? rcodeName(rcode) : own === undefined ? 'no SOA' : 'an answer without authority'
    say(
      'error',
      'lame',
      `${where} does not serve ${zone}: ${what}.`,
      'Load the zone there, or take the server out of the delegation.',
    )
    return []
  }
  const ns = await ask(TYPE.NS, false)
  const names = new Set(
    ns?.answers.filter((record) => record.type === TYPE.NS).map((record) => printName(record.rdata).toLowerCase()),
  )
  const missing = [...parent.names].filter((name) => !names.has(name))
  const extra = [...names].filter((name) => !parent.names.has(name))
  if (ns !== undefined && missing.length > 0)
    say(
      'error',
      'ns-only-in-parent',
      `The parent names ${missing.join(', ')}, which the zone at ${where} does not.`,
      'Make both the same.',
    )
  if (ns !== undefined && extra.length > 0)
    say(
      'warning',
      'ns-only-in-zone',
      `The zone at ${where} names ${extra.join(', ')}, which the parent does not.`,
      'Give it to the registrar too, or take it out.',
    )
  await compareGlue(server, host, parent, ports, say)
  await ask(TYPE.SOA, true)
  // The five figures are the last twenty octets of the rdata; the serial is the first of them.
  const figures = own.rdata.subarray(own.rdata.length - 20)
  return [new DataView(figures.buffer, figures.byteOffset, 4).getUint32(0)]
}

/** The glue must be what the zone itself says of its name server. */
async function compareGlue(
  server: DnsServer,
  host: string,
  parent: Delegation,
  ports: DelegationPorts,
  say: Say,
): Promise<void> {
  const glue = parent.glue.get(host)
  if (glue === undefined) return
  const own = new Set<string>()
  for (const type of [TYPE.A, TYPE.AAAA]) {
    const reply = await ports.ask(server, { name: parseName(host)!, type }).catch(() => undefined)
    for (const record of reply?.message.answers ?? []) if (record.type === type) own.add(printAddress(record.rdata))
  }
  if (own.size > 0 && [...own].sort().join() !== [...glue].sort().join())
    say(
      'error',
      'glue-differs',
      `The parent's glue for ${host} is ${[...glue].sort().join(', ')}; the zone says ${[...own].sort().join(', ')}.`,
      'Change the addresses at the registrar.',
    )
}
