import fc from 'fast-check'
import t from 'tap'
import { CLASS, OctetWriter, parseName, parseRdata, RCODE, rcodeName, TYPE, typeOf } from '../../src/wire/index.ts'
import {
  applyUpdate,
  compareSerials,
  compileRecords,
  diffZones,
  nextSerial,
  printRecord,
  printZone,
  serialNewer,
  type UpdateRecord,
  ZoneImage,
  ZoneModel,
  type ZoneRecord,
  zoneRecords,
} from '../../src/zone/index.ts'

const ORIGIN = parseName('example.')!

/** "owner ttl type rdata ..." */
function record(text: string): ZoneRecord {
  const [owner, ttl, type, ...fields] = text.split(' ')
  const out = new OctetWriter()
  const problem = parseRdata(typeOf(type!)!, fields, ORIGIN, out)
  if (problem !== undefined) throw new Error(`${text}: ${problem.message}`)
  return { owner: parseName(owner!, ORIGIN)!, ttl: Number(ttl), type: typeOf(type!)!, rdata: out.octets() }
}

/** "add ..." | "del ..." | "delset owner type" | "delname owner" | "raw class type ttl octets owner" */
function update(text: string): UpdateRecord {
  const [verb, owner = '', type = 'ANY'] = text.split(' ')
  const rest = text.slice(verb!.length + 1)
  const empty = { owner: parseName(owner, ORIGIN)!, type: typeOf(type)!, ttl: 0, rdata: new Uint8Array(0) }
  switch (verb) {
    case 'add':
      return { ...record(rest), class: CLASS.IN }
    case 'equals': // prerequisite: the set exists with these data
      return { ...record(rest), class: CLASS.IN }
    case 'del':
      return { ...record(rest), class: CLASS.NONE }
    case 'absent':
      return { ...empty, class: CLASS.NONE }
    default:
      return { ...empty, class: CLASS.ANY } // exists, delset, delname
  }
}

const ZONE = ZoneModel.of(
  ORIGIN,
  [
    '@ 3600 SOA ns hostmaster 7 7200 1800 1209600 300',
    '@ 3600 NS ns',
    '@ 3600 MX 10 mail',
    'ns 3600 A 192.0.2.53',
    'www 60 A 192.0.2.1',
    'www 60 A 192.0.2.2',
    'alias 60 CNAME Www.Example.',
    'txt 60 TXT one',
  ].map(record),
)

function told(zone: Iterable<ZoneRecord>): string[] {
  return [...zone].map((one) => printRecord(one).replaceAll('\t', ' ').replace(' IN ', ' ')).sort()
}

t.test('RFC 2136 3.2: prerequisites', async (t) => {
  const rows: [prerequisite: string, rcode: number][] = [
    ['exists www', RCODE.NOERROR],
    ['exists WWW A', RCODE.NOERROR],
    ['exists www AAAA', RCODE.NXRRSET],
    ['exists none', RCODE.NXDOMAIN],
    ['absent none', RCODE.NOERROR],
    ['absent www', RCODE.YXDOMAIN],
    ['absent www A', RCODE.YXRRSET],
    ['absent www AAAA', RCODE.NOERROR],
    ['exists www.other.', RCODE.NOTZONE],
    ['equals txt 0 TXT one', RCODE.NOERROR],
    ['equals txt 0 TXT two', RCODE.NXRRSET],
    ['equals txt 60 TXT one', RCODE.FORMERR],
    ['equals www 0 A 192.0.2.1', RCODE.NXRRSET],
    ['equals alias 0 CNAME www.example.', RCODE.NOERROR],
    ['equals @ 0 MX 10 Mail.EXAMPLE.', RCODE.NOERROR],
    ['equals txt 0 TXT One', RCODE.NXRRSET],
  ]
  for (const [text, rcode] of rows)
    t.equal(rcodeName(applyUpdate(ZONE, [update(text)], []).rcode), rcodeName(rcode), text)
  const both = ['equals www 0 A 192.0.2.1', 'equals www 0 A 192.0.2.2'].map(update)
  t.equal(applyUpdate(ZONE, both, []).rcode, RCODE.NOERROR, 'a whole set, in two records')
  for (const klass of [CLASS.CH, 0, 99])
    t.equal(applyUpdate(ZONE, [{ ...update('exists www'), class: klass }], []).rcode, RCODE.FORMERR)
})

