/**
 * What a registry, a resolver's operator and the EDNS compliance checks (RFC 8906, the flag days') look at: odd headers, odd questions,
 * odd OPT records, octet by octet. Every row says what goes in and, in one line, what comes out.
 */
import t from 'tap'
import { decodeMessage, ednsOf, parseName, printHex, printName, rcodeName, rcodeOf } from '../../src/wire/index.ts'
import { richWorld } from './rich-world.ts'
import { ask } from './world.ts'

const { responder } = richWorld()

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replace(/\s/g, ''), 'hex'))
const name = (text: string): string => printHex(parseName(text)!)
const count = (value: number): string => value.toString(16).padStart(4, '0')
const label = (octets: number): string => octets.toString(16).padStart(2, '0') + '61'.repeat(octets)
const HOST = name('host.diff.test.')

interface Raw {
  readonly flags?: string
  readonly counts?: readonly [number, number, number, number]
  readonly question?: string
  readonly rest?: string
}

function raw({ flags = '0000', counts = [1, 0, 0, 0], question = `${HOST} 0001 0001`, rest = '' }: Raw): Uint8Array {
  return hex(`1234 ${flags} ${counts.map(count).join('')} ${question} ${rest}`)
}

interface Opt {
  readonly owner?: string
  readonly size?: string
  readonly version?: string
  readonly flags?: string
  readonly octets?: number
}

function opt(options = '', { owner = '00', size = '1000', version = '00', flags = '0000', octets }: Opt = {}): string {
  const data = options.replace(/\s/g, '')
  return `${owner} 0029 ${size} 00 ${version} ${flags} ${count(octets ?? data.length / 2)} ${data}`
}

const edns = (options = '', record: Opt = {}, message: Raw = {}): Uint8Array =>
  raw({ counts: [1, 0, 0, 1], ...message, rest: opt(options, record) })
const option = (code: number, data = ''): string =>
  `${count(code)} ${count(data.replace(/\s/g, '').length / 2)} ${data}`
/** An A record with the root as owner: something besides OPT. */
const RECORD = '00 0001 0001 00000000 0004 01020304'

/** rcode, flags, counts of the four sections; then version, flags and options of the OPT record. */
function summary(reply: Uint8Array | -1 | undefined): string {
  if (reply === undefined) return 'silence'
  if (reply === -1) return 'handed over'
  const message = decodeMessage(reply)
  if ('problem' in message) return `broken: ${message.problem}`
  const bits = ['QR', 'op', 'op', 'op', 'op', 'aa', 'tc', 'rd', 'ra', 'z', 'ad', 'cd']
  const flags = bits.filter((_, i) => i > 4 && (message.flags & (0x8000 >> i)) !== 0)
  const { questions, answers, authorities, additionals } = message
  const counts = [questions, answers, authorities, additionals].map((section) => section.length).join('/')
  const told = ednsOf(message)
  const options =
    told === undefined || told === 'malformed' ? [] : told.options.map((each) => `${each.code}:${each.data.length}`)
  const version = told === undefined || told === 'malformed' ? '' : ` v${told.version}${told.doBit ? ' do' : ''}`
  return [`${rcodeName(rcodeOf(message))} ${[...flags, counts].join(' ')}${version}`, ...options].join(' ')
}

type Row = readonly [title: string, query: Uint8Array, expected: string]

function holds(rows: readonly Row[]): (t: Pick<Tap, 'equal'>) => Promise<void> {
  return async (t) => {
    for (const [title, query, expected] of rows) t.equal(summary(ask(responder, query)), expected, title)
  }
}
type Tap = typeof t

const ANSWER = 'NOERROR aa 1/3/0/0'
const WITH_OPT = 'NOERROR aa 1/3/0/1 v0'
const FORMERR = 'FORMERR 1/0/0/0'
const FORMERR_OPT = 'FORMERR 1/0/0/1 v0'
const BARE = 'FORMERR 0/0/0/0'

