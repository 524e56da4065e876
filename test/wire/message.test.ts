import { decode as decodeByDnsPacket } from 'dns-packet'
import fc from 'fast-check'
import t from 'tap'
import {
  clientSubnetOption,
  decodeMessage,
  EDE,
  ednsOf,
  encodeMessage,
  extendedErrorOption,
  FLAG,
  type Message,
  MessageWriter,
  OctetWriter,
  opcodeOf,
  optRecord,
  parseName,
  parseRdata,
  printName,
  printRdata,
  RCODE,
  type ResourceRecord,
  rcodeOf,
  readOptions,
  refusal,
  TYPE,
  typeOf,
  withOpcode,
} from '../../src/wire/index.ts'

const name = (text: string) => parseName(text)!
function record(owner: string, type: string, ...fields: string[]): ResourceRecord {
  const out = new OctetWriter()
  const problem = parseRdata(typeOf(type)!, fields, name('.'), out)
  if (problem !== undefined) throw new Error(problem.message)
  return { name: name(owner), type: typeOf(type)!, class: 1, ttl: 3600, rdata: out.octets() }
}
const message = (sections: Partial<Message>): Message => ({
  id: 0x1234,
  flags: FLAG.QR | FLAG.AA,
  questions: [],
  answers: [],
  authorities: [],
  additionals: [],
  ...sections,
})
const decoded = (octets: Uint8Array): Message => {
  const whole = decodeMessage(octets)
  if ('problem' in whole) throw new Error(`${whole.problem} at ${whole.at}`)
  return whole
}
const hex = (octets: Uint8Array) => Buffer.from(octets).toString('hex')

const RICH = message({
  questions: [{ name: name('www.Example.com.'), type: TYPE.A, class: 1 }],
  answers: [
    record('www.Example.com.', 'CNAME', 'web.example.com.'),
    record('web.example.com.', 'A', '192.0.2.1'),
    record('web.example.com.', 'TXT', 'one', 'two'),
  ],
  authorities: [
    record('example.com.', 'SOA', 'ns1.example.com.', 'hostmaster.example.com.', '1', '2', '3', '4', '5'),
    record('example.com.', 'NS', 'ns1.example.com.'),
    record('example.com.', 'MX', '10', 'mail.example.com.'),
    record('_sip._udp.example.com.', 'SRV', '1', '2', '3', 'web.example.com.'),
  ],
  additionals: [record('ns1.example.com.', 'AAAA', '2001:db8::1'), optRecord({ udpSize: 1232, doBit: true })],
})

t.test('a message survives encoding and decoding, case and all', async (t) => {
  t.strictSame(decoded(encodeMessage(RICH)!), RICH)
  t.equal(hex(encodeMessage(decoded(encodeMessage(RICH)!))!), hex(encodeMessage(RICH)!))
})

t.test('another implementation reads the same', async (t) => {
  const theirs = decodeByDnsPacket(Buffer.from(encodeMessage(RICH)!))
  t.strictSame(
    [...theirs.answers!, ...theirs.authorities!].map((rr) => `${rr.name} ${rr.type}`),
    [...RICH.answers, ...RICH.authorities].map(
      (rr) => `${printName(rr.name).slice(0, -1)} ${Object.entries(TYPE).find(([, code]) => code === rr.type)![0]}`,
    ),
  )
  t.match(theirs.answers, [{ data: 'web.example.com' }, { data: '192.0.2.1' }])
  t.match(theirs.authorities, [
    { data: { mname: 'ns1.example.com', rname: 'hostmaster.example.com', serial: 1, minimum: 5 } },
    { data: 'ns1.example.com' },
    { data: { preference: 10, exchange: 'mail.example.com' } },
    { data: { port: 3, target: 'web.example.com' } },
  ])
})

t.test('names are compressed where RFC 1035 and 3597 allow, and only there', async (t) => {
  const text = Buffer.from(encodeMessage(RICH)!).toString('latin1')
  t.equal(text.split('com').length - 1, 2, 'once for all of them, and once in the target of SRV')
  const writer = new MessageWriter()
  writer.begin(1, 0)
  writer.record('answer', record('a.example.', 'NS', 'b.a.example.'))
  writer.record('answer', record('b.a.example.', 'NS', '.'))
  writer.record('answer', record('.', 'NS', 'example.'))
  t.equal(
    hex(writer.octets()).slice(24),
    `${'0161076578616d706c6500' + '0002000100000e100004'}0162c00c${'c021' + '0002000100000e10000100'}${'00' + '0002000100000e100002c00e'}`,
  )
})

t.test('a name whose suffixes are alike never points into itself', async (t) => {
  const writer = new MessageWriter()
  for (const owner of ['x.x.', 'x.', 'x.x.x.x.', 'a.a.a.a.a.', 'x.x.']) {
    writer.begin(1, 0)
    t.ok(writer.record('answer', record(owner, 'NS', owner)))
    t.equal(printName(decoded(writer.octets()).answers[0]!.name), owner)
  }
})

t.test('random records survive, whatever else is in the message', async () => {
  const label = fc.constantFrom('a', 'b', 'A', 'ab', 'example', 'x'.repeat(63))
  const owner = fc.array(label, { maxLength: 3 }).map((labels) => `${labels.join('.')}.`)
  const rr = fc.oneof(
    owner.chain((o) => owner.map((target) => record(o, 'NS', target))),
    owner.chain((o) => owner.map((target) => record(o, 'MX', '7', target))),
    owner.map((o) => record(o, 'A', '192.0.2.1')),
    owner.chain((o) => owner.map((target) => record(o, 'SRV', '1', '2', '3', target))),
  )
  fc.assert(
    fc.property(fc.array(rr, { maxLength: 40 }), fc.array(rr, { maxLength: 5 }), (answers, additionals) => {
      const whole = message({ answers, additionals })
      return JSON.stringify(decoded(encodeMessage(whole)!)) === JSON.stringify(whole)
    }),
    { numRuns: 300 },
  )
})

