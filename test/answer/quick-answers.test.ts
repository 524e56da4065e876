/**
 * The quick path gives the same octets and the same counts as the whole one: over every name of the rich zones, every shape of EDNS,
 * changes of the world, rate limits. And it is quick for what it is there for.
 */
import t from 'tap'
import { seededRandom } from '../../src/base/index.ts'
import { parseName, TYPE } from '../../src/wire/index.ts'
import { namesIn } from './differential.ts'
import { RICH_ZONES } from './rich-zones.ts'
import { twins } from './twins.ts'
import { NO_LIMITS, standingOf } from './world.ts'

const V4 = Uint8Array.of(203, 0, 113, 9)
const ABROAD = Uint8Array.of(198, 51, 100, 1)
const V6 = Uint8Array.from({ length: 16 }, (_, i) => [0x20, 1, 0xd, 0xb8][i] ?? 0)
const STEERED = [
  'www',
  'geo',
  'sticky',
  'weighted',
  'x.wild',
  'host.old',
  'host.new',
  'down',
  'alias',
  'none',
  'a.b.none',
]

interface Edns {
  readonly size?: number
  readonly flags?: number
  readonly version?: number
  readonly options?: readonly number[]
  readonly owner?: readonly number[]
}

/** A query as octets, so that it can be wrong in any way. */
function queryOf(
  name: Uint8Array,
  type: number,
  edns?: Edns,
  head: readonly number[] = [0x12, 0x34, 1, 0, 0, 1],
): Uint8Array {
  const options = edns?.options ?? []
  const opt =
    edns === undefined
      ? []
      : [
          ...(edns.owner ?? [0]),
          ...[0, TYPE.OPT, ...u16(edns.size ?? 1232), 0, edns.version ?? 0, edns.flags ?? 0, 0],
          ...u16(options.length),
          ...options,
        ]
  return Uint8Array.from([
    ...head,
    ...[0, 0, 0, 0, 0, edns === undefined ? 0 : 1],
    ...name,
    ...u16(type),
    ...[0, 1],
    ...opt,
  ])
}

const u16 = (value: number): number[] => [value >> 8, value & 255]

function subnet(family: number, source: number, address: readonly number[], scope = 0): number[] {
  return [0, 8, ...u16(4 + address.length), ...u16(family), source, scope, ...address]
}

const EDNS: readonly (Edns | undefined)[] = [
  undefined,
  {},
  { size: 512 },
  { size: 0 },
  { size: 65535, flags: 0x80 },
  { version: 1 },
  { owner: [1, 120, 0] },
  { options: subnet(1, 24, [203, 0, 113]) },
  { options: subnet(1, 24, [198, 51, 100]), flags: 0x80 },
  { options: subnet(1, 32, [203, 0, 113, 200]) },
  { options: subnet(1, 25, [203, 0, 113, 128]) },
  { options: subnet(1, 25, [203, 0, 113, 129]) },
  { options: subnet(1, 24, [203, 0, 113, 0]) },
  { options: subnet(1, 0, []) },
  { options: subnet(1, 33, [1, 2, 3, 4, 5]) },
  { options: subnet(1, 24, [203, 0, 113], 24) },
  { options: subnet(2, 48, [0x20, 1, 0xd, 0xb8, 0, 0]) },
  { options: subnet(0, 0, []) },
  { options: [...subnet(1, 8, [203]), ...subnet(1, 8, [198])] },
  { options: [0, 8, 0, 7, 0, 1, 24, 0, 203, 0] },
  { options: [0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8] },
  { options: [0, 3, 0, 0] },
  { options: [...subnet(1, 24, [203, 0, 113]), 0, 3, 0, 0] },
]

