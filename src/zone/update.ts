/**
 * Dynamic update (RFC 2136) as a function: a zone and an update message's sections in, an rcode and a new zone out. All of it
 * takes effect, or nothing does. Who may update, and the zone section, are the caller's business.
 */
import { CLASS, checkRdata, isAtOrBelow, isMetaType, RCODE, sameName, TYPE } from '../wire/index.ts'
import { diffRecords, type ZoneDiff } from './diff.ts'
import { nameKey, sameRdata, type ZoneRecord } from './records.ts'
import { nextSerial, serialNewer } from './serial.ts'
import { soaFigures, withSerial } from './soa.ts'
import type { ZoneDraft, ZoneModel } from './zone-model.ts'

/** A record as it stands in the prerequisite or update section: its class says what is meant. */
export interface UpdateRecord extends ZoneRecord {
  readonly class: number
}

export interface UpdateLimits {
  /** most records of the zone afterwards: a key must not fill the memory */
  readonly records: number
  /** most octets of rdata in one set: what no message could carry */
  readonly setOctets: number
}

export const UPDATE_LIMITS: UpdateLimits = { records: 1_000_000, setOctets: 60_000 }

export interface UpdateResult {
  readonly rcode: number
  /** the zone afterwards; the one that was given where nothing changed or the rcode is not NOERROR */
  readonly zone: ZoneModel
  /** what changed; undefined: nothing */
  readonly diff: ZoneDiff | undefined
}

/**
 * @param zone    has an SOA
 * @param refused names and types that this zone does not let be updated (steered addresses): REFUSED
 */
export function applyUpdate(
  zone: ZoneModel,
  prerequisites: readonly UpdateRecord[],
  updates: readonly UpdateRecord[],
  limits: UpdateLimits = UPDATE_LIMITS,
  refused: (owner: Uint8Array, type: number) => boolean = () => false,
): UpdateResult {
  const unchanged = (rcode: number): UpdateResult => ({ rcode, zone, diff: undefined })
  const unmet = checkPrerequisites(zone, prerequisites) || prescan(zone, updates)
  if (unmet !== RCODE.NOERROR) return unchanged(unmet)
  if (updates.some(({ owner, type }) => refused(owner, type))) return unchanged(RCODE.REFUSED)
  const before = zone.soa!
  const touched = new Map<string, Uint8Array>()
  let updated = zone.edit((draft) => {
    for (const update of updates) {
      touched.set(nameKey(update.owner), update.owner)
      applyOne(draft, update)
    }
  })
  const names = [...touched.values()]
  const contents = diffRecords(recordsAt(zone, names), recordsAt(updated, names))
  if (contents.removed.length + contents.added.length === 0) return unchanged(RCODE.NOERROR)
  if (updated.records > limits.records || oversized(updated, contents.added, limits)) return unchanged(RCODE.REFUSED)
  // 3.6: who changes the zone without changing the serial gets it changed.
  const stated = soaFigures(updated.soa!).serial
  if (!serialNewer(stated, soaFigures(before).serial)) {
    const { ttl } = updated.set(zone.origin, TYPE.SOA)!
    const rdata = withSerial(updated.soa!, nextSerial(soaFigures(before).serial))
    updated = updated.edit((draft) => draft.replace({ owner: zone.origin, type: TYPE.SOA, ttl, rdata }))
  }
  return { rcode: RCODE.NOERROR, zone: updated, diff: diffOf(zone, updated, contents) }
}

function diffOf(
  before: ZoneModel,
  after: ZoneModel,
  { removed, added }: { readonly removed: readonly ZoneRecord[]; readonly added: readonly ZoneRecord[] },
): ZoneDiff {
  const soaOf = (zone: ZoneModel): ZoneRecord => {
    const set = zone.set(zone.origin, TYPE.SOA)!
    return { owner: zone.origin, type: TYPE.SOA, ttl: set.ttl, rdata: set.rdatas[0]! }
  }
  return {
    fromSerial: before.serial,
    toSerial: after.serial,
    oldSoa: soaOf(before),
    newSoa: soaOf(after),
    removed: removed.filter(({ type }) => type !== TYPE.SOA),
    added: added.filter(({ type }) => type !== TYPE.SOA),
  }
}

function* recordsAt(zone: ZoneModel, names: readonly Uint8Array[]): Generator<ZoneRecord, void, undefined> {
  for (const owner of names)
    for (const type of zone.types(owner)) {
      const { ttl, rdatas } = zone.set(owner, type)!
      for (const rdata of rdatas) yield { owner, type, ttl, rdata }
    }
}

function oversized(zone: ZoneModel, added: readonly ZoneRecord[], limits: UpdateLimits): boolean {
  return added.some(({ owner, type }) => {
    const octets = zone.set(owner, type)?.rdatas.reduce((sum, rdata) => sum + rdata.length + 12, 0) ?? 0
    return octets > limits.setOctets
  })
}

