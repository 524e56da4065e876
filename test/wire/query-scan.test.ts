import fc from 'fast-check'
import t from 'tap'
import { QueryScan, RCODE, SCAN, TYPE } from '../../src/wire/index.ts'

const u16 = (value: number) => value.toString(16).padStart(4, '0')
const QNAME = '03777777076578616d706c6500'
const QUESTION = `${QNAME}00010001`
const opt = (options = '', { size = 1232, version = 0, flags = 0, name = '00' } = {}) =>
  `${name}0029${u16(size)}00${version.toString(16).padStart(2, '0')}${u16(flags)}${u16(options.length / 2)}${options}`
const option = (code: number, data: string) => u16(code) + u16(data.length / 2) + data
/** A message in hex; counts: question, answer, authority, additional */
const message = (counts: readonly number[], body: string, flags = 0x0100) =>
  new Uint8Array(Buffer.from(`1234${u16(flags)}${counts.map(u16).join('')}${body}`, 'hex'))
const asked = (options: string) => message([1, 0, 0, 1], QUESTION + opt(options))

function scanned(octets: Uint8Array, at = 0) {
  const scan = new QueryScan()
  const shifted = new Uint8Array(at + octets.length + 7).fill(0xff)
  shifted.set(octets, at)
  return { verdict: scan.scan(shifted, at, octets.length), scan, shifted }
}

t.test('a plain query', async (t) => {
  for (const at of [0, 5]) {
    const { verdict, scan } = scanned(message([1, 0, 0, 0], QUESTION), at)
    t.equal(verdict, SCAN.query)
    t.match(scan, {
      qnameAt: at + 12,
      qnameOctets: 13,
      labels: 2,
      qtype: TYPE.A,
      qclass: 1,
      questionEnd: at + 29,
      edns: false,
      udpSize: 512,
      flags: 0x0100,
      opcode: 0,
    })
  }
})

