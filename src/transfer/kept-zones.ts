/**
 * Zones that are kept in the database instead of a file: created through the API, changed through it or by dynamic update (RFC 2136)
 * with a TSIG key that was granted it. nsupdate, certbot and lego work against them.
 *
 *     change ─▶ checked ─▶ on disk, with its journal entry ─▶ in force ─▶ told to secondaries
 *
 * What was answered NOERROR is durable and in the journal; what could not be written did not happen (SERVFAIL).
 */
import { type Issue, printAddress } from '../base/index.ts'
import type { NewEntry } from '../control/index.ts'
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
  zoneRecords,
} from '../zone/index.ts'
import { type Grant, grantProblem, refusedChange } from './grants.ts'
import { journalEntry, type KeptVerb, replacedRecords, type Side, sidesOfDiff } from './kept-journal.ts'
import type { KeptOutcome, KeptZonePorts, KeptZones, Writer } from './kept-ports.ts'

interface Held {
  model: ZoneModel
  grants: readonly Grant[]
}

type Sides = readonly [before: Side | undefined, after: Side | undefined]

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

  /** Writes by the API and their entries: on disk on return. @throws where the disk fails */
  const write = (zone: string, entry: NewEntry, work: () => void): void => {
    ports.journal(entry, work)
    ports.log.info({ zone, author: entry.author, from: entry.from }, entry.message)
  }
  const entryOf = (zone: string, what: KeptVerb, by: Writer, before?: Side, after?: Side): NewEntry =>
    journalEntry(ports.nowMs(), zone, what, by, before, after)

  /** Puts a changed version in force. */
  const takeUp = (zone: string, kept: Held, updated: ZoneModel, diff: ZoneDiff): void => {
    kept.model = updated
    ports.changed(zone, updated, [diff])
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
      const verb = before === undefined ? 'created' : 'replaced'
      const sides: Sides = before === undefined ? [undefined, sideOf(kept)] : sidesOfReplacement(before, kept)
      const entry = entryOf(zone, verb, by, ...sides)
      write(zone, entry, () => ports.archive.put(zone, kept.grants, model, by.author, entry.atMs))
      held.set(zone, kept)
      ports.changed(zone, model, undefined)
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
      write(zone, entryOf(zone, 'changed', by, ...sidesOfDiff(diff)), () => ports.archive.change(zone, diff))
      takeUp(zone, kept, updated, diff)
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
      const entry = entryOf(zone, 'granted', by, { grants: kept.grants }, { grants })
      write(zone, entry, () => ports.archive.grant(zone, grants))
      kept.grants = grants
      return { status: 'done', message: `Zone ${zone} has ${grants.length} grants.`, serial: kept.model.serial }
    },

    remove: (zone, by) => {
      const kept = held.get(zone)
      if (kept === undefined) return unknown(zone)
      write(zone, entryOf(zone, 'removed', by, sideOf(kept)), () => ports.archive.remove(zone))
      held.delete(zone)
      ports.removed(zone)
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
      const result = applyUpdate(kept.model, prerequisites, updates, undefined, refusedBySteering(zone))
      const { rcode, diff } = result
      // An update that found everything so already is no write.
      if (diff === undefined) return { rcode }
      const by = { author: `key:${key.replace(/\.$/, '')}`, from: printAddress(from.address) }
      try {
        // On disk before anybody sees it, and before the answer.
        ports.journal(entryOf(zone, 'updated', by, ...sidesOfDiff(diff)), () => ports.archive.change(zone, diff))
      } catch (error) {
        ports.log.warn({ zone, error: String(error) }, 'an update could not be written, and did not happen')
        return { rcode: RCODE.SERVFAIL }
      }
      takeUp(zone, kept, result.zone, diff)
      return { rcode }
    },
  }
}

function sideOf({ model, grants }: Held): Side {
  return { serial: model.serial, records: model.records, grants }
}

function sidesOfReplacement(before: Held, after: Held): Sides {
  const { removed, added } = replacedRecords(before.model, after.model)
  return [
    { ...sideOf(before), alone: removed },
    { ...sideOf(after), alone: added },
  ]
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