t.test('RFC 2136 3.4: updates', async (t) => {
  const rows: [updates: string[], removed: string[], added: string[]][] = [
    [['add new 60 A 192.0.2.9'], [], ['new.example. 60 A 192.0.2.9']],
    [['add www 60 A 192.0.2.1'], [], []],
    [
      ['add www 90 A 192.0.2.1'],
      ['www.example. 60 A 192.0.2.1', 'www.example. 60 A 192.0.2.2'],
      ['www.example. 90 A 192.0.2.1', 'www.example. 90 A 192.0.2.2'],
    ],
    [['del www 0 A 192.0.2.1'], ['www.example. 60 A 192.0.2.1'], []],
    [['del www 0 A 192.0.2.7'], [], []],
    [['delset www A'], ['www.example. 60 A 192.0.2.1', 'www.example. 60 A 192.0.2.2'], []],
    // RFC 4343 3: another case of a name in the data is no other record; of a text it is.
    [['add @ 3600 MX 10 MAIL.Example.'], [], []],
    [['del @ 0 MX 10 MAIL.Example.'], ['example. 3600 MX 10 mail.example.'], []],
    [['del txt 0 TXT ONE'], [], []],
    [['delname txt'], ['txt.example. 60 TXT "one"'], []],
    [['delname @'], ['example. 3600 MX 10 mail.example.'], []],
    [['delset @ SOA', 'delset @ NS', 'del @ 0 NS ns'], [], []],
    [
      ['add @ 3600 NS ns2.test.', 'del @ 0 NS NS.EXAMPLE.'],
      ['example. 3600 NS ns.example.'],
      ['example. 3600 NS ns2.test.'],
    ],
    [['add alias 60 A 192.0.2.1'], [], []],
    [['add www 60 CNAME x.test.'], [], []],
    [['add alias 60 CNAME x.test.'], ['alias.example. 60 CNAME Www.Example.'], ['alias.example. 60 CNAME x.test.']],
    [
      ['delname alias', 'add alias 60 A 192.0.2.1'],
      ['alias.example. 60 CNAME Www.Example.'],
      ['alias.example. 60 A 192.0.2.1'],
    ],
    [['add txt 60 TXT two', 'del txt 0 TXT two'], [], []],
    [['add sub 60 SOA ns hostmaster 7 7200 1800 1209600 300'], [], []],
  ]
  for (const [updates, removed, added] of rows) {
    const result = applyUpdate(ZONE, [], updates.map(update))
    t.equal(result.rcode, RCODE.NOERROR)
    t.same(told(result.diff?.removed ?? []), removed, `${updates}: removed`)
    t.same(told(result.diff?.added ?? []), added, `${updates}: added`)
    const changed = removed.length + added.length > 0
    t.equal(result.zone === ZONE, !changed, 'an update without effect leaves the zone itself')
    t.equal(result.zone.serial, changed ? 8 : 7)
    t.equal(result.zone.records, [...result.zone].length)
    if (result.diff !== undefined)
      t.same(told(ZONE.apply(result.diff)!), told(result.zone), 'the difference says it all')
  }
})

t.test('RFC 2136 3.6: the serial goes on, or is the one that the update states', async (t) => {
  const soa = (serial: number): UpdateRecord => update(`add @ 3600 SOA ns hostmaster ${serial} 7200 1800 1209600 300`)
  t.equal(applyUpdate(ZONE, [], [soa(100)]).zone.serial, 100)
  t.equal(applyUpdate(ZONE, [], [soa(6)]).zone.serial, 7, 'an older one is ignored')
  t.equal(applyUpdate(ZONE, [], [soa(100), update('add x 1 TXT x')]).zone.serial, 100)
  t.equal(applyUpdate(ZONE, [], [soa(6), update('add x 1 TXT x')]).zone.serial, 8)
})

t.test('RFC 2136 3.4.1: one malformed update and nothing is done', async (t) => {
  const good = update('add new 60 A 192.0.2.9')
  const bad: [UpdateRecord, number][] = [
    [update('add new.other. 60 A 192.0.2.9'), RCODE.NOTZONE],
    [{ ...good, type: TYPE.ANY }, RCODE.FORMERR],
    [{ ...good, type: TYPE.AXFR }, RCODE.FORMERR],
    [{ ...good, rdata: new Uint8Array(3) }, RCODE.FORMERR],
    [{ ...good, ttl: 0x80000000 }, RCODE.FORMERR],
    [{ ...good, class: CLASS.CH }, RCODE.FORMERR],
    [{ ...good, class: CLASS.ANY }, RCODE.FORMERR],
    [{ ...update('delset www A'), ttl: 1 }, RCODE.FORMERR],
    [{ ...update('del www 0 A 192.0.2.1'), ttl: 1 }, RCODE.FORMERR],
    [{ ...update('del www 0 A 192.0.2.1'), type: TYPE.ANY }, RCODE.FORMERR],
  ]
  for (const [one, rcode] of bad) {
    const result = applyUpdate(ZONE, [], [good, one])
    t.equal(result.rcode, rcode)
    t.equal(result.zone, ZONE)
  }
  const full = applyUpdate(ZONE, [], [good], { records: 8, setOctets: 1000 })
  t.equal(full.rcode, RCODE.REFUSED, 'a zone grows up to its limit')
  const steered = applyUpdate(ZONE, [], [good], undefined, (_, type) => type === TYPE.A)
  t.equal(steered.rcode, RCODE.REFUSED)
})