t.test('what is answered, refused, ignored or handed on', async (t) => {
  const refuse = (rcode: number, echoes: boolean) => ({ verdict: SCAN.refuse, rcode, echoes })
  const query = { verdict: SCAN.query, rcode: 0, echoes: true }
  const cookieOnly = option(10, '0102030405060708')
  const tsig = `00${u16(TYPE.TSIG)}00ff000000000000`
  const rows: [string, Uint8Array, { verdict: number; rcode?: number; echoes?: boolean }][] = [
    ['nothing', new Uint8Array(0), { verdict: SCAN.silence }],
    ['shorter than a header', new Uint8Array(11), { verdict: SCAN.silence }],
    ['a response', message([1, 0, 0, 0], QUESTION, 0x8100), { verdict: SCAN.silence }],
    ['a response with a bad opcode', message([0, 0, 0, 0], '', 0xf800), { verdict: SCAN.silence }],
    ['opcode STATUS', message([1, 0, 0, 0], QUESTION, 0x1000), refuse(RCODE.NOTIMP, true)],
    ['opcode 15', message([0, 0, 0, 0], '', 0x7800), refuse(RCODE.NOTIMP, false)],
    ['NOTIFY', message([1, 0, 0, 0], QUESTION, 0x2000), { verdict: SCAN.slow }],
    ['UPDATE', message([1, 0, 0, 0], QUESTION, 0x2800), { verdict: SCAN.slow }],
    ['AXFR', message([1, 0, 0, 0], `${QNAME}00fc0001`), { verdict: SCAN.slow }],
    ['IXFR with its SOA', message([1, 0, 1, 0], `${QNAME}00fb0001${tsig}`), { verdict: SCAN.slow }],
    ['TSIG', message([1, 0, 0, 1], QUESTION + tsig), { verdict: SCAN.slow }],
    ['no question', message([0, 0, 0, 0], ''), refuse(RCODE.FORMERR, false)],
    ['no question, a cookie wanted', message([0, 0, 0, 1], opt(cookieOnly)), refuse(RCODE.NOERROR, false)],
    ['two questions', message([2, 0, 0, 0], QUESTION + QUESTION), refuse(RCODE.FORMERR, false)],
    ['a record in the answer section', message([1, 1, 0, 0], QUESTION + tsig), refuse(RCODE.FORMERR, false)],
    ['a record in the authority section', message([1, 0, 1, 0], QUESTION + tsig), refuse(RCODE.FORMERR, true)],
    ['a trailing octet', message([1, 0, 0, 0], `${QUESTION}00`), refuse(RCODE.FORMERR, true)],
    ['fewer records than announced', message([1, 0, 0, 2], QUESTION + opt()), refuse(RCODE.FORMERR, true)],
    ['a compressed qname', message([1, 0, 0, 0], 'c00c00010001'), refuse(RCODE.FORMERR, false)],
    ['an old label type', message([1, 0, 0, 0], '414100010001'), refuse(RCODE.FORMERR, false)],
    ['a qname cut short', message([1, 0, 0, 0], '0377'), refuse(RCODE.FORMERR, false)],
    ['a question without a class', message([1, 0, 0, 0], `${QNAME}0001`), refuse(RCODE.FORMERR, false)],
    ['a qname of 255 octets', message([1, 0, 0, 0], `${'013d'.repeat(127)}0000010001`), query],
    [
      'a qname of 256 octets',
      message([1, 0, 0, 0], `${'013d'.repeat(126)}023d3d0000010001`),
      refuse(RCODE.FORMERR, false),
    ],
    ['the root', message([1, 0, 0, 0], '0000020001'), query],
    ['EDNS', asked(''), query],
    ['EDNS version 1', message([1, 0, 0, 1], QUESTION + opt('', { version: 1 })), refuse(RCODE.BADVERS, true)],
    [
      'EDNS version 1, options that make no sense',
      message([1, 0, 0, 1], QUESTION + opt('ffffff', { version: 1 })),
      refuse(RCODE.BADVERS, true),
    ],
    ['two OPT', message([1, 0, 0, 2], QUESTION + opt() + opt()), refuse(RCODE.FORMERR, true)],
    [
      'an OPT that has an owner',
      message([1, 0, 0, 1], QUESTION + opt('', { name: '016100' })),
      refuse(RCODE.FORMERR, true),
    ],
    ['an OPT behind another record', message([1, 0, 0, 2], `${QUESTION}c00c00010001000000000000${opt()}`), query],
    ['an unknown option', asked(option(65001, 'aabb')), query],
    ['unknown EDNS flags', message([1, 0, 0, 1], QUESTION + opt('', { flags: 0x7fff })), query],
    ['an option longer than the record', asked('00030005'), refuse(RCODE.FORMERR, true)],
    ['half an option', asked('000300'), refuse(RCODE.FORMERR, true)],
    ['a client cookie', asked(cookieOnly), query],
    ['a cookie of 7', asked(option(10, '00'.repeat(7))), refuse(RCODE.FORMERR, true)],
    ['a cookie of 9', asked(option(10, '00'.repeat(9))), refuse(RCODE.FORMERR, true)],
    ['a cookie of 15', asked(option(10, '00'.repeat(15))), refuse(RCODE.FORMERR, true)],
    ['a cookie of 16', asked(option(10, '00'.repeat(16))), query],
    ['a cookie of 40', asked(option(10, '00'.repeat(40))), query],
    ['a cookie of 41', asked(option(10, '00'.repeat(41))), refuse(RCODE.FORMERR, true)],
    ['a cookie of 0', asked(option(10, '')), refuse(RCODE.FORMERR, true)],
    ['keepalive', asked(option(11, '')), query],
    ['keepalive of 1 octet', asked(option(11, '00')), query],
    ['QTYPE OPT', message([1, 0, 0, 0], `${QNAME}00290001`), refuse(RCODE.FORMERR, true)],
    ['QTYPE 0', message([1, 0, 0, 0], `${QNAME}00000001`), refuse(RCODE.FORMERR, true)],
    ['QTYPE MAILA', message([1, 0, 0, 0], `${QNAME}00fe0001`), refuse(RCODE.NOTIMP, true)],
    ['QTYPE ANY', message([1, 0, 0, 0], `${QNAME}00ff0001`), query],
    ['ECS 24', asked(option(8, '00011800c00002')), query],
    ['ECS 0, family 1', asked(option(8, '00010000')), query],
    ['ECS 0, family 0 (dig +subnet=0)', asked(option(8, '00000000')), query],
    ['ECS 56, family 2', asked(option(8, '0002380020010db8000000')), query],
    ['ECS, an octet too many', asked(option(8, '00011800c0000200')), refuse(RCODE.FORMERR, true)],
    ['ECS, an octet too few', asked(option(8, '00011800c000')), refuse(RCODE.FORMERR, true)],
    ['ECS, a bit past the prefix', asked(option(8, '00011700c00003')), refuse(RCODE.FORMERR, true)],
    ['ECS, the last bit of the prefix', asked(option(8, '00011700c00002')), query],
    ['ECS, a scope in the query', asked(option(8, '00011818c00002')), refuse(RCODE.FORMERR, true)],
    ['ECS 33, family 1', asked(option(8, '00012100c000020100')), refuse(RCODE.FORMERR, true)],
    ['ECS 129, family 2', asked(option(8, `00028100${'00'.repeat(17)}`)), refuse(RCODE.FORMERR, true)],
    ['ECS, family 3', asked(option(8, '00030000')), refuse(RCODE.FORMERR, true)],
    ['ECS, family 0 with an address', asked(option(8, '00000800c0')), refuse(RCODE.FORMERR, true)],
    ['ECS of 3 octets', asked(option(8, '000100')), refuse(RCODE.FORMERR, true)],
    ['ECS empty', asked(option(8, '')), refuse(RCODE.FORMERR, true)],
  ]
  for (const [title, octets, expected] of rows) {
    const { verdict, scan } = scanned(octets, 3)
    t.equal(verdict, expected.verdict, title)
    if (expected.rcode !== undefined) t.equal(scan.rcode, expected.rcode, `${title}: rcode`)
    if (expected.echoes !== undefined) t.equal(scan.questionEnd > 0, expected.echoes, `${title}: question`)
  }
})

