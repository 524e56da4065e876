/**
 * Databases of places, and for every distinct set of rules the map from a client's address to its class.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { hasErrors, type Issue } from '../base/index.ts'
import {
  COUNTRIES,
  compileMap,
  examineDatabase,
  type GeoDatabase,
  type Site as GeoSite,
  type Knowledge,
  type Matcher,
  openDatabase,
} from '../geo/index.ts'
import { checkKnowledge, matchesEveryone, nearestSites, type SteeredRecord, type Steering } from '../steer/index.ts'
import type { DatabaseFile, GeoipFiles, GeoMemory, KnownMap, ReplyRecord } from './load-model.ts'
import { shownPath } from './load-zones.ts'
import { openMmdb } from './mmdb.ts'

export interface DatabasePath {
  readonly kind: 'country' | 'city' | 'asn'
  readonly path: string
  readonly builtIn: boolean
}

/** What the built-in database knows. */
const BUILT_IN_KNOWS: Knowledge = { country: true, subdivision: false, coordinates: false, asn: false }

const BUILT_IN = '@ip-location-db/geo-whois-asn-country-mmdb'

/** Which databases are asked, the one that is believed first: a city database knows countries, too. */
export function openDatabases(files: GeoipFiles): readonly DatabasePath[] {
  const given = (['city', 'country', 'asn'] as const).flatMap((kind) => {
    const path = files[kind]
    return path === undefined ? [] : [{ kind, path, builtIn: false }]
  })
  // An ASN database alone knows no countries: the built-in one stands in for them.
  if (given.some(({ kind }) => kind !== 'asn')) return given
  return [...given, { kind: 'country', path: builtInDatabase(), builtIn: true }]
}

/** @returns the absolute path of the country database that comes with Meridian */
function builtInDatabase(): string {
  return createRequire(import.meta.url).resolve(`${BUILT_IN}/geo-whois-asn-country.mmdb`)
}

/**
 * @param nowMs undefined: the file was examined when it was loaded, and is only opened (a city database takes seconds to examine)
 * @returns the database, or what is wrong with it
 */
