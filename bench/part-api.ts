/** (i) 1,000 event streams and 500 API requests a second: what they do to the time of a DNS answer. */

import { setTimeout as sleep } from 'node:timers/promises'
import { blockingAsker } from './ask.ts'
import { percentile } from './measure.ts'
import { startMeridian } from './meridian.ts'
import { type Part, table } from './part.ts'
import { startProcess, untilAnswers } from './processes.ts'
import { BENCH_ZONE } from './zone-text.ts'

const STREAMS = 1000
const REQUESTS = 500
const QUESTIONS = 4000

export const partApi: Part = {
  name: 'api',
  title: 'The API under load beside DNS answers',
  run: async ({ folder, say }) => {
    const meridian = await startMeridian({ folder, names: 1000 })
    const name = `video.${BENCH_ZONE}`
    let load: ReturnType<typeof startProcess> | undefined
    try {
      await untilAnswers(meridian.port, name, meridian)
      const calm = await ask(meridian.port, name)
      // In the world the API's clients are other machines: here they get what the server and the asker leave.
      load = startProcess('nice', [
        '-n',
        '19',
        process.execPath,
        new URL('api-load.js', import.meta.url).pathname,
        String(meridian.apiPort),
        String(STREAMS),
        String(REQUESTS),
      ])
      for (let i = 0; !load.output().includes('ready'); i++) {
        if (i > 600) throw new Error(`the streams do not open: ${load.output()}`)
        await sleep(50)
      }
      // Events for the streams, as an operator makes them.
      let writing = true
      const writes = (async () => {
        for (let i = 0; writing; i++) {
          await meridian.api('POST', `/v1/nodes/n1/${i % 2 === 0 ? 'drain' : 'resume'}`, {
            reason: 'bench',
            force: true,
          })
          await sleep(1000)
        }
      })()
      const loaded = await ask(meridian.port, name)
      writing = false
      await writes
      load.child.kill('SIGTERM')
      await sleep(500)
      say(`the load: ${load.output().replaceAll('\n', ' ')}`)
      const row = (what: string, tookMs: readonly number[]): string[] => [
        what,
        percentile(tookMs, 50).toFixed(3),
        percentile(tookMs, 99).toFixed(3),
      ]
      return [
        ...table(
          ['', 'p50, ms', 'p99, ms'],
          [row('calm', calm), row(`${STREAMS} streams, ${REQUESTS} requests/s`, loaded)],
        ),
        '',
        `The p99 moved by ${(percentile(loaded, 99) - percentile(calm, 99)).toFixed(3)} ms; the bar is 1 ms. Server, load and asker share the cores.`,
      ]
    } finally {
      await load?.stop()
      await meridian.stop()
    }
  },
}

/** @returns milliseconds of each of many questions, one after the other */
async function ask(port: number, name: string): Promise<number[]> {
  const asker = blockingAsker(port)
  const tookMs: number[] = []
  try {
    for (let i = 0; i < QUESTIONS; i++) {
      const begin = performance.now()
      asker.ask(name)
      tookMs.push(performance.now() - begin)
      // The asker blocks its thread; every so often the rest of this process has its turn.
      if (i % 8 === 0) await sleep(2)
    }
    return tookMs
  } finally {
    asker.close()
  }
}
