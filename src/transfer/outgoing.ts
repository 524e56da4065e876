/**
 * A zone on its way out: AXFR (RFC 5936) and IXFR (RFC 1995) as rows of messages.
 *
 *     AXFR  SOA(new) | everything else | SOA(new)
 *     IXFR  SOA(new) | SOA(old) what went | SOA(newer) what came | ... | SOA(new)
 *           SOA(new) alone: you are up to date; over UDP also: it does not fit, come by TCP
 *
 * Pure: records in, messages out. The caller sends them, and so sets the pace.
 */
import { CLASS, FLAG, type Message, MessageWriter, type Question, type ResourceRecord } from '../wire/index.ts'
import { serialNewer, type ZoneDiff, type ZoneRecord } from '../zone/index.ts'
import type { ZoneVersion } from './ports.ts'

/** Names are compressed within 16 KiB only (RFC 1035 4.1.4), and a short message keeps the main thread free for others. */
const MESSAGE_OCTETS = 16_384
/** Leaves room for a signature: two names, the fixed fields and the longest MAC are 391 octets at the most. */
const MAX_OCTETS = 65_535 - 391

/** What an IXFR is answered with. */
export type IxfrForm = 'current' | 'incremental' | 'full'

/** @param clientSerial  of the SOA in the request's authority section */
export function ixfrRecords(
  version: ZoneVersion,
  clientSerial: number,
): { readonly form: IxfrForm; readonly records: Iterable<ZoneRecord> } {
  if (!serialNewer(version.serial, clientSerial)) return { form: 'current', records: [soaOf(version)] }
  const changes = version.changesSince(clientSerial)
  if (changes === undefined || changes.length === 0) return { form: 'full', records: axfrRecords(version) }
  return { form: 'incremental', records: incrementalRecords(changes) }
}

export function* axfrRecords(version: ZoneVersion): Generator<ZoneRecord, void, undefined> {
  let soa: ZoneRecord | undefined
  for (const record of version.records()) {
    soa ??= record
    yield record
  }
  if (soa !== undefined) yield soa
}

function* incrementalRecords(changes: readonly ZoneDiff[]): Generator<ZoneRecord, void, undefined> {
  const newest = changes.at(-1)!.newSoa
  yield newest
  for (const { oldSoa, removed, newSoa, added } of changes) {
    yield oldSoa
    yield* removed
    yield newSoa
    yield* added
  }
  yield newest
}

export function soaOf(version: ZoneVersion): ZoneRecord {
  for (const record of version.records()) return record
  throw new Error('assertion failed: a served zone has an SOA')
}

/**
 * Fills messages with records: as many as fit, the question in the first one (RFC 5936 2.2).
 * @param opt  stands in the first message
 * @throws where a record fits no message at all: the zone room refuses such zones when they are loaded
 */
export function* transferMessages(
  request: Message,
  records: Iterable<ZoneRecord>,
  opt: readonly ResourceRecord[],
): Generator<Uint8Array, void, undefined> {
  const writer = new MessageWriter(MESSAGE_OCTETS)
  const large = new MessageWriter(MAX_OCTETS)
  const flags = FLAG.QR | FLAG.AA | (request.flags & FLAG.RD)
  let questions: readonly Question[] = request.questions
  let filled = 0
  /** ends the message: the first one with the OPT record, for which there is always room */
  const finish = (message: MessageWriter): Uint8Array => {
    if (questions.length > 0) for (const record of opt) message.record('additional', record)
    questions = []
    filled = 0
    return message.octets()
  }
  const start = (message: MessageWriter): void => {
    message.begin(request.id, flags)
    for (const question of questions) message.question(question)
  }
  start(writer)
  for (const zoneRecord of records) {
    const record = resourceRecord(zoneRecord)
    if (writer.record('answer', record)) {
      filled++
      continue
    }
    if (filled > 0) {
      yield finish(writer)
      start(writer)
      if (writer.record('answer', record)) {
        filled = 1
        continue
      }
    }
    start(large)
    if (!large.record('answer', record))
      throw new Error('assertion failed: a record of a zone is larger than a message')
    yield finish(large)
    start(writer)
  }
  if (filled > 0) yield finish(writer)
}

export function resourceRecord({ owner, type, ttl, rdata }: ZoneRecord): ResourceRecord {
  return { name: owner, type, class: CLASS.IN, ttl, rdata }
}
