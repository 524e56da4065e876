/**
 * From records to maps: which classes of clients a record has, and the compiled map that tells them apart. Records whose rules
 * take the same clients share one map, whatever pools they send them to.
 */
import { compileMap, type GeoDatabase, type Site as GeoSite } from '../geo/index.ts'
import { poolsOf } from './choose.ts'
import { matchesEveryone, whereIs } from './cross-checks.ts'
import type { Match, SteeredRecord, Steering } from './model.ts'

/** A class of clients of one record: the rule that takes them, and for `pick: nearest` the nodes in their order. */
export interface RecordClass {
  /** index into record.rules */
  readonly rule: number
  /** node names, nearest first; undefined: declared order */
  readonly order: readonly string[] | undefined
}

export interface RecordClasses {
  /** index into `maps`; -1: one class for everyone */
  readonly map: number
  /** by class number of the map */
  readonly classes: readonly RecordClass[]
}

export interface CompiledRecords {
  readonly maps: readonly SharedArrayBuffer[]
  /** by the record's absolute name */
  readonly records: ReadonlyMap<string, RecordClasses>
}

/** Compiles the maps of all records. */
export function compileRecords(steering: Steering, databases: readonly GeoDatabase[]): CompiledRecords {
  const maps: SharedArrayBuffer[] = []
  const known = new Map<string, { readonly map: number; readonly classes: ReturnType<typeof compileMap>['classes'] }>()
  const records = new Map<string, RecordClasses>()
  for (const record of steering.records.values()) {
    const sites = record.pick === 'nearest' ? record.rules.map((_, rule) => nearestSites(record, rule, steering)) : []
    if (sites.length === 0 && record.rules.every(({ match }) => matchesEveryone(match))) {
      records.set(record.name, { map: -1, classes: [{ rule: 0, order: undefined }] })
      continue
    }
    const matchers = record.rules.map(({ match }) => match)
    const places = sites.map((groups) => groups.map(({ site }) => site))
    const key = JSON.stringify([matchers.map(printable), places])
    let compiled = known.get(key)
    if (compiled === undefined) {
      const { image, classes } = compileMap({ databases, matchers, sites: places })
      compiled = { map: maps.length, classes }
      maps.push(image)
      known.set(key, compiled)
    }
    records.set(record.name, {
      map: compiled.map,
      classes: compiled.classes.map(({ matcher, order }) => ({
        // Without a last rule for everyone (an error that was reported) the last rule takes who is left.
        rule: matcher < 0 ? record.rules.length - 1 : matcher,
        order: order?.flatMap((i) => sites[matcher]?.[i]?.nodes ?? []),
      })),
    })
  }
  return { maps, records }
}

interface SiteGroup {
  readonly site: GeoSite
  readonly nodes: readonly string[]
}

/** The places of the nodes that may serve a rule (its pool, and the fallbacks), each with its nodes in declared order. */
function nearestSites(record: SteeredRecord, rule: number, steering: Steering): SiteGroup[] {
  const groups = new Map<string, { site: GeoSite; nodes: string[] }>()
  for (const pool of poolsOf({ ...record, rules: [record.rules[rule]!] }, steering.pools)) {
    for (const { node } of steering.pools.get(pool)?.members ?? []) {
      const site = steering.nodes.get(node)?.site
      const at = whereIs(site === undefined ? undefined : steering.sites.get(site))
      // Nodes without a place are one group, which comes last.
      const name = at === undefined ? '' : `${at.latitude},${at.longitude}`
      const group = groups.get(name)
      if (group === undefined) groups.set(name, { site: { name, at }, nodes: [node] })
      else if (!group.nodes.includes(node)) group.nodes.push(node)
    }
  }
  return [...groups.values()]
}

/** A match as JSON can tell it apart: octets become lists. */
function printable({ net, ...match }: Match): unknown {
  return { ...match, net: net.map(({ address, prefixLength }) => [...address, prefixLength]) }
}
