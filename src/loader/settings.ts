/**
 * The server's settings: meridian.yaml, the environment and the flags, checked and made whole.
 *
 *     flags  over  MERIDIAN_*  over  meridian.yaml  over  defaults
 *
 * Every key has a default and the file may be missing. All that is wrong is told at once, at its line and column, or by the name
 * of the flag or variable. Paths in the file are relative to the file; paths in flags and variables to the working folder.
 */
import type { RateLimits } from '../answer/index.ts'
import type { Issue } from '../base/index.ts'
import type { HookSettings } from '../duty/index.ts'
import type { Access, Key, Peer } from '../transfer/index.ts'

/** A socket address to serve on: the shape that the serving room takes. */
export interface SocketAddress {
  /** 4 or 16 octets */
  readonly address: Uint8Array
  readonly port: number
  /** DNS over TLS instead of UDP and TCP */
  readonly tls?: boolean
}

export type ApiAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string }

export interface CertificateFiles {
  /** absolute paths of PEM files */
  readonly cert: string
  readonly key: string
}

export const TSIG_ALGORITHMS = ['hmac-sha1', 'hmac-sha224', 'hmac-sha256', 'hmac-sha384', 'hmac-sha512'] as const

export interface TsigKey extends Key {
  readonly algorithm: (typeof TSIG_ALGORITHMS)[number]
}

export interface Secondary {
  /** lower case, absolute */
  readonly zone: string
  readonly primaries: readonly Peer[]
  /** transfers go over TLS, to whoever proves this name; undefined: over TCP */
  readonly tls: { readonly name: string; readonly authorities: string | undefined } | undefined
}

export interface StreamLimitSettings {
  readonly connections: number
  readonly perNetwork: number
  readonly idleMs: number
  readonly messageMs: number
  readonly writeMs: number
}

export interface Settings {
  /** absolute; undefined: there is no file */
  readonly file: string | undefined
  /** absolute: the file's folder, or the working folder */
  readonly folder: string
  /** addresses of `tls.listen` come last, with tls: true */
  readonly listen: readonly SocketAddress[]
  readonly tls: CertificateFiles | undefined
  readonly api: {
    readonly listen: ApiAddress
    readonly tls: CertificateFiles | undefined
    readonly openReads: boolean
  }
  /** absolute paths of folders */
  readonly zones: string
  /** changed files are taken up by themselves; false: at a reload */
  readonly watch: boolean
  readonly data: string
  /** absolute paths of files; none at all: the country database that comes with Meridian */
  readonly geoip: { readonly country?: string; readonly city?: string; readonly asn?: string }
  /** undefined: one for each core */
  readonly workers: number | undefined
  readonly driver: 'auto' | 'batched' | 'portable'
  /** by name, lower case, absolute */
  readonly keys: ReadonlyMap<string, TsigKey>
  readonly transfer: { readonly allow: readonly Access[]; readonly notify: readonly Peer[] }
  /** by zone, lower case, absolute */
  readonly secondary: ReadonlyMap<string, Secondary>
  readonly limits: { readonly rrl: RateLimits; readonly tcp: StreamLimitSettings }
  readonly identity: {
    /** RFC 5001; undefined: not told */
    readonly nsid: string | undefined
    /** version.bind; undefined: refused */
    readonly version: string | undefined
  }
  /** 16 octets each, the newest first; none: a secret of this process */
  readonly cookieSecrets: readonly Uint8Array[]
  readonly journal: { readonly keepMs: number }
  readonly probes: { readonly keepMs: number }
  readonly hooks: readonly HookSettings[]
  readonly log: { readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent' }
}

export interface SettingsResult {
  /** undefined where an issue is an error */
  readonly settings: Settings | undefined
  readonly issues: readonly Issue[]
}
