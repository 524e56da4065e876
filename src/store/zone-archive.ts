/**
 * Zones kept in the database, a row a record: an update of one record writes one row, whatever the size of the zone.
 * Owners are stored in lower case, so that a name is one key; rdata as it is.
 */
import { lowerName } from '../wire/index.ts'
import type { ZoneDiff, ZoneRecord } from '../zone/index.ts'
import type { Sqlite } from './database.ts'

/** What a key may change; the transfer room says what it means. */
interface Grant {
  readonly key: string
  readonly under?: string | undefined
  readonly label?: string | undefined
  readonly types?: readonly string[] | undefined
}

export interface StoredZone {
  /** lower case, absolute */
  readonly zone: string
  readonly grants: readonly Grant[]
  readonly records: Iterable<ZoneRecord>
}

/** Every write is one transaction, on disk when it returns. */
export interface ZoneArchive {
  load(): readonly StoredZone[]
  put(zone: string, grants: readonly Grant[], records: Iterable<ZoneRecord>, author: string, atMs: number): void
  change(zone: string, diff: ZoneDiff): void
  grant(zone: string, grants: readonly Grant[]): void
  remove(zone: string): void
}

interface RecordRow {
  readonly owner: Buffer
  readonly type: number
  readonly ttl: number
  readonly rdata: Buffer
}

export function createZoneArchive(db: Sqlite): ZoneArchive {
  const zones = db.prepare('SELECT name, grants FROM zone ORDER BY name')
  const records = db.prepare<[string], RecordRow>('SELECT owner, type, ttl, rdata FROM zone_record WHERE zone = ?')
  const putZone = db.prepare('INSERT OR REPLACE INTO zone (name, grants, author, at_ms) VALUES (?, ?, ?, ?)')
  const putGrants = db.prepare('UPDATE zone SET grants = ? WHERE name = ?')
  const dropZone = db.prepare('DELETE FROM zone WHERE name = ?')
  const dropRecords = db.prepare('DELETE FROM zone_record WHERE zone = ?')
  const putRecord = db.prepare(
    'INSERT OR REPLACE INTO zone_record (zone, owner, type, rdata, ttl) VALUES (?, ?, ?, ?, ?)',
  )
  const dropRecord = db.prepare('DELETE FROM zone_record WHERE zone = ? AND owner = ? AND type = ? AND rdata = ?')

  const add = (zone: string, { owner, type, ttl, rdata }: ZoneRecord): void => {
    putRecord.run(zone, blob(lowerName(owner)), type, blob(rdata), ttl)
  }
  const drop = (zone: string, { owner, type, rdata }: ZoneRecord): void => {
    dropRecord.run(zone, blob(lowerName(owner)), type, blob(rdata))
  }

  return {
    load: () =>
      (zones.all() as { name: string; grants: string }[]).map(({ name, grants }) => ({
        zone: name,
        grants: JSON.parse(grants) as Grant[],
        records: records.all(name).map(({ owner, type, ttl, rdata }) => ({
          owner: new Uint8Array(owner),
          type,
          ttl,
          rdata: new Uint8Array(rdata),
        })),
      })),
    put: db.transaction(
      (zone: string, grants: readonly Grant[], all: Iterable<ZoneRecord>, author: string, atMs: number) => {
        dropRecords.run(zone)
        putZone.run(zone, JSON.stringify(grants), author, Math.round(atMs))
        for (const record of all) add(zone, record)
      },
    ),
    change: db.transaction((zone: string, { oldSoa, newSoa, removed, added }: ZoneDiff) => {
      drop(zone, oldSoa)
      for (const record of removed) drop(zone, record)
      for (const record of added) add(zone, record)
      add(zone, newSoa)
    }),
    grant: (zone, grants) => {
      putGrants.run(JSON.stringify(grants), zone)
    },
    remove: db.transaction((zone: string) => {
      dropRecords.run(zone)
      dropZone.run(zone)
    }),
  }
}

/** An empty Buffer is a BLOB of no octets; a view goes as what it shows. */
function blob(octets: Uint8Array): Buffer {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength)
}