t.test('an incremental transfer that does not fit is refused whole', async (t) => {
  const { diff } = applyUpdate(ZONE, [], [update('del www 0 A 192.0.2.1')])
  t.equal(ZONE.apply({ ...diff!, fromSerial: 6 }), undefined)
  t.equal(ZONE.apply({ ...diff!, removed: [record('www 60 A 192.0.2.99')] }), undefined)
})

t.test('the difference of two images, applied to the first, gives the second', async (t) => {
  const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31))
  t.comment(`SEED=${seed}`)
  const one = fc
    .tuple(
      fc.constantFrom('a', 'b', 'c.a', 'd'),
      fc.constantFrom(60, 90),
      fc.constantFrom('A 192.0.2.', 'TXT x'),
      fc.nat(3),
    )
    .map(([owner, ttl, data, i]) => record(`${owner} ${ttl} ${data}${i}`))
  const apex = (serial: number): ZoneRecord[] => [
    record(`@ 60 SOA ns.test. h ${serial} 7200 1800 1209600 300`),
    record('@ 60 NS ns.test.'),
  ]
  const imageOf = (records: ZoneRecord[]): ZoneImage =>
    new ZoneImage(compileRecords({ origin: ORIGIN, records, label: '' }).image!)
  fc.assert(
    fc.property(fc.array(one), fc.array(one), (before, after) => {
      const old = imageOf([...apex(1), ...before])
      const now = imageOf([...apex(2), ...after])
      const patched = ZoneModel.of(ORIGIN, zoneRecords(old)).apply(diffZones(old, now))
      return patched !== undefined && printZone(patched) === printZone(zoneRecords(now))
    }),
    { numRuns: 200, seed },
  )
})

t.test('RFC 1982: serials are points on a circle', async (t) => {
  const rows: [number, number, -1 | 0 | 1 | undefined][] = [
    [0, 1, -1],
    [1, 0, 1],
    [0, 0x7fffffff, -1],
    [0, 0x80000000, undefined],
    [0x80000000, 0, undefined],
    [0xffffffff, 0, -1],
    [0, 0xffffffff, 1],
    [5, 5, 0],
  ]
  for (const [a, b, order] of rows) t.equal(compareSerials(a, b), order, `${a} ${b}`)
  t.equal(serialNewer(0x80000000, 0), false)
  t.equal(nextSerial(0xffffffff), 1)
})

t.test('whatever is asked, the zone stays a zone, and the difference says what changed', async (t) => {
  const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31))
  t.comment(`SEED=${seed}`)
  const owner = fc.constantFrom('@', 'a', 'A', 'b.a', '*', 'alias')
  const data = fc.constantFrom(
    'A 192.0.2.1',
    'A 192.0.2.2',
    'TXT x',
    'NS ns',
    'NS ns2.test.',
    'CNAME x.test.',
    'DNAME y.test.',
    'SOA ns hostmaster 9 7200 1800 1209600 300',
    'SOA ns hostmaster 3 7200 1800 1209600 300',
  )
  const one = fc.oneof(
    fc.tuple(fc.constant('add'), owner, fc.constantFrom(60, 90), data),
    fc.tuple(fc.constant('del'), owner, fc.constant(0), data),
    fc.tuple(fc.constant('delset'), owner, fc.constantFrom('A', 'NS', 'SOA', 'CNAME'), fc.constant('')),
    fc.tuple(fc.constant('delname'), owner, fc.constant(''), fc.constant('')),
  )
  fc.assert(
    fc.property(fc.array(fc.array(one, { maxLength: 6 }), { maxLength: 6 }), (messages) => {
      let zone = ZONE
      for (const message of messages) {
        const before = zone
        const result = applyUpdate(
          zone,
          [],
          message.map((parts) => update(parts.join(' ').trim())),
        )
        if (result.rcode !== RCODE.NOERROR) throw new Error(rcodeName(result.rcode))
        zone = result.zone
        if (zone.set(ORIGIN, TYPE.SOA)?.rdatas.length !== 1) throw new Error('not one SOA')
        if (zone.set(ORIGIN, TYPE.NS) === undefined) throw new Error('no NS')
        if ((zone === before) !== (result.diff === undefined)) throw new Error('a difference without a change')
        if (result.diff !== undefined && !serialNewer(zone.serial, before.serial))
          throw new Error('the serial stood still')
        if (result.diff !== undefined && printZone(before.apply(result.diff)!) !== printZone(zone))
          throw new Error('the difference lies')
        const compiled = compileRecords({ origin: ORIGIN, records: zone, label: '', lenient: true })
        if (compiled.image === undefined) throw new Error('it does not compile')
        const alone = compiled.issues.filter(({ code }) => /cname-and-other|many-|soa-below/.test(code))
        if (alone.length > 0) throw new Error(alone[0]!.message)
        if (compiled.records !== zone.records) throw new Error('records are lost')
      }
    }),
    { numRuns: 300, seed },
  )
})