const HEADS: readonly (readonly number[])[] = [
  [9, 9, 0, 0, 0, 1],
  [0, 0, 1, 0x30, 0, 1],
  [0xff, 0xff, 0x07, 0xff, 0, 1],
  [1, 2, 0x81, 0, 0, 1],
  [1, 2, 0x11, 0, 0, 1],
  [1, 2, 0x29, 0, 0, 1],
  [1, 2, 1, 0, 0, 0],
  [1, 2, 1, 0, 0, 2],
  [1, 2, 1, 0, 1, 1],
]

const name = (text: string): Uint8Array => parseName(text)!
const NAMES = [
  ...namesIn(RICH_ZONES),
  ...STEERED.map((label) => name(`${label}.steered.test.`)),
  ...['steered.test.', 'x.expired.test.', 'expired.test.', 'nobody.invalid.', '.'].map(name),
]
const TYPES = [
  TYPE.A,
  TYPE.AAAA,
  TYPE.TXT,
  TYPE.NS,
  TYPE.MX,
  TYPE.SOA,
  TYPE.DS,
  TYPE.CNAME,
  TYPE.ANY,
  65,
  97,
  0,
  41,
  249,
  250,
  251,
  254,
  256,
  257,
  65535,
]

t.test('the same octets and counts over every name, type and shape of EDNS', async (t) => {
  const random = seededRandom(20)
  const pair = twins()
  let quick = 0
  let asked = 0
  for (const owner of NAMES) {
    for (const type of TYPES) {
      for (let i = 0; i < 6; i++) {
        const bent = owner.map((octet) => (octet >= 97 && octet <= 122 && random.below(3) === 0 ? octet - 32 : octet))
        const head = random.below(6) === 0 ? HEADS[random.below(HEADS.length)]! : undefined
        const query = queryOf(bent, type, i < 2 ? undefined : EDNS[random.below(EDNS.length)], head)
        const cut = random.below(20) === 0 ? query.slice(0, random.below(query.length)) : query
        asked++
        if (pair.ask(cut, [V4, ABROAD, V6][random.below(3)]!).wasQuick) quick++
      }
    }
  }
  // What clients ask for most, in every shape, once it is known.
  for (const owner of NAMES)
    for (const type of [TYPE.A, TYPE.AAAA, TYPE.HTTPS, TYPE.TXT])
      for (const edns of EDNS) {
        asked++
        if (pair.ask(queryOf(owner, type, edns), V4).wasQuick) quick++
      }
  pair.compareCounters()
  t.ok(quick > 5000, `${quick} of ${asked} questions took the quick path`)
})

t.test('a question is quick from the second time on', async (t) => {
  const table: readonly (readonly [
    what: string,
    name: string,
    type: number,
    edns: Edns | undefined,
    quick: boolean,
  ])[] = [
    ['steered, no EDNS', 'www.steered.test.', TYPE.A, undefined, true],
    ['steered, IPv6', 'www.steered.test.', TYPE.AAAA, {}, true],
    ['by client subnet', 'geo.steered.test.', TYPE.A, { options: subnet(1, 24, [203, 0, 113]) }, true],
    ['by the resolver', 'geo.steered.test.', TYPE.A, {}, true],
    ['weighted', 'weighted.steered.test.', TYPE.A, {}, true],
    ['a class without this type', 'geo.steered.test.', TYPE.AAAA, { options: subnet(1, 24, [203, 0, 113]) }, true],
    ['a set beside a steered name', 'www.steered.test.', TYPE.TXT, {}, true],
    ['a plain address', 'ns.steered.test.', TYPE.A, { flags: 0x80 }, true],
    ['no such type', 'ns.steered.test.', TYPE.AAAA, {}, true],
    ['no such name', 'nothing.steered.test.', TYPE.A, {}, true],
    ['no such name, deep', 'a.b.c.nothing.steered.test.', TYPE.MX, {}, true],
    ['no such name below one that exists', 'x.ns.steered.test.', TYPE.A, {}, false],
    ['sticky: by the network', 'sticky.steered.test.', TYPE.A, {}, false],
    ['below a wildcard', 'x.wild.steered.test.', TYPE.A, {}, false],
    ['an alias', 'alias.steered.test.', TYPE.A, {}, false],
    ['targets with addresses', 'srv.steered.test.', TYPE.SRV, {}, false],
    ['the SOA, whose serial moves', 'steered.test.', TYPE.SOA, {}, false],
    ['an IPv6 subnet', 'geo.steered.test.', TYPE.A, { options: subnet(2, 48, [0x20, 1, 0xd, 0xb8, 0, 0]) }, false],
    ['a cookie', 'www.steered.test.', TYPE.A, { options: [0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8] }, false],
  ]
  for (const [what, owner, type, edns, quick] of table) {
    const pair = twins()
    // The zone that denied a name last is the one that the quick path denies from.
    pair.ask(queryOf(name('other.steered.test.'), TYPE.A), V4)
    pair.ask(queryOf(name(owner), type, edns), V4)
    t.equal(pair.ask(queryOf(name(owner), type, edns), V4).wasQuick, quick, what)
    t.equal(pair.ask(queryOf(name(owner.toUpperCase()), type, edns), ABROAD).wasQuick, quick, `${what}, in capitals`)
    pair.compareCounters()
  }
})

