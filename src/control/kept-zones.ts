/**
 * Zones that live in the database: created from a master file through the API, changed by dynamic updates (RFC 2136) and by the
 * API. Every change is durable before it is answered, and journalled.
 *
 *     import ─▶ read and checked as a file is ─┐
 *     update ─▶ signed with one of its keys ───┼─▶ store ─▶ model ─▶ served
 *     records ─▶ an operator's token ──────────┘
 */
import type { Issue } from '../base/index.ts'
import { parseName, printName, RCODE, typeOf } from '../wire/index.ts'
import {
  applyUpdate,
  loadZone,
  printZone,
  serialNewer,
  soaFigures,
  type UpdateRecord,
  type ZoneDiff,
  ZoneImage,
  ZoneModel,
  type ZoneRecord,
  zoneRecords,
} from '../zone/index.ts'
import { type Core, entryBy, write } from './core.ts'
import { done, unchanged } from './intents.ts'
import type { By } from './journal.ts'
import type { Outcome, Refusal } from './outcome.ts'

/** Who may change a kept zone by dynamic update, and what. */
export interface UpdateGrant {
  /** a TSIG key's name, lower case, absolute */
  readonly key: string
  /** names at or below these may be changed (absolute, lower case); empty: all of the zone */
  readonly below: readonly string[]
  /** type numbers; empty: all */
  readonly types: readonly number[]
}

export interface KeptZone {
  /** lower case, absolute */
  readonly name: string
  readonly model: ZoneModel
  readonly grants: readonly UpdateGrant[]
  readonly by: string
  readonly atMs: number
}

/** A kept zone as it is stored: the model as a master file. */
export interface StoredZone {
  readonly name: string
  readonly text: string
  readonly grants: readonly UpdateGrant[]
  readonly by: string
  readonly atMs: number
}

export interface PutZone {
  /** a master file */
  readonly text: string
  /** undefined: those it has; a new zone has none */
  readonly grants: readonly UpdateGrant[] | undefined
}

/** No zone that is kept whole in a row of the database and compiled on the main thread should be larger. */
const MOST_RECORDS = 200_000

export function storedZone(zone: KeptZone): StoredZone {
  const { name, grants, by, atMs } = zone
  return { name, text: printZone(zone.model), grants, by, atMs }
}

/** @returns undefined where the text is not what was stored: the row was changed by other hands */
export function restoreZone(stored: StoredZone): KeptZone | undefined {
  const read = readZone(stored.name, stored.text)
  return 'model' in read ? { ...stored, model: read.model } : undefined
}

/** Creates or replaces a zone. Its serial goes up by itself where the text's is not newer than what is served. */
export function putZone(core: Core, by: By, zone: string, { text, grants }: PutZone): Outcome {
  const elsewhere = heldElsewhere(core, zone)
  if (elsewhere !== undefined) return elsewhere
  const read = readZone(zone, text)
  if (!('model' in read))
    return { status: 'invalid', message: `The zone ${zone} cannot be taken as it is.`, issues: read.issues }
  const before = core.keptZones.get(zone)
  const wanted = grants ?? before?.grants ?? []
  let { model } = read
  if (before !== undefined) {
    if (sameRecords(before.model, model) && JSON.stringify(before.grants) === JSON.stringify(wanted))
      return unchanged(core, `zone ${zone} is so already.`)
    model = withNewerSerial(model, before.model.serial)
  }
  const next: KeptZone = {
    name: zone,
    model,
    grants: wanted,
    by: before?.by ?? by.author,
    atMs: before?.atMs ?? core.ports.now(),
  }
  const verb = before === undefined ? 'created' : 'replaced'
  const message = `zone ${zone} was ${verb} by ${by.author}: ${model.records} records, serial ${model.serial}`
  keep(core, by, next, undefined, `zone-${verb}`, message)
  return done(core, `Zone ${zone} is ${verb}, serial ${model.serial}.`, [])
}

export function removeZone(core: Core, by: By, zone: string, force: boolean): Outcome {
  const elsewhere = heldElsewhere(core, zone)
  if (elsewhere !== undefined) return elsewhere
  if (!core.keptZones.has(zone)) return { status: 'unknown', message: `There is no zone ${zone} in the database.` }
  const steered = [...core.steering.records.values()].filter((record) => record.zone === zone)
  if (steered.length > 0 && !force)
    return {
      status: 'refused',
      message: `Zone ${zone} has ${steered.length} steered record${steered.length === 1 ? '' : 's'}, which would be gone with it.`,
      harms: steered.map(({ name }) => ({ code: 'steered', message: `${name} would no longer be answered.` })),
    }
  const message = `zone ${zone} was removed by ${by.author}`
  write(core, [{ kind: 'delete-zone', zone }], [entryBy(core, by, 'zone-removed', message)])
  core.ports.publisher.zone(zone, undefined, undefined)
  return done(core, `Zone ${zone} is removed.`, [])
}

/** Adds and removes records as an operator. @param changes in the form of an update's section (RFC 2136 2.5) */
export function changeRecords(core: Core, by: By, zone: string, changes: readonly UpdateRecord[]): Outcome {
  const kept = core.keptZones.get(zone)
  if (kept === undefined) {
    return (
      heldElsewhere(core, zone) ?? {
        status: 'unknown',
        message: `There is no zone ${zone} in the database.`,
        advice: `Create it first: meridian zone import FILE.`,
      }
    )
  }
  const outside = changes.find(({ owner }) => isSteered(core, owner))
  if (outside !== undefined) return steeredConflict(core, outside)
  const result = applyUpdate(kept.model, [], changes)
  if (result.rcode !== RCODE.NOERROR)
    return { status: 'invalid', message: `The change does not fit zone ${zone}.`, issues: [] }
  if (result.diff === undefined) return unchanged(core, `zone ${zone} is so already.`)
  const { removed, added } = result.diff
  const message = `zone ${zone} was changed by ${by.author}: ${added.length} records came, ${removed.length} went, serial ${result.zone.serial}`
  keep(core, by, { ...kept, model: result.zone }, result.diff, 'zone-changed', message)
  return done(core, `Zone ${zone} is changed, serial ${result.zone.serial}.`, [])
}