/** RFC 2136 3.2. @returns the rcode of the first prerequisite that is malformed or does not hold */
function checkPrerequisites(zone: ZoneModel, prerequisites: readonly UpdateRecord[]): number {
  const wanted = new Map<string, { owner: Uint8Array; type: number; rdatas: Uint8Array[] }>()
  for (const { owner, type, class: klass, ttl, rdata } of prerequisites) {
    if (ttl !== 0) return RCODE.FORMERR
    if (!isAtOrBelow(owner, zone.origin)) return RCODE.NOTZONE
    if (klass === CLASS.ANY || klass === CLASS.NONE) {
      if (rdata.length > 0 || (type !== TYPE.ANY && isMetaType(type))) return RCODE.FORMERR
      const exists = type === TYPE.ANY ? zone.types(owner).length > 0 : zone.set(owner, type) !== undefined
      if (klass === CLASS.ANY && !exists) return type === TYPE.ANY ? RCODE.NXDOMAIN : RCODE.NXRRSET
      if (klass === CLASS.NONE && exists) return type === TYPE.ANY ? RCODE.YXDOMAIN : RCODE.YXRRSET
    } else if (klass === CLASS.IN) {
      if (isMetaType(type) || !checkRdata(type, rdata)) return RCODE.FORMERR
      const key = `${type} ${nameKey(owner)}`
      const set = wanted.get(key)
      if (set === undefined) wanted.set(key, { owner, type, rdatas: [rdata] })
      else if (!set.rdatas.some((one) => sameRdata(type, one, rdata))) set.rdatas.push(rdata)
    } else return RCODE.FORMERR
  }
  // 3.2.3: a set exists with exactly these data.
  for (const { owner, type, rdatas } of wanted.values()) {
    const present = zone.set(owner, type)?.rdatas ?? []
    const alike = present.length === rdatas.length && rdatas.every((rdata) => holds(present, type, rdata))
    if (!alike) return RCODE.NXRRSET
  }
  return RCODE.NOERROR
}

/** RFC 2136 3.4.1: malformed updates are refused before the first one takes effect. */
function prescan(zone: ZoneModel, updates: readonly UpdateRecord[]): number {
  for (const { owner, type, class: klass, ttl, rdata } of updates) {
    if (!isAtOrBelow(owner, zone.origin)) return RCODE.NOTZONE
    if (klass === CLASS.IN) {
      if (isMetaType(type) || !checkRdata(type, rdata) || ttl > 0x7fffffff) return RCODE.FORMERR
    } else if (klass === CLASS.ANY) {
      if (ttl !== 0 || rdata.length > 0 || (type !== TYPE.ANY && isMetaType(type))) return RCODE.FORMERR
    } else if (klass === CLASS.NONE) {
      if (ttl !== 0 || isMetaType(type)) return RCODE.FORMERR
    } else return RCODE.FORMERR
  }
  return RCODE.NOERROR
}

/** RFC 2136 3.4.2: one update that passed the prescan. */
function applyOne(draft: ZoneDraft, update: UpdateRecord): void {
  const { owner, type, class: klass } = update
  const atApex = sameName(owner, draft.origin)
  if (klass === CLASS.IN) add(draft, update, atApex)
  else if (klass === CLASS.ANY) {
    // 3.4.2.3: the apex keeps its SOA and NS whatever is asked.
    const types = type === TYPE.ANY ? draft.types(owner) : [type]
    for (const each of types) if (!atApex || (each !== TYPE.SOA && each !== TYPE.NS)) draft.removeSet(owner, each)
  } else remove(draft, update, atApex)
}

/** 3.4.2.2: a record is added, or replaces the one of which there can be only one; what cannot stand together is ignored. */
function add(draft: ZoneDraft, { owner, type, ttl, rdata }: UpdateRecord, atApex: boolean): void {
  const others = draft.types(owner).filter((each) => !BESIDE_CNAME.has(each))
  if (type === TYPE.CNAME) {
    if (others.length > 0) return
  } else if (!BESIDE_CNAME.has(type) && draft.set(owner, TYPE.CNAME) !== undefined) return
  if (type === TYPE.SOA) {
    const present = draft.set(owner, TYPE.SOA)?.rdatas[0]
    if (!atApex || present === undefined || !serialNewer(soaFigures(rdata).serial, soaFigures(present).serial)) return
  }
  if (type === TYPE.SOA || type === TYPE.CNAME || type === TYPE.DNAME) {
    draft.replace({ owner, type, ttl, rdata })
    return
  }
  const present = draft.set(owner, type)?.rdatas.find((one) => sameRdata(type, one, rdata))
  if (present === undefined) draft.add({ owner, type, ttl, rdata })
  // RFC 2181 5.2: the set has one TTL, the last one given.
  draft.setTtl(owner, type, ttl)
}

/** 3.4.2.4: one record is deleted, but never the SOA nor the last NS of the apex. */
function remove(draft: ZoneDraft, { owner, type, rdata }: UpdateRecord, atApex: boolean): void {
  if (type === TYPE.SOA) return
  const set = draft.set(owner, type)
  const present = set?.rdatas.find((one) => sameRdata(type, one, rdata))
  if (set === undefined || present === undefined) return
  if (atApex && type === TYPE.NS && set.rdatas.length === 1) return
  draft.remove(owner, type, present)
}

/** RFC 4034: what stands beside a CNAME by right. */
const BESIDE_CNAME: ReadonlySet<number> = new Set([TYPE.CNAME, TYPE.RRSIG, TYPE.NSEC, TYPE.NSEC3, TYPE.KEY])

function holds(rdatas: readonly Uint8Array[], type: number, rdata: Uint8Array): boolean {
  return rdatas.some((one) => sameRdata(type, one, rdata))
}
