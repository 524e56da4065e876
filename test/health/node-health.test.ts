import t from 'tap'
import {
  addFlap,
  decayFlaps,
  FLAP_HALF_LIFE_MS,
  HYSTERESIS_FIGURES,
  median,
  newHealth,
  nextWarmUpStepMs,
  paceMs,
  restoreDelayMs,
  type Turn,
  turn,
  warmUpShare,
} from '../../src/health/index.ts'

const { normal } = HYSTERESIS_FIGURES

const step = (to: Partial<Turn>): Turn => ({
  badMs: 0,
  removeAfterMs: 20_000,
  warmUpMs: 60_000,
  good: true,
  atMs: 0,
  mayLeave: true,
  shared: false,
  ...to,
})

t.test('every way from state to state', (t) => {
  const rows = [
    // from, badness, good, failures so far -> to
    ['up', 0, true, 0, 'up'],
    ['up', 2000, false, 1, 'suspect'],
    ['up', 20_000, false, 10, 'down'],
    ['up', 20_000, false, 2, 'suspect'],
    ['suspect', 1000, true, 2, 'suspect'],
    ['suspect', 0, true, 0, 'up'],
    ['suspect', 20_000, false, 10, 'down'],
    ['warming', 2000, false, 1, 'suspect'],
    ['down', 20_000, false, 11, 'down'],
    ['down', 19_000, true, 10, 'recovering'],
    ['recovering', 18_000, true, 10, 'recovering'],
    ['recovering', 20_000, false, 11, 'down'],
    ['pending', 0, true, 0, 'pending'],
    ['pending', 20_000, false, 10, 'down'],
  ] as const
  for (const [from, badMs, good, failures, to] of rows) {
    const health = newHealth(0)
    health.state = from
    health.bucket.failures = failures
    health.effectiveBadMs = from === 'down' || from === 'recovering' ? 20_000 : 0
    t.equal(turn(health, step({ badMs, good }), normal, 1000), from)
    t.equal(health.state, to, `${from}, bad ${badMs}, ${good ? 'good' : 'failed'} -> ${to}`)
  }
  t.end()
})

t.test('nobody leaves while something is wrong with us or with the check', (t) => {
  const health = newHealth(0)
  health.state = 'suspect'
  health.bucket.failures = 30
  turn(health, step({ badMs: 20_000, good: false, mayLeave: false }), normal, 1000)
  t.equal(health.state, 'suspect')
  t.end()
})

t.test('a return waits for its time, counts as a flap, and starts with an empty bucket', (t) => {
  const health = newHealth(0)
  health.state = 'recovering'
  health.effectiveBadMs = 10_000
  health.bucket.badMs = 9000
  health.recoveringFromMs = 1000
  turn(health, step({ badMs: 9000, atMs: 20_999 }), normal, 21_000)
  t.equal(health.state, 'recovering')
  turn(health, step({ badMs: 8000, atMs: 21_000 }), normal, 21_020)
  t.equal(health.state, 'warming')
  t.equal(health.flaps, 1)
  t.equal(health.bucket.badMs, 0)
  t.end()
})

t.test('pace follows the state', (t) => {
  const rows = [
    ['up', 0, false, 5000],
    ['up', 0, true, 2000],
    ['suspect', 1000, false, 2000],
    ['down', 20_000, true, 5000],
    ['recovering', 20_000, false, 2000],
    ['pending', 0, false, 2000],
    ['warming', 0, false, 5000],
  ] as const
  for (const [state, badMs, failing, pace] of rows) {
    const health = newHealth(0)
    health.state = state
    health.bucket.badMs = badMs
    t.equal(paceMs(health, failing, normal), pace, `${state} ${badMs}`)
  }
  t.end()
})

t.test('flaps double the wait, ten minutes are the most, calm halves them', (t) => {
  t.same(
    [0, 1, 2, 5, 16].map((flaps) => restoreDelayMs(20_000, flaps)),
    [20_000, 40_000, 80_000, 600_000, 600_000],
  )
  t.equal(restoreDelayMs(900_000, 1), 900_000, 'a longer restore_after is the operator’s own wish')
  t.equal(decayFlaps(2, FLAP_HALF_LIFE_MS), 1)
  t.equal(decayFlaps(0.011, FLAP_HALF_LIFE_MS), 0)
  let flaps = 0
  for (let i = 0; i < 100; i++) flaps = addFlap(flaps)
  t.equal(flaps, 16)
  t.end()
})

t.test('slow start goes from a tenth to all of the share in nine steps', (t) => {
  t.same(
    [0, 6666, 6667, 30_000, 59_999, 60_000].map((ms) => warmUpShare(ms, 60_000)),
    [0.1, 0.1, 0.2, 0.5, 0.9, 1],
  )
  t.equal(warmUpShare(0, 0), 1)
  let at = 0
  let steps = 0
  while (warmUpShare(at, 60_000) < 1) {
    const before = warmUpShare(at, 60_000)
    at += nextWarmUpStepMs(at, 60_000) + 0.001
    t.ok(warmUpShare(at, 60_000) > before)
    steps++
  }
  t.equal(steps, 9)
  t.equal(nextWarmUpStepMs(60_000, 60_000), Number.POSITIVE_INFINITY)
  t.end()
})

t.test('the median of vantages', (t) => {
  t.equal(median([7]), 7)
  t.equal(median([20, 0]), 10)
  t.equal(median([20, 0, 20]), 20)
  t.equal(median([0, 20, 0, 4]), 2)
  t.end()
})
