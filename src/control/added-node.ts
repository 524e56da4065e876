/**
 * A node that was added through the API: it lives in the database, joins the pools it names, and can be changed and
 * removed through the API; what files declare cannot.
 */
import { type Issue, nearestName, parseIpv4, parseIpv6, printAddress } from '../base/index.ts'
import { isName, type Steering, uselessness } from '../steer/index.ts'

export interface AddedNode {
  readonly name: string
  readonly a: readonly Uint8Array[]
  readonly aaaa: readonly Uint8Array[]
  readonly site: string | undefined
  /** 0..65535 */
  readonly weight: number
  /** names of the pools it joins */
  readonly pools: readonly string[]
  readonly by: string
  readonly atMs: number
  /** the node registers itself: it drains and leaves when nobody renews within this time */
  readonly leaseMs: number | undefined
  readonly leaseUntilMs: number | undefined
}

/** What a caller gives; texts as typed. */
export interface NodeSpec {
  readonly a: readonly string[]
  readonly aaaa: readonly string[]
  readonly site: string | undefined
  readonly weight: number | undefined
  readonly pools: readonly string[]
  readonly leaseMs: number | undefined
}

export const DEFAULT_WEIGHT = 100
// Files allow longer names; what comes from strangers' scripts is kept shorter, for tables and metrics.
const LONGEST_NAME = 63
// An answer carries 64 addresses at the most: a node with more could never be told whole.
const MOST_ADDRESSES = 16
const MOST_POOLS = 256
/** A lease shorter than a probe's pace would end before anyone can renew it. */
export const SHORTEST_LEASE_MS = 10_000
const LONGEST_LEASE_MS = 7 * 86_400_000

/** Checks a node against the declared state. @returns the node, or every issue */
export function checkNodeSpec(
  name: string,
  spec: NodeSpec,
  steering: Steering,
  by: string,
  nowMs: number,
): { readonly node: AddedNode } | { readonly issues: readonly Issue[] } {
  const issues: Issue[] = []
  const wrong = (code: string, message: string, advice?: string): void => {
    issues.push({
      severity: 'error',
      code: `control/${code}`,
      file: '',
      line: 0,
      column: 0,
      message,
      ...(advice === undefined ? {} : { advice }),
    })
  }
  const didYouMean = (typed: string, known: Iterable<string>): string | undefined => {
    const near = nearestName(typed, known)
    return near === undefined ? undefined : `Did you mean "${near}"?`
  }
  if (!isName(name) || name.length > LONGEST_NAME)
    wrong('node-name', `"${name}" is no node name: letters, digits, ".", "_", ":", "-", at most ${LONGEST_NAME}.`)
  const read = (texts: readonly string[], parse: (text: string) => Uint8Array | undefined, what: string) => {
    const addresses: Uint8Array[] = []
    const seen = new Set<string>()
    for (const text of texts) {
      const address = parse(text)
      const useless = address === undefined ? undefined : uselessness(address)
      if (address === undefined) wrong('address', `"${text}" is no ${what} address.`)
      else if (useless !== undefined)
        wrong(
          'address',
          `node ${name} has the address ${text}, ${useless}.`,
          'Give it the address at which clients reach it.',
        )
      else if (seen.has(printAddress(address))) wrong('address', `${text} is given twice.`)
      else {
        seen.add(printAddress(address))
        addresses.push(address)
      }
    }
    return addresses
  }
  const a = read(spec.a, parseIpv4, 'IPv4')
  const aaaa = read(spec.aaaa, parseIpv6, 'IPv6')
  if (spec.a.length + spec.aaaa.length === 0)
    wrong('address', `node ${name} has no address.`, 'Give it an IPv4 address (a), an IPv6 address (aaaa), or both.')
  if (spec.a.length + spec.aaaa.length > MOST_ADDRESSES)
    wrong('address', `a node has at most ${MOST_ADDRESSES} addresses.`)
  if (spec.site !== undefined && !steering.sites.has(spec.site))
    wrong('unknown-site', `site "${spec.site}" does not exist.`, didYouMean(spec.site, steering.sites.keys()))
  if (spec.pools.length > MOST_POOLS) wrong('pools', `a node joins at most ${MOST_POOLS} pools.`)
  for (const pool of new Set(spec.pools))
    if (!steering.pools.has(pool))
      wrong('unknown-pool', `pool "${pool}" does not exist.`, didYouMean(pool, steering.pools.keys()))
  const weight = spec.weight ?? DEFAULT_WEIGHT
  if (!Number.isInteger(weight) || weight < 0 || weight > 65535)
    wrong('weight', `weight ${weight} is not a whole number from 0 to 65535.`)
  const lease = spec.leaseMs
  if (lease !== undefined && !(lease >= SHORTEST_LEASE_MS && lease <= LONGEST_LEASE_MS))
    wrong('lease', 'a lease lasts from 10s to 7d.')
  if (issues.length > 0) return { issues }
  return {
    node: {
      name,
      a,
      aaaa,
      site: spec.site,
      weight,
      pools: [...new Set(spec.pools)],
      by,
      atMs: nowMs,
      leaseMs: lease,
      leaseUntilMs: lease === undefined ? undefined : nowMs + lease,
    },
  }
}

/** The node as plain JSON, as the journal and the database write it. */
export function printAddedNode(node: AddedNode): {
  readonly a: readonly string[]
  readonly aaaa: readonly string[]
  readonly site: string | null
  readonly weight: number
  readonly pools: readonly string[]
  readonly leaseMs: number | null
} {
  return {
    a: node.a.map(printAddress),
    aaaa: node.aaaa.map(printAddress),
    site: node.site ?? null,
    weight: node.weight,
    pools: node.pools,
    leaseMs: node.leaseMs ?? null,
  }
}

/** @returns true where both declare the same (who and when, and how long a lease still runs, aside) */
export function sameNode(one: AddedNode, other: AddedNode): boolean {
  return JSON.stringify(printAddedNode(one)) === JSON.stringify(printAddedNode(other))
}
