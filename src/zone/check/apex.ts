/** The apex: one SOA with sane figures, and name servers that can be reached (RFC 1035, 1912, 2182; what registries ask for). */

import { type Network, networkContains, parseNetwork, printAddress, printDuration } from '../../base/index.ts'
import { compareNames, isAtOrBelow, printName, sameName, TYPE } from '../../wire/index.ts'
import { isHostName } from './host-names.ts'
import type { ZoneCheck } from './zone-check.ts'

const HOUR = 3600
const DAY = 86_400

export function checkApex(check: ZoneCheck): void {
  const soas = check.records(0, TYPE.SOA)
  if (soas.length === 0)
    check.aboutZone(
      'error',
      'zone/no-soa',
      `The zone ${check.owner(0)} has no SOA record.`,
      'It is the first record of a zone: @ 1h SOA ns1 hostmaster 2026010100 2h 30m 2w 5m',
    )
  for (const surplus of soas.slice(1))
    check.about(surplus, 'error', 'zone/many-soa', 'The zone has more than one SOA record.', 'Keep one of them.')
  const servers = check.records(0, TYPE.NS)
  if (servers.length === 0)
    check.aboutZone(
      'error',
      'zone/no-ns',
      `The zone ${check.owner(0)} names no name server.`,
      'Add NS records at the apex: the same names as the parent zone delegates to.',
    )
  if (servers.length === 1)
    check.about(
      servers[0]!,
      'warning',
      'zone/one-ns',
      'The zone has only one name server.',
      'Registries ask for two, in different networks (RFC 2182 5).',
    )
  if (soas[0] !== undefined) checkSoa(check, soas[0], servers)
  checkNetworks(check, servers)
  checkDistinct(check, servers)
  for (const server of servers) checkReachable(check, server)
  for (const ds of check.records(0, TYPE.DS))
    check.about(
      ds,
      'warning',
      'zone/ds-at-apex',
      'DS records of a zone belong into its parent; nobody asks for them here.',
      'Remove it, and hand it to the registry (RFC 4034 5).',
    )
}

function checkSoa(check: ZoneCheck, soa: number, servers: readonly number[]): void {
  const { builder } = check
  const rdata = builder.rdataOf(soa).slice()
  const figures = new DataView(rdata.buffer, rdata.length - 20, 20)
  const [refresh, retry, expire, minimum] = [4, 8, 12, 16].map((at) => figures.getUint32(at)) as [
    number,
    number,
    number,
    number,
  ]
  const mnameEnd = nameEnd(rdata, 0)
  const mname = rdata.subarray(0, mnameEnd)
  const rname = rdata.subarray(mnameEnd, rdata.length - 20)
  const say = (severity: 'warning' | 'note', message: string, advice?: string): void =>
    check.about(soa, severity, 'zone/soa-figures', message, advice)

  if (figures.getUint32(0) === 0)
    say(
      'note',
      'The serial is 0, which some secondaries take for "none".',
      'Begin with 1, or with the date: 2026010101.',
    )
  if (retry >= refresh)
    say(
      'warning',
      `Retry (${told(retry)}) is not shorter than refresh (${told(refresh)}).`,
      'Retry is the pace after a failed refresh: a fraction of it.',
    )
  if (expire < refresh + retry)
    say(
      'warning',
      `Expire (${told(expire)}) is shorter than refresh and retry together (${told(refresh + retry)}).`,
      'Secondaries would stop answering after a single failed refresh; two to four weeks are usual (RFC 1912 2.2).',
    )
  else if (expire < 7 * DAY || expire > 42 * DAY)
    say('note', `Expire is ${told(expire)}.`, 'Two to four weeks are usual (RFC 1912 2.2).')
  if (refresh < 20 * 60 || refresh > 2 * DAY)
    say('note', `Refresh is ${told(refresh)}.`, 'Between 20 minutes and 12 hours is usual (RFC 1912 2.2).')
  if (minimum > DAY)
    say(
      'warning',
      `The negative TTL is ${told(minimum)}: a name that is added is unknown to resolvers that long.`,
      'One to three hours are sensible, a day is the most (RFC 2308 5).',
    )
  if (minimum === 0)
    say(
      'note',
      'The negative TTL is 0: resolvers ask again for every name that does not exist.',
      'Some minutes to three hours are sensible (RFC 2308 5).',
    )
  if (rname[0] === 0 || rname.subarray(1, 1 + rname[0]!).includes(0x40))
    check.about(
      soa,
      'warning',
      'zone/soa-rname',
      `The mailbox ${printName(rname)} in the SOA is not in its form.`,
      'hostmaster@example.com is written hostmaster.example.com. (RFC 1035 8).',
    )
  // A primary that is a name server too is judged as one.
  const named = servers.some((server) => sameName(builder.rdataOf(server), mname))
  if (!named) checkPrimary(check, soa, mname)
  if (servers.length > 0 && !named)
    check.about(
      soa,
      'note',
      'zone/soa-mname',
      `The SOA's primary ${printName(mname)} is not among the zone's NS records.`,
      'That is right for a hidden primary; dynamic updates go there.',
    )
}

