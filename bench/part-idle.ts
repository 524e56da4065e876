/** (g) What the server costs when nobody asks: CPU of the whole process with four workers. */

import { cpuNs } from './measure.ts'
import { startMeridian } from './meridian.ts'
import { type Part, table } from './part.ts'
import { untilAnswers } from './processes.ts'
import { BENCH_ZONE } from './zone-text.ts'

const IDLE_SECONDS = 20

export const partIdle: Part = {
  name: 'idle',
  title: 'Idle CPU with four workers',
  run: async ({ folder, say }) => {
    const meridian = await startMeridian({ folder, names: 1000, workers: 4, core: undefined })
    try {
      await untilAnswers(meridian.port, `h1.${BENCH_ZONE}`, meridian)
      await new Promise((resolve) => setTimeout(resolve, 5000))
      const before = cpuNs(meridian.pid)
      const begin = performance.now()
      await new Promise((resolve) => setTimeout(resolve, IDLE_SECONDS * 1000))
      const share = ((cpuNs(meridian.pid) - before) / 1e6 / (performance.now() - begin)) * 100
      say(`${share.toFixed(2)} % of a core`)
      return table(['', 'measured', 'bar'], [[`CPU over ${IDLE_SECONDS} s`, `${share.toFixed(2)} % of a core`, '1 %']])
    } finally {
      await meridian.stop()
    }
  },
}
