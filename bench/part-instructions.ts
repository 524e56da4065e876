/**
 * Instructions of an answer, from the end of recvmmsg to the beginning of sendmmsg, counted one step at a time (steps.c): what the
 * kernel costs and what else the machine does is left out, so a change of the query path shows at once.
 */

import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { median } from './measure.ts'
import { type Part, table } from './part.ts'
import { findSubjects, warmUp } from './part-cpu.ts'
import { freePort, installed, type Running, startLoad, untilAnswers } from './processes.ts'
import { LOADS, type LoadName, writeQueries } from './queries.ts'
import { BENCH_ZONE } from './zone-text.ts'

const NAMES = 1000
const BATCHES = 5
/** Servers whose own threads take a batch by recvmmsg and send it by one sendmmsg (NSD's do in children). */
const BATCHED = ['C echo', 'echo, batched driver', 'Meridian', 'gdnsd', 'Knot']

export const partInstructions: Part = {
  name: 'instructions',
  title: 'Instructions of an answer, the kernel left out',
  run: async (context) => {
    if (process.arch !== 'x64') throw new Error('steps.c is for x86-64')
    if (!installed('gcc')) throw new Error('gcc is not installed')
    const steps = join(context.folder, 'steps')
    const source = new URL('../../bench/steps.c', import.meta.url).pathname
    if (spawnSync('gcc', ['-O2', '-o', steps, source]).status !== 0) throw new Error('steps.c does not compile')
    const subjects = (await findSubjects(context)).filter(({ name }) => BATCHED.includes(name))
    const counts = new Map<string, Map<LoadName, number>>()
    for (const loadName of Object.keys(LOADS) as LoadName[]) {
      const queries = join(context.folder, 'queries')
      writeQueries(queries, loadName, BENCH_ZONE, NAMES)
      for (const subject of subjects.filter(({ loads }) => loads.includes(loadName))) {
        const folder = join(context.folder, `${subject.name} ${loadName}`.replace(/\W+/g, '-'))
        mkdirSync(folder, { recursive: true })
        const port = await freePort()
        const server = await subject.start(folder, port, loadName)
        try {
          await untilAnswers(port, `h1.${BENCH_ZONE}`, server)
          await warmUp({ port, queries })
          const asking = startLoad({ port, queries, seconds: 30 })
          await asking.started
          // The asker has to be warm too, or batches are small.
          await new Promise((resolve) => setTimeout(resolve, 1500))
          const lines = execFileSync(steps, [busiestThread(server), String(BATCHES)], {
            encoding: 'utf8',
            timeout: 60_000,
          }).trim()
          asking.stop()
          const each = lines.split('\n').map((line) => {
            const [messages, instructions] = line.split(' ').map(Number)
            return instructions! / messages!
          })
          const row = counts.get(subject.name) ?? new Map<LoadName, number>()
          counts.set(subject.name, row.set(loadName, median(each)))
          context.say(`${loadName}: ${subject.name} ${median(each).toFixed(0)}`)
        } finally {
          await server.stop()
        }
      }
    }
    const loads = Object.keys(LOADS) as LoadName[]
    return table(
      ['server', ...loads],
      [...counts].map(([name, row]) => [name, ...loads.map((load) => row.get(load)?.toFixed(0) ?? '')]),
    )
  },
}

/** The thread that has used most of the processor: the one that answers. */
function busiestThread({ pid }: Running): string {
  const times = readdirSync(`/proc/${pid}/task`).map((thread) => {
    const ns = Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0])
    return { thread, ns }
  })
  return times.reduce((most, one) => (one.ns > most.ns ? one : most)).thread
}
