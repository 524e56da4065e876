import t from 'tap'
import { HOT, HOT_WORDS, HotVariants, hotEntryOf, MOST_HOT_OCTETS } from '../../src/answer/hot-variants.ts'
import { VARIANT } from '../../src/answer/region.ts'

const COLUMNS = { nodesAt: 0, lastAnsweredAt: 10, nodes: 5 }

/** A region with one variant at a word, of some A records whose nodes are 0, 1, 2 ... */
function regionOf(variant: number, records: number): Int32Array {
  const region = new Int32Array(4096)
  const nodes = variant + 100
  const octets = 4 * (variant + 200)
  region[variant + VARIANT.octets] = octets
  region[variant + VARIANT.length] = 16 * records
  region[variant + VARIANT.nodes] = nodes
  for (let i = 0; i < records; i++) region[nodes + i] = i
  for (let i = 0; i < 4 * records; i++) region[(octets >> 2) + i] = 1000 + i
  return region
}

t.test('a variant is counted once a batch, for as often as it was used', async (t) => {
  const hot = new HotVariants()
  const row = new Float64Array(20)
  const region = regionOf(64, 3)
  const entry = hotEntryOf(64)
  t.ok(hot.take(entry, 64, region, 16, row, COLUMNS, 7000))
  t.equal(hot.words[entry + HOT.records], 3)
  t.equal(hot.words[entry + HOT.octets], 48)
  t.strictSame(
    [...hot.words.subarray(entry + HOT.answer, entry + HOT.answer + 12)],
    Array.from({ length: 12 }, (_, i) => 1000 + i),
  )
  hot.words[entry + HOT.uses] = 5
  hot.settle(region, row, COLUMNS, 7000)
  t.strictSame([...row.subarray(0, 5)], [5, 5, 5, 0, 0])
  t.strictSame([...row.subarray(10, 15)], [7000, 7000, 7000, 0, 0])
  t.equal(hot.words[entry], 0, 'and is forgotten')
  hot.settle(region, row, COLUMNS, 8000)
  t.equal(row[0], 5, 'once')
})

t.test('one that was taken in but not used leaves no trace; a node without a column is left out', async (t) => {
  const hot = new HotVariants()
  const row = new Float64Array(20)
  const region = regionOf(64, 7)
  const entry = hotEntryOf(64)
  hot.take(entry, 64, region, 16, row, COLUMNS, 1)
  hot.settle(region, row, COLUMNS, 1)
  t.ok(row.every((count) => count === 0))
  hot.take(entry, 64, region, 16, row, COLUMNS, 1)
  hot.words[entry + HOT.uses] = 1
  hot.settle(region, row, COLUMNS, 1)
  t.strictSame([...row.subarray(0, 10)], [1, 1, 1, 1, 1, 0, 0, 0, 0, 0])
})

t.test('two variants that share an entry are both counted', async (t) => {
  const hot = new HotVariants()
  const row = new Float64Array(20)
  const first = regionOf(64, 2)
  // Far enough from the first one's nodes and octets.
  let other = 1000
  while (hotEntryOf(other) !== hotEntryOf(64)) other++
  const entry = hotEntryOf(64)
  hot.take(entry, 64, first, 16, row, COLUMNS, 1)
  hot.words[entry + HOT.uses] = 4
  first.set(regionOf(other, 1).subarray(other), other)
  hot.take(entry, other, first, 16, row, COLUMNS, 1)
  hot.words[entry + HOT.uses] = 1
  hot.settle(first, row, COLUMNS, 1)
  t.strictSame([...row.subarray(0, 3)], [5, 4, 0])
})

t.test('an answer that is too long for an entry is refused', async (t) => {
  const hot = new HotVariants()
  const row = new Float64Array(20)
  const most = MOST_HOT_OCTETS / 16
  t.ok(hot.take(0, 64, regionOf(64, most), 16, row, COLUMNS, 1))
  t.notOk(hot.take(HOT_WORDS, 64, regionOf(64, most + 1), 16, row, COLUMNS, 1))
})
