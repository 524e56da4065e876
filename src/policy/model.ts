/**
 * The steering model: what the files (and, joined to them by control, the API) declare. Plain values, no behaviour:
 * nodes at sites, pools of nodes with a check, records that send clients to pools by ordered rules.
 *
 * Node, site, check and pool names are one namespace over all files; record names belong to a zone.
 */
import type { Network } from '../base/index.ts'

/** Where a declaration stands: refusals and explanations name it. */
export type Origin =
  | { readonly kind: 'file'; readonly file: string; readonly line: number; readonly column: number }
  | { readonly kind: 'api'; readonly by: string; readonly atMs: number }

export interface Node {
  readonly name: string
  /** 4 octets each */
  readonly a: readonly Uint8Array[]
  /** 16 octets each */
  readonly aaaa: readonly Uint8Array[]
  readonly site: string | undefined
  /** 0..65535, default 100 */
  readonly weight: number
  readonly origin: Origin
}

export interface Coordinates {
  /** degrees, -90..90 */
  readonly latitude: number
  /** degrees, -180..180 */
  readonly longitude: number
}

export interface Site {
  readonly name: string
  /** ISO 3166-1 alpha-2, upper case */
  readonly country: string | undefined
  readonly at: Coordinates | undefined
  readonly origin: Origin
}

export const HYSTERESIS_PROFILES = ['eager', 'normal', 'patient'] as const
export type ProfileName = (typeof HYSTERESIS_PROFILES)[number]

/** All figures of one check's hysteresis, profile and overrides resolved (health.ts says what they do). */
export interface Hysteresis {
  readonly profile: ProfileName
  readonly intervalMs: number
  readonly suspectIntervalMs: number
  /** pace while down */
  readonly downIntervalMs: number
  readonly removeAfterMs: number
  readonly restoreAfterMs: number
  /** 0..1: seconds of badness that drain in a second of success */
  readonly drain: number
  readonly adaptive: boolean
}

/** What an HTTP answer must be; everything given must hold. */
export interface HttpExpectation {
  /** inclusive ranges of status codes */
  readonly status: readonly (readonly [from: number, to: number])[]
  /** text that the body holds */
  readonly body: string | undefined
  /** regular expression (u flag) that the body matches */
  readonly bodyPattern: string | undefined
  /** dotted path into a JSON body, and the value it must have (compared as JSON) */
  readonly json: { readonly path: string; readonly equals: unknown } | undefined
  /** "at most 10 minutes behind": a timestamp in a header or at a JSON path, and its greatest age */
  readonly fresh:
    | { readonly from: { readonly header: string } | { readonly json: string }; readonly maxAgeMs: number }
    | undefined
}

export type Probe =
  | {
      readonly kind: 'http' | 'https'
      readonly port: number
      readonly path: string
      readonly method: 'GET' | 'HEAD' | 'POST'
      /** Host header, and SNI for https; default: the record's name that the pool serves, else the address */
      readonly host: string | undefined
      readonly sni: string | undefined
      readonly headers: Readonly<Record<string, string>>
      readonly expect: HttpExpectation
      /** https: verify the certificate chain and name (default true) */
      readonly verify: boolean
      /** https: warn when the certificate ends within this time */
      readonly certificateWarningMs: number
    }
  | {
      readonly kind: 'tcp'
      readonly port: number
      readonly send: string | undefined
      readonly expect: string | undefined
    }
  | {
      readonly kind: 'tls'
      readonly port: number
      readonly sni: string | undefined
      readonly verify: boolean
      readonly certificateWarningMs: number
    }
  | { readonly kind: 'icmp' }
  | {
      readonly kind: 'dns'
      readonly port: number
      readonly name: string
      readonly type: string
      /** presentation form of one answer's rdata that must be among the answers; undefined: NOERROR with any answer */
      readonly expect: string | undefined
    }
  | { readonly kind: 'command'; readonly program: string; readonly args: readonly string[] }

export interface Check {
  readonly name: string
  readonly probe: Probe
  readonly timeoutMs: number
  /** a success slower than this counts half (class `slow`); undefined: no budget */
  readonly budgetMs: number | undefined
  /** a source address for probes, as text */
  readonly source: string | undefined
  readonly hysteresis: Hysteresis
  readonly origin: Origin
}

