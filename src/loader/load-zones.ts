/**
 * Master files to images, as far as they changed: a zone is known by what its files' stat says and by its steered names.
 */
import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Issue } from '../base/index.ts'
import type { Steering } from '../steer/index.ts'
import { loadZone } from '../zone/index.ts'
import type { KnownZone, ReplyZone } from './load-model.ts'
import { shownPath } from './shown-path.ts'

/** What tells a file from the one that stood there before: a replaced file has another inode, a written one another time. */
export function stampOf(path: string): string {
  try {
    const { ino, size, mtimeNs } = statSync(path, { bigint: true })
    return `${ino}.${size}.${mtimeNs}`
  } catch {
    return 'gone'
  }
}

export interface ZoneFile {
  /** lower case, absolute */
  readonly origin: string
  /** absolute path */
  readonly path: string
}

/** @param shown how issues name a path */
export function loadZoneFile(
  { origin, path }: ZoneFile,
  steered: ReadonlyMap<string, number>,
  known: KnownZone | undefined,
  serving: boolean,
): ReplyZone {
  const file = shownPath(path)
  if (known !== undefined && known.key === keyOf([path, ...known.includes], steered))
    return { ...known, image: undefined, serial: 0, records: 0, names: 0, issues: undefined }
  const read: string[] = []
  const loaded = loadZone({
    origin,
    file,
    steered,
    serving,
    read: (name) => {
      read.push(name)
      try {
        return readFileSync(name)
      } catch {
        return undefined
      }
    },
  })
  const includes = read.filter((name) => name !== file).map((name) => resolve(name))
  return {
    name: origin,
    file,
    // The stamps are of after the reading: a file that changed meanwhile is steady again before anybody loads anew.
    key: keyOf([path, ...includes], steered),
    includes,
    image: loaded.image,
    serial: loaded.serial,
    records: loaded.records,
    names: loaded.names,
    issues: loaded.issues,
  }
}

function keyOf(paths: readonly string[], steered: ReadonlyMap<string, number>): string {
  const names = [...steered].map(([name, number]) => `${name}=${number}`).sort()
  return [...paths.map(stampOf), ...names].join(' ')
}

/** The steered names of each zone with their numbers; names that are new get the next ones. */
export function numberRecords(steering: Steering, numbers: string[]): ReadonlyMap<string, ReadonlyMap<string, number>> {
  const known = new Map(numbers.map((name, number) => [name, number]))
  const byZone = new Map<string, Map<string, number>>()
  for (const { name, zone } of steering.records.values()) {
    let number = known.get(name)
    if (number === undefined) {
      number = numbers.push(name) - 1
      known.set(name, number)
    }
    const names = byZone.get(zone)
    if (names === undefined) byZone.set(zone, new Map([[name, number]]))
    else names.set(name, number)
  }
  return byZone
}

/** A steered zone wants a master file; what to write is told in full. */
export function missingZone(zone: string, folder: string, at: Pick<Issue, 'file' | 'line' | 'column'>): Issue {
  const origin = zone.replace(/\.$/, '')
  return {
    severity: 'error',
    code: 'loader/no-zone-file',
    ...at,
    message: `zone ${origin} is steered, but has no master file ${shownPath(folder)}/${origin}.zone.`,
    advice:
      `Write one with at least:\n` +
      `    @  3600  SOA  ns1.${origin}. hostmaster.${origin}. 1 3600 600 604800 60\n` +
      `    @  3600  NS   ns1.${origin}.\n` +
      `    ns1 3600 A    ADDRESS OF THIS SERVER`,
  }
}
