/** Who is picked: in turn, by weight, by the client's network; and how far an answer may be kept for others. */
import { decode } from 'dns-packet'
import t from 'tap'
import { type Random, seededRandom } from '../../src/base/index.ts'
import type { Pick } from '../../src/steer/index.ts'
import { ask, imageOf, nodeOf, question, recordOf, standingOf, type TestWorld, worldOf } from './world.ts'

const NAMES = ['a', 'b', 'c', 'd']
const ZONE = '@ 60 SOA ns1 h 1 2 3 4 5\n@ 60 NS ns1\nns1 60 A 192.0.2.1'

/** One record with one pool of four nodes. */
function worldWith(pick: Pick, weights: readonly number[] = [100, 100, 100, 100], answers = 1): TestWorld {
  const record = recordOf('www.test.', 'test.', ['pool'], { pick, answers })
  const standing = standingOf('pool', NAMES)
  return worldOf(
    [{ name: 'test.', image: imageOf('test.', ZONE, new Map([[record.name, 0]])) }],
    [{ record, map: -1, classes: [{ rule: 0, order: undefined }] }],
    NAMES.map((name, i) => nodeOf(name, [`203.0.113.${i}`])),
    [{ ...standing, members: standing.members.map((member, i) => ({ ...member, weight: weights[i]! })) }],
  )
}

/** @returns the numbers of the nodes in the answer, in its order */
function asked(responder: ReturnType<TestWorld['responder']>, peer?: Uint8Array): number[] {
  const bytes = ask(responder, question('www.test', 'A'), peer === undefined ? {} : { peer }) as Uint8Array
  return decode(Buffer.from(bytes)).answers!.map((answer) => Number((answer as { data: string }).data.split('.')[3]))
}

const randomPeer = (random: Random): Uint8Array => Uint8Array.from({ length: 4 }, () => 1 + random.below(223))

t.test('round-robin: every node is first as often as every other, whatever the thread', async (t) => {
  const world = worldWith('round-robin', undefined, 3)
  const starts = new Set<number>()
  for (const thread of [0, 1, 2, 3]) {
    const responder = world.responder(thread)
    const answers = Array.from({ length: 40 }, () => asked(responder))
    starts.add(answers[0]![0]!)
    const firsts = NAMES.map((_, i) => answers.filter(([first]) => first === i).length)
    t.same(firsts, [10, 10, 10, 10])
    t.ok(
      answers.every((answer, i) => i === 0 || answer[0] === (answers[i - 1]![0]! + 1) % 4),
      'in turn',
    )
    t.ok(
      answers.every((answer) => new Set(answer).size === 3),
      'a window of different nodes',
    )
  }
  t.ok(starts.size > 1, 'threads do not all start with the same node')
})

t.test('weighted: in the proportion of the weights, and evenly', async (t) => {
  const weights = [10, 20, 30, 40]
  const responder = worldWith('weighted', weights).responder(0)
  const queries = 5000
  const counts = [0, 0, 0, 0]
  for (let i = 0; i < queries; i++) counts[asked(responder)[0]!]!++
  for (const [i, count] of counts.entries())
    t.ok(Math.abs(count / queries - weights[i]! / 100) < 0.002, `node ${i}: ${count} of ${queries} for ${weights[i]} %`)
})

t.test('weight 0 gets nothing, and all of weight 0 share evenly', async (t) => {
  const without = worldWith('weighted', [0, 100, 0, 100]).responder(0)
  t.same([...new Set(Array.from({ length: 200 }, () => asked(without)[0]))].sort(), [1, 3])
  const none = worldWith('weighted', [0, 0, 0, 0]).responder(0)
  t.equal(new Set(Array.from({ length: 200 }, () => asked(none)[0])).size, 4)
})

t.test('sticky: a network has its node, on every thread; networks are dealt by weight', async (t) => {
  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000)
  t.comment(`SEED=${seed}`)
  const random = seededRandom(seed)
  const world = worldWith('sticky', [100, 100, 200, 400])
  const [one, other] = [world.responder(0), world.responder(1)]
  const counts = [0, 0, 0, 0]
  for (let i = 0; i < 2000; i++) {
    const peer = randomPeer(random)
    const [node] = asked(one, peer)
    counts[node!]!++
    const neighbour = Uint8Array.from([...peer.subarray(0, 3), random.below(256)])
    if (asked(other, neighbour)[0] !== node) t.fail(`${peer.join('.')} and its neighbour got different nodes`)
  }
  // 256 buckets are dealt by chance that does not change: each share is within some buckets of its weight.
  for (const [i, share] of [1 / 8, 1 / 8, 1 / 4, 1 / 2].entries())
    t.ok(Math.abs(counts[i]! / 2000 - share) < 0.08, `node ${i}: ${counts[i]} of 2000 for ${share}`)
})

t.test('sticky: when a node leaves, only its own networks move; when it is back, they are back', async (t) => {
  const world = worldWith('sticky')
  const responder = world.responder(0)
  const random = seededRandom(5)
  const peers = Array.from({ length: 400 }, () => randomPeer(random))
  const before = peers.map((peer) => asked(responder, peer)[0])
  world.standings.set('pool', standingOf('pool', NAMES, ['b']))
  world.publisher.publish(['pool'])
  const without = peers.map((peer) => asked(responder, peer)[0])
  t.ok(without.every((node, i) => node !== 1 && (before[i] === 1 || node === before[i])))
  t.equal(new Set(without.filter((_, i) => before[i] === 1)).size, 3, 'they are shared among all others')
  world.standings.set('pool', standingOf('pool', NAMES))
  world.publisher.publish(['pool'])
  t.same(
    peers.map((peer) => asked(responder, peer)[0]),
    before,
  )
})

t.test('failover: the first that is fit, alone', async (t) => {
  const world = worldWith('failover', undefined, 8)
  const responder = world.responder(0)
  t.same(asked(responder), [0])
  world.standings.set('pool', standingOf('pool', NAMES, ['a', 'b']))
  world.publisher.publish(['pool'])
  t.same(asked(responder), [2])
})

t.test('the scope is as wide as the pick looks', async (t) => {
  const scopeOf = (pick: Pick, ip: string, sourcePrefixLength: number): number => {
    const option = { code: 'CLIENT_SUBNET', ip, sourcePrefixLength }
    const opt = { type: 'OPT', name: '.', udpPayloadSize: 1232, flags: 0, options: [option] }
    const bytes = ask(worldWith(pick).responder(0), question('www.test', 'A', { additionals: [opt as never] }))
    const additionals = decode(Buffer.from(bytes as Uint8Array)).additionals as unknown as {
      options: { scopePrefixLength: number }[]
    }[]
    return additionals[0]!.options[0]!.scopePrefixLength
  }
  t.equal(scopeOf('round-robin', '198.51.100.0', 24), 0)
  t.equal(scopeOf('sticky', '198.51.100.0', 24), 24)
  t.equal(scopeOf('sticky', '2001:db8::', 56), 56)
})

t.test('each answer is counted for its nodes, its record and its pool', async (t) => {
  const world = worldWith('round-robin', undefined, 2)
  const responder = world.responder(0)
  world.nowMs = 1_800_000_001_000
  for (let i = 0; i < 8; i++) asked(responder)
  const { nodes, answers, scalars } = world.publisher.counters()
  t.same(
    [...nodes],
    NAMES.map((name) => [name, 4]),
  )
  t.same(answers, [{ record: 'www.test.', pool: 'pool', count: 8 }])
  t.equal(scalars.steered, 8)
  t.equal(world.publisher.lastAnsweredMs('c'), 1_800_000_001_000)
})
