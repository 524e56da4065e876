import fc from 'fast-check'
import t from 'tap'
import { DiffJournal } from '../../src/transfer/index.ts'
import { axfrRecords, ixfrRecords, transferMessages } from '../../src/transfer/outgoing.ts'
import type { ZoneVersion } from '../../src/transfer/ports.ts'
import { TransferReader, type Transferred } from '../../src/transfer/transfer-reader.ts'
import {
  decodeMessage,
  encodeMessage,
  type Message,
  OctetWriter,
  parseName,
  parseRdata,
  printName,
  printRdata,
  RCODE,
  TYPE,
  typeOf,
} from '../../src/wire/index.ts'
import {
  compileRecords,
  diffZones,
  type ZoneDiff,
  ZoneImage,
  type ZoneModel,
  type ZoneRecord,
  zoneRecords,
} from '../../src/zone/index.ts'
import { change, linesOf, zone, zoneRecord } from './house.ts'

const ORIGIN = parseName('example.')!
const request: Message = {
  id: 9,
  flags: 0,
  questions: [{ name: ORIGIN, type: TYPE.AXFR, class: 1 }],
  answers: [],
  authorities: [],
  additionals: [],
}

function messagesOf(records: Iterable<ZoneRecord>): Message[] {
  return [...transferMessages(request, records, [])].map((octets) => {
    const message = decodeMessage(octets)
    if ('problem' in message) throw new Error(message.problem)
    return message
  })
}

function read(messages: readonly Message[], ours?: number): Transferred {
  const reader = new TransferReader(ORIGIN, 9, ours)
  const done = messages.map((message) => reader.take(message))
  if (done.indexOf(true) !== done.length - 1) throw new Error('the end is not where the reader sees it')
  return reader.result()
}

const versionOf = (model: ZoneModel, changes?: ZoneVersion['changesSince']): ZoneVersion => ({
  serial: model.serial,
  records: () => model,
  changesSince: changes ?? (() => undefined),
})

t.test('a whole zone goes out and comes in as the same records, over as many messages as it takes', async (t) => {
  for (const count of [0, 1, 500, 5000]) {
    const model = zone(
      7,
      Array.from({ length: count }, (_, i) => `n${i} 60 TXT ${'x'.repeat(i % 200)}${i}`),
    )
    const messages = messagesOf(axfrRecords(versionOf(model)))
    t.equal(messages[0]!.questions.length, 1)
    t.equal(
      messages.slice(1).every(({ questions }) => questions.length === 0),
      true,
    )
    const transferred = read(messages)
    if (transferred.kind !== 'full') throw new Error(transferred.kind)
    t.strictSame(linesOf(transferred.model), linesOf(model), `${count} records in ${messages.length} messages`)
  }
})

t.test('a record larger than a common message gets one of its own', async (t) => {
  const big = zoneRecord('big 60 TXT x')
  const rdata = new Uint8Array(256 * 200).fill(120)
  for (let i = 0; i < rdata.length; i += 256) rdata[i] = 255
  const records = [...axfrRecords(versionOf(zone(7, ['a 60 A 192.0.2.1'])))]
  const messages = messagesOf([...records.slice(0, -1), { ...big, rdata }, records.at(-1)!])
  t.equal(messages.length, 3)
  t.equal(encodeMessage(messages[1]!)!.length > 51_000, true)
  t.equal(read(messages).kind, 'full')
})

t.test('what a secondary with each serial gets (RFC 1995 2, 4)', async (t) => {
  const journal = new DiffJournal()
  const models = [zone(1, ['a 60 A 192.0.2.1'])]
  for (const [remove, add] of [
    [[], ['b 60 A 192.0.2.2']],
    [['a 60 A 192.0.2.1'], ['a 60 A 192.0.2.3', 'c 60 TXT x']],
    [['c 60 TXT x'], []],
  ] as const) {
    const next = change(models.at(-1)!, remove, add)
    journal.add('example.', next.diff)
    models.push(next.model)
  }
  const now = models.at(-1)!
  const version = versionOf(now, (serial) => journal.since('example.', serial, now.serial))
  for (const ours of [1, 2, 3]) {
    const { form, records } = ixfrRecords(version, ours)
    t.equal(form, 'incremental', `from ${ours}`)
    const transferred = read(messagesOf(records), ours)
    if (transferred.kind !== 'incremental') throw new Error(transferred.kind)
    t.equal(transferred.diffs.length, 4 - ours)
    const updated = transferred.diffs.reduce<ZoneModel | undefined>(
      (model, diff) => model?.apply(diff),
      models[ours - 1],
    )
    t.strictSame(linesOf(updated!), linesOf(now))
  }
  t.equal(ixfrRecords(version, 4).form, 'current')
  t.equal(ixfrRecords(version, 5).form, 'current', 'ahead of us: nothing newer here')
  t.strictSame(read(messagesOf(ixfrRecords(version, 4).records), 4), { kind: 'current' })
  const unknown = ixfrRecords(version, 0)
  t.equal(unknown.form, 'full', 'too far behind')
  t.equal(read(messagesOf(unknown.records), 0).kind, 'full')
})

