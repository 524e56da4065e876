/**
 * Reads the settings from their three sources and checks them as one (settings.ts says which goes over which).
 *
 *     file ─┐
 *     env  ─┼─▶ one tree, each part knowing its source ─▶ schema ─▶ paths, keys and secrets resolved ─▶ Settings
 *     flags ┘
 */
import { readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { dirname, isAbsolute, relative, resolve } from 'node:path'
import type { z } from 'zod'
import { hasErrors, type Issue, nearestName, sortIssues } from '../base/index.ts'
import type { CertificateFiles, Hook, Peer, Settings, SettingsResult, TsigKey } from './settings.ts'
import { SETTINGS_KEYS, type SettingsKey } from './settings-keys.ts'
import { type RawSettings, settingsSchema } from './settings-schema.ts'
import { type Position, readYaml } from './yaml-file.ts'

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

/** Where a value came from: what an issue about it names, and what its relative paths are relative to. */
interface Source {
  readonly folder: string
  at(path: readonly PropertyKey[], key?: string): Position & { readonly file: string }
}

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
    if (!name.startsWith('MERIDIAN_') || known.includes(name)) continue
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
  if (!checked.success) for (const issue of checked.error.issues) report(issue, [], sourceOf, issues)
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

function readText(path: string): string | { readonly code: string } {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    return { code: (error as NodeJS.ErrnoException).code ?? String(error) }
  }
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

/** One issue of the schema becomes one issue of ours, or several. */
function report(
  issue: z.core.$ZodIssue,
  above: readonly PropertyKey[],
  sourceOf: (path: readonly PropertyKey[]) => Source,
  issues: Issue[],
): void {
  const path = [...above, ...issue.path]
  const source = sourceOf(path)
  const name = path.map(String).join('.')
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(settingsSchema, path)
    for (const key of issue.keys) {
      const near = nearestName(key, known)
      issues.push({
        severity: 'error',
        code: 'settings/unknown-key',
        ...source.at(path, key),
        message: `there is no setting "${name === '' ? '' : `${name}.`}${key}".`,
        advice: near === undefined ? `Known here: ${known.join(', ')}.` : `Did you mean "${near}"?`,
      })
    }
    return
  }
  if (issue.code === 'invalid_union') {
    // The branch that got furthest tells what the operator meant.
    const meant = issue.errors.find((branch) =>
      branch.some((each) => each.path.length > 0 || each.code === 'unrecognized_keys'),
    )
    if (meant !== undefined) {
      for (const each of meant) report(each, path, sourceOf, issues)
      return
    }
  }
  issues.push({
    severity: 'error',
    code: 'settings/value',
    ...source.at(path),
    message: `${name === '' ? '' : `${name}: `}${issue.message}.`,
  })
}

/** The keys that the schema knows at a path. */
function keysAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): string[] {
  const def = schema._zod.def as unknown as { readonly type: string } & Readonly<Record<string, unknown>>
  const inner = (name: string): z.core.$ZodType => def[name] as z.core.$ZodType
  switch (def.type) {
    case 'object': {
      const shape = def.shape as Record<string, z.core.$ZodType>
      const next = path.length === 0 ? undefined : shape[String(path[0])]
      return path.length === 0 ? Object.keys(shape) : next === undefined ? [] : keysAt(next, path.slice(1))
    }
    case 'array':
      return keysAt(inner('element'), path.slice(1))
    case 'record':
      return keysAt(inner('valueType'), path.slice(1))
    case 'union':
      return (def.options as z.core.$ZodType[]).flatMap((option) => keysAt(option, path))
    case 'default':
    case 'prefault':
    case 'optional':
      return keysAt(inner('innerType'), path)
    default:
      return []
  }
}

const absoluteName = (name: string): string => `${name.toLowerCase().replace(/\.$/, '')}.`

