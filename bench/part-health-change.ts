/**
 * (d) From a change to the first changed answer, with 1,000 steered records and a worker under full query load. Two figures:
 *
 * - the answering side: from the moment that a pool's standing has changed to the first changed answer received, new variants, the
 *   atomic store and the queue that the asker's own query waits in included;
 * - all of it: an operator's force-down through the API, with HTTP and the durable journal entry.
 */

import { setPriority } from 'node:os'
import { join } from 'node:path'
import { type Serving, startServing } from '../src/serve/index.ts'
import { loadLibc } from '../src/serve/libc.ts'
import { takePrecedence } from '../src/serve/precedence.ts'
import { askFor, blockingAsker } from './ask.ts'
import { percentile } from './measure.ts'
import { startMeridian } from './meridian.ts'
import { type Part, table } from './part.ts'
import { startLoad, untilAnswers } from './processes.ts'
import { writeQueries } from './queries.ts'
import { benchWorld } from './world.ts'
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
    const published = await measurePublishing(folder, queries, steering, first)
    say(
      `published to answered: p50 ${percentile(published, 50).toFixed(2)} ms, p99 ${percentile(published, 99).toFixed(2)} ms`,
    )
    const meridian = await startMeridian({ folder: join(folder, 'server'), names: 1000, steering })
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
      const row = (what: string, figures: readonly number[], bar: string): string[] => [
        what,
        percentile(figures, 50).toFixed(1),
        percentile(figures, 99).toFixed(1),
        bar,
      ]
      say(`API to answered: p50 ${percentile(tookMs, 50).toFixed(1)} ms, p99 ${percentile(tookMs, 99).toFixed(1)} ms`)
      return table(
        ['', 'p50, ms', 'p99, ms', 'bar p99, ms'],
        [
          row('standing of a pool changed to first changed answer received', published, '5'),
          row('API request sent to first changed answer received, HTTP and durable journal included', tookMs, ''),
        ],
      )
    } finally {
      await load?.stop()
      await meridian.stop()
    }
  },
}

/** Publishes in this process, beside a worker under load, and asks from the same thread. @returns milliseconds per change */
async function measurePublishing(
  folder: string,
  queries: string,
  steering: string,
  first: (i: number) => string,
): Promise<number[]> {
  let serving: Serving | undefined
  const world = await benchWorld(join(folder, 'world'), 1000, 2, (message) => serving?.post(message), steering)
  serving = await startServing({
    listen: [{ address: Uint8Array.of(127, 0, 0, 1), port: 0 }],
    workers: 1,
    responderModule: new URL('../src/main/responder-thread.js', import.meta.url).href,
    init: (thread) => world.publisher.init(thread.index),
    slowDoor: async () => {},
    log: { info: () => {}, warn: () => {}, error: () => {} },
  })
  const { port } = serving.addresses[0]!
  const load = startLoad({ port, queries, seconds: 120 })
  const asker = blockingAsker(port)
  try {
    await load.started
    // Three that never sleep on two cores: it is not the asker's wait for one that is measured. So the load goes behind all others, and
    // the asker asks for short slices, as the worker does: else it waits for the end of the load's, a tick of 4 ms (decision 0085).
    setPriority(load.pid, 19)
    const libc = loadLibc()
    if (typeof libc !== 'string') takePrecedence(libc)
    await new Promise((resolve) => setTimeout(resolve, 1000))
    const tookMs: number[] = []
    for (let change = 0; change < CHANGES; change++) {
      const i = (change * 7919) % RECORDS
      const name = `s${i}.${BENCH_ZONE}`
      if (asker.ask(name) !== first(i)) throw new Error(`${name} does not answer ${first(i)}`)
      world.setFit(`a${i}`, false)
      const begin = performance.now()
      world.publisher.publish([`p${i}`])
      while (asker.ask(name) === first(i))
        if (performance.now() - begin > 5000) throw new Error(`${name} does not change`)
      tookMs.push(performance.now() - begin)
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    return tookMs
  } finally {
    asker.close()
    await load.stop()
    await serving.stop()
  }
}