t.test('RFC 1995 7: the zone JAIN.AD.JP, from serial 1 to 3', async (t) => {
  const origin = parseName('JAIN.AD.JP.')!
  const record = (line: string): ZoneRecord => {
    const [owner, type, ...fields] = line.split(' ')
    const out = new OctetWriter()
    t.equal(parseRdata(typeOf(type!)!, fields, origin, out), undefined)
    return { owner: parseName(owner!, origin)!, type: typeOf(type!)!, ttl: 60, rdata: out.octets() }
  }
  const soa = (serial: number) => `@ SOA NS.JAIN.AD.JP. mohta.jain.ad.jp. ${serial} 600 600 3600000 604800`
  const imageOf = (...records: string[]) =>
    new ZoneImage(compileRecords({ origin, records: records.map(record), label: 'jain', lenient: true }).image!)
  const versions = [
    imageOf(soa(1), '@ NS NS.JAIN.AD.JP.', 'NS A 133.69.136.1', 'NEZU A 133.69.136.5'),
    imageOf(soa(2), '@ NS NS.JAIN.AD.JP.', 'NS A 133.69.136.1', 'JAIN-BB A 133.69.136.4', 'JAIN-BB A 192.41.197.2'),
    imageOf(soa(3), '@ NS NS.JAIN.AD.JP.', 'NS A 133.69.136.1', 'JAIN-BB A 133.69.136.3', 'JAIN-BB A 192.41.197.2'),
  ] as const
  const journal = new DiffJournal()
  journal.add('jain.ad.jp.', diffZones(versions[0], versions[1]))
  journal.add('jain.ad.jp.', diffZones(versions[1], versions[2]))
  const { form, records } = ixfrRecords(
    {
      serial: 3,
      records: () => zoneRecords(versions[2]),
      changesSince: (from) => journal.since('jain.ad.jp.', from, 3),
    },
    1,
  )
  t.equal(form, 'incremental')
  const told = [...records].map(({ owner, type, rdata }) => {
    const text = printRdata(type, rdata)
    return type === TYPE.SOA ? `SOA ${text.split(' ')[2]}` : `${printName(owner).toUpperCase()} ${text}`
  })
  t.strictSame(told, [
    'SOA 3',
    'SOA 1',
    'NEZU.JAIN.AD.JP. 133.69.136.5',
    'SOA 2',
    'JAIN-BB.JAIN.AD.JP. 133.69.136.4',
    'JAIN-BB.JAIN.AD.JP. 192.41.197.2',
    'SOA 2',
    'JAIN-BB.JAIN.AD.JP. 133.69.136.4',
    'SOA 3',
    'JAIN-BB.JAIN.AD.JP. 133.69.136.3',
    'SOA 3',
  ])
})

