/**
 * The trials S1 to S12 on three seeds, through the door of `meridian lab`. `npm run lab` runs them over ten days.
 */
import t from 'tap'
import { healthTrials, type LabSummary, runScenario } from '../../src/lab/index.ts'

for (const trial of healthTrials(4)) {
  t.test(`${trial.name}: ${trial.title}: ${trial.bar}`, (t) => {
    for (const seed of [1, 2, 3]) {
      const { issues, output } = runScenario(trial.lines, { seed })
      t.same(issues, [])
      let last = ''
      for (const line of output) last = line
      const { summary } = JSON.parse(last) as { summary: LabSummary }
      const wrong = trial.judge(summary)
      t.equal(wrong, undefined, `seed ${seed}: ${trial.figure(summary)}`)
    }
    t.end()
  })
}

t.test('same scenario, same seed, same output; another seed, another output', (t) => {
  const { lines } = healthTrials().find(({ name }) => name === 'S9')!
  const run = (seed: number): string => [...runScenario(lines, { seed }).output].join('\n')
  t.equal(run(5), run(5))
  t.not(run(5), run(6))
  t.end()
})
