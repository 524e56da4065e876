import { spawn, spawnSync } from 'node:child_process'
import t from 'tap'
import { createTransferDoor, hmac, type Request, type TransferPorts } from '../../src/transfer/index.ts'
import { wireKey } from '../../src/transfer/keys.ts'
import { resourceRecord } from '../../src/transfer/outgoing.ts'
import { quietLog } from '../../src/transfer/quiet-log.ts'
import {
  decodeMessage,
  type Edns,
  ednsOf,
  encodeMessage,
  type Message,
  optRecord,
  parseName,
  printName,
  RCODE,
  rcodeOf,
  readTsig,
  signMessage,
  TsigStreamVerifier,
  TYPE,
  withOpcode,
} from '../../src/wire/index.ts'
import { change, KEY, linesOf, type Primary, startPrimary, zone, zoneRecord } from './house.ts'

const present = (program: string) => spawnSync(program, ['-v']).error === undefined
async function run(program: string, args: readonly string[], input = ''): Promise<string> {
  const child = spawn(program, args)
  let output = ''
  child.stdout.on('data', (piece) => (output += piece))
  child.stderr.on('data', (piece) => (output += piece))
  child.stdin.end(input)
  await new Promise((resolve) => child.on('close', resolve))
  return output
}
const dig = (primary: Primary, ...args: string[]) =>
  run('dig', ['@127.0.0.1', '-p', String(primary.port), '+tries=1', '+time=5', '+nostats', ...args])
const SIGNED = ['-y', `hmac-sha256:${KEY.name}:${Buffer.from(KEY.secret).toString('base64')}`]

t.test('dig transfers a zone whole and by its changes, unsigned and signed', async (t) => {
  if (!present('dig')) return t.plan(0, 'dig is not installed (Debian: bind9-dnsutils)')
  const first = zone(
    1,
    Array.from({ length: 3000 }, (_, i) => `n${i} 60 A 10.0.${i >> 8}.${i & 255}`),
  )
  const primary = await startPrimary(first)
  t.teardown(primary.stop)
  for (const options of [[], SIGNED]) {
    const whole = await dig(primary, 'example.', 'AXFR', ...options)
    t.equal(whole.match(/\tIN\tA\t10\./g)?.length, 3000)
    t.equal(whole.match(/\tIN\tSOA\t/g)?.length, 2)
    t.notMatch(whole, /failed|verify|BADSIG/i)
  }
  const next = change(first, ['n0 60 A 10.0.0.0'], ['n0 60 A 10.9.9.9', 'new 60 TXT hello'])
  primary.journal.add('example.', next.diff)
  primary.model = next.model
  for (const options of [[], SIGNED]) {
    const changes = await dig(primary, 'example.', 'IXFR=1', ...options)
    t.equal(changes.match(/\tIN\tSOA\t/g)?.length, 4, changes)
    t.match(changes, /new\.example\.\s+60\s+IN\s+TXT\s+"hello"/)
    t.equal((await dig(primary, 'example.', 'IXFR=2', ...options)).match(/\tIN\tSOA\t/g)?.length, 1)
  }
  t.match(await dig(primary, 'example.', 'IXFR=1', '+notcp', '+noedns'), /new\.example/, 'over UDP, where it fits')
  t.match(await dig(primary, 'example.', 'SOA', ...SIGNED), /NOERROR[\s\S]*TSIG PSEUDOSECTION/)
  t.match(await dig(primary, 'other.', 'AXFR'), /Transfer failed/)
})

t.test('nsupdate is heard', async (t) => {
  if (!present('nsupdate')) return t.plan(0, 'nsupdate is not installed (Debian: bind9-dnsutils)')
  const primary = await startPrimary(zone(1))
  t.teardown(primary.stop)
  const script = [
    `server 127.0.0.1 ${primary.port}`,
    'zone example.',
    'prereq nxdomain x.example.',
    'update add x.example. 60 TXT "token"',
    'update delete y.example. A',
    'send',
  ]
  const output = await run('nsupdate', SIGNED, `${script.join('\n')}\n`)
  t.equal(output, '')
  t.strictSame(primary.updates, [1, 2])
})

