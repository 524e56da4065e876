import t from 'tap'
import { CountrySample } from '../../src/answer/country-sample.ts'

t.test('a small batch is counted exactly', async (t) => {
  const sample = new CountrySample(5)
  for (let batch = 0; batch < 100; batch++) {
    sample.begin()
    t.equal(sample.weight(), 1)
  }
})

t.test('a large one by a sample that stands for all of it', async (t) => {
  const sample = new CountrySample(5)
  let weights = 0
  let looked = 0
  const queries = 64 * 20_000
  for (let i = 0; i < queries; i++) {
    if (i % 64 === 0) sample.begin()
    const weight = sample.weight()
    weights += weight
    if (weight > 0) looked++
  }
  t.ok(Math.abs(weights / queries - 1) < 0.02, `${weights} for ${queries}`)
  t.ok(looked < queries / 16, `${looked} looked up of ${queries}`)
})
