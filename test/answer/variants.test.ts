/** From a decision to variants: who is in them, in what proportion, and what stays when a node leaves. */
import fc from 'fast-check'
import t from 'tap'
import { classAnswer, dealBuckets, type Item, type Numbering, thresholds } from '../../src/answer/variants.ts'
import type { Choice, Node, Pick, SteeredRecord } from '../../src/policy/index.ts'

const origin = { kind: 'api', by: 'test', atMs: 0 } as const
const node = (name: string, last: number, extra: Partial<Node> = {}): Node => ({
  name,
  a: [Uint8Array.of(192, 0, 2, last)],
  aaaa: [],
  site: undefined,
  weight: 100,
  origin,
  ...extra,
})
const NODES = new Map(
  [
    node('a', 1, { site: 'x' }),
    node('b', 2, { site: 'x' }),
    node('c', 3, { site: 'y', a: [Uint8Array.of(192, 0, 2, 3), Uint8Array.of(192, 0, 2, 4)] }),
  ].map((n) => [n.name, n]),
)
const numbering: Numbering = {
  nodeId: (name) => name.charCodeAt(0) - 97,
  pairId: () => 0,
  node: (name) => NODES.get(name),
}
const record = (pick: Pick): SteeredRecord => ({
  zone: 'test.',
  name: 'www.test.',
  rules: [],
  pick,
  answers: 8,
  strict: false,
  ttl: { maxSeconds: 60, minSeconds: 10 },
  origin,
})
const choice = (...nodes: [string, number][]): Choice => ({
  pool: 'p',
  mode: 'answer',
  nodes: nodes.map(([name, weight]) => ({ node: name, weight })),
  ttlSeconds: 60,
  kept: false,
  below: 'normal',
  steps: [],
})
const hosts = (items: readonly Item[]): number[] => items.map(({ address }) => address[3]!)

t.test('each pick takes its nodes', async (t) => {
  const all = choice(['a', 100], ['b', 50], ['c', 0])
  const table: [Pick, number[]][] = [
    ['round-robin', [1, 2, 3, 4]],
    ['weighted', [1, 2]],
    ['sticky', [1, 2]],
    ['failover', [1]],
    ['nearest', [1, 2]],
  ]
  for (const [pick, expected] of table) t.same(hosts(classAnswer(record(pick), all, numbering).a), expected, pick)
  t.same(
    hosts(classAnswer(record('weighted'), choice(['a', 0], ['b', 0]), numbering).a),
    [1, 2],
    'all weights zero: even',
  )
  t.same(classAnswer(record('round-robin'), { ...all, nodes: [], mode: 'nodata' }, numbering).a, [])
})

t.test('a node with several addresses shares its weight among them', async (t) => {
  const { a } = classAnswer(record('weighted'), choice(['a', 100], ['c', 100]), numbering)
  t.same(
    a.map(({ weight }) => weight),
    [100, 50, 50],
  )
})

t.test('thresholds part the draws in the proportion of the weights', async (t) => {
  const items = [30, 60, 10].map((weight, i) => ({ nodeId: i, node: 'n', address: Uint8Array.of(i), weight }))
  const limits = thresholds(items)
  t.same(
    limits.map((limit) => Math.round((limit / 4294967295) * 100)),
    [30, 90, 100],
  )
})

t.test('sticky: when a node leaves only its own buckets move, and shares follow the weights', async (t) => {
  const item = (i: number, weight: number): Item => ({
    nodeId: i,
    node: `n${i}`,
    address: Uint8Array.of(10, 0, 0, i),
    weight,
  })
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 2, maxLength: 9 }),
      fc.nat(),
      (weights, pick) => {
        const items = weights.map((weight, i) => item(i, weight))
        const gone = pick % items.length
        const before = dealBuckets(items)
        const left = items.filter((_, i) => i !== gone)
        const after = dealBuckets(left)
        return before.every((i, bucket) => i === gone || left[after[bucket]!] === items[i])
      },
    ),
  )
  const dealt = dealBuckets([item(0, 300), item(1, 100)])
  const share = dealt.filter((i) => i === 0).length / dealt.length
  t.ok(share > 0.65 && share < 0.85, `3:1 gave ${share}`)
})
