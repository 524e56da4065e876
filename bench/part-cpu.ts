/**
 * (b) CPU per query of the whole process, kernel included: one core serves, one asks. All servers are started and warmed up, then take
 * turns, round after round, so that a noisy minute hits all of them. Figures are medians over the rounds, and a ratio is the median of
 * each round's own ratio: what slows the machine down for some rounds slows both sides of it.
 */

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { countryDatabase } from './country-database.ts'
import type { LoadResult } from './load.ts'
import { cpuNs, median } from './measure.ts'
import { startMeridian } from './meridian.ts'
import { type BenchContext, type Part, table } from './part.ts'
import { PEERS } from './peers.ts'
import { freePort, installed, load, type Running, SERVER_CORE, startProcess, untilAnswers } from './processes.ts'
import { LOADS, type LoadName, writeQueries } from './queries.ts'
import { BENCH_ZONE } from './zone-text.ts'

const NAMES = 1000
const WARM_UP = 300_000
// Many short rounds rather than a few long ones: what disturbs a machine for a second then hits all servers alike.
const ROUNDS_IN_ONE = 3

interface Figures {
  readonly us: readonly number[]
  readonly rate: readonly number[]
  readonly result: LoadResult
}

export interface Subject {
  readonly name: string
  readonly loads: readonly LoadName[]
  start(folder: string, port: number, load: LoadName): Promise<Running>
}

export const partCpu: Part = {
  name: 'cpu',
  title: 'CPU per query of the whole process (one core serving, one asking)',
  run: async (context) => {
    const subjects = await findSubjects(context)
    const lines: string[] = []
    for (const loadName of Object.keys(LOADS) as LoadName[]) {
      const queries = join(context.folder, 'queries')
      writeQueries(queries, loadName, BENCH_ZONE, NAMES)
      const figures = new Map<string, Figures>()
      const running: { subject: Subject; port: number; server: Running }[] = []
      try {
        for (const subject of subjects.filter(({ loads }) => loads.includes(loadName))) {
          const folder = join(context.folder, `${subject.name} ${loadName}`.replace(/\W+/g, '-'))
          mkdirSync(folder, { recursive: true })
          const port = await freePort()
          const server = await subject.start(folder, port, loadName)
          running.push({ subject, port, server })
          await untilAnswers(port, `h1.${BENCH_ZONE}`, server, 60_000)
          await warmUp({ port, queries })
        }
        for (let round = 0; round < context.rounds * ROUNDS_IN_ONE; round++) {
          for (const { subject, port, server } of running) {
            const before = cpuNs(server.pid)
            const result = await load({ port, queries, seconds: context.seconds / ROUNDS_IN_ONE })
            const us = (cpuNs(server.pid) - before) / result.answered / 1000
            const rate = result.answered / result.seconds
            const entry = figures.get(subject.name) ?? { us: [], rate: [], result }
            figures.set(subject.name, { us: [...entry.us, us], rate: [...entry.rate, rate], result })
            context.say(
              `${loadName}: ${subject.name} ${us.toFixed(2)} us, ${Math.round(rate)} q/s, lost ${result.lost}`,
            )
          }
        }
      } finally {
        for (const { server } of running) await server.stop()
      }
      const own = figures.get('Meridian')
      lines.push(`**${loadName}**`, '')
      lines.push(
        ...table(
          ['server', 'CPU us/query', 'Meridian / it', 'queries/s', 'rcodes in the last round', 'with answers'],
          [...figures].map(([name, { us, rate, result }]) => [
            name,
            median(us).toFixed(2),
            own === undefined ? '' : median(us.map((other, round) => own.us[round]! / other)).toFixed(2),
            Math.round(median(rate)),
            name.includes('echo') ? '' : Object.keys(result.rcodes).join(' '),
            name.includes('echo') ? '' : `${Math.round((100 * result.withAnswer) / result.answered)} %`,
          ]),
        ),
        '',
      )
    }
    return lines
  },
}

/** Compilers and caches first: as many queries for everyone, however long they take. */
export async function warmUp(asking: { readonly port: number; readonly queries: string }): Promise<void> {
  for (let warm = 0; warm < WARM_UP; ) warm += (await load({ ...asking, seconds: 1 })).answered
}

/** The servers that are installed here, and what each can be asked. */
export async function findSubjects(context: BenchContext): Promise<Subject[]> {
  const all = Object.keys(LOADS) as LoadName[]
  const subjects: Subject[] = []
  const echoServer = new URL('./echo-server.js', import.meta.url).pathname
  if (installed('gcc')) {
    const source = new URL('../../bench/echo.c', import.meta.url).pathname
    const binary = join(context.folder, 'echo')
    const made = spawnSync('gcc', ['-O2', '-o', binary, source])
    if (made.status === 0)
      subjects.push({
        name: 'C echo',
        loads: all,
        start: async (_folder, port) => startProcess(binary, [String(port)], { core: SERVER_CORE }),
      })
  } else context.say('no gcc: without the C echo')
  for (const [name, driver] of [
    ['echo, batched driver', 'batched'],
    ['echo, portable driver', 'portable'],
  ] as const)
    subjects.push({
      name,
      loads: driver === 'portable' ? ['static A'] : all,
      start: async (_folder, port) =>
        startProcess(process.execPath, [echoServer, String(port), driver], { core: SERVER_CORE }),
    })
  if (existsSync(new URL('../src/main.js', import.meta.url)))
    subjects.push({
      name: 'Meridian',
      loads: all,
      start: (folder, port) => startMeridian({ folder, port, names: NAMES }),
    })
  else context.say('no build/src/main.js: without Meridian')
  const database = await countryDatabase(context.folder)
  for (const peer of PEERS) {
    if (!installed(peer.command)) {
      context.say(`${peer.name} is not installed: left out`)
      continue
    }
    subjects.push({
      name: peer.name,
      loads: peer.geo && database !== undefined ? all : all.filter((name) => name !== 'geo + client subnet'),
      start: async (folder, port, loadName) => {
        // PowerDNS has its geo backend for everything, the others their plain zone for the rest.
        const geo = loadName === 'geo + client subnet' || peer.name === 'PowerDNS' ? database : undefined
        const args = peer.prepare({ folder, port, names: NAMES, countryDatabase: geo })
        return startProcess(peer.command, args, { core: SERVER_CORE, folder })
      },
    })
  }
  return subjects
}
