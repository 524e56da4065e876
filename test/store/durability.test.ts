import t from 'tap'
import { killAgainAndAgain } from '../../bench/durability.ts'

t.test(
  'kill -9 under writes: what was acknowledged is there, nothing is half-applied (500 kills: bench/durability)',
  async (t) => {
    const seed = 41
    const report = await killAgainAndAgain(6, seed)
    t.comment(`seed ${seed}: ${report.kills} kills, ${report.writes} writes`)
    t.same(report.wrong, [])
    t.ok(report.writes > 6)
  },
)
