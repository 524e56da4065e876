/**
 * Which files of the zones folder are read: <origin>.zone is a master file, <anything>.yaml is steering. Folders inside are not
 * looked into (examples, included parts); what looks like a slip of the keyboard is told.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Issue } from '../base/index.ts'

export interface Discovered {
  /** sorted by origin; `origin` is lower case, absolute */
  readonly zones: readonly { readonly origin: string; readonly path: string }[]
  /** absolute paths, sorted */
  readonly steering: readonly string[]
  readonly issues: readonly Issue[]
}

export const ZONE_ENDING = '.zone'
export const STEERING_ENDING = '.yaml'

/** Names that begin with a dot or `#`, or end in ~, are an editor's own. */
export const isEditors = (name: string): boolean => /^[.#]|~$/.test(name)

const LOOKS_LIKE = [
  [/\.ya?ml$|\.yaml\./i, STEERING_ENDING],
  [/\.(db|zonefile|hosts)$|^db\.|\.zone\.?[a-z]{0,3}$/i, ZONE_ENDING],
] as const

/**
 * Lists the files to read.
 * @param folder absolute path
 * @param name   the folder as issues name it
 */
export function discover(folder: string, name: string): Discovered {
  const zones: { origin: string; path: string }[] = []
  const steering: string[] = []
  const issues: Issue[] = []
  const issue = (severity: Issue['severity'], code: string, file: string, message: string, advice: string): void => {
    issues.push({ severity, code, file, line: 0, column: 0, message, advice })
  }
  let entries: string[]
  try {
    entries = readdirSync(folder, { withFileTypes: true })
      .filter((entry) => !entry.isDirectory() && !isEditors(entry.name))
      .map((entry) => entry.name)
      .sort()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const why = code === 'ENOENT' ? 'does not exist' : code === 'ENOTDIR' ? 'is a file' : `cannot be read (${code})`
    issue(
      'error',
      'loader/folder',
      name,
      `the zones folder ${why}.`,
      'Make it, or name another: zones in meridian.yaml, or serve --zones FOLDER.',
    )
    return { zones, steering, issues }
  }
  for (const entry of entries) {
    if (entry.endsWith(ZONE_ENDING)) {
      // 0%2f25.2.0.192.in-addr.arpa.zone: a slash is no letter of a file's name (RFC 2317 delegations have one).
      const origin = entry.slice(0, -ZONE_ENDING.length).replaceAll(/%2f/gi, '/').toLowerCase()
      if (origin === '')
        issue(
          'error',
          'loader/zone-name',
          join(name, entry),
          'the file has no origin in its name.',
          'Name it ORIGIN.zone.',
        )
      else zones.push({ origin: origin.endsWith('.') ? origin : `${origin}.`, path: join(folder, entry) })
    } else if (entry.endsWith(STEERING_ENDING)) steering.push(join(folder, entry))
    else {
      const meant = LOOKS_LIKE.find(([pattern]) => pattern.test(entry))
      if (meant !== undefined)
        issue(
          'warning',
          'loader/ignored-file',
          join(name, entry),
          'the file is not read.',
          `Only ORIGIN.zone and ANYTHING.yaml are; does it want to be called ...${meant[1]}?`,
        )
    }
  }
  for (const [i, zone] of zones.entries())
    if (zones.findIndex((other) => other.origin === zone.origin) !== i)
      issue('error', 'loader/zone-twice', zone.path, `zone ${zone.origin} has two files.`, 'Keep one of them.')
  return { zones: zones.sort((a, b) => (a.origin < b.origin ? -1 : 1)), steering, issues }
}