/** Makes checked values whole: absolute paths, secrets read, names of keys looked up. */
function settle(
  raw: RawSettings,
  file: string | undefined,
  folder: string,
  sourceOf: (path: readonly PropertyKey[]) => Source,
  issues: Issue[],
): Settings {
  const fail = (path: readonly PropertyKey[], code: string, message: string, advice?: string): void => {
    issues.push({
      severity: 'error',
      code,
      ...sourceOf(path).at(path),
      message,
      ...(advice === undefined ? {} : { advice }),
    })
  }
  const located = (path: readonly string[], value: string): string => resolve(sourceOf(path).folder, value)
  const certificate = (path: readonly string[], files: CertificateFiles | undefined): CertificateFiles | undefined =>
    files && { cert: located([...path, 'cert'], files.cert), key: located([...path, 'key'], files.key) }

  const keys = new Map<string, TsigKey>()
  for (const [name, key] of Object.entries(raw.keys)) {
    const path = ['keys', name]
    let secret = key.secret
    if ((secret === undefined) === (key.secret_file === undefined))
      fail(
        path,
        'settings/key',
        `key ${name} needs either secret or secret_file.`,
        'Make a secret with: openssl rand -base64 32',
      )
    else if (key.secret_file !== undefined) {
      const text = readText(located(path, key.secret_file))
      if (typeof text === 'string') secret = text
      else
        fail(
          [...path, 'secret_file'],
          'settings/key',
          `the secret of key ${name} cannot be read: ${text.code} (${key.secret_file}).`,
        )
    }
    if (secret === undefined) continue
    const octets = Buffer.from(secret.trim(), 'base64')
    if (octets.length === 0 || octets.toString('base64').replace(/=+$/, '') !== secret.trim().replace(/=+$/, ''))
      fail(path, 'settings/key', `the secret of key ${name} is not base64.`, 'Make one with: openssl rand -base64 32')
    keys.set(absoluteName(name), {
      name: absoluteName(name),
      algorithm: key.algorithm,
      secret: Uint8Array.from(octets),
    })
  }
  const keyNamed = (path: readonly PropertyKey[], name: string): string => {
    if (!keys.has(absoluteName(name)) && raw.keys[name] === undefined) {
      const near = nearestName(name, Object.keys(raw.keys))
      fail(
        path,
        'settings/unknown-key-name',
        `there is no TSIG key "${name}" in keys.`,
        near === undefined ? undefined : `Did you mean "${near}"?`,
      )
    }
    return absoluteName(name)
  }
  const peers = (path: readonly string[], list: readonly Peer[], key?: string): Peer[] =>
    list.map((each, i) => {
      const name = each.key ?? key
      return { ...each, key: name === undefined ? undefined : keyNamed([...path, i], name) }
    })

  const authorities = (zone: string, path: string | undefined): string | undefined => {
    if (path === undefined) return undefined
    const at = ['secondary', zone, 'ca']
    const read = readText(located(at, path))
    if (typeof read === 'string') return read
    fail(at, 'settings/ca', `the authorities for zone ${zone} cannot be read: ${read.code} (${path}).`)
    return undefined
  }

  const { rrl, tcp } = raw.limits
  const figures = rrl === 'off' ? undefined : rrl
  return {
    file,
    folder: file === undefined ? folder : dirname(file),
    listen: [...raw.listen, ...(raw.tls?.listen ?? []).map((each) => ({ ...each, port: each.port, tls: true }))],
    tls: certificate(['tls'], raw.tls),
    api: {
      listen:
        raw.api.listen.kind === 'unix'
          ? { kind: 'unix', path: located(['api', 'listen'], raw.api.listen.path) }
          : raw.api.listen,
      tls: certificate(['api', 'tls'], raw.api.tls),
      openReads: raw.api.open_reads === true || raw.api.open_reads === 'true',
    },
    zones: located(['zones'], raw.zones),
    data: located(['data'], raw.data),
    geoip: Object.fromEntries(Object.entries(raw.geoip).map(([kind, path]) => [kind, located(['geoip', kind], path!)])),
    workers: raw.workers === 'auto' ? undefined : raw.workers,
    driver: raw.driver,
    keys,
    transfer: {
      allow: raw.transfer.allow.map((each, i) =>
        each.kind === 'key' ? { kind: 'key', key: keyNamed(['transfer', 'allow', i], each.key) } : each,
      ),
      notify: peers(['transfer', 'notify'], raw.transfer.notify),
    },
    secondary: new Map(
      Object.entries(raw.secondary).map(([zone, { primaries, key, tls, ca }]) => [
        absoluteName(zone),
        {
          zone: absoluteName(zone),
          primaries: peers(['secondary', zone, 'primaries'], primaries, key),
          tls: tls === undefined ? undefined : { name: tls, authorities: authorities(zone, ca) },
        },
      ]),
    ),
    limits: {
      rrl: {
        rate: figures?.responses_per_second ?? 0,
        burstSeconds: (figures?.burst ?? 0) / 1000,
        slip: figures?.slip ?? 2,
        ipv4PrefixLength: figures?.ipv4_prefix ?? 24,
        ipv6PrefixLength: figures?.ipv6_prefix ?? 56,
        entries: 2 ** Math.ceil(Math.log2(figures?.entries ?? 256)),
        exempt: figures?.exempt ?? [],
      },
      tcp: {
        connections: tcp.connections,
        perNetwork: tcp.per_network,
        idleMs: tcp.idle,
        messageMs: tcp.message,
        writeMs: tcp.write,
      },
    },
    identity: {
      nsid: raw.identity.nsid,
      version: raw.identity.version === 'refuse' ? undefined : raw.identity.version,
    },
    cookieSecrets: raw.cookies.secrets,
    journal: { keepMs: raw.journal.keep },
    probes: { keepMs: raw.probes.keep },
    hooks: raw.hooks.map(
      ({ url, secret, command, events }): Hook => ({
        to:
          url === undefined
            ? { kind: 'program', program: command![0]!, args: command!.slice(1) }
            : { kind: 'url', url, secret },
        events,
      }),
    ),
    log: raw.log,
  }
}
