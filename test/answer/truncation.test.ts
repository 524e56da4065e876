/**
 * Truncation: whole sets or none (RFC 2181 9), TC only where something that must be there is missing, helpful records left out first, glue
 * below the cut or TC (RFC 9471 3), and streams that take all there is.
 */
import t from 'tap'
import { seededRandom } from '../../src/base/index.ts'
import {
  decodeMessage,
  FLAG,
  isAtOrBelow,
  type Message,
  mnemonic,
  parseName,
  printName,
  printRdata,
  type ResourceRecord,
  TYPE,
} from '../../src/wire/index.ts'
import { makeQuestion, namesIn, queryOf } from './differential.ts'
import { imagesOf, richWorld } from './rich-world.ts'
import { RICH_ZONES } from './rich-zones.ts'
import { ask, worldOf } from './world.ts'

const SEED = 20260102
const QUESTIONS = 4000
const LARGEST = 1232

function read(reply: Uint8Array | -1 | undefined): Message {
  const message = reply instanceof Uint8Array ? decodeMessage(reply) : { problem: 'no reply', at: 0 }
  if ('problem' in message) throw new Error(message.problem)
  return message
}

const text = (record: ResourceRecord): string =>
  `${printName(record.name).toLowerCase()} ${mnemonic(record.type)} ${printRdata(record.type, record.rdata)}`
const data = (records: readonly ResourceRecord[]): string[] => records.filter(({ type }) => type !== TYPE.OPT).map(text)

/** How many records each set of a section has, by owner and type. */
function sets(records: readonly ResourceRecord[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const record of records) {
    const set = `${printName(record.name).toLowerCase()} ${record.type}`
    counts.set(set, (counts.get(set) ?? 0) + 1)
  }
  return counts
}

/** What of a cut reply is not as it must be, given the whole one; undefined: nothing. */
function fault(
  cut: Message,
  cutOctets: number,
  whole: Message,
  wholeOctets: number,
  limit: number,
): string | undefined {
  if (cutOctets > limit) return `${cutOctets} octets where ${limit} are allowed`
  for (const section of ['answers', 'authorities', 'additionals'] as const) {
    const all = sets(whole[section])
    for (const [set, count] of sets(cut[section]))
      if (!set.endsWith(` ${TYPE.OPT}`) && all.get(set) !== count)
        return `${section}: ${count} of ${all.get(set)} records of ${set}`
  }
  const missing = (section: 'answers' | 'authorities' | 'additionals'): string[] => {
    const there = new Set(data(cut[section]))
    return data(whole[section]).filter((record) => !there.has(record))
  }
  if ((cut.flags & FLAG.TC) !== 0) return wholeOctets <= limit ? 'TC, and all of it would have fitted' : undefined
  if (missing('answers').length + missing('authorities').length > 0) return 'records are missing without TC'
  const isReferral = whole.answers.length === 0 && whole.authorities[0]?.type === TYPE.NS
  const below = whole.additionals.filter(
    (record) => record.type !== TYPE.OPT && isReferral && isAtOrBelow(record.name, whole.authorities[0]!.name),
  )
  const there = new Set(data(cut.additionals))
  return below.some((record) => !there.has(text(record))) ? 'glue is missing without TC (RFC 9471 3)' : undefined
}

