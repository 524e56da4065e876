import t from 'tap'
import type { Answers } from '../../src/api/index.ts'
import { createTraffic } from '../../src/api/traffic.ts'
import type { Plan } from '../../src/control/index.ts'

const plan = (from: string): Plan => ({
  empty: false,
  zones: { added: [], removed: [], changed: [] },
  records: { added: [], removed: [], changed: [] },
  pools: { added: [], removed: [], changed: [] },
  nodes: { added: [], removed: [], changed: [] },
  checks: { added: [], removed: [], changed: [] },
  moves: [{ record: 'www.', clients: 'country MD', from, to: 'other' }],
  warnings: [],
  harms: [],
})

t.test('a move weighs what was answered in the last hour, not before', async (t) => {
  const counts = { germany: 1000, moldova: 0 }
  const answers = {
    counters: () => ({
      answers: Object.entries(counts).map(([pool, count]) => ({ record: 'www.', pool, count })),
    }),
  } as unknown as Answers
  const traffic = createTraffic(answers)
  t.equal(traffic.weigh(plan('germany')).moves[0]?.share, null, 'nothing yet')
  counts.germany += 75
  counts.moldova += 25
  t.equal(traffic.weigh(plan('moldova')).moves[0]?.share, 0.25)
  for (let minute = 0; minute < 61; minute++) traffic.sample()
  counts.germany += 10
  t.equal(traffic.weigh(plan('moldova')).moves[0]?.share, 0)
  t.equal(traffic.weigh(plan('germany')).moves[0]?.share, 1)
  counts.germany = 4
  t.equal(traffic.weigh(plan('germany')).moves[0]?.share, 1, 'counters that began anew')
  traffic.stop()
})
