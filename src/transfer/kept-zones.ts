/**
 * Zones that are kept in the database instead of a file: created through the API, changed through it or by dynamic update (RFC 2136)
 * with a TSIG key that was granted it. nsupdate, certbot and lego work against them.
 *
 *     change ─▶ checked ─▶ on disk ─▶ in force ─▶ told to secondaries
 *
 * What was answered NOERROR is durable; what could not be written did not happen (SERVFAIL).
 */
import type { Issue } from '../base/index.ts'
import { CLASS, lowerName, parseName, printName, RCODE } from '../wire/index.ts'
import {
  applyUpdate,
  compileRecords,
  diffRecords,
  loadZone,
  type UpdateRecord,
  type ZoneDiff,
  ZoneImage,
  ZoneModel,
  type ZoneRecord,
  zoneRecords,
} from '../zone/index.ts'
import { type Grant, grantProblem, refusedChange } from './grants.ts'
import type { Asker, TransferLog } from './ports.ts'

export interface ArchivedZone {
  /** lower case, absolute */
  readonly zone: string
  readonly grants: readonly Grant[]
  readonly records: Iterable<ZoneRecord>
}

/** Where the zones are kept. A write is on disk when it returns, and throws where it is not. */
export interface ZoneArchive {
  load(): readonly ArchivedZone[]
  /** Creates the zone, or replaces it whole. */
  put(zone: string, grants: readonly Grant[], records: Iterable<ZoneRecord>, author: string, atMs: number): void
  change(zone: string, diff: ZoneDiff): void
  grant(zone: string, grants: readonly Grant[]): void
  remove(zone: string): void
}

/** Who asked for a write, and from where. */
export interface Writer {
  readonly author: string
  /** the source address as text, or `unix` */
  readonly from: string
}

export type KeptVerb = 'created' | 'replaced' | 'changed' | 'granted' | 'removed'

export interface KeptZonePorts {
  readonly archive: ZoneArchive
  nowMs(): number
  keys(): { has(key: string): boolean }
  /** whose the name is already, as the end of a sentence: "is read from zones/example.zone"; undefined: nobody's */
  taken(zone: string): string | undefined
  /** the absolute names in this zone that are steered: their addresses and aliases are not for updates */
  steered(zone: string): ReadonlySet<string>
  /** A new version is here: compile and serve it. @param changes undefined: the whole zone is new */
  changed(zone: string, model: ZoneModel, changes: readonly ZoneDiff[] | undefined): void
  removed(zone: string): void
  /** Somebody's write is on disk and in force: for the journal. */
  written(zone: string, what: KeptVerb, by: Writer): void
  readonly log: TransferLog
}

export interface KeptDone {
  /** unchanged: it was so already; nothing was written */
  readonly status: 'done' | 'unchanged'
  readonly message: string
  readonly serial: number
}

export type KeptRefusal =
  | { readonly status: 'conflict'; readonly message: string }
  | { readonly status: 'unknown'; readonly message: string; readonly advice: string }
  | { readonly status: 'invalid'; readonly message: string; readonly issues: readonly Issue[] }

export type KeptOutcome = KeptDone | KeptRefusal

export interface KeptZone {
  readonly zone: string
  readonly serial: number
  readonly records: number
  readonly grants: readonly Grant[]
}

/** A change through the API: records that go and records that come, under the next serial. */
export interface RecordChanges {
  readonly remove: readonly ZoneRecord[]
  readonly add: readonly ZoneRecord[]
}

export interface KeptZones {
  /** Brings back what the archive holds. */
  start(): void
  readonly zones: readonly KeptZone[]
  model(zone: string): ZoneModel | undefined
  /** Creates a zone from the text of a master file, or replaces it. */
  put(zone: string, file: string, octets: Uint8Array, grants: readonly Grant[] | undefined, by: Writer): KeptOutcome
  change(zone: string, changes: RecordChanges, by: Writer): KeptOutcome
  grant(zone: string, grants: readonly Grant[], by: Writer): KeptOutcome
  remove(zone: string, by: Writer): KeptOutcome
  /** A dynamic update; undefined: not a zone that is kept here. */
  update(
    zone: Uint8Array,
    prerequisites: readonly UpdateRecord[],
    updates: readonly UpdateRecord[],
    from: Asker,
  ): { readonly rcode: number; readonly why?: string } | undefined
}

