/**
 * What changed between two versions of a zone, as an incremental transfer tells it (RFC 1995 4): the records that went and those
 * that came. A changed TTL is a removal and an addition. Whole nodes and sets that are alike are compared as bytes, so the cost
 * in objects is the size of the difference, not of the zone.
 */
import type { ZoneImage } from './image.ts'
import { NameWalk } from './name-walk.ts'
import { nameKey, sameOctets, setRecords, type ZoneRecord } from './records.ts'

export interface ZoneDiff {
  readonly fromSerial: number
  readonly toSerial: number
  readonly oldSoa: ZoneRecord
  readonly newSoa: ZoneRecord
  /** without the SOA */
  readonly removed: readonly ZoneRecord[]
  /** without the SOA */
  readonly added: readonly ZoneRecord[]
}

/** Compares two images of one zone. Steered nodes' addresses are not in an image: see diffRecords. */
export function diffZones(before: ZoneImage, after: ZoneImage): ZoneDiff {
  const walk = new NameWalk()
  const removed: ZoneRecord[] = []
  const added: ZoneRecord[] = []
  for (let node = before.apex; node !== 0; node = before.nextNode(node)) {
    walk.take(before.octets, before.ownerAt(node))
    const other = after.find(walk, 0)
    for (let set = before.firstRrset(node); set !== 0; set = before.nextRrset(set)) {
      if (set === before.soa) continue
      const twin = other === 0 ? 0 : after.rrset(other, before.rrType(set))
      if (twin === 0) removed.push(...setRecords(before, node, set))
      else diffSets(before, node, set, after, other, twin, removed, added)
    }
  }
  for (let node = after.apex; node !== 0; node = after.nextNode(node)) {
    walk.take(after.octets, after.ownerAt(node))
    const other = before.find(walk, 0)
    for (let set = after.firstRrset(node); set !== 0; set = after.nextRrset(set))
      if (set !== after.soa && (other === 0 || before.rrset(other, after.rrType(set)) === 0))
        added.push(...setRecords(after, node, set))
  }
  const [oldSoa] = setRecords(before, before.apex, before.soa)
  const [newSoa] = setRecords(after, after.apex, after.soa)
  return { fromSerial: before.serial, toSerial: after.serial, oldSoa: oldSoa!, newSoa: newSoa!, removed, added }
}

function diffSets(
  before: ZoneImage,
  node: number,
  set: number,
  after: ZoneImage,
  other: number,
  twin: number,
  removed: ZoneRecord[],
  added: ZoneRecord[],
): void {
  const old = before.octets.subarray(before.rrAt(set), before.rrAt(set) + before.rrOctets(set))
  const now = after.octets.subarray(after.rrAt(twin), after.rrAt(twin) + after.rrOctets(twin))
  if (sameOctets(old, now)) return
  const records = diffRecords(setRecords(before, node, set), setRecords(after, other, twin))
  removed.push(...records.removed)
  added.push(...records.added)
}

/** Compares two lists of records, in any order. */
export function diffRecords(
  before: Iterable<ZoneRecord>,
  after: Iterable<ZoneRecord>,
): { readonly removed: ZoneRecord[]; readonly added: ZoneRecord[] } {
  const old = new Map<string, ZoneRecord>()
  for (const record of before) old.set(recordKey(record), record)
  const added: ZoneRecord[] = []
  for (const record of after) if (!old.delete(recordKey(record))) added.push(record)
  return { removed: [...old.values()], added }
}

/** Everything that makes a record what it is, as a key: owner (without case), type, TTL and rdata. */
function recordKey({ owner, type, ttl, rdata }: ZoneRecord): string {
  let key = `${type} ${ttl} ${nameKey(owner)} `
  for (const octet of rdata) key += String.fromCharCode(octet)
  return key
}
