/** (c) A zone of 1,000,000 names: from the start of the process to its first answer, and the anonymous memory it holds then. */

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { anonymousMb, median, wholeCpuSeconds } from './measure.ts'
import { startMeridian } from './meridian.ts'
import { type Part, table } from './part.ts'
import { PEERS } from './peers.ts'
import { freePort, installed, type Running, startProcess, untilAnswers } from './processes.ts'
import { BENCH_ZONE } from './zone-text.ts'

const NAMES = 1_000_000

export const partLoading: Part = {
  name: 'loading',
  title: 'A zone of 1,000,000 names: start to first answer, and memory',
  run: async ({ folder, rounds, say }) => {
    const figures = new Map<string, { ms: number[]; cpuS: number[]; mb: number[] }>()
    const measure = async (
      name: string,
      round: number,
      start: (folder: string, port: number) => Promise<Running>,
    ): Promise<void> => {
      const own = join(folder, `${name}-${round}`)
      mkdirSync(own, { recursive: true })
      const port = await freePort()
      // Writing the files is not the server's time: `start` writes them first and starts the process last.
      const running = await start(own, port)
      const begin = startTimes.get(running.pid) ?? performance.now()
      try {
        await untilAnswers(port, `h${NAMES - 1}.${BENCH_ZONE}`, running, 120_000)
        const ms = performance.now() - begin
        const cpuS = wholeCpuSeconds(running.pid)
        await new Promise((resolve) => setTimeout(resolve, 3000))
        const entry = figures.get(name) ?? { ms: [], cpuS: [], mb: [] }
        entry.ms.push(ms)
        entry.cpuS.push(cpuS)
        entry.mb.push(anonymousMb(running.pid))
        figures.set(name, entry)
        say(
          `${name}: ${(ms / 1000).toFixed(2)} s, ${cpuS.toFixed(2)} s of CPU, ${Math.round(anonymousMb(running.pid))} MB`,
        )
      } catch (error) {
        say(`${name} left out: ${(error as Error).message.slice(-300)}`)
      } finally {
        await running.stop()
      }
    }
    const startTimes = new Map<number, number>()
    const timed = (running: Running): Running => {
      startTimes.set(running.pid, performance.now())
      return running
    }
    // Each round writes 30 MB for every server: three are enough for a median.
    for (let round = 0; round < Math.min(3, rounds); round++) {
      await measure('Meridian', round, async (own, port) =>
        timed(await startMeridian({ folder: own, port, names: NAMES, core: undefined })),
      )
      for (const peer of PEERS.filter(({ command, name }) => installed(command) && name !== 'PowerDNS'))
        await measure(peer.name, round, async (own, port) =>
          timed(
            startProcess(peer.command, peer.prepare({ folder: own, port, names: NAMES, countryDatabase: undefined }), {
              folder: own,
            }),
          ),
        )
    }
    return table(
      ['server', 'start to first answer, s', 'CPU until then, s', 'anonymous memory, MB'],
      [...figures].map(([name, { ms, cpuS, mb }]) => [
        name,
        (median(ms) / 1000).toFixed(2),
        median(cpuS).toFixed(2),
        Math.round(median(mb)),
      ]),
    )
  },
}
