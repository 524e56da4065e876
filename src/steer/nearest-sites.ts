/**
 * The sites among which `pick: nearest` chooses for one rule: only those that can serve its clients, so that a map keeps no
 * more classes of clients apart than the answer does.
 */
import { COUNTRIES, type Coordinates } from '../geo/index.ts'
import { poolsOf, type Site, type SteeredRecord, type Steering } from '../policy/index.ts'

/** @returns where a site is, as far as anybody said: its coordinates, else the middle of its country */
export function whereIs(site: Site | undefined): Coordinates | undefined {
  return site?.at ?? (site?.country === undefined ? undefined : COUNTRIES.get(site.country)?.middle)
}

/** The sites with nodes in the rule's pool and in its fallbacks, in declared order. */
export function nearestSites(
  record: SteeredRecord,
  rule: number,
  steering: Steering,
): readonly { readonly name: string; readonly at: Coordinates | undefined }[] {
  const pools = poolsOf({ ...record, rules: [record.rules[rule]!] }, steering.pools)
  const members = pools.flatMap((pool) => steering.pools.get(pool)?.members ?? [])
  const names = new Set(members.map(({ node }) => steering.nodes.get(node)?.site))
  return [...names]
    .filter((name) => name !== undefined)
    .map((name) => ({ name, at: whereIs(steering.sites.get(name)) }))
}