/** Asks the door without a network. */
async function ask(
  message: Message | Uint8Array,
  options: Partial<TransferPorts> = {},
  transport: Request['transport'] = 'tcp',
) {
  const model = zone(5, ['a 60 A 192.0.2.7'])
  const door = createTransferDoor({
    nowSeconds: () => 1_800_000_000,
    keys: () => new Map([[KEY.name, KEY]]),
    allow: () => [{ kind: 'key', key: KEY.name }],
    zone: (name) => {
      const text = printName(name)
      if (text === 'loading.') return { kind: 'unavailable' }
      if (text !== 'example.') return { kind: 'unknown' }
      return { kind: 'served', version: { serial: 5, records: () => model, changesSince: () => undefined } }
    },
    query: (octets) => octets.map((octet, i) => (i === 2 ? octet | 0x80 : octet)),
    notified: () => 'unknown',
    update: async (name) =>
      printName(name) === 'example.' ? { rcode: RCODE.REFUSED, why: 'it comes from a file' } : { rcode: RCODE.NOTAUTH },
    log: { info: () => {}, warn: () => {} },
    ...options,
  })
  const sent: Uint8Array[] = []
  const send = async (octets: Uint8Array) => sent.push(octets) > 0
  const octets = message instanceof Uint8Array ? message : encodeMessage(message)!
  await door.handle(octets, { transport, peer: Uint8Array.of(192, 0, 2, 99), port: 5353, send })
  return sent
}
const query = (type: number, name = 'example.', more: Partial<Message> = {}): Message => ({
  id: 77,
  flags: 0,
  questions: [{ name: parseName(name)!, type, class: 1 }],
  answers: [],
  authorities: [],
  additionals: [],
  ...more,
})
const sign = (message: Message, now = 1_800_000_000) => signMessage(encodeMessage(message)!, wireKey(KEY)!, hmac, now)

t.test('what each request is answered with', async (t) => {
  const soa = resourceRecord(zoneRecord('@ 3600 SOA ns1 h 3 1 1 1 1'))
  const signed = (message: Message) => sign(message).message
  const opt = { additionals: [optRecord({})] }
  const notify = (more: Partial<Message> = {}) => query(TYPE.SOA, 'example.', { flags: withOpcode(0, 4), ...more })
  const update = (more: Partial<Message> = {}) => query(TYPE.SOA, 'example.', { flags: withOpcode(0, 5), ...more })
  const rows: [string, Message | Uint8Array, Partial<TransferPorts>, Request['transport'], number | 'silence'][] = [
    ['a response', { ...query(TYPE.AXFR), flags: 0x8000 }, {}, 'tcp', 'silence'],
    ['a fragment', new Uint8Array(11), {}, 'tcp', 'silence'],
    ['noise', Uint8Array.from({ length: 40 }, (_, i) => (i === 2 ? 0 : 7)), {}, 'tcp', RCODE.FORMERR],
    ['AXFR, not allowed', query(TYPE.AXFR), {}, 'tcp', RCODE.REFUSED],
    ['AXFR, signed', signed(query(TYPE.AXFR)), {}, 'tcp', RCODE.NOERROR],
    ['AXFR over UDP', signed(query(TYPE.AXFR)), {}, 'udp', RCODE.FORMERR],
    ['AXFR of a zone that loads', signed(query(TYPE.AXFR, 'loading.')), {}, 'tcp', RCODE.SERVFAIL],
    ['AXFR of a stranger zone', signed(query(TYPE.AXFR, 'other.')), {}, 'tcp', RCODE.NOTAUTH],
    ['AXFR of a stranger zone, by a stranger', query(TYPE.AXFR, 'other.'), {}, 'tcp', RCODE.NOTAUTH],
    [
      'AXFR of another class',
      signed(
        query(TYPE.AXFR, 'example.', { questions: [{ name: parseName('example.')!, type: TYPE.AXFR, class: 3 }] }),
      ),
      {},
      'tcp',
      RCODE.REFUSED,
    ],
    ['IXFR without an SOA', signed(query(TYPE.IXFR)), {}, 'tcp', RCODE.FORMERR],
    ['IXFR', signed(query(TYPE.IXFR, 'example.', { authorities: [soa] })), {}, 'tcp', RCODE.NOERROR],
    [
      'a bad secret',
      signMessage(encodeMessage(query(TYPE.AXFR))!, { ...wireKey(KEY)!, secret: Uint8Array.of(1) }, hmac, 1_800_000_000)
        .message,
      {},
      'tcp',
      RCODE.NOTAUTH,
    ],
    ['NOTIFY for a stranger zone', notify(), {}, 'udp', RCODE.NOTAUTH],
    ['NOTIFY from a stranger', notify(), { notified: () => 'stranger' }, 'udp', RCODE.REFUSED],
    ['NOTIFY to a primary', notify(), { notified: () => 'primary' }, 'udp', RCODE.REFUSED],
    ['NOTIFY', notify({ answers: [soa] }), { notified: () => 'accepted' }, 'udp', RCODE.NOERROR],
    ['NOTIFY about an A', query(TYPE.A, 'example.', { flags: withOpcode(0, 4) }), {}, 'udp', RCODE.FORMERR],
    ['UPDATE', update(), {}, 'udp', RCODE.REFUSED],
    [
      'UPDATE of a stranger zone',
      { ...update(), questions: query(TYPE.SOA, 'other.').questions },
      {},
      'udp',
      RCODE.NOTAUTH,
    ],
    ['UPDATE that names an A', query(TYPE.A, 'example.', { flags: withOpcode(0, 5) }), {}, 'udp', RCODE.FORMERR],
    [
      'EDNS version 1',
      query(TYPE.AXFR, 'example.', { additionals: [optRecord({ version: 1 })] }),
      {},
      'tcp',
      RCODE.BADVERS,
    ],
    [
      'two OPT',
      query(TYPE.AXFR, 'example.', { additionals: [optRecord({}), optRecord({})] }),
      {},
      'tcp',
      RCODE.FORMERR,
    ],
    ['opcode 3', query(TYPE.A, 'example.', { flags: withOpcode(0, 3) }), {}, 'udp', RCODE.NOTIMP],
    ['a signed query', signed(query(TYPE.A, 'example.', opt)), {}, 'udp', RCODE.NOERROR],
  ]
  for (const [title, message, options, transport, expected] of rows) {
    const sent = await ask(message, options, transport)
    if (expected === 'silence') {
      t.equal(sent.length, 0, title)
      continue
    }
    const answer = decodeMessage(sent[0]!)
    if ('problem' in answer) throw new Error(`${title}: ${answer.problem}`)
    t.equal(rcodeOf(answer), expected, title)
    t.equal(answer.id, message instanceof Uint8Array ? (message[0]! << 8) | message[1]! : message.id)
  }
})

