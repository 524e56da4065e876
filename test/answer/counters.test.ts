/** Columns of shared counters: no two of them are one, and threads do not write each other's lines. */
import t from 'tap'
import {
  counterLayout,
  counterRow,
  createCounters,
  latestInColumn,
  QTYPE_COLUMNS,
  RCODE_COLUMNS,
  SCALAR,
  sumColumn,
} from '../../src/answer/counters.ts'

const SIZES = [
  { threads: 1, zones: 0, pairs: 0, nodes: 0, countries: 0 },
  { threads: 3, zones: 1, pairs: 5, nodes: 7, countries: 2 },
  { threads: 8, zones: 16, pairs: 64, nodes: 64, countries: 300 },
]

t.test('every column belongs to one thing', async (t) => {
  for (const sizes of SIZES) {
    const layout = counterLayout(sizes)
    const taken = new Map<number, string>()
    const take = (what: string, at: number, count: number): void => {
      for (let i = at; i < at + count; i++) {
        if (taken.has(i)) t.fail(`column ${i} is ${taken.get(i)} and ${what}`)
        if (i >= layout.rowLength) t.fail(`${what} lies outside of the row`)
        taken.set(i, what)
      }
    }
    for (const [name, column] of Object.entries(SCALAR)) take(name, column, 1)
    take('rcodes', layout.rcodesAt, RCODE_COLUMNS)
    take('qtypes', layout.qtypesAt, QTYPE_COLUMNS)
    take('zones', layout.zonesAt, sizes.zones)
    take('pairs', layout.pairsAt, sizes.pairs)
    take('nodes', layout.nodesAt, sizes.nodes)
    take('last answered', layout.lastAnsweredAt, sizes.nodes)
    take('countries', layout.countriesAt, sizes.countries)
    t.equal(layout.rowLength % 8, 0, 'a row ends with a cache line of 64 octets')
  }
})

t.test('what threads count is summed; of moments the latest holds', async (t) => {
  const layout = counterLayout(SIZES[1]!)
  const buffer = createCounters(layout)
  const rows = [0, 1, 2].map((thread) => counterRow(buffer, layout, thread))
  rows.forEach((row, i) => {
    row[SCALAR.udp]! += 10 ** i
    row[layout.zonesAt] = 2 ** 40
    row[layout.lastAnsweredAt + 6] = [5, 9, 7][i]!
  })
  t.equal(sumColumn(buffer, layout, SCALAR.udp), 111)
  t.equal(sumColumn(buffer, layout, layout.zonesAt), 3 * 2 ** 40, 'beyond 32 bits')
  t.equal(latestInColumn(buffer, layout, layout.lastAnsweredAt + 6), 9)
  t.equal(latestInColumn(buffer, layout, layout.lastAnsweredAt + 5), 0, 'never')
  rows[0]!.fill(1)
  t.equal(rows[1]![0], 10, 'a whole row written leaves the next one alone')
})