/**
 * Carries out a dynamic update.
 * @param key the name of the key that signed, undefined: nobody did
 * @returns the rcode, and for REFUSED and NOTAUTH why
 */
export function updateZone(
  core: Core,
  zone: string,
  prerequisites: readonly UpdateRecord[],
  updates: readonly UpdateRecord[],
  key: string | undefined,
  from: string,
): { readonly rcode: number; readonly why?: string } {
  const kept = core.keptZones.get(zone)
  if (kept === undefined) {
    const elsewhere = heldElsewhere(core, zone)
    return {
      rcode: elsewhere === undefined ? RCODE.NOTAUTH : RCODE.REFUSED,
      why: elsewhere?.message ?? `zone ${zone} is not ours`,
    }
  }
  const grants = kept.grants.filter((grant) => grant.key === key)
  if (grants.length === 0)
    return {
      rcode: RCODE.REFUSED,
      why: key === undefined ? `updates of zone ${zone} must be signed` : `key ${key} may not update zone ${zone}`,
    }
  const forbidden = updates.find((update) => !grants.some((grant) => isGranted(grant, update)))
  if (forbidden !== undefined)
    return { rcode: RCODE.REFUSED, why: `key ${key} may not change ${printName(forbidden.owner)}` }
  const result = applyUpdate(kept.model, prerequisites, updates, undefined, (owner, type) =>
    isAddress(type) ? isSteered(core, owner) : false,
  )
  if (result.rcode !== RCODE.NOERROR || result.diff === undefined) return { rcode: result.rcode }
  const { removed, added } = result.diff
  const by: By = { author: `key ${key}`, from }
  const message = `zone ${zone} was updated with key ${key}: ${added.length} records came, ${removed.length} went, serial ${result.zone.serial}`
  keep(core, by, { ...kept, model: result.zone }, result.diff, 'zone-updated', message)
  return { rcode: RCODE.NOERROR }
}

function keep(core: Core, by: By, zone: KeptZone, diff: ZoneDiff | undefined, action: string, message: string): void {
  write(core, [{ kind: 'put-zone', zone }], [{ ...entryBy(core, by, action, message), after: { serial: zone.model.serial } }])
  core.ports.publisher.zone(zone.name, zone.model, diff)
}

function isGranted({ below, types }: UpdateGrant, { owner, type }: UpdateRecord): boolean {
  const name = printName(owner).toLowerCase()
  const named = below.length === 0 || below.some((one) => name === one || name.endsWith(`.${one}`))
  return named && (types.length === 0 || types.includes(type))
}

const isAddress = (type: number): boolean => type === typeOf('A') || type === typeOf('AAAA')

function isSteered(core: Core, owner: Uint8Array): boolean {
  return core.steering.records.has(printName(owner).toLowerCase())
}

function steeredConflict(core: Core, { owner }: UpdateRecord): Refusal {
  const name = printName(owner).toLowerCase()
  const { origin } = core.steering.records.get(name)!
  return {
    status: 'conflict',
    message: `${name} is a steered record: its addresses are chosen per client.`,
    at: origin,
  }
}

/** A zone of that name that is not the database's. */
function heldElsewhere(core: Core, zone: string): Refusal | undefined {
  if (core.files?.zones.some(({ name }) => name === zone))
    return {
      status: 'conflict',
      message: `zone ${zone} is read from a file`,
      advice: 'Change the file; what a file declares, the API does not.',
    }
  const why = core.ports.publisher.elsewhere(zone)
  return why === undefined ? undefined : { status: 'conflict', message: why }
}

function readZone(zone: string, text: string): { readonly model: ZoneModel } | { readonly issues: readonly Issue[] } {
  const bytes = Uint8Array.from(text, (char) => (char.charCodeAt(0) > 255 ? 63 : char.charCodeAt(0)))
  const loaded = loadZone({
    origin: zone,
    file: zone,
    // $INCLUDE would read the server's own files for whoever has a token.
    read: (file) => (file === zone ? bytes : undefined),
    limits: { records: MOST_RECORDS },
  })
  const origin = parseName(zone)
  if (loaded.image === undefined || origin === undefined) return { issues: loaded.issues }
  return { model: ZoneModel.of(origin, ownRecords(loaded.image)) }
}

/** Records as values of their own: the image they were read into is let go. */
function* ownRecords(image: SharedArrayBuffer): Generator<ZoneRecord> {
  for (const { owner, type, ttl, rdata } of zoneRecords(new ZoneImage(image)))
    yield { owner: Uint8Array.from(owner), type, ttl, rdata: Uint8Array.from(rdata) }
}

function sameRecords(a: ZoneModel, b: ZoneModel): boolean {
  return a.records === b.records && printZone(a) === printZone(b)
}

function withNewerSerial(model: ZoneModel, served: number): ZoneModel {
  const soa = model.soa!
  if (serialNewer(soaFigures(soa).serial, served)) return model
  const rdata = Uint8Array.from(soa)
  new DataView(rdata.buffer).setUint32(rdata.length - 20, (served + 1) >>> 0)
  return model.edit((draft) =>
    draft.replace({ owner: model.origin, type: 6, ttl: model.set(model.origin, 6)!.ttl, rdata }),
  )
}