export function readDatabase(
  { path, builtIn }: DatabasePath,
  nowMs: number | undefined,
): { database?: GeoDatabase; knows?: Knowledge; issues: Issue[] } {
  const name = builtIn ? `${BUILT_IN} (built in)` : shownPath(path)
  let bytes: Uint8Array
  try {
    bytes = readFileSync(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const message = `the database cannot be read (${code}).`
    const advice = 'Put the file there, or change the key geoip in meridian.yaml.'
    return { issues: [{ severity: 'error', code: 'geo/unreadable', file: name, line: 0, column: 0, message, advice }] }
  }
  const opened = openDatabase(name, bytes, openMmdb)
  if ('issue' in opened) return { issues: [opened.issue] }
  // What comes with the package was examined when it was chosen.
  if (builtIn || nowMs === undefined) return { database: opened.database, knows: BUILT_IN_KNOWS, issues: [] }
  const { issues, knows } = examineDatabase(opened.database, nowMs)
  return issues.some(({ severity }) => severity === 'error')
    ? { issues: [...issues] }
    : { database: opened.database, knows, issues: [...issues] }
}

export interface CompiledRules {
  /** of the databases, and of rules that ask what no database knows */
  readonly issues: readonly Issue[]
  readonly records: readonly (ReplyRecord | undefined)[]
  readonly maps: readonly SharedArrayBuffer[]
  readonly geo: GeoMemory
}

/**
 * @param key    paths and stamps of the databases
 * @param before what the last load kept; used where the databases are the same
 */
export function compileRules(
  steering: Steering,
  numbers: readonly string[],
  paths: readonly DatabasePath[],
  key: string,
  before: GeoMemory | undefined,
): CompiledRules {
  const memory = before?.key === key ? before : undefined
  // What was examined in an earlier load is only opened again, and only for rules that are new.
  let opened = memory === undefined ? readDatabases(paths, Date.now()) : undefined
  const databases = (): readonly GeoDatabase[] => {
    opened ??= readDatabases(paths, undefined)
    return opened.databases
  }
  const known = memory ?? {
    databases: opened?.files ?? [],
    knows: opened?.knows ?? NOTHING_KNOWN,
    issues: opened?.issues ?? [],
    countries: undefined,
    maps: new Map(),
  }
  const maps = new RuleMaps(steering, databases, known.maps)
  const records = numbers.map((name) => {
    const record = steering.records.get(name)
    return record === undefined ? undefined : maps.record(record)
  })
  const wanted = known.databases.length > 0 && [...steering.records.values()].some((record) => !isForEveryone(record))
  const countries = wanted ? (known.countries ?? countryMap(databases())) : known.countries
  // A database that could not be read is missed, but that was said.
  const missed = hasErrors(known.issues) ? [] : checkKnowledge(steering, known.knows)
  const issues = [...known.issues, ...missed]
  return { issues, records, maps: maps.all, geo: { ...known, key, countries, maps: maps.used } }
}

const NOTHING_KNOWN: Knowledge = { country: false, subdivision: false, coordinates: false, asn: false }

function readDatabases(paths: readonly DatabasePath[], nowMs: number | undefined) {
  const issues: Issue[] = []
  const databases: GeoDatabase[] = []
  const files: DatabaseFile[] = []
  let knows = NOTHING_KNOWN
  for (const path of paths) {
    const { database, knows: more = NOTHING_KNOWN, issues: found } = readDatabase(path, nowMs)
    issues.push(...found)
    if (database === undefined) continue
    knows = {
      country: knows.country || more.country,
      subdivision: knows.subdivision || more.subdivision,
      coordinates: knows.coordinates || more.coordinates,
      asn: knows.asn || more.asn,
    }
    databases.push(database)
    const { builtAtMs, databaseType } = database.metadata
    files.push({
      kind: path.kind,
      file: path.path,
      name: database.name,
      builtIn: path.builtIn,
      builtAtMs,
      type: databaseType,
    })
  }
  return { issues, databases, files, knows }
}

/** One rule for everyone, and no order of sites: the client does not matter. */
function isForEveryone({ rules, pick }: SteeredRecord): boolean {
  return rules.length === 1 && pick !== 'nearest' && matchesEveryone(rules[0]!.match)
}

/** Records with the same rules share a map; rules that were compiled in an earlier load keep theirs. */
class RuleMaps {
  readonly all: SharedArrayBuffer[] = []
  /** those that this load uses, for the next one */
  readonly used = new Map<string, KnownMap>()
  readonly #numbers = new Map<string, number>()
  readonly #known: ReadonlyMap<string, KnownMap>
  readonly #databases: () => readonly GeoDatabase[]
  readonly #steering: Steering

  constructor(steering: Steering, databases: () => readonly GeoDatabase[], known: ReadonlyMap<string, KnownMap>) {
    this.#databases = databases
    this.#steering = steering
    this.#known = known
  }

  record(record: SteeredRecord): ReplyRecord {
    if (isForEveryone(record)) return { name: record.name, map: -1, classes: [{ rule: 0, sites: undefined }] }
    const sites =
      record.pick === 'nearest' ? record.rules.map((_, rule) => nearestSites(record, rule, this.#steering)) : []
    const matchers = record.rules.map(({ match }) => match)
    const key = JSON.stringify([
      sites,
      matchers.map((m) => ({ ...m, net: m.net.map(({ address, prefixLength }) => [...address, prefixLength]) })),
    ])
    let map = this.used.get(key)
    if (map === undefined) {
      map = this.#known.get(key) ?? this.#compile(matchers, sites)
      this.used.set(key, map)
      this.#numbers.set(key, this.all.push(map.image) - 1)
    }
    return { name: record.name, map: this.#numbers.get(key)!, classes: map.classes }
  }

  #compile(matchers: readonly Matcher[], sites: readonly (readonly GeoSite[])[]): KnownMap {
    const { image, classes } = compileMap({ databases: this.#databases(), matchers, sites })
    return {
      image,
      classes: classes.map(({ matcher, order }) => ({
        // The last rule takes everyone (steer sees to it), so every class has one.
        rule: matcher < 0 ? matchers.length - 1 : matcher,
        sites: order?.map((i) => sites[matcher]![i]!.name),
      })),
    }
  }
}

/** Address -> country, for the counters. */
function countryMap(databases: readonly GeoDatabase[]): { map: SharedArrayBuffer; names: string[] } {
  const codes = [...COUNTRIES.keys()]
  const { image, classes } = compileMap({
    databases,
    matchers: codes.map((code) => ({ country: [code], continent: [], subdivision: [], asn: [], net: [] })),
  })
  return { map: image, names: classes.map(({ matcher }) => (matcher < 0 ? '' : codes[matcher]!)) }
}
