/**
 * The databases of places: which files, and what they are once read.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Issue } from '../base/index.ts'
import { examineDatabase, type GeoDatabase, type Knowledge, openDatabase } from '../geo/index.ts'
import type { DatabasePath, GeoipFiles } from './load-model.ts'
import { openMmdb } from './mmdb.ts'
import { shownPath } from './shown-path.ts'

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