t.test(
  'bits of the header: what is not ours is cleared, RD is copied, a response is never answered',
  holds([
    ['no flags', raw({}), ANSWER],
    ['QR', raw({ flags: '8000' }), 'silence'],
    ['QR with every opcode', raw({ flags: 'f800' }), 'silence'],
    ['AA', raw({ flags: '0400' }), ANSWER],
    ['TC', raw({ flags: '0200' }), ANSWER],
    ['RD', raw({ flags: '0100' }), 'NOERROR aa rd 1/3/0/0'],
    ['RA', raw({ flags: '0080' }), ANSWER],
    ['Z', raw({ flags: '0040' }), ANSWER],
    ['AD', raw({ flags: '0020' }), ANSWER],
    ['CD (RFC 4035 3.1.6)', raw({ flags: '0010' }), ANSWER],
    ['an rcode in a query', raw({ flags: '000f' }), ANSWER],
    ['11 octets', raw({}).subarray(0, 11), 'silence'],
    ['nothing', new Uint8Array(0), 'silence'],
    ['a header alone', raw({ counts: [0, 0, 0, 0], question: '' }), BARE],
  ]),
)

t.test('all sixteen opcodes: QUERY is answered, NOTIFY and UPDATE are handed over, the rest is NOTIMP', async (t) => {
  for (let opcode = 0; opcode < 16; opcode++) {
    const flags = count(opcode << 11)
    const known = opcode === 4 || opcode === 5 ? 'handed over' : undefined
    const plain = ask(responder, raw({ flags }))
    t.equal(summary(plain), known ?? (opcode === 0 ? ANSWER : 'NOTIMP 1/0/0/0'), `opcode ${opcode}`)
    if (plain instanceof Uint8Array) t.equal((plain[2]! >> 3) & 15, opcode, 'the opcode is copied')
    t.equal(
      summary(ask(responder, edns('', {}, { flags }))),
      known ?? (opcode === 0 ? WITH_OPT : 'NOTIMP 1/0/0/1 v0'),
      `opcode ${opcode} with OPT: OPT comes back (RFC 6891 6.1.1)`,
    )
    t.equal(
      summary(ask(responder, raw({ flags, counts: [0, 0, 0, 0], question: '' }))),
      known ?? (opcode === 0 ? BARE : 'NOTIMP 0/0/0/0'),
      `opcode ${opcode}, header alone (RFC 8906 8.1.4)`,
    )
  }
  t.equal(
    summary(ask(responder, raw({ flags: '7800', question: `${HOST} 00fc 0001` }))),
    'NOTIMP 1/0/0/0',
    'no transfer by opcode 15',
  )
})

t.test(
  'counts and what follows the question',
  holds([
    ['QDCOUNT 0 with OPT', raw({ counts: [0, 0, 0, 1], question: '', rest: opt() }), 'FORMERR 0/0/0/1 v0'],
    [
      'QDCOUNT 0 with a cookie (RFC 7873 5.4)',
      raw({ counts: [0, 0, 0, 1], question: '', rest: opt(option(10, '11'.repeat(8))) }),
      'NOERROR 0/0/0/1 v0 10:24',
    ],
    ['QDCOUNT 2 (RFC 9619)', raw({ counts: [2, 0, 0, 0], rest: `${HOST} 001c 0001` }), BARE],
    ['QDCOUNT 65535', raw({ counts: [65535, 0, 0, 0] }), BARE],
    ['no question where one is counted', raw({ question: '' }), BARE],
    ['a name alone', raw({ question: HOST }), BARE],
    ['a record in the answer section', raw({ counts: [1, 1, 0, 0], rest: RECORD }), BARE],
    ['a record in the authority section', raw({ counts: [1, 0, 1, 0], rest: RECORD }), FORMERR],
    ['a record too few', raw({ counts: [1, 0, 0, 1] }), FORMERR],
    ['an octet too many', raw({ rest: '00' }), FORMERR],
    ['four octets behind OPT', raw({ counts: [1, 0, 0, 1], rest: `${opt()} 00000000` }), FORMERR_OPT],
    ['a record before OPT', raw({ counts: [1, 0, 0, 2], rest: RECORD + opt() }), WITH_OPT],
    ['a record behind OPT', raw({ counts: [1, 0, 0, 2], rest: opt() + RECORD }), WITH_OPT],
  ]),
)

