/**
 * One address of one name server, asked for a zone: does it answer over UDP and TCP, with authority, with the set of name servers that the
 * delegation has, and with the addresses that the glue says?
 */
import { printAddress } from '../base/index.ts'
import { FLAG, type Message, parseName, printName, rcodeName, rcodeOf, TYPE } from '../wire/index.ts'
import { soaFigures } from '../zone/index.ts'
import type { Delegation, DelegationPorts, Say } from './delegation.ts'
import type { DnsServer } from './dns-client.ts'

/** A server that serves the zone. */
export interface Child {
  readonly serial: number
  /** it has DNSKEY records */
  readonly signed: boolean
}

/**
 * @param delegated  the delegation is the parent's; else the zone's own file stands for it
 * @returns undefined: the server does not serve the zone, and that has been said
 */
export async function askChild(
  server: DnsServer,
  host: string,
  apex: Uint8Array,
  delegation: Delegation,
  delegated: boolean,
  ports: DelegationPorts,
  say: Say,
): Promise<Child | undefined> {
  const zone = printName(apex).toLowerCase()
  const where = `${host} (${printAddress(server.address)})`
  const ask = async (type: number, tcp: boolean): Promise<Message | undefined> => {
    const reply = await ports.ask(server, { name: apex, type, tcp }).catch((error: Error) => error)
    if (!(reply instanceof Error)) return reply.message
    if (tcp)
      say(
        'error',
        'no-tcp',
        `${where} does not answer over TCP: ${reply.message}.`,
        `Let TCP port ${server.port} through (RFC 7766).`,
      )
    else
      say(
        'error',
        'no-answer',
        `${where} does not answer: ${reply.message}.`,
        `Is the server running, and UDP port ${server.port} open from outside?`,
      )
    return undefined
  }
  const soa = await ask(TYPE.SOA, false)
  if (soa === undefined) return undefined
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
    return undefined
  }
  if ((soa.flags & FLAG.RA) !== 0)
    say(
      'warning',
      'recursion',
      `${where} offers recursion.`,
      'RFC 5358: an authoritative server that resolves for strangers is used for attacks; switch recursion off.',
    )
  const ns = await ask(TYPE.NS, false)
  if (ns !== undefined) compareNames(ns, delegation, delegated, where, say)
  await compareGlue(server, host, delegation, ports, say)
  await ask(TYPE.SOA, true)
  const keys = await ports.ask(server, { name: apex, type: TYPE.DNSKEY }).catch(() => undefined)
  return {
    serial: soaFigures(own.rdata).serial,
    signed: keys?.message.answers.some((record) => record.type === TYPE.DNSKEY) ?? false,
  }
}

function compareNames(ns: Message, delegation: Delegation, delegated: boolean, where: string, say: Say): void {
  const parent = delegated ? 'The parent' : "The zone's file"
  const names = new Set(
    ns.answers.filter((record) => record.type === TYPE.NS).map((record) => printName(record.rdata).toLowerCase()),
  )
  const missing = [...delegation.names].filter((name) => !names.has(name))
  const extra = [...names].filter((name) => !delegation.names.has(name))
  if (missing.length > 0)
    say(
      'error',
      'ns-only-in-parent',
      `${parent} names ${missing.join(', ')}, which the zone at ${where} does not.`,
      'Make both the same.',
    )
  if (extra.length > 0)
    say(
      'warning',
      'ns-only-in-zone',
      `The zone at ${where} names ${extra.join(', ')}, which ${parent[0]!.toLowerCase()}${parent.slice(1)} does not.`,
      'Give it to the registrar too, or take it out.',
    )
}

/** The glue must be what the zone itself says of its name server; and that must be addresses, not an alias (RFC 2181 10.3). */
async function compareGlue(
  server: DnsServer,
  host: string,
  delegation: Delegation,
  ports: DelegationPorts,
  say: Say,
): Promise<void> {
  const glue = delegation.glue.get(host)
  if (glue === undefined) return
  const own = new Set<string>()
  for (const type of [TYPE.A, TYPE.AAAA]) {
    const reply = await ports.ask(server, { name: parseName(host)!, type }).catch(() => undefined)
    const answers = reply?.message.answers ?? []
    if (answers.some((record) => record.type === TYPE.CNAME)) {
      say(
        'error',
        'ns-is-alias',
        `${host} is an alias (CNAME).`,
        'RFC 2181 10.3: give the name server A and AAAA records.',
      )
      return
    }
    for (const record of answers) if (record.type === type) own.add(printAddress(record.rdata))
  }
  if (own.size > 0 && [...own].sort().join() !== [...glue].sort().join())
    say(
      'error',
      'glue-differs',
      `The parent's glue for ${host} is ${[...glue].sort().join(', ')}; the zone says ${[...own].sort().join(', ')}.`,
      'Change the addresses at the registrar.',
    )
}
