import t from 'tap'
import {
  deadNodeLeavesMs,
  emptyBucket,
  HYSTERESIS_FIGURES,
  lastStartMs,
  pour,
  printContract,
} from '../../src/health/index.ts'

const { normal } = HYSTERESIS_FIGURES

t.test('ten failures at the suspect pace fill the bucket of profile normal, however the jitter falls', (t) => {
  for (const pace of [1800, 2000, 2200]) {
    const bucket = emptyBucket()
    pour(bucket, 'ok', 0, 2000, 0.5, 20_000)
    for (let i = 0; i < 9; i++) pour(bucket, 'timeout', 5000 + i * pace, 2000, 0.5, 20_000)
    t.ok(bucket.badMs < 20_000, `nine at ${pace} ms do not`)
    pour(bucket, 'timeout', 5000 + 9 * pace, 2000, 0.5, 20_000)
    t.equal(bucket.badMs, 20_000, `ten at ${pace} ms do`)
    t.equal(bucket.failures, 10)
  }
  t.end()
})

t.test('what one result is worth', (t) => {
  const rows = [
    ['timeout', 10_000, 12_000],
    ['refused', 10_000, 12_000],
    ['status', 10_000, 12_000],
    ['slow', 10_000, 11_000],
    ['ok', 10_000, 9000],
    ['ok', 500, 0],
  ] as const
  for (const [evidence, before, after] of rows) {
    const bucket = { badMs: before, failures: 5, starts: [0] }
    pour(bucket, evidence, 5000, 2000, 0.5, 20_000)
    t.equal(bucket.badMs, after, `${evidence}: ${before} -> ${after}`)
    if (after === 0) t.equal(bucket.failures, 0, 'an empty bucket forgets its failures')
  }
  t.end()
})

t.test('results that overtake each other speak for their own time', (t) => {
  const bucket = emptyBucket()
  pour(bucket, 'timeout', 10_000, 2000, 0.5, 20_000)
  pour(bucket, 'ok', 13_800, 2000, 0.5, 20_000)
  t.equal(bucket.badMs, 1000)
  // The probe of 12 s timed out while that of 13.8 s was answered at once.
  pour(bucket, 'timeout', 12_000, 2000, 0.5, 20_000)
  t.equal(bucket.badMs, 3000)
  t.equal(lastStartMs(bucket), 13_800)
  t.end()
})

t.test('the contract is told in seconds', (t) => {
  t.match(printContract(normal, 2000), /dead node leaves after about 24.5s; .* more than 33 % of its probes/)
  const rows: [Partial<typeof normal>, timeoutMs: number, leavesMs: number][] = [
    [{}, 2000, 24_500],
    // Three failures ten minutes apart take twenty minutes, whatever remove_after says.
    [{ intervalMs: 600_000, suspectIntervalMs: 600_000 }, 2000, 1_502_000],
    // The pace quickens when the first failure is known, and that is after 30 s.
    [{}, 30_000, 68_500],
    [{ intervalMs: 1000, suspectIntervalMs: 1000 }, 500, 21_000],
  ]
  for (const [figures, timeoutMs, leavesMs] of rows)
    t.equal(deadNodeLeavesMs({ ...normal, ...figures }, timeoutMs), leavesMs)
  t.end()
})
