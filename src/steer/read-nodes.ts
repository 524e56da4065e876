/**
 * Sites and nodes: where servers are, and at which addresses.
 */
import { parseAddress, printAddress } from '../base/index.ts'
import type { Node, Origin, Site } from '../policy/index.ts'
import { type Complaints, type Declarations, originOf } from './declarations.ts'
import type { Position } from './document.ts'

export const DEFAULT_WEIGHT = 100

export function readSites(declared: Declarations['sites']): Map<string, Site> {
  const sites = new Map<string, Site>()
  for (const { name, entry, scope, path } of declared.values()) {
    if (entry === undefined) continue
    const at = entry.at && { latitude: entry.at[0], longitude: entry.at[1] }
    sites.set(name, { name, country: entry.country?.toUpperCase(), at, origin: originOf({ scope, path }) })
  }
  return sites
}

export function readNodes(declared: Declarations, complaints: Complaints): Map<string, Node> {
  const nodes = new Map<string, Node>()
  for (const { name, entry, scope, path } of declared.nodes.values()) {
    if (entry === undefined) continue
    const written =
      typeof entry === 'string'
        ? { addresses: [entry], site: undefined, weight: undefined }
        : { ...entry, addresses: [...list(entry.a), ...list(entry.aaaa)] }
    const place = scope.document.keyAt(path)
    const { addresses, site, weight } = written
    if (addresses.length === 0)
      complaints.error(
        'no-address',
        place,
        `node ${name} has no address.`,
        'Give it a: with an IPv4 address, or aaaa: with an IPv6 address, or both.',
      )
    if (site !== undefined && !declared.sites.has(site))
      complaints.unknown(
        'site',
        scope.document.at([...path, 'site']),
        `node ${name} is at site`,
        site,
        declared.sites.keys(),
      )
    const octets = readAddresses(addresses, `node ${name}`, place, complaints)
    nodes.set(name, { name, ...octets, site, weight: weight ?? DEFAULT_WEIGHT, origin: originOf({ scope, path }) })
  }
  return nodes
}

/** A node that is declared by writing its address where a node's name could stand. @returns undefined: `text` is no address */
export function nodeOfAddress(text: string, place: Position, origin: Origin, complaints: Complaints): Node | undefined {
  const address = parseAddress(text)
  if (address === undefined) return undefined
  const octets = readAddresses([text], `node ${text}`, place, complaints)
  return { name: printAddress(address), ...octets, site: undefined, weight: DEFAULT_WEIGHT, origin }
}

/** Sorts addresses by family; complains about those that no client can use, and about doubles. */
function readAddresses(
  texts: readonly string[],
  subject: string,
  place: Position,
  complaints: Complaints,
): Pick<Node, 'a' | 'aaaa'> {
  const found = new Map<string, Uint8Array>()
  for (const text of texts) {
    const address = parseAddress(text)
    if (address === undefined) continue
    const printed = printAddress(address)
    const wrong = uselessness(address)
    if (wrong !== undefined)
      complaints.error(
        'useless-address',
        place,
        `${subject} has the address ${text}, ${wrong}.`,
        'Give it the address at which clients reach it.',
      )
    if (found.has(printed))
      complaints.warn(
        'duplicate-address',
        place,
        `${subject} has the address ${printed} twice.`,
        'Take one of them away.',
      )
    found.set(printed, address)
  }
  const all = [...found.values()]
  return { a: all.filter((address) => address.length === 4), aaaa: all.filter((address) => address.length === 16) }
}

/** @returns why no client can use the address, or undefined. Private and loopback addresses are fine: some zones are internal */
export function uselessness(address: Uint8Array): string | undefined {
  const [first, second] = address as unknown as [number, number]
  if (address.length === 4) {
    if (first === 0) return 'which means no address at all (RFC 1122 3.2.1.3)'
    if (first >= 224) return first < 240 ? 'which is a multicast group' : 'which nobody may use (RFC 1112 4)'
    return undefined
  }
  if (first === 0xff) return 'which is a multicast group'
  if (first === 0xfe && (second & 0xc0) === 0x80) return 'which is link-local: it means something else on every network'
  const zeros = address.findIndex((octet) => octet !== 0)
  if (zeros === -1) return 'which means no address at all (RFC 4291 2.5.2)'
  if (zeros === 10 && address[10] === 0xff && address[11] === 0xff)
    return 'an IPv4 address in IPv6 clothes: write it under a:'
  return undefined
}

function list(value: string | readonly string[] | undefined): readonly string[] {
  return value === undefined ? [] : typeof value === 'string' ? [value] : value
}
