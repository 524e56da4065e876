/**
 * What only shows when everything is put together: rules nobody reaches, fallbacks in a circle, things nobody uses.
 */
import { hasErrors, networkContains, printAddress } from '../base/index.ts'
import { continentOf } from '../geo/index.ts'
import { type Match, type Origin, type Steering, tellMatch } from '../policy/index.ts'
import type { Complaints } from './declarations.ts'
import type { Position } from './document.ts'
import { whereIs } from './nearest-sites.ts'

export function crossCheck(steering: Steering, complaints: Complaints): void {
  checkRules(steering, complaints)
  checkFallbacks(steering, complaints)
  checkNearest(steering, complaints)
  checkAddresses(steering, complaints)
  // Where an entry could not be read, what it uses would seem unused.
  if (!hasErrors(complaints.issues)) checkUse(steering, complaints)
}

function positionOf(origin: Origin): Position {
  return origin.kind === 'file' ? origin : { file: '', line: 0, column: 0 }
}

export function matchesEveryone(match: Match): boolean {
  return [match.country, match.continent, match.subdivision, match.asn, match.net].every(
    (values) => values.length === 0,
  )
}

function checkRules({ records }: Steering, complaints: Complaints): void {
  for (const { name, rules } of records.values()) {
    rules.forEach(({ match, origin }, i) => {
      const earlier = rules.findIndex((rule, k) => k < i && covers(rule.match, match))
      if (earlier < 0) return
      const message = `rule ${i + 1} of record ${name} never takes anyone: rule ${earlier + 1} takes ${tellMatch(rules[earlier]!.match)} before.`
      complaints.warn(
        'unreachable-rule',
        positionOf(origin),
        message,
        'Rules are tried in order: put the narrower one first, or take this one away.',
      )
    })
    const last = rules[rules.length - 1]
    if (last !== undefined && !matchesEveryone(last.match))
      complaints.error(
        'no-last-rule',
        positionOf(last.origin),
        `the last rule of record ${name} does not take everyone: some clients would get no answer.`,
        'Add a last rule with nothing but a pool: - { pool: NAME }',
      )
  }
}

/** @returns whether everyone that `later` takes is taken by `earlier` */
export function covers(earlier: Match, later: Match): boolean {
  const within = <T>(wide: readonly T[], narrow: readonly T[]): boolean =>
    wide.length === 0 || (narrow.length > 0 && narrow.every((value) => wide.includes(value)))
  const continents =
    within(earlier.continent, later.continent) ||
    (later.country.length > 0 &&
      later.country.every((country) => earlier.continent.some((c) => c === continentOf(country))))
  const countries =
    within(earlier.country, later.country) ||
    (later.subdivision.length > 0 && later.subdivision.every((code) => earlier.country.includes(code.slice(0, 2))))
  const nets =
    earlier.net.length === 0 ||
    (later.net.length > 0 &&
      later.net.every((net) =>
        earlier.net.some((wide) => wide.prefixLength <= net.prefixLength && networkContains(wide, net.address)),
      ))
  return (
    continents && countries && within(earlier.subdivision, later.subdivision) && within(earlier.asn, later.asn) && nets
  )
}

function checkFallbacks({ pools, records }: Steering, complaints: Complaints): void {
  const told = new Set<string>()
  for (const start of pools.keys()) {
    const chain: string[] = []
    let at: string | undefined = start
    while (at !== undefined && !chain.includes(at)) {
      chain.push(at)
      at = pools.get(at)?.fallback
    }
    if (at === undefined || told.has(at)) continue
    const circle = chain.slice(chain.indexOf(at))
    for (const pool of circle) told.add(pool)
    const message =
      circle.length === 1
        ? `pool ${at} falls back to itself.`
        : `the fallbacks of ${circle.join(', ')} go round in a circle.`
    complaints.error(
      'fallback-circle',
      positionOf(pools.get(at)!.origin),
      message,
      'One of them must have no fallback.',
    )
  }
  for (const { name, strict, rules, origin } of records.values()) {
    const spills = rules.find(({ pool }) => pools.get(pool)?.fallback !== undefined)
    if (strict && spills !== undefined)
      complaints.add(
        'note',
        'strict-fallback',
        positionOf(origin),
        `record ${name} is strict: the fallback of pool ${spills.pool} is not used for it.`,
      )
  }
}

function checkNearest({ records, pools, nodes, sites }: Steering, complaints: Complaints): void {
  for (const { name, pick, rules, origin } of records.values()) {
    if (pick !== 'nearest') continue
    const members = new Set(rules.flatMap(({ pool }) => pools.get(pool)?.members.map(({ node }) => node) ?? []))
    const lost = [...members].filter((node) => whereIs(sites.get(nodes.get(node)?.site ?? '')) === undefined)
    if (lost.length > 0)
      complaints.warn(
        'nowhere',
        positionOf(origin),
        `record ${name} picks the nearest node, but nobody knows where ${lost.slice(0, 5).join(', ')} ${lost.length === 1 ? 'is' : 'are'}.`,
        'Give the node a site, and the site its coordinates: at: [LATITUDE, LONGITUDE].',
      )
  }
}

function checkAddresses({ nodes }: Steering, complaints: Complaints): void {
  const owners = new Map<string, string>()
  for (const { name, a, aaaa, origin } of nodes.values()) {
    for (const address of [...a, ...aaaa].map(printAddress)) {
      const owner = owners.get(address)
      if (owner === undefined) owners.set(address, name)
      else if (owner !== name)
        complaints.warn(
          'same-address',
          positionOf(origin),
          `nodes ${owner} and ${name} have the same address ${address}: draining one leaves it in the answers through the other.`,
          'Let pools share one node instead.',
        )
    }
  }
}

function checkUse({ pools, records, checks, nodes, sites, schedules }: Steering, complaints: Complaints): void {
  const used = {
    pool: new Set([
      ...[...records.values()].flatMap(({ rules }) => rules.map(({ pool }) => pool)),
      ...[...pools.values()].map(({ fallback }) => fallback),
    ]),
    check: new Set([...pools.values()].map(({ check }) => check)),
    node: new Set([...pools.values()].flatMap(({ members }) => members.map(({ node }) => node))),
    site: new Set([...nodes.values()].map(({ site }) => site)),
  }
  for (const { action } of schedules.values()) if ('node' in action) used.node.add(action.node)
  for (const [kind, all] of [
    ['pool', pools],
    ['check', checks],
    ['node', nodes],
    ['site', sites],
  ] as const) {
    for (const { name, origin } of all.values()) {
      if (!used[kind].has(name))
        complaints.add('note', 'unused', positionOf(origin), `${kind} ${name} is declared, but nothing uses it.`)
    }
  }
}
