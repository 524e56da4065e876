/**
 * The query path whole: bent queries into the real responder over a world with everything in it. It never throws; a response is
 * never answered; a reply is no larger than its client allows, decodes, repeats id, opcode and question, and clears the bits that are
 * not ours to set; what is handed over is untouched; nothing outside of the buffer's share is written.
 */
import {
  clientSubnetOption,
  decodeMessage,
  encodeMessage,
  FLAG,
  OPTION,
  opcodeOf,
  optRecord,
  parseName,
  QueryScan,
  SCAN,
  sameName,
  TYPE,
} from '../../src/wire/index.ts'
import { richWorld } from '../../test/answer/rich-world.ts'
import { RICH_ZONES } from '../../test/answer/rich-zones.ts'
import { NO_LIMITS, SETTINGS } from '../../test/answer/world.ts'
import { messageInputs } from '../messages.ts'
import { must, type Target } from '../target.ts'

const OPEN = richWorld().responder
/** One of them limits rates, and lets every second limited response slip. */
const LIMITED = richWorld({ ...NO_LIMITS, rate: 1, burstSeconds: 2, slip: 2 }).responder
const scan = new QueryScan()
const UDP_CAPACITY = 4096
const TCP_CAPACITY = 65535

const STEERED = [
  'www',
  'geo',
  'sticky',
  'weighted',
  'x.wild',
  'a.old',
  'host.old',
  'down',
  'alias',
  'srv',
  'mx',
  'toparent',
]

/** Every owner in the zones, with what else is asked below it now and then. */
function names(): string[] {
  const owners = RICH_ZONES.flatMap(({ name, text }) =>
    text
      .split('\n')
      .filter((line) => /^[^\s;$]/.test(line))
      .map((line) => line.split(' ')[0]!)
      .map((owner) => (owner === '@' ? name : `${owner}.${name}`)),
  )
  const all = [
    ...new Set(owners),
    ...STEERED.map((name) => `${name}.steered.test.`),
    'steered.test.',
    'x.expired.test.',
  ]
  return [...all, ...all.map((name) => `x.${name}`)].filter((name) => parseName(name) !== undefined)
}

const TYPES = [TYPE.A, TYPE.AAAA, TYPE.NS, TYPE.MX, TYPE.TXT, TYPE.ANY, TYPE.DS, TYPE.CNAME, TYPE.SRV, TYPE.SOA, 65534]

const corpus: Uint8Array[] = names().flatMap((name, i) =>
  [0, 1].map((k) => {
    const type = TYPES[(i * 2 + k) % TYPES.length]!
    const options = [
      { code: OPTION.COOKIE, data: new Uint8Array([8, 24][i % 2]!).fill(i) },
      clientSubnetOption(Uint8Array.of(203, 0, 113, i & 255), 24 + (i % 9)),
      { code: OPTION.NSID, data: new Uint8Array(0) },
      { code: OPTION.TCP_KEEPALIVE, data: new Uint8Array(0) },
      { code: OPTION.PADDING, data: new Uint8Array(i % 20) },
    ].slice(i % 5)
    return encodeMessage({
      id: i,
      flags: FLAG.RD,
      questions: [{ name: parseName(name)!, type, class: 1 }],
      answers: [],
      authorities: [],
      additionals: k === 0 ? [] : [optRecord({ udpSize: [512, 700, 1232, 4096, 65535][i % 5]!, options })],
    })!
  }),
)
for (const name of ['version.bind.', 'hostname.bind.', 'id.server.'])
  corpus.push(
    encodeMessage({
      id: 1,
      flags: 0,
      questions: [{ name: parseName(name)!, type: TYPE.TXT, class: 3 }],
      answers: [],
      authorities: [],
      additionals: [],
    })!,
  )

const V4 = Uint8Array.of(203, 0, 113, 9)
const V6 = Uint8Array.from({ length: 16 }, (_, i) => [0x20, 1, 0xd, 0xb8][i] ?? 0)
const buffer = new Uint8Array(TCP_CAPACITY + 64)

