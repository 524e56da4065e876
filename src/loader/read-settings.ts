/**
 * Reads the settings from their three sources and checks them as one (settings.ts says which goes over which).
 *
 *     file ─┐
 *     env  ─┼─▶ one tree, each part knowing its source ─▶ schema ─▶ paths, keys and secrets resolved ─▶ Settings
 *     flags ┘
 */
import { networkInterfaces } from 'node:os'
import { dirname, isAbsolute, relative, resolve } from 'node:path'
import { hasErrors, type Issue, nearestName, sortIssues } from '../base/index.ts'
import type { SettingsResult } from './settings.ts'
import { reportIssue } from './settings-issues.ts'
import { SETTINGS_KEYS, type SettingsKey } from './settings-keys.ts'
import { settingsSchema } from './settings-schema.ts'
import { readText, type Source } from './settings-source.ts'
import { settle } from './settle-settings.ts'
import { readYaml } from './yaml-file.ts'

export interface SettingsSources {
  /** --config; undefined: MERIDIAN_CONFIG, else ./meridian.yaml if there is one */
  readonly config?: string | undefined
  /** by flag without its dashes (settings-keys.ts); a list for repeatable ones */
  readonly flags?: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** default: the working folder */
  readonly folder?: string
  /** whether this machine has the address ::1; default: it is looked up */
  readonly hasIpv6?: boolean
}

/** Kubernetes tells pods of a service called meridian in variables of these names. */
const SERVICE_LINK = /^MERIDIAN_(SERVICE_(HOST|PORT)|PORT)/
const CLIENT_VARIABLES = ['MERIDIAN_CONFIG', 'MERIDIAN_TOKEN']

/** Reads and checks the settings. Never throws; what is wrong is in `issues`, and with an error there are no settings. */
export function readSettings(sources: SettingsSources): SettingsResult {
  const folder = resolve(sources.folder ?? process.cwd())
  const environment = sources.environment ?? process.env
  const issues: Issue[] = []
  const wanted = sources.config ?? environment.MERIDIAN_CONFIG
  const path = resolve(folder, wanted ?? 'meridian.yaml')
  const text = readText(path)
  if (typeof text !== 'string' && (wanted !== undefined || text.code !== 'ENOENT'))
    issues.push({
      severity: 'error',
      code: 'settings/file',
      file: shown(folder, path),
      line: 0,
      column: 0,
      message: `the settings file cannot be read: ${text.code === 'ENOENT' ? 'there is none' : text.code}.`,
      advice: 'Every key has a default: without --config and without a meridian.yaml the defaults are used.',
    })
  const file = typeof text === 'string' ? path : undefined
  const name = shown(folder, path)
  const yaml = readYaml(name, typeof text === 'string' ? text : '')
  issues.push(...yaml.issues)

  const tree: Record<string, unknown> = {}
  const fromFile: Source = {
    folder: file === undefined ? folder : dirname(file),
    at: (path, key) => ({ file: name, ...yaml.positionOf(path, key) }),
  }
  const overlays: { readonly key: SettingsKey; readonly source: Source }[] = []
  if (isMapping(yaml.value)) Object.assign(tree, withoutNulls(yaml.value))
  else if (yaml.value !== null)
    issues.push({
      severity: 'error',
      code: 'settings/type',
      ...fromFile.at([]),
      message: 'the settings file must hold keys and values, such as "zones: ./zones".',
    })
  for (const key of SETTINGS_KEYS) {
    const flag = sources.flags?.[key.flag]
    const variable = environment[key.environment]
    const given = flag ?? (variable === '' ? undefined : variable)
    if (given === undefined) continue
    const name = flag === undefined ? key.environment : `--${key.flag}`
    const where = { file: flag === undefined ? `environment variable ${name}` : `option ${name}`, line: 0, column: 0 }
    overlays.push({ key, source: { folder, at: () => where } })
    setIn(tree, key.path, meaningOf(key, given, where.file, issues))
  }
  for (const name of Object.keys(environment)) {
    const known = [...SETTINGS_KEYS.map((key) => key.environment), ...CLIENT_VARIABLES]
    if (!name.startsWith('MERIDIAN_') || known.includes(name) || SERVICE_LINK.test(name)) continue
    const near = nearestName(name, known)
    issues.push({
      severity: 'warning',
      code: 'settings/unknown-variable',
      file: `environment variable ${name}`,
      line: 0,
      column: 0,
      message: 'no setting has this name; it is ignored.',
      ...(near === undefined ? {} : { advice: `Did you mean ${near}?` }),
    })
  }

  // Many containers have no IPv6: the defaults must work there, too. What is asked for by name is not left out.
  if (tree.listen === undefined && !(sources.hasIpv6 ?? hasIpv6Loopback())) {
    tree.listen = ['127.0.0.1:5300']
    issues.push({
      severity: 'note',
      code: 'settings/no-ipv6',
      file: name,
      line: 0,
      column: 0,
      message: 'this machine has no IPv6: [::1]:5300, a default of listen, is left out.',
    })
  }

  const sourceOf = (path: readonly PropertyKey[]): Source =>
    overlays.findLast(({ key }) => key.path.every((step, i) => path[i] === step))?.source ?? fromFile
  const checked = settingsSchema.safeParse(tree)
  if (!checked.success) for (const issue of checked.error.issues) reportIssue(issue, [], sourceOf, issues)
  const settings =
    checked.success && !hasErrors(issues) ? settle(checked.data, file, folder, sourceOf, issues) : undefined
  return { settings: hasErrors(issues) ? undefined : settings, issues: sortIssues(issues) }
}

/** A path as the operator thinks of it: relative to the working folder when it is below, else absolute. */
export function shown(folder: string, path: string): string {
  const short = relative(folder, path)
  return short === '' || short.startsWith('..') || isAbsolute(short) ? path : short
}

/** @returns true where the loopback interface has ::1 */
function hasIpv6Loopback(): boolean {
  return Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === '::1'))
}

const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** `key:` with nothing behind it means the default, as a key that is not there. */
function withoutNulls(value: unknown): unknown {
  if (!isMapping(value)) return value
  const kept = Object.entries(value).filter(([, inner]) => inner !== null)
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutNulls(inner)]))
}

function setIn(tree: Record<string, unknown>, path: readonly string[], value: unknown): void {
  let at = tree
  for (const step of path.slice(0, -1)) {
    if (!isMapping(at[step])) at[step] = {}
    at = at[step] as Record<string, unknown>
  }
  at[path.at(-1)!] = value
}

/** What a flag's or variable's text means. */
function meaningOf(key: SettingsKey, given: string | readonly string[], file: string, issues: Issue[]): unknown {
  if (key.kind === 'list')
    return typeof given === 'string'
      ? given
          .split(',')
          .map((each) => each.trim())
          .filter((each) => each !== '')
      : given
  const text = typeof given === 'string' ? given : (given.at(-1) ?? '')
  if (key.kind === 'text') return text
  const yaml = readYaml(file, text)
  issues.push(...yaml.issues.map((issue) => ({ ...issue, line: 0, column: 0 })))
  return withoutNulls(yaml.value)
}
