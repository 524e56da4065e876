/**
 * Zones as they leave the house: versions for transfers, with steered names as their safe view, serials that go up when it
 * changes, differences for IXFR, and NOTIFY to the secondaries.
 *
 *     file zone changed ─┐
 *     safe view changed ─┼─▶ serial (RFC 1982) ─▶ journal of differences ─▶ SOA in answers ─▶ NOTIFY
 *     zone was updated  ─┘
 *
 * A zone that nobody may transfer keeps the serial of its file, and none of this costs it anything.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import type { Publisher, Structure } from '../answer/index.ts'
import { DiffJournal, type Notifier, type Peer, type ZoneState, type ZoneVersion } from '../transfer/index.ts'
import { parseName, printName, TYPE } from '../wire/index.ts'
import {
  diffRecords,
  diffZones,
  type SteeredView,
  serialNewer,
  withSerial,
  type ZoneDiff,
  ZoneImage,
  type ZoneRecord,
  zoneRecords,
} from '../zone/index.ts'
import type { Log } from './log.ts'

export interface OutgoingPorts {
  readonly publisher: Publisher
  readonly notifier: Notifier
  /** whether anybody may transfer zones at all */
  readonly transfers: boolean
  readonly notify: readonly Peer[]
  /** keeps serials over restarts */
  readonly serialFile: string
  readonly log: Log
}

/** What is known of a zone that may be transferred. */
interface Outgoing {
  image: ZoneImage
  serial: number
  expired: boolean
  /** the safe view's records as they last went out */
  view: readonly ZoneRecord[]
  readonly steered: readonly { readonly number: number; readonly owner: Uint8Array }[]
}

/** Comparing larger zones name by name would hold up the main thread; their secondaries get them whole. */
const MOST_NAMES_TO_COMPARE = 200_000
/** Health changes come in flocks: one new serial for each flock. */
const SETTLE_MS = 2000

export class OutgoingZones {
  readonly #ports: OutgoingPorts
  readonly #journal = new DiffJournal()
  readonly #zones = new Map<string, Outgoing>()
  #saved: Record<string, number>
  #timer: NodeJS.Timeout | undefined

  constructor(ports: OutgoingPorts) {
    this.#ports = ports
    this.#saved = readSerials(ports.serialFile)
  }

  /** A structure was put in force. @param diffs changes that are known already (an update's, a transfer's), by zone */
  declared(structure: Structure, diffs: ReadonlyMap<string, ZoneDiff> = new Map()): void {
    if (!this.#ports.transfers) return
    const gone = new Set(this.#zones.keys())
    for (const { name, image: buffer, expired } of structure.zones) {
      gone.delete(name)
      const known = this.#zones.get(name)
      if (known?.image.buffer === buffer) {
        known.expired = expired
        continue
      }
      // A copy that never came, or expired before the start: its serial is nobody's, and must not count as one that was served.
      if (known === undefined && expired) continue
      this.#take(name, new ZoneImage(buffer), expired, known, structure, diffs.get(name))
    }
    for (const name of gone) {
      this.#zones.delete(name)
      this.#journal.forget(name)
    }
    this.#save()
    this.viewsMayHaveChanged()
  }

  #take(
    name: string,
    image: ZoneImage,
    expired: boolean,
    known: Outgoing | undefined,
    structure: Structure,
    diff: ZoneDiff | undefined,
  ): void {
    const steered = structure.records.flatMap((compiled, number) => {
      const owner = compiled?.record.zone === name ? parseName(compiled.record.name) : undefined
      return owner === undefined ? [] : [{ number, owner }]
    })
    const view = this.#view(steered)
    const least = known?.serial ?? this.#saved[name]
    // The file's serial where it is newer; else the one that secondaries know, plus one where the zone has changed under it.
    const settled = known !== undefined || steered.length === 0
    const serial =
      least === undefined || serialNewer(image.serial, least) || (settled && image.serial === least)
        ? image.serial
        : known === undefined && steered.length === 0
          ? least
          : // After a restart nobody remembers what the safe view was: secondaries look once more.
            (least + 1) >>> 0
    const next: Outgoing = { image, serial, expired, view, steered }
    this.#zones.set(name, next)
    this.#ports.publisher.setSerial(name, serial === image.serial ? undefined : serial)
    if (known === undefined) return
    if (known.serial === serial) {
      this.#ports.log.warn(
        { zone: name, serial },
        `zone ${name} changed, but its serial ${serial} did not: secondaries keep the old version; raise it in the SOA`,
      )
      this.#journal.forget(name)
      return
    }
    const change = diff ?? this.#compare(known, next)
    if (change === undefined) this.#journal.forget(name)
    else this.#journal.add(name, this.#renumbered(change, known, next))
    this.#tell(next)
  }