t.test('a message of thousands of different names stays readable past the reach of pointers', async (t) => {
  const answers = Array.from({ length: 2600 }, (_, i) => record(`n${i}.m${i % 7}.example.`, 'A', '192.0.2.1'))
  const octets = encodeMessage(message({ answers }))!
  t.ok(octets.length > 40_000 && octets.length < 65_536, `${octets.length} octets`)
  t.strictSame(
    decoded(octets).answers.map((rr) => printName(rr.name)),
    answers.map((rr) => printName(rr.name)),
  )
  const tiny = Array.from({ length: 5200 }, (_, i) => record(`${i.toString(36)}.`, 'NS', '.'))
  t.equal(decoded(encodeMessage(message({ answers: tiny.slice(0, 3900) }))!).answers.length, 3900)
  t.equal(encodeMessage(message({ answers: tiny })), undefined, 'too long for a message')
})

t.test('what does not fit is not written at all', async (t) => {
  const writer = new MessageWriter(100)
  writer.begin(7, FLAG.QR)
  t.ok(writer.question({ name: name('example.'), type: 1, class: 1 }))
  t.notOk(writer.record('answer', record('www.example.', 'TXT', 'x'.repeat(100))))
  t.ok(writer.record('answer', record('www.example.', 'A', '192.0.2.1')))
  t.notOk(writer.record('answer', record('other.www.example.', 'TXT', 'x'.repeat(60))))
  const whole = decoded(writer.octets())
  t.equal(whole.answers.length, 1)
  t.equal(whole.questions.length, 1)
})

t.test('octets that are no message are refused, and say where', async (t) => {
  const sound = encodeMessage(RICH)!
  const rows: [string, Uint8Array][] = [
    ['empty', new Uint8Array(0)],
    ['half a header', sound.slice(0, 6)],
    ['an octet too many', new Uint8Array([...sound, 0])],
  ]
  for (const [title, octets] of rows) t.type((decodeMessage(octets) as { problem: string }).problem, 'string', title)
  for (let cut = 12; cut < sound.length; cut++) t.ok('problem' in decodeMessage(sound.slice(0, cut)), `cut at ${cut}`)
})

t.test('no octets make decodeMessage throw; what decodes encodes, and decodes as the same', async () => {
  const sound = encodeMessage(RICH)!
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(sound.length - 1), fc.nat(255)), { maxLength: 8 }), (bends) => {
      const octets = sound.slice()
      for (const [at, value] of bends) octets[at] = value
      const whole = decodeMessage(octets)
      if ('problem' in whole) return true
      const again = encodeMessage(whole)
      return again === undefined || JSON.stringify(decodeMessage(again)) === JSON.stringify(whole)
    }),
    { numRuns: 3000 },
  )
})

t.test('an UPDATE may name sets without data (RFC 2136 2.4, 2.5)', async (t) => {
  const bare = (class_: number): ResourceRecord => ({
    name: name('a.example.'),
    type: TYPE.A,
    class: class_,
    ttl: 0,
    rdata: new Uint8Array(0),
  })
  const update = message({ flags: withOpcode(0, 5), answers: [bare(255), bare(254)], authorities: [bare(255)] })
  t.strictSame(decoded(encodeMessage(update)!), update)
  t.equal(opcodeOf(update.flags), 5)
  t.ok('problem' in decodeMessage(encodeMessage({ ...update, flags: 0 })!), 'in a query that is no A record')
})

t.test('EDNS: options, extended rcode, and what is malformed', async (t) => {
  const options = [clientSubnetOption(Uint8Array.of(192, 0, 2, 255), 23), extendedErrorOption(EDE.STALE_ANSWER, 'é')]
  t.equal(hex(options[0]!.data), '00011700c00002')
  t.equal(hex(options[1]!.data), '0003c3a9')
  const whole = message({
    additionals: [optRecord({ udpSize: 4096, doBit: true, options, extendedRcode: RCODE.BADVERS >> 4 })],
  })
  t.strictSame(ednsOf(whole), { udpSize: 4096, extendedRcode: 1, version: 0, doBit: true, options })
  t.equal(rcodeOf(whole), RCODE.BADVERS)
  t.equal(ednsOf(message({})), undefined)
  const opt = optRecord({})
  t.equal(ednsOf(message({ additionals: [opt, opt] })), 'malformed')
  t.equal(ednsOf(message({ additionals: [{ ...opt, name: name('a.') }] })), 'malformed')
  t.equal(ednsOf(message({ additionals: [{ ...opt, rdata: Uint8Array.of(0, 3, 0, 1) }] })), 'malformed')
  t.equal(readOptions(Uint8Array.of(0)), undefined)
})

t.test('a refusal copies ID, opcode, RD and question', async (t) => {
  const request = message({ flags: withOpcode(FLAG.RD | FLAG.AD, 4), questions: RICH.questions })
  t.strictSame(refusal(request, RCODE.NOTAUTH), { ...request, flags: FLAG.QR | FLAG.RD | (4 << 11) | RCODE.NOTAUTH })
  t.equal(printRdata(TYPE.A, RICH.answers[1]!.rdata), '192.0.2.1')
})