t.test('random changes arrive as they left, however the messages are cut', async () => {
  const line = fc
    .nat(30)
    .chain((i) => fc.constantFrom(`n${i} 60 A 192.0.2.${i}`, `n${i} 60 TXT ${i}`, `n${i} 60 MX ${i} m`))
  const steps = fc.array(fc.record({ put: fc.uniqueArray(line, { maxLength: 6 }), drop: fc.nat(6) }), {
    minLength: 1,
    maxLength: 6,
  })
  fc.assert(
    fc.property(steps, (steps) => {
      const start = zone(0xfffffffe)
      let model = start
      const diffs: ZoneDiff[] = []
      let held: string[] = []
      for (const { put, drop } of steps) {
        const gone = held.slice(0, drop)
        const fresh = put.filter((each) => !held.includes(each))
        const next = change(model, gone, fresh)
        held = [...held.slice(drop), ...fresh]
        model = next.model
        diffs.push(next.diff)
      }
      const { records } = ixfrRecords(
        versionOf(model, () => diffs),
        start.serial,
      )
      const transferred = read(messagesOf(records), start.serial)
      if (transferred.kind !== 'incremental') return false
      const updated = transferred.diffs.reduce<ZoneModel | undefined>((each, diff) => each?.apply(diff), start)
      return updated !== undefined && linesOf(updated).join() === linesOf(model).join()
    }),
    { numRuns: 200 },
  )
})

t.test('what is no transfer of this zone is refused, and says why', async (t) => {
  const soa = (serial: number) => ({ ...zoneRecord(`@ 3600 SOA ns1 h ${serial} 1 1 1 1`) })
  const a = zoneRecord('a 60 A 192.0.2.1')
  const answer = (records: readonly ZoneRecord[], more: Partial<Message> = {}): Message => ({
    ...messagesOf(records)[0]!,
    ...more,
  })
  const rows: [string, Message[], RegExp, number?][] = [
    ['an rcode', [answer([soa(1)], { flags: 0x8000 | RCODE.REFUSED })], /REFUSED/],
    ['another ID', [answer([soa(1), a, soa(1)], { id: 8 })], /not the answer/],
    ['a query', [answer([soa(1)], { flags: 0 })], /not the answer/],
    ['no records', [answer([soa(1)], { answers: [] })], /without records/],
    ['no SOA in front', [answer([a, soa(1)])], /begin with an SOA/],
    ['another SOA at the end', [answer([soa(1), a, soa(2)])], /not the one at the beginning/],
    ['records behind the end', [answer([soa(1), a, soa(1), a])], /follow the end/],
    ['the SOA of another zone', [answer([{ ...soa(1), owner: parseName('other.')! }])], /SOA of other\./],
    [
      'another question',
      [answer([soa(1)], { questions: [{ name: parseName('other.')!, type: 252, class: 1 }] })],
      /another zone/,
    ],
    ['a gap between changes', [answer([soa(3), soa(1), soa(2), soa(1), soa(3), soa(3)])], /follows one to 2/, 1],
  ]
  for (const [title, messages, reason, ours] of rows) t.throws(() => read(messages, ours), { message: reason }, title)
  const stray = { ...a, owner: parseName('a.other.')! }
  const kept = read([answer([soa(1), stray, a, soa(1)])])
  t.equal(kept.kind === 'full' && kept.model.records, 2, 'records of other zones are left out')
})

t.test('the journal forgets the oldest changes first, and a gap forgets all', async (t) => {
  const journal = new DiffJournal(20)
  let model = zone(1)
  for (let i = 0; i < 10; i++) {
    const next = change(model, [], [`n${i} 60 A 192.0.2.1`])
    journal.add('example.', next.diff)
    model = next.model
  }
  t.equal(journal.since('example.', 1, 11), undefined)
  t.equal(journal.since('example.', 6, 11)?.length, 5)
  t.equal(journal.since('example.', 6, 12), undefined, 'not up to the version that is served')
  const jump = change({ ...change(model, [], ['x 60 A 192.0.2.1']) }.model, [], ['y 60 A 192.0.2.1'])
  journal.add('example.', jump.diff)
  t.equal(journal.since('example.', 10, 13), undefined)
  t.equal(journal.since('example.', 12, 13)?.length, 1)
})

t.test('the journal keeps no image alive', async (t) => {
  const image = (model: ZoneModel) =>
    new ZoneImage(compileRecords({ origin: ORIGIN, records: model, label: 'x', lenient: true }).image!)
  const before = zone(1)
  const journal = new DiffJournal()
  journal.add('example.', diffZones(image(before), image(change(before, [], ['a 60 A 192.0.2.1']).model)))
  const [diff] = journal.since('example.', 1, 2)!
  for (const { owner, rdata } of [diff!.oldSoa, diff!.newSoa, ...diff!.added])
    for (const octets of [owner, rdata]) {
      t.type(octets.buffer, ArrayBuffer)
      t.ok(octets.buffer.byteLength < 1000)
    }
})
