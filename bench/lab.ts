/**
 * `npm run lab`: the trials of the health engine against their bars, and what other detectors do on the same seeds.
 * Arguments: seeds, three by default.
 */

import { compareDetectors, healthTrials, type LabSummary, runLoadTrial, runScenario } from '../src/lab/index.ts'
import { readCommandLine, refuse } from './command-line.ts'

const { words } = readCommandLine(
  `Usage: npm run lab -- [SEED ...]

Runs the trials of the health engine against their bars, and other detectors on the same seeds (1 2 3).
Exit 0: all pass, 1: a trial fails, 2: not understood. A scenario of your own: meridian lab --scenario FILE.`,
  {},
)
const noSeed = words.find((word) => !/^\d{1,9}$/.test(word))
if (noSeed !== undefined) refuse(`A seed is a whole number, not "${noSeed}".`)
const seeds = words.length === 0 ? [1, 2, 3] : words.map(Number)

let failed = 0
console.log('trial  seed  verdict  figure                                    bar')
for (const trial of healthTrials()) {
  for (const seed of seeds) {
    const startMs = performance.now()
    let last = ''
    for (const line of runScenario(trial.lines, { seed }).output) last = line
    const { summary } = JSON.parse(last) as { summary: LabSummary }
    const wrong = trial.judge(summary)
    if (wrong !== undefined) failed++
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1)
    const verdict = wrong === undefined ? 'passes' : 'FAILS'
    console.log(
      `${trial.name.padEnd(6)} ${String(seed).padEnd(5)} ${verdict.padEnd(8)} ${(wrong ?? trial.figure(summary)).padEnd(42)}` +
        `${trial.bar} (${trial.title}; ${seconds} s)`,
    )
  }
}

const days = 10
console.log(
  `\nother detectors on the same truth, seed ${seeds[0]}, ${days * 10} node-days; false removals per node-day, seconds`,
)
console.log('detector                 5 % loss  20 % loss  8 s bursts  dead node  50 % brown-out')
for (const row of compareDetectors(seeds[0]!, days)) {
  const cells = [
    row.loss5.toFixed(2).padStart(8),
    row.loss20.toFixed(2).padStart(10),
    row.bursts.toFixed(2).padStart(11),
    (row.dead?.toFixed(1) ?? 'never').padStart(10),
    (row.brownout?.toFixed(1) ?? 'never').padStart(15),
  ]
  console.log(`${row.detector.padEnd(24)} ${cells.join(' ')}`)
}

console.log('\ntwelve unequal machines under a daily curve: CPU points between the busiest and the idlest')
for (const seed of seeds) {
  const fixed = runLoadTrial({ seed, days: 2, loadAware: false })
  const aware = runLoadTrial({ seed, days: 2, loadAware: true })
  const passes = aware.spreadAfter <= 2.5
  if (!passes) failed++
  console.log(
    `seed ${seed}  fixed weights ${fixed.spreadAfter}, load-aware ${aware.spreadAfter} after six hours, ` +
      `${aware.turnsPerNodeDay} turns per node-day: ${passes ? 'passes' : 'FAILS'} (at most 2.5)`,
  )
}
process.exitCode = failed === 0 ? 0 : 1
