/**
 * (i) 1,000 event streams and 500 API requests a second: what they do to the time of a DNS answer.
 *
 * In the world the API's clients and the one who asks are other machines. Here they share two cores with the server: so the load
 * takes what is left (nice 19), and the one who asks goes first where that is allowed, or it would measure its own waiting. Calm and
 * loaded rounds take turns (the load is stopped and goes on), so that whatever else the machine does meets both. Twice: the server
 * on both cores, as it would run; and on one core alone with everybody else on the other, the hardest case.
 */

import { setPriority } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { blockingAsker } from './ask.ts'
import { percentile } from './measure.ts'
import { type Meridian, startMeridian } from './meridian.ts'
import { type Part, table } from './part.ts'
import { CLIENT_CORE, SERVER_CORE, startProcess, untilAnswers } from './processes.ts'
import { BENCH_ZONE } from './zone-text.ts'

const STREAMS = 1000
const REQUESTS = 500
const QUESTIONS = 1000
const WRITE_EVERY_MS = 500
/** Until the engine has compiled what the load needs. */
const WARM_UP_MS = 4000

export const partApi: Part = {
  name: 'api',
  title: 'The API under load beside DNS answers',
  run: async ({ folder, rounds, say }) => {
    const both = await measure(`${folder}/both`, 4 * rounds, undefined, undefined, say)
    const one = await measure(`${folder}/one`, 4 * rounds, SERVER_CORE, CLIENT_CORE, say)
    const row = (what: string, tookMs: readonly number[]): string[] => [
      what,
      percentile(tookMs, 50).toFixed(3),
      percentile(tookMs, 99).toFixed(3),
    ]
    const moved = ({ calm, loaded }: Took): string => (percentile(loaded, 99) - percentile(calm, 99)).toFixed(3)
    return [
      ...table(
        ['', 'p50, ms', 'p99, ms'],
        [
          row('server on both cores, calm', both.calm),
          row(`${STREAMS} streams, ${REQUESTS} requests/s`, both.loaded),
          row('server on one core, calm', one.calm),
          row(`${STREAMS} streams, ${REQUESTS} requests/s`, one.loaded),
        ],
      ),
      '',
      `Requests answered in a second of load: ${both.rate.toFixed(0)}, and ${one.rate.toFixed(0)}. The p99 moved by ${moved(both)} ms; with the whole server on one core by ${moved(one)} ms. The bar is 1 ms.`,
    ]
  },
}

/** Milliseconds of each question, of all rounds. */
interface Took {
  readonly calm: number[]
  readonly loaded: number[]
  /** API requests answered in a second of load */
  rate: number
}

async function measure(
  folder: string,
  rounds: number,
  core: string | undefined,
  loadCore: string | undefined,
  say: (line: string) => void,
): Promise<Took> {
  const meridian = await startMeridian({ folder, names: 1000, core })
  const name = `video.${BENCH_ZONE}`
  let load: ReturnType<typeof startProcess> | undefined
  const took: Took = { calm: [], loaded: [], rate: 0 }
  try {
    await untilAnswers(meridian.port, name, meridian)
    // taskset and the load replace one another: the pid is the load's own.
    load = startProcess(
      process.execPath,
      [new URL('api-load.js', import.meta.url).pathname, ...[meridian.apiPort, STREAMS, REQUESTS].map(String)],
      loadCore === undefined ? {} : { core: loadCore },
    )
    setPriority(load.pid, 19)
    for (let i = 0; !load.output().includes('ready'); i++) {
      if (i > 600) throw new Error(`the streams do not open: ${load.output()}`)
      await sleep(50)
    }
    const writes = startWrites(meridian)
    await sleep(WARM_UP_MS)
    let loadedMs = WARM_UP_MS
    for (let i = 0; i < rounds; i++) {
      load.child.kill('SIGSTOP')
      await sleep(50)
      took.calm.push(...(await ask(meridian.port, name)))
      load.child.kill('SIGCONT')
      const begin = performance.now()
      await sleep(150)
      took.loaded.push(...(await ask(meridian.port, name)))
      loadedMs += performance.now() - begin
    }
    await writes.stop()
    load.child.kill('SIGTERM')
    for (let i = 0; i < 200 && !load.output().includes('answered'); i++) await sleep(50)
    say(`the load: ${load.output().replaceAll('\n', ' ')}`)
    took.rate = (Number(/"answered":(\d+)/.exec(load.output())?.[1]) * 1000) / loadedMs
    return took
  } finally {
    load?.child.kill('SIGCONT')
    await load?.stop()
    await meridian.stop()
  }
}

/** Events for the streams, as an operator makes them. */
function startWrites(meridian: Meridian): { stop(): Promise<void> } {
  let writing = true
  const run = async (): Promise<void> => {
    for (let i = 0; writing; i++) {
      await meridian.api('POST', `/v1/nodes/n1/${i % 2 === 0 ? 'drain' : 'resume'}`, { reason: 'bench', force: true })
      await sleep(WRITE_EVERY_MS)
    }
  }
  const done = run()
  return {
    stop: () => {
      writing = false
      return done
    },
  }
}

/** @returns milliseconds of each of many questions, one after the other */
async function ask(port: number, name: string): Promise<number[]> {
  const asker = blockingAsker(port)
  const tookMs: number[] = []
  const first = goFirst(-15)
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
    if (first) goFirst(0)
  }
}

/** Gives this thread another place among all others; what it starts later inherits it. @returns false: it may not */
function goFirst(nice: number): boolean {
  try {
    setPriority(nice)
    return true
  } catch {
    return false
  }
}
