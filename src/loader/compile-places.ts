/**
 * The dear part of steering by place: reads the databases and compiles maps from addresses to classes. What is asked and what
 * comes back are plain values and shared memory, so that it can be done beside the reading of large zones (places-thread.ts).
 */
import type { Issue } from '../base/index.ts'
import {
  COUNTRIES,
  compileMap,
  type GeoDatabase,
  type Site as GeoSite,
  type Knowledge,
  type Matcher,
} from '../geo/index.ts'
import { readDatabase } from './databases.ts'
import type { CountryMap, DatabaseFile, DatabasePath, KnownMap } from './load-model.ts'

export interface PlacesJob {
  readonly paths: readonly DatabasePath[]
  /** epoch ms of now; undefined: the databases were examined in an earlier load, and are only opened */
  readonly examineAtMs: number | undefined
  readonly maps: readonly WantedMap[]
  /** the countries, too, for the counters */
  readonly countries: boolean
}

export interface WantedMap {
  /** says all that the map depends on */
  readonly key: string
  readonly matchers: readonly Matcher[]
  /** for `nearest`: the sites of each matcher */
  readonly sites: readonly (readonly GeoSite[])[]
}

export interface Places {
  readonly databases: readonly DatabaseFile[]
  /** what all of them together know */
  readonly knows: Knowledge
  readonly issues: readonly Issue[]
  /** by key */
  readonly maps: ReadonlyMap<string, KnownMap>
  readonly countries: CountryMap | undefined
}

const NOTHING_KNOWN: Knowledge = { country: false, subdivision: false, coordinates: false, asn: false }

export function compilePlaces(job: PlacesJob): Places {
  const { databases, files, knows, issues } = readDatabases(job.paths, job.examineAtMs)
  return {
    databases: files,
    knows,
    issues,
    maps: new Map(job.maps.map((wanted) => [wanted.key, compiled(wanted, databases)])),
    countries: job.countries && databases.length > 0 ? countryMap(databases) : undefined,
  }
}

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

function compiled({ matchers, sites }: WantedMap, databases: readonly GeoDatabase[]): KnownMap {
  const { image, classes } = compileMap({ databases, matchers, sites })
  return {
    image,
    classes: classes.map(({ matcher, order }) => ({
      // The last rule takes everyone (steer sees to it), so every class has one.
      rule: matcher < 0 ? matchers.length - 1 : matcher,
      sites: order?.map((i) => sites[matcher]![i]!.name),
    })),
  }
}

function countryMap(databases: readonly GeoDatabase[]): CountryMap {
  const codes = [...COUNTRIES.keys()]
  const { image, classes } = compileMap({
    databases,
    matchers: codes.map((code) => ({ country: [code], continent: [], subdivision: [], asn: [], net: [] })),
  })
  return { map: image, names: classes.map(({ matcher }) => (matcher < 0 ? '' : codes[matcher]!)) }
}