t.test('answers to signed requests are signed, refusals too; answers to EDNS have EDNS and say why', async (t) => {
  const { message, mac } = sign(query(TYPE.AXFR, 'loading.', { additionals: [optRecord({})] }))
  const [octets] = await ask(message)
  t.equal(new TsigStreamVerifier(wireKey(KEY)!, hmac, mac).verify(octets!, 1_800_000_000), 'good')
  const answer = decodeMessage(octets!) as Message
  const edns = ednsOf(answer)
  t.match(edns, { options: [{ code: 15 }] })
  t.match(Buffer.from((edns as Edns).options[0]!.data).toString(), /not available now/)
  const late = await ask(sign(query(TYPE.AXFR), 1_800_000_000 - 1000).message)
  t.match(readTsig(late[0]!), { error: RCODE.BADTIME })
})

t.test('a signed answer that no longer fits is sent empty, with TC', async (t) => {
  const { message } = sign(query(TYPE.A))
  const long = new Uint8Array(500)
  long.set(encodeMessage(query(TYPE.A))!)
  const [octets] = await ask(message, { query: () => long }, 'udp')
  t.equal(octets![2]! & 0x82, 0x82)
  t.ok(octets!.length < 512)
})

t.test(
  'strangers do not fill the log: a burst, then a line now and then that says how many were left out',
  async (t) => {
    const lines: object[] = []
    let now = 1000
    const note = (details: object) => void lines.push(details)
    const log = quietLog({ info: note, warn: note }, () => now)
    for (let i = 0; i < 1000; i++) log.warn({ i }, 'refused')
    t.equal(lines.length, 50)
    now += 2
    log.info({ i: 1000 }, 'refused')
    log.info({ i: 1001 }, 'refused')
    t.strictSame(lines.slice(50), [{ i: 1000, leftOut: 950 }])
    now -= 500
    log.info({ i: 1002 }, 'refused')
    t.equal(lines.length, 51, 'a clock that goes back brings no lines')
    now += 3600
    for (let i = 0; i < 1000; i++) log.warn({ i }, 'refused')
    t.equal(lines.length, 101)
  },
)

t.test('a client that leaves ends its transfer', async (t) => {
  const model = zone(
    5,
    Array.from({ length: 20_000 }, (_, i) => `n${i} 60 A 10.0.0.1`),
  )
  let taken = 0
  const door = createTransferDoor({
    nowSeconds: () => 1,
    keys: () => new Map(),
    allow: () => [{ kind: 'network', network: { address: new Uint8Array(4), prefixLength: 0 } }],
    zone: () => ({ kind: 'served', version: { serial: 5, records: () => model, changesSince: () => undefined } }),
    query: () => undefined,
    notified: () => 'unknown',
    update: async () => ({ rcode: 0 }),
    log: { info: () => {}, warn: () => {} },
  })
  await door.handle(encodeMessage(query(TYPE.AXFR))!, {
    transport: 'tcp',
    peer: new Uint8Array(4),
    port: 1,
    send: async () => ++taken < 3,
  })
  t.equal(taken, 3)
  t.equal(door.transfersOut, 0)
  t.ok(linesOf(model).length > 20_000)
})
