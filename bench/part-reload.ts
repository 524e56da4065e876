/** (f) Reloads under load: a zone of 100,000 names is changed 20 times while 20,000 queries come every second; how many are lost. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { askFor } from './ask.ts'
import { median } from './measure.ts'
import { startMeridian } from './meridian.ts'
import { type Part, table } from './part.ts'
import { startLoad, untilAnswers } from './processes.ts'
import { writeQueries } from './queries.ts'
import { BENCH_ZONE, zoneText } from './zone-text.ts'

const NAMES = 100_000
const RATE = 20_000
const RELOADS = 20

export const partReload: Part = {
  name: 'reload',
  title: 'Reloads of a 100,000-name zone under load',
  run: async ({ folder, say }) => {
    const queries = join(folder, 'queries')
    writeQueries(queries, 'static A', BENCH_ZONE, NAMES)
    const meridian = await startMeridian({ folder, names: NAMES, core: undefined })
    try {
      await untilAnswers(meridian.port, `h1.${BENCH_ZONE}`, meridian)
      const load = startLoad({
        port: meridian.port,
        queries,
        mode: 'rate',
        rate: RATE,
        seconds: 4 * RELOADS,
        sockets: 8,
      })
      await load.started
      const tookMs: number[] = []
      const begin = performance.now()
      for (let i = 1; i <= RELOADS; i++) {
        const wanted = `198.51.100.${i}`
        const changed = performance.now()
        writeFileSync(
          meridian.zoneFile,
          zoneText(BENCH_ZONE, NAMES, [`version 60 IN A ${wanted}`]).replace(' 1 7200', ` ${i + 1} 7200`),
        )
        await meridian.api('POST', '/v1/reload')
        while ((await askFor(meridian.port, `version.${BENCH_ZONE}`)) !== wanted) {
          if (performance.now() - changed > 30_000)
            throw new Error(`reload ${i} was not taken up: ${meridian.output()}`)
          await new Promise((resolve) => setTimeout(resolve, 10))
        }
        tookMs.push(performance.now() - changed)
      }
      const seconds = (performance.now() - begin) / 1000
      const result = await load.result
      say(`${RELOADS} reloads in ${seconds.toFixed(1)} s, ${result.sent} sent, ${result.lost} lost`)
      return table(
        ['reloads', 'queries sent', 'lost', 'bar', 'file written to first new answer, median', 'at most'],
        [
          [
            RELOADS,
            result.sent,
            result.lost,
            0,
            `${Math.round(median(tookMs))} ms`,
            `${Math.round(Math.max(...tookMs))} ms`,
          ],
        ],
      )
    } finally {
      await meridian.stop()
    }
  },
}
