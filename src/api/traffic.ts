/**
 * What was answered in the last hour, by record and pool: the weight of a move in a plan. Counters are read once a minute.
 */
import type { Plan } from '../control/index.ts'
import type { Answers } from './ports.ts'

const MINUTES = 60
const MINUTE_MS = 60_000

export interface Traffic {
  /** Adds to each move what share of the last hour's steered answers it is about, at the most; 0..1, null: none was given. */
  weigh(plan: Plan): WeighedPlan
  /** Reads the counters now; a timer does it each minute. */
  sample(): void
  stop(): void
}

export type WeighedPlan = Omit<Plan, 'moves'> & {
  readonly moves: readonly (Plan['moves'][number] & { readonly share: number | null })[]
}

type Counts = ReadonlyMap<string, number>

export function createTraffic(answers: Answers): Traffic {
  /** oldest first, a minute apart, an hour at the most */
  let samples: Counts[] = []
  const read = (): Counts =>
    new Map(answers.counters().answers.map(({ record, pool, count }) => [`${record}\n${pool}`, count]))
  const sample = (): void => {
    samples = [...samples.slice(-MINUTES), read()]
  }
  sample()
  const timer = setInterval(sample, MINUTE_MS)
  timer.unref()
  return {
    sample,
    weigh(plan) {
      const then = samples[0] ?? new Map<string, number>()
      const lately = new Map<string, number>()
      let all = 0
      for (const [key, count] of read()) {
        // A record that was loaded anew counts from nothing again.
        const before = then.get(key) ?? 0
        const given = count >= before ? count - before : count
        lately.set(key, given)
        all += given
      }
      return {
        ...plan,
        moves: plan.moves.map((move) => ({
          ...move,
          share: all === 0 ? null : Number(((lately.get(`${move.record}\n${move.from}`) ?? 0) / all).toFixed(4)),
        })),
      }
    },
    stop: () => clearInterval(timer),
  }
}
