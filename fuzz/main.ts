/**
 * npm run fuzz -- [--seed N] [--rounds N] [--from N] [--list] [TARGET ...]
 *
 * Feeds every target mutated inputs. Round r of a target depends on the seed and r alone, so a finding is replayed with
 * `--seed S --from R --rounds 1 TARGET`. Ends with 1 at a finding, and prints the input in hex. Memory that grows over a run
 * is a finding too.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { readCommandLine, refuse } from '../bench/command-line.ts'
import { seededRandom } from '../src/base/index.ts'
import { mutate } from './mutate.ts'
import type { Target } from './target.ts'

const DEFAULT_ROUNDS = 100_000
const DEFAULT_MAX_OCTETS = 4096
/** What a target may hold on to after its run: caches of the engine, not inputs. */
const MAX_GROWTH_OCTETS = 32 * 1024 * 1024

/** Handles (sockets, timers) that a target may leave behind: one that is about to end is none that grows. */
const MAX_LEFT_OPEN = 16

const here = dirname(fileURLToPath(import.meta.url))
const line = readCommandLine(
  `Usage: npm run fuzz -- [--seed N] [--rounds N] [--from N] [--list] [TARGET ...]

Feeds targets (all, where none is named) inputs that are made from a seed, and states what must hold.
  --seed N     the same seed makes the same run; without it the clock gives one
  --rounds N   inputs for each target; without it each target's own number
  --from N     the first round
  --list       the targets
Exit 0: nothing found, 1: something was found, with the words that replay it, 2: not understood.`,
  { seed: 'value', rounds: 'value', from: 'value', list: 'flag' },
)
const seed = line.whole('seed', Date.now() % 2 ** 31)
const from = line.whole('from', 0)
const wantedRounds = line.whole('rounds', undefined)

/** Rejections that nobody awaited, and errors that nobody caught: findings of the round that they come up in. */
const strays: unknown[] = []

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const targets = await loadTargets()
if (line.flag('list'))
  for (const { name, corpus } of targets) console.log(`${name}  ${corpus.length} inputs to start from`)
else process.exitCode = (await runAll(targets)) ? 0 : 1

async function loadTargets(): Promise<Target[]> {
  const files = readdirSync(join(here, 'targets')).filter((file) => file.endsWith('.js'))
  const names = files.map((file) => file.slice(0, -3)).sort()
  for (const wanted of line.words)
    if (!names.includes(wanted)) refuse(`There is no target ${wanted}; there are ${names.join(', ')}.`)
  const chosen = line.words.length > 0 ? line.words : names
  return Promise.all(
    chosen.map(async (name) => {
      const { target } = (await import(`./targets/${name}.js`)) as { target: Target }
      return { ...target, corpus: [...target.corpus, ...storedCorpus(name)] }
    }),
  )
}

/** Inputs in files: findings of earlier runs among them. */
function storedCorpus(name: string): Uint8Array[] {
  const folder = join(here, '../../test/corpus', name)
  if (!existsSync(folder)) return []
  return readdirSync(folder).map((file) => new Uint8Array(readFileSync(join(folder, file))))
}

async function runAll(chosen: readonly Target[]): Promise<boolean> {
  console.log(`seed ${seed}`)
  const note = (stray: unknown): void => void strays.push(stray)
  process.on('unhandledRejection', note)
  process.on('uncaughtException', note)
  try {
    let sound = true
    for (const target of chosen) sound = (await run(target)) && sound
    return sound
  } finally {
    process.off('unhandledRejection', note)
    process.off('uncaughtException', note)
  }
}

async function run(target: Target): Promise<boolean> {
  const rounds = wantedRounds ?? target.rounds ?? DEFAULT_ROUNDS
  const started = performance.now()
  collectGarbage()
  const before = process.memoryUsage().heapUsed
  const open = process.getActiveResourcesInfo().length
  try {
    for (let round = from; round < from + rounds; round++) if (!(await tryRound(target, round))) return false
  } finally {
    await target.close?.()
  }
  collectGarbage()
  const growth = process.memoryUsage().heapUsed - before
  if (growth > MAX_GROWTH_OCTETS) {
    console.error(`${target.name}: FOUND memory that grew by ${Math.round(growth / 1048576)} MiB in ${rounds} rounds.`)
    return false
  }
  const left = process.getActiveResourcesInfo().length - open
  if (left > MAX_LEFT_OPEN) {
    console.error(`${target.name}: FOUND ${left} handles that stay open after ${rounds} rounds.`)
    return false
  }
  const seconds = (performance.now() - started) / 1000
  console.log(`${target.name}: ${rounds} inputs in ${seconds.toFixed(1)} s, nothing found`)
  return true
}

async function tryRound(target: Target, round: number): Promise<boolean> {
  // Spread by a large odd number: neighbouring rounds of neighbouring seeds share nothing.
  const random = seededRandom((seed ^ Math.imul(round + 1, 0x9e3779b1)) >>> 0)
  const input =
    round < target.corpus.length
      ? target.corpus[round]!.slice()
      : (target.make?.(random) ??
        mutate(random, target.corpus, target.dictionary ?? [], target.maxOctets ?? DEFAULT_MAX_OCTETS))
  try {
    const checked = target.check(input, random)
    if (checked !== undefined) await checked
    const lost = strays.splice(0)[0]
    if (lost !== undefined) throw lost
    return true
  } catch (finding) {
    const text = finding instanceof Error ? (finding.stack ?? finding.message) : String(finding)
    console.error(`${target.name}: FOUND in round ${round}: ${text}`)
    console.error(`  input (${input.length} octets): ${Buffer.from(input).toString('hex')}`)
    console.error(`  again: npm run fuzz -- --seed ${seed} --from ${round} --rounds 1 ${target.name}`)
    return false
  }
}