t.test('types that are other types in lower case keep apart', async (t) => {
  const pair = twins()
  const owner = name('www.steered.test.')
  for (const type of [65, 97, 0x4141, 0x6161, 65]) {
    const { response } = pair.ask(queryOf(owner, type), V4)
    t.equal((response[owner.length + 12]! << 8) | response[owner.length + 13]!, type)
  }
})

t.test('a change of health is in the next answer, a new structure too', async (t) => {
  const pair = twins()
  const query = queryOf(name('www.steered.test.'), TYPE.A, {})
  const both = [pair.plain, pair.quick]
  const answers = (): number => pair.ask(query, V4).response[7]!
  const before = [answers(), answers()]
  for (const world of both) {
    world.standings.set('all', standingOf('all', ['n1', 'n2', 'm1'], ['m1']))
    world.publisher.publish(['all'])
  }
  const after = pair.ask(query, V4)
  t.ok(after.wasQuick)
  t.strictSame([...before, after.response[7]], [8, 8, 2])
  for (const world of both) world.declare([])
  const gone = pair.ask(query, V4)
  t.notOk(gone.wasQuick, 'what was known is forgotten')
  t.equal(gone.response[3]! & 15, 2, 'a steered name whose record is gone has nothing to answer')
})

t.test('rate limits bite alike', async (t) => {
  const pair = twins({ ...NO_LIMITS, rate: 3, burstSeconds: 2, slip: 2 })
  const lengths = new Set<number>()
  let quick = 0
  for (let i = 0; i < 200; i++) {
    if (i % 50 === 0) pair.setNow(1_800_000_000_000 + i * 40)
    const owner = ['www', 'ns', 'nothing', 'geo'][i % 4]!
    const asked = pair.ask(queryOf(name(`${owner}.steered.test.`), i % 3 === 0 ? TYPE.AAAA : TYPE.A, {}), V4)
    lengths.add(Math.sign(asked.length))
    if (asked.wasQuick) quick++
  }
  pair.compareCounters()
  t.strictSame([...lengths].sort(), [0, 1], 'some are answered and some are not')
  t.ok(quick > 150, `${quick} of 200 took the quick path`)
})

t.test('more names than there is room for', async (t) => {
  const random = seededRandom(7)
  const pair = twins()
  const known = NAMES.filter((owner) => owner.length < 48)
  // All types of all names are more than a small cache's worth; some are driven out, all are right.
  for (let i = 0; i < 20_000; i++)
    pair.ask(queryOf(known[random.below(known.length)]!, 1 + random.below(240), {}), ABROAD)
  pair.compareCounters()
  t.pass('20,000 answers were the same')
})
