/**
 * The world: everything that queries are answered from. `WorldParts` is what travels between threads (shared buffers and
 * plain values); each thread attaches its own views and keeps them until the structure changes.
 *
 *     structure: zones, maps, numbering      changes with files; sent as a message
 *     region: the variants of steered names  changes with health; one atomic store a record
 *     counters: one row a thread
 */
import type { CounterLayout } from './counters.ts'
import type { RateLimits } from './rate-limit.ts'

export interface ZoneParts {
  /** lower case, absolute: `portal.example.` */
  readonly name: string
  readonly image: SharedArrayBuffer
  /** the zone's column in the counters */
  readonly id: number
  /** a secondary whose primary was silent past SOA expire (RFC 1035 3.3.13): answered with SERVFAIL */
  readonly expired: boolean
}

export interface WorldParts {
  readonly zones: readonly ZoneParts[]
  /** for each zone the serial that its SOA carries now, 32 bits; it goes up when steered data that are transferred change */
  readonly serials: SharedArrayBuffer
  /** class maps of the rule sets; records share them */
  readonly maps: readonly SharedArrayBuffer[]
  /** for each record (by its number): an index into `maps`, or -1 where the client does not matter */
  readonly recordMaps: Int32Array
  readonly region: SharedArrayBuffer
  readonly counters: SharedArrayBuffer
  readonly layout: CounterLayout
  /** address -> country number, for the counters; undefined: nobody counts countries */
  readonly countries: SharedArrayBuffer | undefined
  /** country number of that map -> column of the counters */
  readonly countryColumns: Int32Array
}

/** What the name server says of itself, and what it allows strangers; changes only with a restart of the threads. */
export interface ResponderSettings {
  /** NSID (RFC 5001) and id.server, hostname.bind; undefined: not told */
  readonly nsid: string | undefined
  /** version.bind, version.server; undefined: refused */
  readonly version: string | undefined
  /** most octets of a UDP response, whatever the client offers; 1232 fits any path (DNS flag day 2020) */
  readonly udpLimit: number
  /** RFC 7828: what idle timeout to tell, in units of 100 ms; 0: none is told */
  readonly keepalive: number
  /** RFC 7873 secrets, the newest first, 16 octets each; none: cookies are ignored */
  readonly cookieSecrets: readonly Uint8Array[]
}

/** What a serving thread is started with. */
export interface ResponderInit {
  /** which word of the control block and which row of the counters is this thread's */
  readonly thread: number
  readonly control: SharedArrayBuffer
  /** what the control block's structure word counted when `parts` were made */
  readonly structure: number
  readonly parts: WorldParts
  readonly settings: ResponderSettings
  readonly limits: RateLimits
  readonly seed: number
}

/** What is sent when the structure has changed. */
export interface StructureMessage {
  readonly kind: 'structure'
  readonly parts: WorldParts
  /** as in `ResponderInit` */
  readonly structure: number
}
