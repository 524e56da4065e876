/**
 * What changed in the zones of late, so that a secondary that was away for a while gets the difference alone (RFC 1995 2).
 * Bounded by records over all zones: the oldest differences of the zone that holds most go first. It does not survive a restart: a
 * secondary then gets the whole zone once.
 */
import type { ZoneDiff, ZoneRecord } from '../zone/index.ts'

/** About 100 octets each with their objects: a journal of some 20 MB at the most. */
const MAX_RECORDS = 200_000
/** A secondary that is further behind is better served with the whole zone. */
const MAX_DIFFS_PER_ZONE = 200

interface Kept {
  readonly diffs: ZoneDiff[]
  records: number
}

export class DiffJournal {
  private readonly zones = new Map<string, Kept>()
  private readonly maxRecords: number
  private records = 0

  constructor(maxRecords = MAX_RECORDS) {
    this.maxRecords = maxRecords
  }

  /** Adds a copy of a change; one that does not follow the last one begins the zone's journal anew. */
  add(zone: string, diff: ZoneDiff): void {
    let kept = this.zones.get(zone)
    if (kept !== undefined && kept.diffs.at(-1)?.toSerial !== diff.fromSerial) {
      this.forget(zone)
      kept = undefined
    }
    if (kept === undefined) {
      kept = { diffs: [], records: 0 }
      this.zones.set(zone, kept)
    }
    kept.diffs.push(detached(diff))
    this.count(kept, size(diff))
    while (kept.diffs.length > MAX_DIFFS_PER_ZONE) this.dropOldest(zone, kept)
    while (this.records > this.maxRecords) {
      const [largest, most] = [...this.zones].reduce((a, b) => (b[1].records > a[1].records ? b : a))
      this.dropOldest(largest, most)
    }
  }

  /** @returns the changes from `serial` on, the oldest first, up to `current`; undefined: not known (any more) */
  since(zone: string, serial: number, current: number): readonly ZoneDiff[] | undefined {
    const diffs = this.zones.get(zone)?.diffs ?? []
    const from = diffs.findIndex(({ fromSerial }) => fromSerial === serial)
    if (from < 0 || diffs.at(-1)!.toSerial !== current) return undefined
    return diffs.slice(from)
  }

  forget(zone: string): void {
    this.records -= this.zones.get(zone)?.records ?? 0
    this.zones.delete(zone)
  }

  private dropOldest(zone: string, kept: Kept): void {
    const oldest = kept.diffs.shift()
    if (oldest !== undefined) this.count(kept, -size(oldest))
    if (kept.diffs.length === 0) this.zones.delete(zone)
  }

  private count(kept: Kept, records: number): void {
    kept.records += records
    this.records += records
  }
}

/** A copy that stands alone: records of a difference are views of zone images, and one of them would keep a whole image in memory. */
function detached({ fromSerial, toSerial, oldSoa, newSoa, removed, added }: ZoneDiff): ZoneDiff {
  const copy = (record: ZoneRecord): ZoneRecord => ({
    ...record,
    owner: record.owner.slice(),
    rdata: record.rdata.slice(),
  })
  return {
    fromSerial,
    toSerial,
    oldSoa: copy(oldSoa),
    newSoa: copy(newSoa),
    removed: removed.map(copy),
    added: added.map(copy),
  }
}

/** With the two SOA records. */
function size({ removed, added }: ZoneDiff): number {
  return removed.length + added.length + 2
}