t.test('any question, any size', async (t) => {
  const { responder } = richWorld()
  const random = seededRandom(SEED)
  const names = namesIn(RICH_ZONES)
  const faults: string[] = []
  const seen = { cut: 0, trimmed: 0 }
  for (let i = 0; i < QUESTIONS; i++) {
    // Now and then the one set whose additional data are as large as itself.
    const question =
      i % 8 === 0
        ? { name: parseName('mxes.diff.test.')!, type: TYPE.MX, edns: true, text: 'mxes.diff.test. MX' }
        : makeQuestion(random, names)
    const size = 512 + random.below(LARGEST - 512 + 400)
    const limit = question.edns ? Math.min(size, LARGEST) : 512
    const whole = ask(responder, queryOf(question), { transport: 1 })
    const cut = ask(responder, queryOf(question, size))
    const [all, some] = [read(whole), read(cut)]
    if ((all.flags & FLAG.TC) !== 0) faults.push(`${question.text}: TC over a stream`)
    const wrong = fault(some, (cut as Uint8Array).length, all, (whole as Uint8Array).length, limit)
    if (wrong !== undefined) faults.push(`${question.text}, size ${limit}: ${wrong}`)
    if ((some.flags & FLAG.TC) !== 0) seen.cut++
    else if (some.additionals.length < all.additionals.length) seen.trimmed++
  }
  t.same(faults.slice(0, 5), [], `seed ${SEED}`)
  t.ok(seen.cut > 10 && seen.trimmed > 2, `${seen.cut} were cut, ${seen.trimmed} went without what is only helpful`)
})

t.test('glue: what is below the cut goes along or TC is set; what is beside it may be left out', async (t) => {
  const zone = (servers: number, siblings: number): string =>
    [
      '$ORIGIN cut.test.',
      '@ 60 SOA ns h 1 1 1 1 1',
      '@ 60 NS ns',
      'ns 60 A 192.0.2.1',
      ...Array.from({ length: servers }, (_, i) => `d 60 NS ns${i}.d\nns${i}.d 60 A 192.0.2.${i}`),
      ...Array.from({ length: siblings }, (_, i) => `d 60 NS ns${i}.e\nns${i}.e 60 AAAA 2001:db8::${i}`),
      ...(siblings > 0 ? ['e 60 NS ns0.e'] : []),
      '',
    ].join('\n')
  for (const [servers, siblings, truncated, glue] of [
    [2, 0, false, 2],
    [12, 0, false, 12],
    [20, 0, true, undefined],
    [1, 12, false, undefined],
    [0, 12, false, undefined],
  ] as const) {
    const responder = worldOf(imagesOf([{ name: 'cut.test.', text: zone(servers, siblings) }])).responder(0)
    const question = { name: parseName('www.d.cut.test.')!, type: TYPE.A, edns: false, text: '' }
    const message = read(ask(responder, queryOf(question)))
    const title = `${servers} servers below the cut, ${siblings} beside it`
    t.equal((message.flags & FLAG.TC) !== 0, truncated, title)
    if (glue !== undefined) t.equal(message.additionals.length, glue, `${title}: glue`)
    else if (!truncated)
      t.ok(message.additionals.length >= servers && message.additionals.length < servers + siblings, `${title}: some`)
  }
  const wide = worldOf(imagesOf([{ name: 'cut.test.', text: zone(100, 0) }])).responder(0)
  const question = { name: parseName('www.d.cut.test.')!, type: TYPE.A, edns: true, text: '' }
  t.equal(
    read(ask(wide, queryOf(question), { transport: 1 })).additionals.length,
    101,
    'a hundred servers, over a stream',
  )
})

t.test('a stream carries 64 KiB less one octet', async (t) => {
  const strings = Array.from({ length: 243 }, (_, i) => `big 60 TXT "${String(i).padStart(3, '0')}${'x'.repeat(250)}"`)
  const zone = ['$ORIGIN big.test.', '@ 60 SOA ns h 1 1 1 1 1', '@ 60 NS ns', 'ns 60 A 192.0.2.1', ...strings, '']
  const responder = worldOf(imagesOf([{ name: 'big.test.', text: zone.join('\n') }])).responder(0)
  const question = { name: parseName('big.big.test.')!, type: TYPE.TXT, edns: true, text: '' }
  const reply = ask(responder, queryOf(question), { transport: 1 }) as Uint8Array
  t.ok(reply.length > 64_000 && reply.length <= 65_535, `${reply.length} octets`)
  t.equal(read(reply).answers.length, strings.length)
  const cut = read(ask(responder, queryOf(question)))
  t.equal(cut.answers.length, 0, 'over UDP nothing of it')
  t.ok((cut.flags & FLAG.TC) !== 0)
})
