/**
 * `npm run bench [-- part ...] [--rounds N] [--seconds S]`: measures, prints, and rewrites the measured parts of bench/results.md.
 *
 * A part that cannot run (something is not installed, or not built) says so and leaves its old figures alone.
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { readCommandLine, refuse } from './command-line.ts'
import type { BenchContext, Part } from './part.ts'
import { partApi } from './part-api.ts'
import { partCpu } from './part-cpu.ts'
import { partHealthChange } from './part-health-change.ts'
import { partIdle } from './part-idle.ts'
import { partInstructions } from './part-instructions.ts'
import { partLoading } from './part-loading.ts'
import { partReload } from './part-reload.ts'
import { partReplace } from './part-replace.ts'
import { partRespond } from './part-respond.ts'
import { partScopes } from './part-scopes.ts'

const PARTS: readonly Part[] = [
  partRespond,
  partInstructions,
  partCpu,
  partLoading,
  partHealthChange,
  partScopes,
  partReload,
  partIdle,
  partReplace,
  partApi,
]

const names = PARTS.map((part) => part.name)
const line = readCommandLine(
  `Usage: npm run bench -- [--rounds N] [--seconds S] [PART ...]

Measures, prints, and rewrites the measured parts of bench/results.md. Parts (all, where none is named): ${names.join(' ')}
  --rounds N    rounds of each measurement (5)
  --seconds S   of each round (3)
Exit 0: measured, 1: a part could not be, 2: not understood.`,
  { rounds: 'value', seconds: 'value' },
)
const rounds = Math.ceil(line.positive('rounds', 5))
const seconds = line.positive('seconds', 3)
const unknown = line.words.filter((name) => !names.includes(name))
if (unknown.length > 0) refuse(`There is no part ${unknown.join(', ')}. Parts: ${names.join(' ')}`)

const results = new URL('../../bench/results.md', import.meta.url).pathname
for (const part of PARTS.filter((each) => line.words.length === 0 || line.words.includes(each.name))) {
  const folder = mkdtempSync(join(tmpdir(), `meridian-bench-${part.name}-`))
  const say = (line: string): void => console.log(`${part.name}: ${line}`)
  const context: BenchContext = { folder, rounds, seconds, say }
  const busy = loadavg()[0]!
  try {
    const lines = await part.run(context)
    record(part, lines, busy)
    console.log(`\n## ${part.title}\n\n${lines.join('\n')}\n`)
  } catch (error) {
    say(`not measured: ${(error as Error).message}`)
    process.exitCode = 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Puts the lines of a part into results.md, in place of its former ones. */
function record(part: Part, lines: readonly string[], busy: number): void {
  const machine = `${cpus()[0]?.model.trim() ?? 'unknown'}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux, Node.js ${process.version}`
  const section = [
    `<!-- ${part.name} -->`,
    `## ${part.title}`,
    '',
    `Measured on ${new Date().toISOString().slice(0, 10)}: ${machine}; ${rounds} rounds of ${seconds} s. Load of the machine at the start: ${busy.toFixed(1)}${busy > 1 ? ' (busy: trust ratios, and CPU times more than waiting times)' : ''}.`,
    '',
    ...lines,
    `<!-- /${part.name} -->`,
  ].join('\n')
  let text =
    '# Measured\n\nWritten by `npm run bench`. Ratios within one run count; absolute figures belong to the machine named.\n'
  try {
    text = readFileSync(results, 'utf8')
  } catch {
    // the first results
  }
  const begin = text.indexOf(`<!-- ${part.name} -->`)
  const endMark = `<!-- /${part.name} -->`
  if (begin < 0) text = `${text.trimEnd()}\n\n${section}\n`
  else text = text.slice(0, begin) + section + text.slice(text.indexOf(endMark) + endMark.length)
  writeFileSync(results, text)
}
