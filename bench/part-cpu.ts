/**
 * (b) CPU per query of the whole process, kernel included: one core serves, one asks. Servers take turns, round after round, so that
 * a noisy minute hits all of them; the medians count.
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

interface Subject {
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
      const figures = new Map<string, { us: number[]; rate: number[]; result: LoadResult }>()
      const taking = subjects.filter((subject) => subject.loads.includes(loadName))
      for (let round = 0; round < context.rounds; round++) {
        for (const subject of taking) {
          const folder = join(
            context.folder,
            `${subject.name.replace(/\W+/g, '-')}-${round}-${loadName.replace(/\W+/g, '-')}`,
          )
          mkdirSync(folder, { recursive: true })
          const port = await freePort()
          const running = await subject.start(folder, port, loadName)
          try {
            await untilAnswers(port, `h1.${BENCH_ZONE}`, running, 20_000)
            await load({ port, queries, seconds: 1 })
            const before = cpuNs(running.pid)
            const result = await load({ port, queries, seconds: context.seconds })
            const us = (cpuNs(running.pid) - before) / result.answered / 1000
            const entry = figures.get(subject.name) ?? { us: [], rate: [], result }
            entry.us.push(us)
            entry.rate.push(result.answered / result.seconds)
            figures.set(subject.name, { ...entry, result })
            context.say(
              `${loadName}: ${subject.name} ${us.toFixed(2)} us, ${Math.round(result.answered / result.seconds)} q/s, lost ${result.lost}`,
            )
          } catch (error) {
            context.say(
              `${loadName}: ${subject.name} left out: ${(error as Error).message.split('\n').slice(-3).join(' ')}`,
            )
          } finally {
            await running.stop()
          }
        }
      }
      const own = figures.get('Meridian')
      lines.push(`**${loadName}**`, '')
      lines.push(
        ...table(
          ['server', 'CPU us/query', 'Meridian / it', 'queries/s', 'rcodes in the last round', 'with answers'],
          [...figures].map(([name, { us, rate, result }]) => [
            name,
            median(us).toFixed(2),
            own === undefined ? '' : (median(own.us) / median(us)).toFixed(2),
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

async function findSubjects(context: BenchContext): Promise<Subject[]> {
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