t.test(
  'names',
  holds([
    ['a pointer to itself', raw({ question: 'c00c 0001 0001' }), BARE],
    ['a pointer into the header', raw({ question: 'c000 0001 0001' }), BARE],
    ['a pointer forwards', raw({ question: 'c012 0001 0001 00' }), BARE],
    ['a label, then a pointer to it', raw({ question: '0161 c00c 0001 0001' }), BARE],
    ['label type 01 (RFC 6891 5)', raw({ question: '4161 00 0001 0001' }), BARE],
    ['label type 10', raw({ question: '8161 00 0001 0001' }), BARE],
    ['127 labels', raw({ question: `${'0161'.repeat(127)}00 0001 0001` }), 'REFUSED 1/0/0/0'],
    [
      '255 octets',
      raw({ question: `${label(63)}${label(63)}${label(63)}${label(61)}00 0001 0001` }),
      'REFUSED 1/0/0/0',
    ],
    ['256 octets', raw({ question: `${label(63)}${label(63)}${label(63)}${label(62)}00 0001 0001` }), BARE],
    [
      '255 octets in a zone',
      raw({ question: `${label(63)}${label(63)}${label(63)}${label(50)}${name('diff.test.')} 0001 0001` }),
      'NXDOMAIN aa 1/0/1/0',
    ],
    ['a label that never ends', raw({ question: label(63) }), BARE],
    ['the root', raw({ question: '00 0002 0001' }), 'REFUSED 1/0/0/0'],
    ['a zero octet in a label', raw({ question: `${name('\\000zero.diff.test.')} 0001 0001` }), 'NOERROR aa 1/1/0/0'],
  ]),
)

t.test(
  'types that are no data',
  holds([
    ...(
      [
        ['0', 0, FORMERR],
        ['OPT', 41, FORMERR],
        ['TSIG', 250, FORMERR],
        ['TKEY', 249, 'NOTIMP 1/0/0/0'],
        ['MAILB', 253, 'NOTIMP 1/0/0/0'],
        ['MAILA', 254, 'NOTIMP 1/0/0/0'],
        ['IXFR', 251, 'handed over'],
        ['AXFR', 252, 'handed over'],
        ['128, unassigned', 128, 'NOERROR aa 1/0/1/0'],
        ['1000, unassigned', 1000, 'NOERROR aa 1/0/1/0'],
        ['65535, reserved', 65535, 'NOERROR aa 1/0/1/0'],
        ['ANY (RFC 8482)', 255, 'NOERROR aa 1/3/0/0'],
        ['RRSIG', 46, 'NOERROR aa 1/0/1/0'],
      ] as const
    ).map(
      ([title, type, expected]): Row => [`QTYPE ${title}`, raw({ question: `${HOST} ${count(type)} 0001` }), expected],
    ),
  ]),
)

t.test(
  'classes: IN is served, ANY is answered from it without authority, CHAOS tells of the server, others are refused',
  async (t) => {
    for (const [qclass, expected] of [
      [1, ANSWER],
      [255, 'NOERROR 1/3/0/0'],
      [0, 'REFUSED 1/0/0/0'],
      [2, 'REFUSED 1/0/0/0'],
      [3, 'REFUSED 1/0/0/0'],
      [4, 'REFUSED 1/0/0/0'],
      [254, 'REFUSED 1/0/0/0'],
      [65280, 'REFUSED 1/0/0/0'],
    ] as const)
      t.equal(summary(ask(responder, raw({ question: `${HOST} 0001 ${count(qclass)}` }))), expected, `class ${qclass}`)
    for (const [asked, type, expected] of [
      ['version.bind.', 16, 'NOERROR aa 1/1/0/0'],
      ['VERSION.Bind.', 16, 'NOERROR aa 1/1/0/0'],
      ['version.server.', 16, 'NOERROR aa 1/1/0/0'],
      ['hostname.bind.', 16, 'NOERROR aa 1/1/0/0'],
      ['id.server.', 16, 'NOERROR aa 1/1/0/0'],
      ['id.server.', 255, 'NOERROR aa 1/1/0/0'],
      ['id.server.', 1, 'REFUSED 1/0/0/0'],
      ['authors.bind.', 16, 'REFUSED 1/0/0/0'],
      ['host.diff.test.', 16, 'REFUSED 1/0/0/0'],
    ] as const)
      t.equal(
        summary(ask(responder, raw({ question: `${name(asked)} ${count(type)} 0003` }))),
        expected,
        `CH ${asked} ${type}`,
      )
    t.equal(
      summary(ask(responder, raw({ question: `${name('version.bind.')} 0010 0001` }))),
      'REFUSED 1/0/0/0',
      'of class IN nobody',
    )
  },
)

