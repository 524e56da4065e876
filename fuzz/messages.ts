/** Messages that mutations start from: queries with every option, answers, an update, a notification, a transfer request. */
import {
  clientSubnetOption,
  encodeMessage,
  extendedErrorOption,
  FLAG,
  type Message,
  OctetWriter,
  OPTION,
  optRecord,
  parseName,
  parseRdata,
  type ResourceRecord,
  TYPE,
  typeOf,
  withOpcode,
} from '../src/wire/index.ts'

const name = (text: string) => parseName(text)!

export function record(owner: string, type: string, ...fields: string[]): ResourceRecord {
  const out = new OctetWriter()
  const problem = parseRdata(typeOf(type)!, fields, name('example.'), out)
  if (problem !== undefined) throw new Error(`${type}: ${problem.message}`)
  return { name: name(owner), type: typeOf(type)!, class: 1, ttl: 300, rdata: out.octets() }
}

const empty: Message = { id: 0x1234, flags: 0, questions: [], answers: [], authorities: [], additionals: [] }
const ask = (owner: string, type: number) => [{ name: name(owner), type, class: 1 }]
const soa = record('example.', 'SOA', 'ns1', 'hostmaster', '1', '7200', '900', '1209600', '300')
const everyOption = [
  { code: OPTION.NSID, data: new Uint8Array(0) },
  clientSubnetOption(Uint8Array.of(192, 0, 2, 1), 24),
  { code: OPTION.COOKIE, data: new Uint8Array(24).fill(1) },
  { code: OPTION.TCP_KEEPALIVE, data: new Uint8Array(0) },
  { code: OPTION.PADDING, data: new Uint8Array(16) },
]

const values: readonly Message[] = [
  { ...empty, flags: FLAG.RD, questions: ask('www.example.', TYPE.A) },
  { ...empty, flags: FLAG.RD, questions: ask('.', TYPE.NS), additionals: [optRecord({ udpSize: 4096, doBit: true })] },
  { ...empty, questions: ask('a.b.c.d.e.example.', TYPE.AAAA), additionals: [optRecord({ options: everyOption })] },
  { ...empty, questions: ask('example.', TYPE.ANY), additionals: [optRecord({ version: 1 })] },
  { ...empty, additionals: [optRecord({ options: [{ code: OPTION.COOKIE, data: new Uint8Array(8) }] })] },
  {
    ...empty,
    questions: ask('x.example.', TYPE.AAAA),
    additionals: [optRecord({ options: [clientSubnetOption(new Uint8Array(16).fill(0x20), 56)] })],
  },
  { ...empty, questions: ask('example.', TYPE.AXFR) },
  { ...empty, questions: ask('example.', TYPE.IXFR), authorities: [soa] },
  { ...empty, flags: withOpcode(FLAG.AA, 4), questions: ask('example.', TYPE.SOA), answers: [soa] },
  {
    ...empty,
    flags: withOpcode(0, 5),
    questions: ask('example.', TYPE.SOA),
    answers: [{ ...soa, class: 255, ttl: 0, rdata: new Uint8Array(0) }],
    authorities: [record('_acme-challenge.example.', 'TXT', 'token')],
  },
  {
    ...empty,
    flags: FLAG.QR | FLAG.AA,
    questions: ask('www.example.', TYPE.A),
    answers: [
      record('www.example.', 'CNAME', 'web'),
      record('web.example.', 'A', '192.0.2.1'),
      record('web.example.', 'MX', '10', 'mail'),
      record('web.example.', 'SRV', '1', '2', '3', 'sip'),
      record('web.example.', 'HTTPS', '1', '.', 'alpn=h2,h3', 'ipv4hint=192.0.2.1', 'mandatory=alpn'),
      record('web.example.', 'NAPTR', '1', '2', 'u', 'E2U+sip', '!^.*$!sip:a@b!', '.'),
      record('web.example.', 'LOC', '42', '21', '54', 'N', '71', '06', '18', 'W', '-24m', '30m'),
      record('web.example.', 'NSEC', 'x', 'A', 'MX', 'TYPE1234'),
      record('web.example.', 'NSEC3', '1', '1', '12', 'AABB', '2VPTU5TIMAMQTTGL4LUU9KG21E0AOR3S', 'A'),
      record('web.example.', 'TXT', 'one', '', 'two'),
      record('web.example.', 'CAA', '0', 'issue', 'ca.example'),
    ],
    authorities: [soa, record('example.', 'NS', 'ns1')],
    additionals: [
      record('ns1.example.', 'AAAA', '2001:db8::1'),
      optRecord({ options: [extendedErrorOption(3, 'stale')], extendedRcode: 1 }),
    ],
  },
]

export const messages: readonly Message[] = values
export const messageInputs: readonly Uint8Array[] = values.map((value) => encodeMessage(value)!)