/** The SOA's primary is a host with addresses, like a name server (RFC 1035 3.3.13, RFC 2181 10.3). */
function checkPrimary(check: ZoneCheck, soa: number, mname: Uint8Array): void {
  const say = (message: string, advice: string): void => check.about(soa, 'warning', 'zone/soa-mname', message, advice)
  const name = printName(mname)
  if (!isHostName(mname, 0))
    say(
      `The SOA's primary ${name} is no host name: labels are letters, digits and hyphens (not at an end).`,
      'It is the name of the primary server (RFC 1035 3.3.13).',
    )
  const target = check.target(mname)
  if (target === 'cname') say(`The SOA's primary ${name} is a CNAME.`, 'Name the host itself.')
  else if (target === 'missing' || target === 'no-address')
    say(`The SOA's primary ${name} has no address.`, 'Dynamic updates are sent there. Is a final dot missing?')
}

/** RFC 2182 3.1: servers in one network fail together. Judged only where all their addresses are in this zone. */
function checkNetworks(check: ZoneCheck, servers: readonly number[]): void {
  const { builder } = check
  const networks = new Set<string>()
  for (const server of servers) {
    const name = builder.rdataOf(server).slice()
    const node = isAtOrBelow(name, builder.apex) ? builder.existing(name, 0) : -1
    if (node < 0) return
    for (const record of check.records(node, TYPE.A)) networks.add(builder.rdataOf(record).slice(0, 3).join('.'))
    for (const record of check.records(node, TYPE.AAAA)) networks.add(builder.rdataOf(record).slice(0, 6).join(':'))
  }
  if (servers.length > 1 && networks.size === 1)
    check.about(
      servers.toSorted((a, b) => compareNames(builder.rdataOf(a).slice(), builder.rdataOf(b).slice()))[0]!,
      'note',
      'zone/one-network',
      'All name servers are in one network; they will fail together.',
      'Place them in different networks (RFC 2182 3.1).',
    )
}

/** One server under two names is one server: registries want their addresses distinct. */
function checkDistinct(check: ZoneCheck, servers: readonly number[]): void {
  const { builder } = check
  const hosts = new Map<string, number>()
  for (const server of servers) {
    const node = builder.existing(builder.rdataOf(server).slice(), 0)
    if (node < 0) continue
    for (const record of [...check.records(node, TYPE.A), ...check.records(node, TYPE.AAAA)]) {
      const address = printAddress(builder.rdataOf(record).slice())
      const other = hosts.get(address)
      hosts.set(address, node)
      if (other === undefined || other === node) continue
      check.about(
        record,
        'warning',
        'zone/same-address',
        `The name servers ${check.owner(other)} and ${check.owner(node)} have the same address ${address}.`,
        'Registries ask for two servers, not for two names (RFC 2182 5).',
      )
    }
  }
}

/** Registries refuse name servers at addresses that the Internet cannot reach (RFC 6890). */
function checkReachable(check: ZoneCheck, server: number): void {
  const { builder } = check
  const node = builder.existing(builder.rdataOf(server).slice(), 0)
  if (node < 0) return
  for (const record of [...check.records(node, TYPE.A), ...check.records(node, TYPE.AAAA)]) {
    const address = builder.rdataOf(record).slice()
    if (!SPECIAL.some((network) => networkContains(network, address))) continue
    check.about(
      record,
      'note',
      'zone/special-address',
      `The name server ${check.owner(node)} has the address ${printAddress(address)}, which the Internet cannot reach.`,
      'Right in a laboratory or an office network; a registry would refuse it (RFC 6890).',
    )
  }
}

/**
 * RFC 6890: this host, private use, shared, loopback, link-local, benchmarks, multicast, reserved. Not the networks for
 * documentation: examples are made of them, and nobody else's address is in one by mistake.
 */
const SPECIAL: readonly Network[] = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '224.0.0.0/3',
  '::/8',
  '100::/64',
  'fc00::/7',
  'fe80::/10',
  'ff00::/8',
].map((network) => parseNetwork(network)!)

function nameEnd(rdata: Uint8Array, at: number): number {
  let end = at
  while (rdata[end] !== 0) end += rdata[end]! + 1
  return end + 1
}

function told(seconds: number): string {
  return seconds < HOUR ? `${seconds} s` : printDuration(seconds * 1000)
}
