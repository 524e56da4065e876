/** (h) --replace under load: a second process takes over while 20,000 queries come every second; how many are lost. */

import { once } from 'node:events'
import { join } from 'node:path'
import { runMeridian, startMeridian } from './meridian.ts'
import { type Part, table } from './part.ts'
import { startLoad, untilAnswers } from './processes.ts'
import { writeQueries } from './queries.ts'
import { BENCH_ZONE } from './zone-text.ts'

const RATE = 20_000
const TIMES = 5

export const partReplace: Part = {
  name: 'replace',
  title: 'Hand-over to a new process under load (--replace)',
  run: async ({ folder, say }) => {
    const queries = join(folder, 'queries')
    writeQueries(queries, 'static A', BENCH_ZONE, 1000)
    const setting = { folder, names: 1000, workers: 2, core: undefined }
    let running = await startMeridian(setting)
    const { port, apiPort, zoneFile } = running
    try {
      await untilAnswers(port, `h1.${BENCH_ZONE}`, running)
      const load = startLoad({ port, queries, mode: 'rate', rate: RATE, seconds: 3 * TIMES + 3, sockets: 16 })
      await load.started
      const tookMs: number[] = []
      for (let i = 0; i < TIMES; i++) {
        await new Promise((resolve) => setTimeout(resolve, 1000))
        const begin = performance.now()
        const former = running
        const gone = once(former.child, 'exit')
        running = runMeridian({ ...setting, arguments: ['--replace'] }, port, apiPort, zoneFile)
        await Promise.race([
          gone,
          new Promise((_, reject) =>
            setTimeout(() => reject(new Error(`no hand-over: ${running.output()}`)), 45_000).unref(),
          ),
        ])
        tookMs.push(performance.now() - begin)
        say(`hand-over ${i + 1} took ${Math.round(tookMs[i]!)} ms`)
      }
      const result = await load.result
      say(`${result.sent} sent, ${result.lost} lost`)
      return table(
        ['hand-overs', 'queries sent', 'lost', 'start to end of a hand-over, at most'],
        [[TIMES, result.sent, result.lost, `${Math.round(Math.max(...tookMs))} ms`]],
      )
    } finally {
      await running.stop()
    }
  },
}