export const target: Target = {
  name: 'respond',
  corpus: [...corpus, ...messageInputs],
  dictionary: [
    Uint8Array.of(0, 8, 0, 7, 0, 1, 24, 0, 203, 0, 113),
    Uint8Array.of(0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8),
    Uint8Array.of(0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0),
    Uint8Array.of(0xc0, 12),
    ...['wild', 'dn', 'dnlong', 'deleg', 'sub', '*'].map((label) => Uint8Array.of(label.length, ...Buffer.from(label))),
  ],
  check(input, random) {
    const transport = random.below(3) as 0 | 1 | 2
    const capacity = transport === 0 ? UDP_CAPACITY : TCP_CAPACITY
    const peer = random.below(2) === 0 ? V4 : V6
    const at = random.below(8)
    const edge = random.below(256)
    const end = at + capacity
    buffer.fill(edge, 0, at)
    buffer.fill(edge, at + input.length, at + input.length + 16)
    buffer.fill(edge, end)
    buffer.set(input, at)
    const responder = random.below(4) === 0 ? LIMITED : OPEN
    responder.enter()
    const length = responder.answer(buffer, at, input.length, capacity, transport, peer, 0, peer.length as 4 | 16, 53)
    responder.leave()
    for (let i = 0; i < at; i++) must(buffer[i] === edge, 'an octet before the message was written')
    for (let i = end; i < buffer.length; i++) must(buffer[i] === edge, 'an octet behind the capacity was written')
    const isReply = input.length >= 12 && (input[2]! & 0x80) !== 0
    if (input.length < 12 || isReply) must(length === 0, 'a response or a fragment was answered')
    if (length === -1) {
      must(Buffer.compare(buffer.subarray(at, at + input.length), input) === 0, 'what is handed over was touched')
      return
    }
    if (length === 0) {
      must(input.length < 12 || isReply || responder === LIMITED, 'a query was met with silence')
      return
    }
    const verdict = scan.scan(input, 0, input.length)
    must(verdict === SCAN.query || verdict === SCAN.refuse, 'something was answered that is no query')
    const most = transport !== 0 ? TCP_CAPACITY : scan.edns ? Math.min(scan.udpSize, SETTINGS.udpLimit) : 512
    must(length <= Math.max(most, scan.questionEnd), `the reply has ${length} octets, the client allows ${most}`)
    checkReply(buffer.slice(at, at + length), input, transport)
    buffer.copyWithin(0, at, at + length)
    must(
      OPEN.answer(buffer, 0, length, capacity, transport, peer, 0, peer.length as 4 | 16, 53) === 0,
      'a reply was answered',
    )
  },
}

function checkReply(reply: Uint8Array, query: Uint8Array, transport: 0 | 1 | 2): void {
  const message = decodeMessage(reply)
  if ('problem' in message)
    throw new Error(
      `the reply does not decode: ${message.problem} at ${message.at}: ${Buffer.from(reply).toString('hex')}`,
    )
  must(reply[0] === query[0] && reply[1] === query[1], 'the id differs')
  must((message.flags & FLAG.QR) !== 0, 'a reply is a response')
  must(opcodeOf(message.flags) === scan.opcode, 'the opcode differs')
  must((message.flags & FLAG.RD) === (scan.flags & FLAG.RD), 'RD is copied (RFC 1035 4.1.1)')
  must((message.flags & (FLAG.RA | FLAG.AD | FLAG.CD | 0x40)) === 0, 'a bit is set that is not ours to set')
  must(message.questions.length === (scan.questionEnd > 0 ? 1 : 0), 'the count of questions differs')
  if (scan.questionEnd > 0)
    must(
      Buffer.compare(reply.subarray(12, scan.questionEnd), query.subarray(12, scan.questionEnd)) === 0,
      'the question differs',
    )
  const opts = message.additionals.filter(({ type }) => type === TYPE.OPT)
  must(opts.length === (scan.edns ? 1 : 0), 'OPT answers OPT, and only OPT (RFC 6891 6.1.1)')
  if (transport !== 0) must((message.flags & FLAG.TC) === 0, 'TC over a stream')
  // Stub resolvers read from the top: every alias stands before what it leads to.
  let at = message.questions[0]?.name
  for (const { name, type, rdata } of message.answers) {
    if (type === TYPE.DNAME && !sameName(name, at ?? name)) continue
    must(at !== undefined && sameName(name, at), 'an answer stands before the alias that leads to it')
    if (type === TYPE.CNAME) at = rdata
  }
  for (const section of [message.answers, message.authorities, message.additionals]) {
    const seen = new Set(section.map((record) => [record.type, record.name, record.rdata].join(' ').toLowerCase()))
    must(seen.size === section.length, 'a record twice in a section (RFC 2181 5)')
  }
}
