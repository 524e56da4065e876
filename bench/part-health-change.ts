/**
 * (d) From a change to the first changed answer, with 1,000 steered records and the server under full query load. The change is an
 * operator's (force-down through the API), so that the figure contains everything: HTTP, the durable journal entry, the decision, the
 * new variants, the atomic store, and the queue of queries that the asker's own query waits in.
 */

import { join } from 'node:path'
import { askFor } from './ask.ts'
import { percentile } from './measure.ts'
import { startMeridian } from './meridian.ts'
import { type Part, table } from './part.ts'
import { startLoad, untilAnswers } from './processes.ts'
import { writeQueries } from './queries.ts'
import { BENCH_ZONE } from './zone-text.ts'

const RECORDS = 1000
const CHANGES = 200

export const partHealthChange: Part = {
  name: 'health-change',
  title: 'From a change to the first changed answer, 1,000 steered records under full load',
  run: async ({ folder, say }) => {
    const queries = join(folder, 'queries')
    writeQueries(queries, 'static A', BENCH_ZONE, 1000)
    const numbers = Array.from({ length: RECORDS }, (_, i) => i)
    const first = (i: number): string => `198.51.${i >> 8}.${i & 255}`
    const steering = `zone: ${BENCH_ZONE}
nodes:
${numbers.map((i) => `  a${i}: { a: ${first(i)} }\n  b${i}: { a: 203.0.${i >> 8}.${i & 255} }\n`).join('')}pools:
${numbers.map((i) => `  p${i}: { nodes: [a${i}, b${i}], min_in_service: 1 }\n`).join('')}records:
${numbers.map((i) => `  s${i}: { pool: p${i}, pick: failover, answers: 1 }\n`).join('')}`
    const meridian = await startMeridian({ folder, names: 1000, steering })
    let load: ReturnType<typeof startLoad> | undefined
    try {
      await untilAnswers(meridian.port, `s1.${BENCH_ZONE}`, meridian)
      load = startLoad({ port: meridian.port, queries, seconds: 120 })
      await load.started
      const tookMs: number[] = []
      for (let change = 0; change < CHANGES; change++) {
        const i = (change * 7919) % RECORDS
        const name = `s${i}.${BENCH_ZONE}`
        const before = await askFor(meridian.port, name)
        if (before !== first(i)) throw new Error(`${name} answers ${before}, not ${first(i)}`)
        const begin = performance.now()
        const told = meridian.api('POST', `/v1/nodes/a${i}/force-down`, { reason: 'bench' })
        while ((await askFor(meridian.port, name)) === before)
          if (performance.now() - begin > 10_000) throw new Error(`${name} does not change`)
        tookMs.push(performance.now() - begin)
        await told
      }
      const [p50, p99] = [percentile(tookMs, 50).toFixed(1), percentile(tookMs, 99).toFixed(1)]
      say(`p50 ${p50} ms, p99 ${p99} ms`)
      return table(
        ['', 'p50, ms', 'p99, ms', 'bar p99, ms'],
        [['API request sent to first changed answer received', p50, p99, 5]],
      )
    } finally {
      await load?.stop()
      await meridian.stop()
    }
  },
}
