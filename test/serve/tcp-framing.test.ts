import t from 'tap'
import { seededRandom } from '../../src/base/index.ts'
import { frameReader } from '../../src/serve/tcp-framing.ts'
import { framed } from './harness.ts'

const out = new Uint8Array(65_535)

t.test('messages come out whole, however the stream is cut', async (t) => {
  const seed = 20261122
  t.comment(`seed ${seed}`)
  const random = seededRandom(seed)
  for (let round = 0; round < 300; round++) {
    const messages = Array.from({ length: 1 + random.below(8) }, () =>
      Uint8Array.from({ length: random.below(round % 10 === 0 ? 65_536 : 300) }, () => random.below(256)),
    )
    const stream = framed(...messages)
    const reader = frameReader()
    const read: Buffer[] = []
    const widest = 1 + random.below(round % 3 === 0 ? 3 : 2000)
    for (let at = 0; at < stream.length; ) {
      const size = 1 + random.below(widest)
      reader.push(stream.subarray(at, at + size))
      at += size
      for (let length = reader.next(out); length >= 0; length = reader.next(out))
        read.push(Buffer.from(out.subarray(0, length)))
    }
    if (reader.pending !== 0 || !Buffer.concat(read.map((m) => framed(m))).equals(stream))
      return t.fail(`round ${round}: ${read.length} of ${messages.length} messages`)
  }
  t.pass('300 streams')
})

for (const [title, pieces, expected, pending] of [
  ['nothing', [], [], 0],
  ['half a length', [[0]], [], 1],
  ['a length alone', [[0, 5]], [], 2],
  ['an empty message', [[0, 0]], [[]], 0],
  ['an empty message, then one', [[0, 0, 0, 1, 7]], [[], [7]], 0],
  ['a length in two pieces', [[0], [2, 8], [9, 0]], [[8, 9]], 1],
  ['all but the last octet', [[0, 3, 1, 2]], [], 4],
] as const)
  t.test(`framing: ${title}`, async (t) => {
    const reader = frameReader()
    for (const piece of pieces) reader.push(Uint8Array.from(piece))
    const read: number[][] = []
    for (let length = reader.next(out); length >= 0; length = reader.next(out)) read.push([...out.subarray(0, length)])
    t.same(read, expected)
    t.equal(reader.pending, pending)
  })
