/**
 * Both ends of a transfer. What a primary sends never makes more than a TransferProblem, and never a record of another zone; what was
 * understood goes out again as the same. The door never answers an answer, and whatever it sends is a sound message with the ID of
 * the question, no longer than the transport allows.
 */
import { FrameReader, framed } from '../../src/transfer/framing.ts'
import { createTransferDoor } from '../../src/transfer/index.ts'
import { axfrRecords, ixfrRecords, transferMessages } from '../../src/transfer/outgoing.ts'
import { TransferProblem, TransferReader, type Transferred } from '../../src/transfer/transfer-reader.ts'
import { decodeMessage, encodeMessage, isAtOrBelow, type Message, parseName, TYPE } from '../../src/wire/index.ts'
import { type ZoneDiff, ZoneModel, type ZoneRecord } from '../../src/zone/index.ts'
import { messageInputs, record } from '../messages.ts'
import { must, type Target } from '../target.ts'

const ZONE = parseName('example.')!
const OURS = 5
const ID = 0x1234
const records: readonly ZoneRecord[] = [
  record('example.', 'SOA', 'ns1', 'h', '7', '60', '60', '600', '60'),
  record('example.', 'NS', 'ns1'),
  record('ns1.example.', 'A', '192.0.2.1'),
  record('w.example.', 'TXT', 'x'),
].map(({ name, type, ttl, rdata }) => ({ owner: name, type, ttl, rdata }))
const soa = (serial: string): ZoneRecord => ({
  ...records[0]!,
  rdata: record('example.', 'SOA', 'ns1', 'h', serial, '60', '60', '600', '60').rdata,
})
const diffs: readonly ZoneDiff[] = [
  {
    fromSerial: OURS,
    toSerial: 6,
    oldSoa: soa('5'),
    newSoa: soa('6'),
    removed: records.slice(3),
    added: records.slice(2, 3),
  },
  { fromSerial: 6, toSerial: 7, oldSoa: soa('6'), newSoa: soa('7'), removed: [], added: records.slice(3) },
]
const version = {
  serial: 7,
  records: () => records,
  changesSince: (serial: number) => (serial === OURS ? diffs : undefined),
}
const request: Message = {
  id: ID,
  flags: 0,
  questions: [{ name: ZONE, type: TYPE.AXFR, class: 1 }],
  answers: [],
  authorities: [],
  additionals: [],
}

function stream(answer: Iterable<ZoneRecord>): Uint8Array {
  return Buffer.concat([...transferMessages(request, answer, [])].map(framed))
}

function read(octets: Uint8Array, ours: number | undefined): Transferred | undefined {
  const frames = new FrameReader()
  frames.push(octets)
  const reader = new TransferReader(ZONE, ID, ours)
  for (let frame = frames.next(); frame !== undefined; frame = frames.next()) {
    const message = decodeMessage(frame)
    if ('problem' in message) return undefined
    try {
      if (reader.take(message)) return reader.result()
    } catch (problem) {
      if (problem instanceof TransferProblem) return undefined
      throw problem
    }
  }
  return undefined
}

const sent: Uint8Array[] = []
const everyone = [4, 16].map((octets) => ({
  kind: 'network' as const,
  network: { address: new Uint8Array(octets), prefixLength: 0 },
}))
const door = createTransferDoor({
  nowSeconds: () => 1_800_000_000,
  keys: () => new Map(),
  allow: () => everyone,
  zone: () => ({ kind: 'served', version }),
  query: () => undefined,
  notified: () => 'accepted',
  update: async () => ({ rcode: 0 }),
  log: { info: () => {}, warn: () => {} },
})

export const target: Target = {
  name: 'transfer',
  corpus: [
    stream(axfrRecords(version)),
    stream(ixfrRecords(version, OURS).records),
    stream(ixfrRecords(version, 7).records),
    ...messageInputs,
  ],
  maxOctets: 8192,
  async check(input, random) {
    checkStream(input)
    await checkDoor(input, random.below(2) === 0 ? 'udp' : 'tcp')
  },
}

function checkStream(input: Uint8Array): void {
  for (const ours of [undefined, OURS]) {
    const transferred = read(input, ours)
    if (transferred === undefined || transferred.kind === 'current') continue
    if (transferred.kind === 'full') {
      must(
        [...transferred.model].every(({ owner }) => isAtOrBelow(owner, ZONE)),
        'a record of another zone came in',
      )
      const { model } = transferred
      const again = read(
        stream(axfrRecords({ serial: model.serial, records: () => model, changesSince: () => undefined })),
        undefined,
      )
      must(again?.kind === 'full', 'a transfer cannot go out again')
      must(JSON.stringify([...again.model]) === JSON.stringify([...model]), 'a transfer changed by going out again')
    } else {
      must(
        transferred.diffs.every((diff, i, all) => i === 0 || diff.fromSerial === all[i - 1]!.toSerial),
        'changes with a gap',
      )
      const answer = { ...version, serial: transferred.diffs.at(-1)!.toSerial, changesSince: () => transferred.diffs }
      const out = ixfrRecords(answer, OURS)
      if (out.form === 'incremental')
        must(
          JSON.stringify(read(stream(out.records), OURS)) === JSON.stringify(transferred),
          'changes changed by going out again',
        )
      transferred.diffs.reduce<ZoneModel | undefined>((model, diff) => model?.apply(diff), ZoneModel.of(ZONE, records))
    }
  }
}

async function checkDoor(input: Uint8Array, transport: 'udp' | 'tcp'): Promise<void> {
  sent.length = 0
  const send = async (octets: Uint8Array): Promise<boolean> => sent.push(octets) > 0
  await door.handle(input.slice(), { transport, peer: new Uint8Array(4), port: 1, send })
  if (input.length < 12 || (input[2]! & 0x80) !== 0) must(sent.length === 0, 'an answer was answered')
  for (const octets of sent) {
    const message = decodeMessage(octets)
    must(!('problem' in message), 'what the door sent is no message')
    must(
      (message.flags & 0x8000) !== 0 && message.id === ((input[0]! << 8) | input[1]!),
      'what the door sent is no answer to it',
    )
    must(octets.length <= (transport === 'udp' ? 1232 : 65535), 'an answer is too long')
    must(encodeMessage(message) !== undefined, 'an answer cannot be written again')
  }
  must(transport === 'tcp' || sent.length <= 1, 'several answers over UDP')
}
