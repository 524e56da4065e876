/**
 * What travels between the main thread and the thread that loads: a request that says what is known already, and a reply
 * that brings only what is new. Plain values and shared buffers.
 */
import type { Issue } from '../base/index.ts'
import type { Knowledge } from '../geo/index.ts'
import type { Steering } from '../steer/index.ts'

export interface GeoipFiles {
  /** absolute paths; none at all: the country database that comes with Meridian */
  readonly country?: string
  readonly city?: string
  readonly asn?: string
}

export interface DatabasePath {
  readonly kind: 'country' | 'city' | 'asn'
  readonly path: string
  readonly builtIn: boolean
}

/** One zone as it was last loaded. */
export interface KnownZone {
  /** lower case, absolute */
  readonly name: string
  /** its master file, as the operator would name it */
  readonly file: string
  /** changes when the file, a file it includes, or its steered names change */
  readonly key: string
  readonly includes: readonly string[]
}

export interface LoadRequest {
  /** folder of master and steering files */
  readonly zones: string
  /** see ZoneSource */
  readonly serving: boolean
  readonly geoip: GeoipFiles
  /** zones that come from elsewhere (absolute, lower case): they may be steered without a master file, and must not have one */
  readonly elsewhere: readonly string[]
  /** names of steered records by their number: a number once given stays */
  readonly numbers: readonly string[]
  readonly knownZones: readonly KnownZone[]
  /** what steering, records and maps were made of; '' at first */
  readonly steeringKey: string
  /** of the last load */
  readonly geo: GeoMemory | undefined
}

export interface ReplyZone extends KnownZone {
  /** undefined: as it was */
  readonly image: SharedArrayBuffer | undefined
  readonly serial: number
  readonly records: number
  readonly names: number
  /** warnings and notes; of an unchanged zone they are not told again */
  readonly issues: readonly Issue[] | undefined
}

/** A class of clients as a value that can travel. */
export interface ReplyClass {
  readonly rule: number
  /** for `nearest`: site names, nearest first */
  readonly sites: readonly string[] | undefined
}

export interface ReplyRecord {
  readonly name: string
  readonly map: number
  readonly classes: readonly ReplyClass[]
}

/** Which database answers for places, and how old it is. */
export interface DatabaseFile {
  readonly kind: 'country' | 'city' | 'asn'
  readonly file: string
  /** as issues and explanations name it */
  readonly name: string
  readonly builtIn: boolean
  /** epoch ms */
  readonly builtAtMs: number
  readonly type: string
}

/** A compiled map, and what its class numbers mean. */
export interface KnownMap {
  readonly image: SharedArrayBuffer
  readonly classes: readonly ReplyClass[]
}

/** Address -> country, for the counters. */
export interface CountryMap {
  readonly map: SharedArrayBuffer
  /** by class */
  readonly names: readonly string[]
}

/**
 * What is kept of places from one load to the next: with the same databases, a set of rules that was compiled before is not
 * compiled again, and the databases are not even opened. Examining a city database takes seconds.
 */
export interface GeoMemory {
  /** paths and stamps of the databases */
  readonly key: string
  readonly databases: readonly DatabaseFile[]
  /** what all of them together know */
  readonly knows: Knowledge
  readonly issues: readonly Issue[]
  readonly countries: CountryMap | undefined
  /** by their matches, and for `nearest` their sites, as text */
  readonly maps: ReadonlyMap<string, KnownMap>
}

export interface ReplySteering {
  readonly key: string
  readonly steering: Steering
  readonly issues: readonly Issue[]
  /** by number, over all numbers: undefined where the record is gone */
  readonly records: readonly (ReplyRecord | undefined)[]
  readonly maps: readonly SharedArrayBuffer[]
  readonly countries: CountryMap | undefined
  readonly databases: readonly DatabaseFile[]
  readonly geo: GeoMemory
}

export type LoadReply =
  | {
      readonly ok: true
      readonly zones: readonly ReplyZone[]
      /** undefined: as it was */
      readonly steering: ReplySteering | undefined
      readonly numbers: readonly string[]
    }
  | { readonly ok: false; readonly issues: readonly Issue[] }
