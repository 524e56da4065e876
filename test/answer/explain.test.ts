/**
 * What explain tells is what a client gets: for random clients and random health, the very answer lies within the explanation.
 */
import { decode } from 'dns-packet'
import t from 'tap'
import { Explainer, type Explanation } from '../../src/answer/index.ts'
import { maskAddress, parseAddress, printAddress, seededRandom } from '../../src/base/index.ts'
import { compileMap, type Matcher } from '../../src/geo/index.ts'
import type { Pick } from '../../src/policy/index.ts'
import { ask, imageOf, nodeOf, question, recordOf, standingOf, worldOf } from './world.ts'

const net = (text: string) => {
  const [address, bits] = text.split('/')
  return { address: maskAddress(parseAddress(address!)!, Number(bits)), prefixLength: Number(bits) }
}
const EVERYONE: Matcher = { country: [], continent: [], subdivision: [], asn: [], net: [] }
const MATCHERS: readonly Matcher[] = [
  { ...EVERYONE, net: [net('10.0.0.0/8'), net('2001:db8:1::/48')] },
  { ...EVERYONE, net: [net('10.64.0.0/10'), net('192.0.2.0/25'), net('2001:db8::/32')] },
  EVERYONE,
]
const POOLS = ['red', 'green', 'blue'] as const
const PICKS: readonly Pick[] = ['round-robin', 'weighted', 'failover', 'sticky', 'nearest']
const NODES = POOLS.flatMap((pool, p) =>
  [0, 1, 2, 3].map((i) => nodeOf(`${pool}-${i}`, [`203.0.113.${10 * p + i}`], [v6(10 * p + i)])),
)

function v6(last: number): Uint8Array {
  return Uint8Array.of(0x20, 1, 0xd, 0xb8, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last)
}

t.test('an answer lies within its explanation', async (t) => {
  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000)
  t.comment(`SEED=${seed}`)
  const random = seededRandom(seed)
  const map = compileMap({ databases: [], matchers: MATCHERS })
  const classes = map.classes.map(({ matcher }) => ({ rule: matcher, order: undefined }))
  const records = PICKS.map((pick, i) => {
    const record = recordOf(`r${i}.test.`, 'test.', POOLS, { pick, answers: 1 + random.below(4) })
    return {
      record: { ...record, rules: record.rules.map((rule, k) => ({ ...rule, match: MATCHERS[k]! })) },
      map: 0,
      classes,
    }
  })
  const image = imageOf(
    'test.',
    '@ 60 SOA ns1 h 1 2 3 4 5\n@ 60 NS ns1\nns1 60 A 192.0.2.1\nalias 60 CNAME r0',
    new Map(records.map(({ record }, i) => [record.name, i])),
  )
  const members = (pool: string): string[] => [0, 1, 2, 3].map((i) => `${pool}-${i}`)
  const world = worldOf(
    [{ name: 'test.', image }],
    records,
    NODES,
    POOLS.map((pool) => standingOf(pool, members(pool))),
    [map.image],
  )
  const responder = world.responder(0)
  const explainer = new Explainer({
    publisher: world.publisher,
    steering: () => world.steering,
    standing: (pool) => world.standings.get(pool),
    health: () => [],
    place: () => undefined,
    nowMs: () => world.nowMs,
  })
  for (let round = 0; round < 400; round++) {
    const pool = POOLS[random.below(3)]!
    world.standings.set(
      pool,
      standingOf(
        pool,
        members(pool),
        members(pool).filter(() => random.below(3) === 0),
      ),
    )
    world.publisher.publish([pool])
    const name = random.below(8) === 0 ? 'alias.test' : `r${random.below(PICKS.length)}.test`
    const six = random.below(2) === 0
    const type = random.below(2) === 0 ? 'A' : 'AAAA'
    const prefix = six ? '2001:db8' : ['10', '192', '198'][random.below(3)]!
    const client = six
      ? `${prefix}:${random.below(3)}:${random.below(16).toString(16)}::/56`
      : `${prefix}.${random.below(2) === 0 ? 0 : random.below(256)}.2.0/24`
    const explained = explainer.explain({ name, type, client }) as Explanation
    const bytes = ask(
      responder,
      question(name, type, {
        additionals: [
          {
            type: 'OPT',
            name: '.',
            udpPayloadSize: 1232,
            flags: 0,
            options: [{ code: 'CLIENT_SUBNET', ip: client.split('/')[0], sourcePrefixLength: six ? 56 : 24 }],
          } as never,
        ],
      }),
    ) as Uint8Array
    const got = decode(Buffer.from(bytes)) as unknown as {
      rcode: string
      answers: { type: string; ttl: number; data: string }[]
      additionals: { options: { scopePrefixLength: number }[] }[]
    }
    const addresses = got.answers.filter(({ type: one }) => one === type)
    const where = `${name} ${type} for ${client}`
    const told = new Set(explained.answers.map((text) => printAddress(parseAddress(text)!)))
    if (addresses.some(({ data }) => !told.has(printAddress(parseAddress(data)!))))
      t.fail(`${where}: ${addresses.map(({ data }) => data)} is not within ${[...told]}`)
    if (addresses.length === 0 && told.size > 0) t.fail(`${where}: told ${[...told]}, answered nothing`)
    if (addresses.some(({ ttl }) => ttl !== explained.ttl)) t.fail(`${where}: TTL ${explained.ttl} told`)
    if (got.rcode !== explained.rcode) t.fail(`${where}: rcode ${explained.rcode} told, ${got.rcode} given`)
    const scope = got.additionals[0]!.options[0]!.scopePrefixLength
    if (scope !== explained.scope) t.fail(`${where}: scope ${explained.scope} told, ${scope} given`)
    const answered = new Set(explained.nodes.filter((node) => node.answered).map(({ node }) => node))
    if (addresses.length > 0 && answered.size === 0) t.fail(`${where}: no node is told as answered`)
  }
  t.pass('400 rounds')
  t.equal(world.publisher.counters().scalars.udp, 400, 'explaining counts no queries')
})

t.test('questions that make no sense are told', async (t) => {
  const world = worldOf([])
  const explainer = new Explainer({
    publisher: world.publisher,
    steering: () => world.steering,
    standing: () => undefined,
    health: () => [],
    place: () => undefined,
    nowMs: () => 0,
  })
  t.match(explainer.explain({ name: 'a..b', type: 'A', client: undefined }), { problem: /no domain name/ })
  t.match(explainer.explain({ name: 'a.test', type: 'AX', client: undefined }), { problem: /no record type/ })
  t.match(explainer.explain({ name: 'a.test', type: 'A', client: 'nowhere' }), { problem: /neither an address/ })
  const refused = explainer.explain({ name: 'a.test', type: 'A', client: '192.0.2.1' }) as Explanation
  t.equal(refused.rcode, 'REFUSED')
  t.equal(refused.zone, null)
})