export const ALL_DOWN_MODES = ['all', 'last-good', 'fallback', 'nodata', 'servfail'] as const
export type AllDownMode = (typeof ALL_DOWN_MODES)[number]

/** The floor: how many of a pool stay in the answers whatever their health. */
export type Floor = { readonly percent: number } | { readonly nodes: number }

export interface Member {
  readonly node: string
  /** overrides the node's own weight in this pool */
  readonly weight: number | undefined
  /** joins only when the pool's load calls for it, or a schedule does */
  readonly standby: boolean
  readonly origin: Origin
}

export interface Pool {
  readonly name: string
  /** the zone of the file that declares it, normalised like Record.zone; undefined in a file without a zone */
  readonly zone: string | undefined
  readonly members: readonly Member[]
  /** a check's name; undefined: never probed, always up */
  readonly check: string | undefined
  readonly minInService: Floor
  readonly allDown: AllDownMode
  readonly fallback: string | undefined
  /** slow start after a return; 0: none */
  readonly warmUpMs: number
  /** at most this share (0..1] of the pool is removed within removalWindowMs */
  readonly removalShare: number
  readonly removalWindowMs: number
  /** follow the load that nodes report */
  readonly loadAware: boolean
  /** when standby members join and leave: mean load of the pool, 0..1 */
  readonly standby: { readonly joinAbove: number; readonly joinAfterMs: number; readonly leaveBelow: number }
  readonly origin: Origin
}

export const PICKS = ['round-robin', 'weighted', 'failover', 'sticky', 'nearest'] as const
export type Pick = (typeof PICKS)[number]

/** Across the keys all must hold, within a key any; no key at all matches everyone. */
export interface Match {
  /** ISO 3166-1 alpha-2 */
  readonly country: readonly string[]
  /** AF AN AS EU NA OC SA */
  readonly continent: readonly string[]
  /** ISO 3166-2, US-CA */
  readonly subdivision: readonly string[]
  readonly asn: readonly number[]
  readonly net: readonly Network[]
}

export interface Rule {
  readonly match: Match
  readonly pool: string
  readonly origin: Origin
}

export interface SteeredRecord {
  /** the zone's name, lower case, absolute, with the final dot: `portal.example.` */
  readonly zone: string
  /** the record's own name, lower case, absolute: `video.portal.example.` */
  readonly name: string
  /** ordered; the last one matches everyone */
  readonly rules: readonly Rule[]
  readonly pick: Pick
  /** most addresses in an answer, 1..64 */
  readonly answers: number
  /** a rule's clients never spill to another pool */
  readonly strict: boolean
  readonly ttl: { readonly maxSeconds: number; readonly minSeconds: number }
  readonly origin: Origin
}

export type ScheduledAction =
  | { readonly kind: 'drain' | 'resume'; readonly node: string }
  | { readonly kind: 'weight'; readonly node: string; readonly weight: number }
  | { readonly kind: 'standby'; readonly pool: string; readonly on: boolean }

export interface Schedule {
  readonly name: string
  /** five-field cron expression */
  readonly cron: string
  readonly timeZone: string
  readonly action: ScheduledAction
  readonly reason: string | undefined
  /** after a restart: run the latest missed occurrence, or let it be */
  readonly missed: 'catch-up' | 'skip'
  readonly origin: Origin
}

/** Everything the steering files declare; names are checked: whatever refers to something refers to something that is here. */
export interface Steering {
  readonly nodes: ReadonlyMap<string, Node>
  readonly sites: ReadonlyMap<string, Site>
  readonly checks: ReadonlyMap<string, Check>
  readonly pools: ReadonlyMap<string, Pool>
  /** by the record's absolute name */
  readonly records: ReadonlyMap<string, SteeredRecord>
  readonly schedules: ReadonlyMap<string, Schedule>
}

export const NOTHING_DECLARED: Steering = {
  nodes: new Map(),
  sites: new Map(),
  checks: new Map(),
  pools: new Map(),
  records: new Map(),
  schedules: new Map(),
}
