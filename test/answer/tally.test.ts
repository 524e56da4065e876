/** Counters that grow with what they count: nothing that was counted is lost, whoever still writes to the old buffer. */
import t from 'tap'
import { counterRow, SCALAR } from '../../src/answer/counters.ts'
import { Tally } from '../../src/answer/tally.ts'

/** The row that a thread writes now. */
const rowOf = (tally: Tally, thread: number) => {
  const { counters, layout } = tally.current
  return { row: counterRow(counters, layout, thread), layout }
}

t.test('while there is room, nothing moves', async (t) => {
  const tally = new Tally(2)
  const { counters } = tally.current
  for (let i = 0; i < 64; i++) tally.nodes.id(`n${i}`)
  t.equal(tally.fit(), false)
  t.equal(tally.current.counters, counters)
  tally.nodes.id('one more')
  t.equal(tally.fit(), true)
  t.not(tally.current.counters, counters)
  t.ok(tally.current.layout.nodes >= 130, 'twice as wide: growing stays rare')
  t.equal(tally.fit(), false)
})

t.test('sums go over all buffers, a late writer of the old one included', async (t) => {
  const tally = new Tally(2)
  const zone = tally.zones.id('example.')
  const pair = tally.pairs.id('www.example.\ngermany')
  const country = tally.countries.id('MD')
  const old = rowOf(tally, 1)
  old.row[SCALAR.udp] = 5
  old.row[old.layout.zonesAt + zone] = 5
  for (let i = 0; i < 1000; i++) tally.pairs.id(`r${i}\np`)
  t.equal(tally.fit(), true)
  const now = rowOf(tally, 0)
  now.row[SCALAR.udp] = 7
  now.row[now.layout.zonesAt + zone] = 1
  now.row[now.layout.pairsAt + pair] = 2
  now.row[now.layout.pairsAt + tally.pairs.id('r999\np')] = 3
  // A thread that has not taken up the new one yet.
  old.row[old.layout.pairsAt + pair]! += 40
  old.row[old.layout.countriesAt + country]! += 4
  now.row[now.layout.rcodesAt + 3] = 9
  now.row[now.layout.qtypesAt + 28] = 8
  const report = tally.report()
  t.equal(report.scalars.udp, 12)
  t.equal(report.zones.get('example.'), 6)
  t.equal(report.countries.get('MD'), 4)
  t.same(
    report.answers.filter(({ count }) => count > 0),
    [
      { record: 'www.example.', pool: 'germany', count: 42 },
      { record: 'r999', pool: 'p', count: 3 },
    ],
  )
  t.same([...report.rcodes], [[3, 9]])
  t.same([...report.qtypes], [[28, 8]])
})

t.test('a column that the old buffer does not have is not read from what stands there', async (t) => {
  const tally = new Tally(1)
  const { row, layout } = rowOf(tally, 0)
  // Everything behind the nodes of the old buffer is something else.
  row.fill(1000, layout.nodesAt + layout.nodes)
  for (let i = 0; i <= layout.nodes; i++) tally.nodes.id(`n${i}`)
  t.equal(tally.fit(), true)
  t.equal(tally.report().nodes.get(`n${layout.nodes}`), 0)
  t.equal(tally.lastAnsweredMs(`n${layout.nodes}`), undefined)
})

t.test('the last answer with a node is the latest of any thread and buffer', async (t) => {
  const tally = new Tally(3)
  const node = tally.nodes.id('de-1')
  t.equal(tally.lastAnsweredMs('de-1'), undefined)
  t.equal(tally.lastAnsweredMs('nobody'), undefined)
  const old = rowOf(tally, 2)
  old.row[old.layout.lastAnsweredAt + node] = 2000
  for (let i = 0; i < 100; i++) tally.nodes.id(`n${i}`)
  tally.fit()
  const now = rowOf(tally, 0)
  now.row[now.layout.lastAnsweredAt + node] = 1500
  t.equal(tally.lastAnsweredMs('de-1'), 2000)
  now.row[now.layout.lastAnsweredAt + node] = 2500
  t.equal(tally.lastAnsweredMs('de-1'), 2500)
})
