/**
 * Joins zone transfer to the house: the slow door's answers, zones going out, copies coming in.
 */
import { join } from 'node:path'
import { QueryResponder, SILENCE, type StructureMessage } from '../answer/index.ts'
import type { NewEntry } from '../control/index.ts'
import type { Settings } from '../loader/index.ts'
import { TRANSPORTS } from '../serve/index.ts'
import type { Steering } from '../steer/index.ts'
import {
  copyFiles,
  createKeptZones,
  createNotifier,
  createSecondaries,
  createTransferDoor,
  type KeptZones,
  type Notifier,
  type Secondaries,
  type TransferDoor,
  type ZoneArchive,
} from '../transfer/index.ts'
import { printName, RCODE } from '../wire/index.ts'
import type { Answering } from './answering.ts'
import type { Log } from './log.ts'
import { OtherZones } from './other-zones.ts'
import { OutgoingZones } from './outgoing-zones.ts'

const MOST_MESSAGE_OCTETS = 65_535

export interface Transfers {
  readonly door: TransferDoor
  readonly outgoing: OutgoingZones
  readonly others: OtherZones
  readonly secondaries: Secondaries
  readonly keptZones: KeptZones
  /** zones that come from no file, as control shows them */
  described(): readonly { name: string; serial: number; records: number; source: 'copy' | 'database' }[]
  /** Brings zones of the database into the answers; before the first files are in force. */
  restore(): void
  /** Begins to ask primaries; answers are served already. */
  start(): void
  stop(): void
}

/** What zones of the database need of the rest. */
export interface KeptPorts {
  readonly archive: ZoneArchive
  steering(): Steering
  /** runs a write of the archive in one transaction with its journal entry; on disk on return */
  journal(entry: NewEntry, work: () => void): void
}

/** @param thread the main thread's own row among the serving threads */
export function joinTransfers(
  settings: Settings,
  answering: Answering,
  thread: number,
  nowMs: () => number,
  random: () => number,
  kept: KeptPorts,
  log: Log,
): Transfers {
  const { keys, transfer, secondary, data } = settings
  const nowSeconds = (): number => Math.floor(nowMs() / 1000)
  const notifier: Notifier = createNotifier({ nowSeconds, keys: () => keys, log })
  const outgoing = new OutgoingZones({
    publisher: answering.publisher,
    notifier,
    transfers: transfer.allow.length > 0 || transfer.notify.length > 0,
    notify: transfer.notify,
    serialFile: join(data, 'serials.json'),
    log,
  })
  const others = new OtherZones(log, () => answering.zonesChanged())
  const secondaries = createSecondaries({
    nowMs,
    random,
    keys: () => keys,
    ...copyFiles(join(data, 'copies')),
    changed: (zone, model, changes) => {
      others.put(zone, model, changes)
      log.info({ zone, serial: model.serial }, `zone ${zone} is served as a copy, serial ${model.serial}`)
    },
    pending: (zone, model) => {
      others.put(zone, model, undefined, true)
    },
    expired: (zone) => others.expire(zone),
    log,
  })
  const taken = (zone: string): string | undefined => {
    if (secondary.has(zone)) return 'is a copy: change it at its primary'
    const file = answering.structure?.zones.some(({ name }) => name === zone) ?? false
    return file ? 'is read from a file: edit the file' : undefined
  }
  const keptZones = createKeptZones({
    archive: kept.archive,
    nowMs,
    keys: () => keys,
    taken,
    steered: (zone) =>
      new Set([...kept.steering().records.values()].filter((record) => record.zone === zone).map(({ name }) => name)),
    changed: (zone, model, changes) => {
      others.put(zone, model, changes)
    },
    removed: (zone) => others.remove(zone),
    journal: kept.journal,
    log,
  })
  const query = slowResponder(answering, thread, nowMs)
  const door = createTransferDoor({
    nowSeconds,
    keys: () => keys,
    allow: () => transfer.allow,
    zone: (name) => {
      const state = outgoing.state(name)
      // Where nobody may transfer, versions are not kept; the zone is ours all the same.
      return state.kind === 'unknown' && answering.serves(printName(name)) ? { kind: 'unavailable' } : state
    },
    query: (message, { transport, peer, port }) =>
      query(message, TRANSPORTS.indexOf(transport) as 0 | 1 | 2, peer, port),
    notified: (zone, _serial, from) =>
      secondaries.notified(zone, from) ?? (answering.serves(printName(zone)) ? 'primary' : 'unknown'),
    update: async (zone, prerequisites, updates, from) => {
      const done = keptZones.update(zone, prerequisites, updates, from)
      if (done === undefined) {
        const whose = taken(printName(zone))
        return whose === undefined
          ? { rcode: RCODE.NOTAUTH }
          : { rcode: RCODE.REFUSED, why: `zone ${printName(zone)} ${whose}` }
      }
      return done
    },
    log,
  })
  return {
    door,
    outgoing,
    others,
    secondaries,
    keptZones,
    described: () => [
      ...secondaries.zones.map(({ zone, serial = 0 }) => ({
        name: zone,
        serial,
        records: others.model(zone)?.records ?? 0,
        source: 'copy' as const,
      })),
      ...keptZones.zones.map(({ zone, serial, records }) => ({
        name: zone,
        serial,
        records,
        source: 'database' as const,
      })),
    ],
    restore: () => keptZones.start(),
    start: () => secondaries.declare([...secondary.values()]),
    stop: () => {
      secondaries.stop()
      notifier.stop()
      outgoing.stop()
    },
  }
}

/** The main thread's own responder: signed queries are answered as all others are, then signed. */
function slowResponder(answering: Answering, thread: number, nowMs: () => number) {
  const waiting: StructureMessage[] = []
  let responder: QueryResponder | undefined
  answering.addReceiver((message) => {
    // Only the last one counts, and until the first signed query nobody takes them.
    waiting.length = 0
    if (responder !== undefined) waiting.push(message)
  })
  const buffer = new Uint8Array(MOST_MESSAGE_OCTETS)
  return (message: Uint8Array, transport: 0 | 1 | 2, peer: Uint8Array, port: number): Uint8Array | undefined => {
    responder ??= new QueryResponder(answering.publisher.init(thread), { nowMs, take: () => waiting.shift() })
    buffer.set(message)
    responder.enter()
    const octets = peer.length === 4 ? 4 : 16
    const length = responder.answer(buffer, 0, message.length, buffer.length, transport, peer, 0, octets, port)
    responder.leave()
    return length <= SILENCE ? undefined : buffer.slice(0, length)
  }
}