t.test('EDNS options are found where they stand', async (t) => {
  const octets = message(
    [1, 0, 0, 1],
    QUESTION +
      opt(
        option(3, '') +
          option(8, '00011800c00002') +
          option(10, '0102030405060708') +
          option(11, '') +
          option(12, '00'),
        {
          size: 4096,
          flags: 0x8000,
        },
      ),
  )
  const { scan, shifted } = scanned(octets, 2)
  t.match(scan, {
    edns: true,
    version: 0,
    udpSize: 4096,
    doBit: true,
    nsid: true,
    keepalive: true,
    padding: true,
    ecsFamily: 1,
    ecsSource: 24,
    ecsOctets: 3,
    cookieOctets: 8,
  })
  t.strictSame([...shifted.subarray(scan.ecsAddressAt, scan.ecsAddressAt + 3)], [192, 0, 2])
  t.strictSame([...shifted.subarray(scan.cookieAt, scan.cookieAt + 8)], [1, 2, 3, 4, 5, 6, 7, 8])
  t.equal(scan.ecsAt + 4, scan.ecsAddressAt)
})

t.test('a size below 512 means 512 (RFC 6891 6.2.3)', async (t) => {
  t.equal(scanned(message([1, 0, 0, 1], QUESTION + opt('', { size: 0 }))).scan.udpSize, 512)
})

t.test('nothing is left over from the query before', async (t) => {
  const scan = new QueryScan()
  const rich = asked(option(8, '00011800c00002') + option(10, '0102030405060708') + option(3, ''))
  scan.scan(rich, 0, rich.length)
  const plain = message([1, 0, 0, 0], QUESTION)
  scan.scan(plain, 0, plain.length)
  const fresh = new QueryScan()
  fresh.scan(plain, 0, plain.length)
  t.strictSame({ ...scan }, { ...fresh })
})

t.test('mutated queries never throw, and offsets stay inside the message', async () => {
  const seed = asked(option(3, '') + option(8, '00011800c00002') + option(10, '0102030405060708') + option(12, '0000'))
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(seed.length - 1), fc.nat(255)), { maxLength: 6 }),
      fc.nat(seed.length),
      (bends, cut) => {
        const octets = seed.slice(0, seed.length - (cut % 5))
        for (const [at, value] of bends) if (at < octets.length) octets[at] = value
        const { verdict, scan } = scanned(octets)
        if (verdict !== SCAN.query) return true
        return (
          scan.questionEnd <= octets.length &&
          scan.ecsAddressAt + scan.ecsOctets <= octets.length &&
          scan.cookieAt + scan.cookieOctets <= octets.length &&
          octets[scan.qnameAt + scan.qnameOctets - 1] === 0
        )
      },
    ),
    { numRuns: 5000 },
  )
})
