/** (a) The responder alone: nanoseconds per query on one thread, no sockets; the copy of the query into its slot included. */

import { QueryResponder } from '../src/answer/index.ts'
import { seededRandom } from '../src/base/index.ts'
import { median, threadCpuNs } from './measure.ts'
import { type Part, table } from './part.ts'
import { LOADS, type LoadName } from './queries.ts'
import { benchWorld } from './world.ts'
import { BENCH_ZONE } from './zone-text.ts'

const NAMES = 1000
const QUERIES = 1_000_000
// As in the UDP driver: a batch of slots, an odd number of cache lines apart.
const BATCH = 64
const SLOT = 4288

export const partRespond: Part = {
  name: 'respond',
  title: 'The responder alone',
  run: async ({ folder, rounds, say }) => {
    const world = await benchWorld(folder, NAMES, 2, () => {})
    const responder = new QueryResponder(world.publisher.init(0), { nowMs: Date.now, take: () => undefined })
    const slots = new Uint8Array(new SharedArrayBuffer(BATCH * SLOT))
    responder.answerIn(slots)
    const peer = Uint8Array.of(198, 51, 100, 7)
    const figures = new Map<LoadName, number[]>()
    const measure = (load: LoadName): number => {
      const random = seededRandom(3)
      const queries = Array.from({ length: 4096 }, () => LOADS[load](BENCH_ZONE, NAMES, random))
      const begin = threadCpuNs()
      for (let done = 0; done < QUERIES; done += BATCH) {
        responder.enter()
        for (let i = 0; i < BATCH; i++) {
          const message = queries[(done + i) & 4095]!
          slots.set(message, i * SLOT)
          const length = responder.answer(slots, i * SLOT, message.length, 4096, 0, peer, 0, 4, 53053)
          if (length <= 0) throw new Error('no answer')
        }
        responder.leave()
      }
      return (threadCpuNs() - begin) / QUERIES
    }
    for (let round = 0; round <= rounds; round++)
      for (const load of Object.keys(LOADS) as LoadName[]) {
        const ns = measure(load)
        // The first round is the compiler's.
        if (round > 0) figures.set(load, [...(figures.get(load) ?? []), ns])
      }
    for (const [load, ns] of figures) say(`${load}: ${median(ns).toFixed(0)} ns`)
    return table(
      ['query', 'ns per query, median', 'best'],
      [...figures].map(([load, ns]) => [load, median(ns).toFixed(0), Math.min(...ns).toFixed(0)]),
    )
  },
}