t.test(
  'EDNS (RFC 6891, 8906)',
  holds([
    ['OPT', edns(), WITH_OPT],
    ['DO', edns('', { flags: '8000' }), `${WITH_OPT} do`],
    ['unknown flags are cleared', edns('', { flags: '7fff' }), WITH_OPT],
    ['version 1', edns('', { version: '01' }), 'BADVERS 1/0/0/1 v0'],
    ['version 1 with an option', edns(option(100), { version: '01' }), 'BADVERS 1/0/0/1 v0'],
    ['version 1 with flags', edns('', { version: '01', flags: '0040' }), 'BADVERS 1/0/0/1 v0'],
    ['version 255 with DO', edns('', { version: 'ff', flags: '8000' }), 'BADVERS 1/0/0/1 v0 do'],
    ['an unknown option', edns(option(100, '010203')), WITH_OPT],
    ['many unknown options', edns(Array.from({ length: 60 }, (_, i) => option(65001 + i, '00')).join('')), WITH_OPT],
    ['size 0 counts as 512', edns('', { size: '0000' }), WITH_OPT],
    ['size 65535', edns('', { size: 'ffff' }), WITH_OPT],
    ['two OPT records', raw({ counts: [1, 0, 0, 2], rest: opt() + opt() }), FORMERR_OPT],
    ['OPT in the answer section', raw({ counts: [1, 1, 0, 0], rest: opt() }), BARE],
    ['OPT in the authority section', raw({ counts: [1, 0, 1, 0], rest: opt() }), FORMERR],
    ['OPT with an owner', edns('', { owner: '0161 00' }), FORMERR],
    ['OPT with a pointer for an owner', edns('', { owner: 'c00c' }), FORMERR],
    ['OPT that ends behind the message', edns('', { octets: 4 }), FORMERR],
    ['half an option', edns('000a'), FORMERR_OPT],
    ['an option that ends behind its record', edns('000a 0008 0102'), FORMERR_OPT],
    ['NSID', edns(option(3)), `${WITH_OPT} 3:3`],
    ['NSID with data, which is ignored (RFC 5001 2.1)', edns(option(3, '6162')), `${WITH_OPT} 3:3`],
    ['keepalive over UDP is ignored (RFC 7828 3.3.2)', edns(option(11)), WITH_OPT],
    ['keepalive over UDP is ignored, whatever it carries', edns(option(11, '00')), WITH_OPT],
    ['padding over UDP', edns(option(12, '00000000')), WITH_OPT],
    ['an extended error in a query', edns(option(15, '0000')), WITH_OPT],
    [
      'a refusal tells why (RFC 8914)',
      edns('', {}, { question: `${name('elsewhere.')} 0001 0001` }),
      'REFUSED 1/0/0/1 v0 15:2',
    ],
  ]),
)

t.test('cookies (RFC 7873 5.2): 8, or 16 to 40 octets; anything else is FORMERR', async (t) => {
  for (let octets = 0; octets <= 48; octets++)
    t.equal(
      summary(ask(responder, edns(option(10, '11'.repeat(octets))))),
      octets === 8 || (octets >= 16 && octets <= 40) ? `${WITH_OPT} 10:24` : FORMERR_OPT,
      `${octets} octets`,
    )
})

