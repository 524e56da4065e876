/**
 * The doors of zone transfer: what it needs of the house, and what it hands out.
 */
import type { Network } from '../base/index.ts'
import type { UpdateRecord, ZoneDiff, ZoneModel, ZoneRecord } from '../zone/index.ts'

/** A TSIG key as settings have it. */
export interface Key {
  /** lower case, absolute: `ns2.` */
  readonly name: string
  /** an algorithm of RFC 8945: hmac-sha256 */
  readonly algorithm: string
  readonly secret: Uint8Array
}

/** Another name server: where it is, and the name of the key to speak with it. */
export interface Peer {
  /** 4 or 16 octets */
  readonly address: Uint8Array
  readonly port: number
  readonly key: string | undefined
}

/** Who may: everyone in the network, or whoever signs with the key. */
export type Access =
  | { readonly kind: 'network'; readonly network: Network }
  | { readonly kind: 'key'; readonly key: string }

/** Where a message came from, and the way back: the shape that the serving room's slow door has. */
export interface Request {
  readonly transport: 'udp' | 'tcp' | 'tls'
  /** 4 or 16 octets */
  readonly peer: Uint8Array
  readonly port: number
  /** @returns resolves when there is room for more: true; or false: the client is gone, stop */
  send(message: Uint8Array): Promise<boolean>
}

/** One version of a zone; it stays what it is while a transfer of it runs, whatever becomes of the zone. */
export interface ZoneVersion {
  readonly serial: number
  /** the SOA first; steered names as their safe view */
  records(): Iterable<ZoneRecord>
  /** the changes from `serial` to this version, the oldest first; undefined: they are not known any more */
  changesSince(serial: number): readonly ZoneDiff[] | undefined
}

/** What became of a zone that is asked for. */
export type ZoneState =
  | { readonly kind: 'served'; readonly version: ZoneVersion }
  /** ours, but with nothing to serve now: still loading, or an expired secondary */
  | { readonly kind: 'unavailable' }
  | { readonly kind: 'unknown' }

/** Who asked, as far as it is proven. */
export interface Asker {
  readonly address: Uint8Array
  /** the name of the key that signed, text; undefined: unsigned */
  readonly key: string | undefined
}

export interface TransferLog {
  info(details: object, message: string): void
  warn(details: object, message: string): void
}

export interface TransferPorts {
  /** Unix time */
  nowSeconds(): number
  /** by name, lower case, absolute; may change between messages */
  keys(): ReadonlyMap<string, Key>
  /** who may transfer this zone */
  allow(zone: Uint8Array): readonly Access[]
  /** @param name  wire form, lower case */
  zone(name: Uint8Array): ZoneState
  /** Answers an ordinary query (its signature taken off), as the query path would; undefined: silence. */
  query(message: Uint8Array, request: Request): Uint8Array | undefined
  /**
   * A primary says that a zone has changed.
   * @returns accepted; or why not: stranger (not one of this zone's primaries), primary (we are), unknown (not our zone)
   */
  notified(zone: Uint8Array, serial: number | undefined, from: Asker): 'accepted' | 'stranger' | 'primary' | 'unknown'
  /**
   * Carries out a dynamic update (RFC 2136), durably; resolves with the rcode, and perhaps with why: NOTAUTH where the zone is not
   * ours, REFUSED where it or its records are not for updates, or not for this asker's.
   */
  update(
    zone: Uint8Array,
    prerequisites: readonly UpdateRecord[],
    updates: readonly UpdateRecord[],
    from: Asker,
  ): Promise<{ readonly rcode: number; readonly why?: string }>
  readonly log: TransferLog
}

/** Answers everything that is not for the query path. `handle` is what the serving room calls. */
export interface TransferDoor {
  handle(message: Uint8Array, request: Request): Promise<void>
  /** transfers that go out now */
  readonly transfersOut: number
}

/** A zone that is kept as a copy of another server's. */
export interface SecondaryZone {
  /** lower case, absolute */
  readonly zone: string
  /** asked in this order, the next one where one fails */
  readonly primaries: readonly Peer[]
  /** everything goes over TLS (RFC 9103), to whoever proves the name; undefined: over UDP and TCP */
  readonly tls?: PrimaryTls | undefined
}

export interface PrimaryTls {
  /** what the certificate must be for */
  readonly name: string
  /** PEM; undefined: those that Node.js knows */
  readonly authorities: string | undefined
}

export interface SavedZone {
  readonly model: ZoneModel
  /** Unix time in ms when a primary last confirmed it */
  readonly confirmedAtMs: number
}

export interface SecondaryPorts {
  /** Unix time in ms */
  nowMs(): number
  /** 0 <= result < 1: spreads the refreshes of many zones */
  random(): number
  keys(): ReadonlyMap<string, Key>
  /** the copy that survived the restart */
  saved(zone: string): SavedZone | undefined
  /** Keeps a copy for the next start. */
  save(zone: string, model: ZoneModel, confirmedAtMs: number): void
  /** The copy that is kept was confirmed again. */
  confirm(zone: string, confirmedAtMs: number): void
  /** A new version is here: compile and serve it. @param changes from the version before; undefined: the whole zone is new */
  changed(zone: string, model: ZoneModel, changes: readonly ZoneDiff[] | undefined): void
  /**
   * The zone is ours, and there is nothing to serve: SERVFAIL until a version comes, rather than REFUSED, which resolvers take for a
   * wrong delegation. @param model  the copy that has expired, or a zone with an SOA and nothing else
   */
  pending(zone: string, model: ZoneModel): void
  /** Nobody has confirmed the copy for too long (RFC 1034 4.3.5): answer SERVFAIL from now on. */
  expired(zone: string): void
  readonly log: TransferLog
}

/** How a secondary zone stands, for status and metrics. */
export interface SecondaryStatus {
  readonly zone: string
  readonly state: 'empty' | 'current' | 'refreshing' | 'failing' | 'expired'
  readonly serial: number | undefined
  readonly confirmedAtMs: number | undefined
  readonly nextAttemptAtMs: number
  readonly expiresAtMs: number | undefined
  readonly lastError: string | undefined
}
