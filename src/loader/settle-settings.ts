/**
 * The last step of reading the settings: checked values are made whole. Paths become absolute, secrets are read, names of keys are looked
 * up, and addresses of DNS over TLS join the others.
 */
import { dirname, resolve } from 'node:path'
import { type Issue, nearestName } from '../base/index.ts'
import type { HookSettings } from '../duty/index.ts'
import type { Peer } from '../transfer/index.ts'
import type { CertificateFiles, Settings, TsigKey } from './settings.ts'
import type { RawSettings } from './settings-schema.ts'
import { readText, type Source } from './settings-source.ts'

const absoluteName = (name: string): string => `${name.toLowerCase().replace(/\.$/, '')}.`

/** Makes checked values whole: absolute paths, secrets read, names of keys looked up. */
export function settle(
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
    watch: raw.watch === true || raw.watch === 'true',
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
      ({ url, secret, command, events }): HookSettings => ({
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