t.test(
  'client subnet (RFC 7871 6, 7.1)',
  holds(
    (
      [
        ['IPv4 /24', '0001 18 00 c00002', 7],
        ['IPv4 /0', '0001 00 00', 4],
        ['IPv4 /1', '0001 01 00 80', 5],
        ['IPv4 /32', '0001 20 00 c0000201', 8],
        ['IPv6 /56', '0002 38 00 20010db8000000', 11],
        ['IPv6 /128', '0002 80 00 20010db8000000000000000000000001', 20],
        ['family 0, length 0', '0000 00 00', 4],
        ['family 0 with an address', '0000 08 00 01', 0],
        ['family 3', '0003 00 00', 0],
        ['IPv4 /33', '0001 21 00 c000020180', 0],
        ['IPv6 /129', '0002 81 00 20010db800000000000000000000000080', 0],
        ['more octets than the length needs', '0001 18 00 c0000200', 0],
        ['fewer octets than the length needs', '0001 18 00 c000', 0],
        ['a scope in a query', '0001 18 18 c00002', 0],
        ['bits beyond the length', '0001 17 00 c00003', 0],
        ['three octets', '0001 18', 0],
        ['nothing', '', 0],
      ] as const
    ).map(
      ([title, data, echoed]): Row => [
        title,
        edns(option(8, data)),
        echoed > 0 ? `${WITH_OPT} 8:${echoed}` : FORMERR_OPT,
      ],
    ),
  ),
)

t.test('the look-up, where other name servers once knew better', async (t) => {
  const answers = (owner: string, type: number): string[] => {
    const message = decodeMessage(
      ask(responder, raw({ question: `${name(owner)} ${count(type)} 0001` }), { transport: 1 }) as Uint8Array,
    )
    if ('problem' in message) return [message.problem]
    return [rcodeName(rcodeOf(message)), ...message.answers.map((each) => `${printName(each.name)} ${each.type}`)]
  }
  t.same(
    answers('csubapex.diff.test.', 43),
    ['NOERROR', 'csubapex.diff.test. 5', 'sub.diff.test. 43'],
    'DS behind an alias comes from the parent too',
  )
  t.same(
    answers('q.wself.diff.test.', 1),
    ['NOERROR', 'q.wself.diff.test. 5', 'x.wself.diff.test. 5'],
    'a wildcard that leads to itself is followed once',
  )
  t.same(
    answers('no.dn.diff.test.', 255),
    ['NXDOMAIN', 'dn.diff.test. 39', 'no.dn.diff.test. 5'],
    'ANY goes on under a DNAME (RFC 6672 3.2)',
  )
  const circle = answers('a.dnloop.diff.test.', 1)
  t.equal(
    circle.filter((each) => each.endsWith(' 39')).length,
    2,
    'a circle of DNAMEs repeats none of them (RFC 2181 5)',
  )
  t.ok(circle.length <= 20, 'and ends')
})

t.test(
  'what only streams carry: keepalive over TCP and TLS (RFC 7828 3.3.2), padding over TLS alone (RFC 7830 6, 8467 4.1)',
  async (t) => {
    const over = (transport: 0 | 1 | 2, options: string): Uint8Array =>
      ask(responder, edns(options), { transport }) as Uint8Array
    for (const [transport, name] of [
      [1, 'TCP'],
      [2, 'TLS'],
    ] as const) {
      t.equal(summary(over(transport, option(11))), `${WITH_OPT} 11:2`, `keepalive over ${name}`)
      t.equal(summary(over(transport, '')), WITH_OPT, `nothing unasked over ${name}`)
    }
    t.equal(summary(over(1, option(12, '0000'))), WITH_OPT, 'TCP is in the clear: padding hides nothing')
    for (let octets = 0; octets < 64; octets += 7) {
      const padded = over(2, option(12, '00'.repeat(octets)))
      t.equal(padded.length % 468, 0, `TLS, ${octets} octets of padding asked with: ${padded.length} come back`)
      t.match(summary(padded), /v0 12:/)
    }
  },
)