  #compare(before: Outgoing, after: Outgoing): ZoneDiff | undefined {
    if (Math.max(before.image.nodes, after.image.nodes) > MOST_NAMES_TO_COMPARE) return undefined
    const diff = diffZones(before.image, after.image)
    const views = diffRecords(before.view, after.view)
    return { ...diff, removed: [...diff.removed, ...views.removed], added: [...diff.added, ...views.added] }
  }

  #renumbered(diff: ZoneDiff, before: Outgoing, after: Outgoing): ZoneDiff {
    return {
      ...diff,
      fromSerial: before.serial,
      toSerial: after.serial,
      oldSoa: soaOf(before),
      newSoa: soaOf(after),
    }
  }

  /** Pools changed: steered names may go out differently. Looked at once the flock has settled. */
  viewsMayHaveChanged(): void {
    if (!this.#ports.transfers || this.#timer !== undefined) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#lookAtViews()
    }, SETTLE_MS)
    this.#timer.unref()
  }

  #lookAtViews(): void {
    for (const [name, zone] of this.#zones) {
      if (zone.steered.length === 0) continue
      const view = this.#view(zone.steered)
      const { removed, added } = diffRecords(zone.view, view)
      if (removed.length === 0 && added.length === 0) continue
      const before = { ...zone }
      zone.view = view
      zone.serial = (zone.serial + 1) >>> 0
      this.#journal.add(name, {
        fromSerial: before.serial,
        toSerial: zone.serial,
        oldSoa: soaOf(before),
        newSoa: soaOf(zone),
        removed,
        added,
      })
      this.#ports.publisher.setSerial(name, zone.serial)
      this.#tell(zone)
    }
    this.#save()
  }

  #tell(zone: Outgoing): void {
    if (this.#ports.notify.length > 0) this.#ports.notifier.notify(soaOf(zone), this.#ports.notify)
  }

  /** The safe view of all steered names of a zone. */
  #view(steered: Outgoing['steered']): ZoneRecord[] {
    return steered.flatMap(({ number, owner }) => this.#addresses(number, owner))
  }

  #addresses(number: number, owner: Uint8Array): ZoneRecord[] {
    const answer = this.#ports.publisher.safeView(number)
    if (answer === undefined) return []
    const ttl = answer.ttlSeconds
    return [
      ...answer.a.map(({ address }) => ({ owner, type: TYPE.A, ttl, rdata: address })),
      ...answer.aaaa.map(({ address }) => ({ owner, type: TYPE.AAAA, ttl, rdata: address })),
    ]
  }

  /** What TransferPorts.zone wants. @param name wire form, lower case */
  state(name: Uint8Array): ZoneState {
    const text = printName(name)
    const zone = this.#zones.get(text)
    if (zone === undefined) return { kind: 'unknown' }
    if (zone.expired) return { kind: 'unavailable' }
    return { kind: 'served', version: this.#version(text, zone) }
  }

  #version(name: string, zone: Outgoing): ZoneVersion {
    // Taken now: a transfer that runs for minutes sends one version, whatever changes meanwhile.
    const { image, view, serial } = zone
    const byOwner = new Map<string, ZoneRecord[]>()
    for (const record of view) {
      const key = record.owner.join('.')
      const others = byOwner.get(key)
      if (others === undefined) byOwner.set(key, [record])
      else others.push(record)
    }
    const steered: SteeredView = (_, owner) => byOwner.get(owner.join('.')) ?? []
    return {
      serial,
      changesSince: (since) => this.#journal.since(name, since, serial),
      *records() {
        let first = true
        for (const record of zoneRecords(image, steered)) {
          yield first ? { ...record, rdata: withSerial(record.rdata, serial) } : record
          first = false
        }
      },
    }
  }

  #save(): void {
    const serials: Record<string, number> = {}
    for (const [name, { serial }] of this.#zones) serials[name] = serial
    const text = JSON.stringify(serials)
    if (text === JSON.stringify(this.#saved)) return
    this.#saved = serials
    try {
      writeFileSync(`${this.#ports.serialFile}.new`, `${text}\n`)
      renameSync(`${this.#ports.serialFile}.new`, this.#ports.serialFile)
    } catch (error) {
      this.#ports.log.error(
        { file: this.#ports.serialFile, error: String(error) },
        'the serials of zones cannot be kept',
      )
    }
  }

  stop(): void {
    clearTimeout(this.#timer)
  }
}

function soaOf({ image, serial }: { readonly image: ZoneImage; readonly serial: number }): ZoneRecord {
  const [soa] = zoneRecords(image)
  return { ...soa!, rdata: withSerial(soa!.rdata, serial) }
}

function readSerials(file: string): Record<string, number> {
  try {
    const read: unknown = JSON.parse(readFileSync(file, 'utf8'))
    if (typeof read !== 'object' || read === null) return {}
    return Object.fromEntries(
      Object.entries(read).filter(
        (entry): entry is [string, number] => typeof entry[1] === 'number' && parseName(entry[0]) !== undefined,
      ),
    )
  } catch {
    return {}
  }
}
