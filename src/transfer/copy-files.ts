/**
 * Keeps copies of secondary zones, one file a zone, so that a restart serves them at once. A copy is the stream of messages that a
 * transfer of it would be: what comes back is read by the same reader as what came from the primary, whatever the zone holds.
 * The file's time of change is when a primary last confirmed it.
 */
import { mkdirSync, readFileSync, renameSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeMessage, type Message, parseName, TYPE } from '../wire/index.ts'
import type { ZoneModel } from '../zone/index.ts'
import { FrameReader, framed } from './framing.ts'
import { axfrRecords, transferMessages } from './outgoing.ts'
import type { SavedZone, SecondaryPorts } from './ports.ts'
import { TransferReader } from './transfer-reader.ts'

/** The three ports of storage, over a folder. */
export function copyFiles(folder: string): Pick<SecondaryPorts, 'saved' | 'save' | 'confirm'> {
  mkdirSync(folder, { recursive: true })
  // A zone's name may hold any octet; a file's may not.
  const pathOf = (zone: string): string => join(folder, `${encodeURIComponent(zone.replace(/\.$/, '')) || 'root'}.axfr`)
  return {
    saved: (zone): SavedZone | undefined => {
      const name = parseName(zone)
      try {
        const file = pathOf(zone)
        return name && { model: readCopy(name, readFileSync(file)), confirmedAtMs: statSync(file).mtimeMs }
      } catch {
        // None, or not a whole one: the primary has it.
        return undefined
      }
    },
    save: (zone, model, confirmedAtMs) => {
      const file = pathOf(zone)
      // First beside it, then in its place: a crash leaves the old copy or the new one.
      writeFileSync(`${file}.new`, Buffer.concat([...copyFrames(model)]))
      utimesSync(`${file}.new`, confirmedAtMs / 1000, confirmedAtMs / 1000)
      renameSync(`${file}.new`, file)
    },
    confirm: (zone, confirmedAtMs) => {
      try {
        utimesSync(pathOf(zone), confirmedAtMs / 1000, confirmedAtMs / 1000)
      } catch {
        // No copy, nothing to confirm: the next version is saved whole.
      }
    },
  }
}

function* copyFrames(model: ZoneModel): Generator<Uint8Array, void, undefined> {
  const request: Message = {
    id: 0,
    flags: 0,
    questions: [{ name: model.origin, type: TYPE.AXFR, class: 1 }],
    answers: [],
    authorities: [],
    additionals: [],
  }
  const version = { serial: model.serial, records: () => model, changesSince: () => undefined }
  for (const message of transferMessages(request, axfrRecords(version), [])) yield framed(message)
}

/** @throws where the file is not a whole transfer of the zone */
function readCopy(name: Uint8Array, octets: Uint8Array): ZoneModel {
  const frames = new FrameReader()
  frames.push(octets)
  const reader = new TransferReader(name, 0, undefined)
  for (let octets = frames.next(); octets !== undefined; octets = frames.next()) {
    const message = decodeMessage(octets)
    if ('problem' in message) throw new Error(message.problem)
    if (!reader.take(message)) continue
    const transferred = reader.result()
    if (transferred.kind === 'full') return transferred.model
  }
  throw new Error('the copy is not whole')
}