interface Held {
  model: ZoneModel
  grants: readonly Grant[]
}

const ALIASES_AND_ADDRESSES: ReadonlySet<number> = new Set([1, 28, 5])

export function createKeptZones(ports: KeptZonePorts): KeptZones {
  const held = new Map<string, Held>()

  /** A file or a copy may have come with a name that was free once: it is served, and this one waits. */
  const shadowed = (zone: string): KeptOutcome | undefined => {
    const taken = ports.taken(zone)
    return taken === undefined ? undefined : { status: 'conflict', message: `Zone ${zone} ${taken}.` }
  }

  const unknown = (zone: string): KeptOutcome => ({
    status: 'unknown',
    message: `There is no zone ${zone} in the database.`,
    advice: 'A zone of a file is changed in its file.',
  })

  const refusedBySteering = (zone: string) => {
    const steered = ports.steered(zone)
    return (owner: Uint8Array, type: number): boolean =>
      ALIASES_AND_ADDRESSES.has(type) && steered.has(printName(lowerName(owner)))
  }

  /** Applies updates and keeps what came of them. @throws where the archive does */
  const apply = (
    zone: string,
    kept: Held,
    prerequisites: readonly UpdateRecord[],
    updates: readonly UpdateRecord[],
  ) => {
    const result = applyUpdate(kept.model, prerequisites, updates, undefined, refusedBySteering(zone))
    if (result.rcode === RCODE.NOERROR && result.diff !== undefined) {
      // On disk before anybody sees it, and before the answer.
      ports.archive.change(zone, result.diff)
      kept.model = result.zone
      ports.changed(zone, result.zone, [result.diff])
    }
    return result
  }

  return {
    start: () => {
      for (const { zone, grants, records } of ports.archive.load()) {
        const taken = ports.taken(zone)
        if (taken !== undefined) {
          ports.log.warn({ zone }, `zone ${zone} of the database is not served: it ${taken}`)
          continue
        }
        const model = ZoneModel.of(parseName(zone)!, records)
        held.set(zone, { model, grants })
        ports.changed(zone, model, undefined)
      }
    },
    get zones() {
      return [...held].map(([zone, { model, grants }]) => ({
        zone,
        serial: model.serial,
        records: model.records,
        grants,
      }))
    },
    model: (zone) => held.get(zone)?.model,

    put: (zone, file, octets, grants, by) => {
      const other = shadowed(zone)
      if (other !== undefined) return other
      const issues = grantIssues(grants ?? [], ports)
      // No $INCLUDE: what is sent is all there is, and no file of this machine is anybody's to read.
      const loaded = loadZone({ origin: zone, file, read: (wanted) => (wanted === file ? octets : undefined) })
      const errors = [...issues, ...loaded.issues.filter(({ severity }) => severity === 'error')]
      if (loaded.image === undefined || errors.length > 0)
        return {
          status: 'invalid',
          message: `Zone ${zone} has ${errors.length} errors.`,
          issues: [...issues, ...loaded.issues],
        }
      const before = held.get(zone)
      const model = ZoneModel.of(parseName(zone)!, zoneRecords(new ZoneImage(loaded.image)))
      const kept = { model, grants: grants ?? before?.grants ?? [] }
      if (before !== undefined && sameGrants(before.grants, kept.grants) && sameRecords(before.model, model))
        return { status: 'unchanged', message: `Zone ${zone} is so already.`, serial: model.serial }
      ports.archive.put(zone, kept.grants, model, by.author, ports.nowMs())
      held.set(zone, kept)
      ports.changed(zone, model, undefined)
      const verb = before === undefined ? 'created' : 'replaced'
      ports.written(zone, verb, by)
      return { status: 'done', message: `Zone ${zone} was ${verb}: ${model.records} records.`, serial: model.serial }
    },

    change: (zone, { remove, add }, by) => {
      const kept = held.get(zone)
      if (kept === undefined) return unknown(zone)
      const other = shadowed(zone)
      if (other !== undefined) return other
      const updates: UpdateRecord[] = [
        ...remove.map((record) => ({ ...record, ttl: 0, class: CLASS.NONE })),
        ...add.map((record) => ({ ...record, class: CLASS.IN })),
      ]
      const { rcode, zone: updated, diff } = applyUpdate(kept.model, [], updates, undefined, refusedBySteering(zone))
      if (rcode !== RCODE.NOERROR)
        return {
          status: 'conflict',
          message: `Zone ${zone} cannot take these changes: a name is outside of it, or its addresses are steered.`,
        }
      if (diff === undefined)
        return { status: 'unchanged', message: `Zone ${zone} is so already.`, serial: kept.model.serial }
      const issues = compiled(zone, updated)
      if (issues.length > 0) return { status: 'invalid', message: `Zone ${zone} would have errors.`, issues }
      apply(zone, kept, [], updates)
      ports.written(zone, 'changed', by)
      const message = `Zone ${zone} was changed: ${diff.removed.length} records went, ${diff.added.length} came.`
      return { status: 'done', message, serial: updated.serial }
    },

    grant: (zone, grants, by) => {
      const kept = held.get(zone)
      if (kept === undefined) return unknown(zone)
      const issues = grantIssues(grants, ports)
      if (issues.length > 0) return { status: 'invalid', message: 'The grants are wrong.', issues }
      if (sameGrants(kept.grants, grants))
        return { status: 'unchanged', message: `Zone ${zone} has these grants already.`, serial: kept.model.serial }
      ports.archive.grant(zone, grants)
      kept.grants = grants
      ports.written(zone, 'granted', by)
      return { status: 'done', message: `Zone ${zone} has ${grants.length} grants.`, serial: kept.model.serial }
    },

    remove: (zone, by) => {
      const kept = held.get(zone)
      if (kept === undefined) return unknown(zone)
      ports.archive.remove(zone)
      held.delete(zone)
      ports.removed(zone)
      ports.written(zone, 'removed', by)
      return { status: 'done', message: `Zone ${zone} was removed.`, serial: kept.model.serial }
    },

    update: (name, prerequisites, updates, from) => {
      const zone = printName(lowerName(name))
      const kept = held.get(zone)
      if (kept === undefined) return undefined
      const taken = ports.taken(zone)
      if (taken !== undefined) return { rcode: RCODE.REFUSED, why: `zone ${zone} ${taken}` }
      const { key } = from
      if (key === undefined) return { rcode: RCODE.REFUSED, why: 'updates must be signed (TSIG)' }
      // Prerequisites tell what is in the zone: not to keys that have no business in it.
      if (!kept.grants.some((grant) => grant.key === key))
        return { rcode: RCODE.REFUSED, why: `key ${key} may not update this zone` }
      for (const update of updates) {
        const why = refusedChange(kept.grants, key, update)
        if (why !== undefined) return { rcode: RCODE.REFUSED, why }
      }
      try {
        const { rcode } = apply(zone, kept, prerequisites, updates)
        return { rcode }
      } catch (error) {
        ports.log.warn({ zone, error: String(error) }, 'an update could not be written, and did not happen')
        return { rcode: RCODE.SERVFAIL }
      }
    },
  }
}

/** What would be wrong with the zone as it is served. */
function compiled(zone: string, model: ZoneModel): readonly Issue[] {
  const { issues } = compileRecords({ origin: model.origin, records: model, label: `zone ${zone}` })
  return issues.filter(({ severity }) => severity === 'error')
}

function sameRecords(one: ZoneModel, other: ZoneModel): boolean {
  if (one.records !== other.records) return false
  const { removed, added } = diffRecords(one, other)
  return removed.length + added.length === 0
}

/** In the same order: a list is put as a whole. */
function sameGrants(one: readonly Grant[], other: readonly Grant[]): boolean {
  const print = (grants: readonly Grant[]): string =>
    JSON.stringify(grants.map(({ key, under, label, types }) => [key, under, label, types]))
  return print(one) === print(other)
}

function grantIssues(grants: readonly Grant[], ports: KeptZonePorts): Issue[] {
  return grants.flatMap((grant, i) => {
    const message = grantProblem(grant, ports.keys())
    if (message === undefined) return []
    return [{ severity: 'error' as const, code: 'zone/grant', file: `grants.${i}`, line: 0, column: 0, message }]
  })
}
