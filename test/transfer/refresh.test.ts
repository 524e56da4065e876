import fc from 'fast-check'
import t from 'tap'
import {
  expiresAtMs,
  type RefreshEvent,
  type RefreshState,
  refresh,
  startRefresh,
  wakeAtMs,
} from '../../src/transfer/refresh.ts'

const SOA = { serial: 1, refresh: 7200, retry: 900, expire: 86_400, minimum: 300 }
const S = 1000

/** Plays events at their times (s); answers the effects as words. */
function play(
  state: RefreshState,
  events: readonly (readonly [number, RefreshEvent])[],
  primaries = 2,
): { state: RefreshState; told: string[] } {
  const told: string[] = []
  let now = state
  for (const [at, event] of events) {
    const result = refresh(now, event, { nowMs: at * S, primaries, chance: 0 })
    now = result.state
    for (const effect of result.effects)
      told.push(`${at} ${effect.kind}${effect.kind === 'ask' ? ` ${effect.primary}` : ''}`)
  }
  return { state: now, told }
}
const tick: RefreshEvent = { kind: 'tick' }
const failed: RefreshEvent = { kind: 'failed', error: 'no answer' }
const confirmed: RefreshEvent = { kind: 'confirmed' }
const got: RefreshEvent = { kind: 'transferred', soa: SOA }

t.test('what a secondary does, and when', async (t) => {
  const saved = { soa: SOA, confirmedAtMs: 0 }
  const rows: [string, RefreshState, [number, RefreshEvent][], string[], number][] = [
    [
      'a new zone asks at once, then every refresh',
      startRefresh(0, undefined),
      [
        [0, tick],
        [1, got],
        [7000, tick],
        [7201, tick],
      ],
      ['0 ask 0', '7201 ask 0'],
      86_401,
    ],
    [
      'a copy from before the restart asks at once too',
      startRefresh(100 * S, saved),
      [
        [100, tick],
        [101, confirmed],
      ],
      ['100 ask 0'],
      7301,
    ],
    [
      'the next primary is asked at once',
      startRefresh(0, saved),
      [
        [0, tick],
        [3, failed],
        [4, confirmed],
      ],
      ['0 ask 0', '3 ask 1'],
      7204,
    ],
    [
      'all fail: again after retry',
      startRefresh(0, saved),
      [
        [0, tick],
        [3, failed],
        [6, failed],
        [900, tick],
        [906, tick],
      ],
      ['0 ask 0', '3 ask 1', '906 ask 0'],
      86_400,
    ],
    [
      'a zone never seen backs off',
      startRefresh(0, undefined),
      [
        [0, tick],
        [1, failed],
        [1, failed],
        [3, tick],
        [4, failed],
        [4, failed],
        [7, tick],
        [8, tick],
      ],
      ['0 ask 0', '1 ask 1', '3 ask 0', '4 ask 1', '8 ask 0'],
      Number.POSITIVE_INFINITY,
    ],
    [
      'a NOTIFY asks its primary at once',
      startRefresh(0, saved),
      [
        [0, tick],
        [1, confirmed],
        [50, { kind: 'notified', primary: 1 }],
      ],
      ['0 ask 0', '50 ask 1'],
      86_401,
    ],
    [
      'a flood of NOTIFY asks once a second',
      startRefresh(0, saved),
      [
        [0, tick],
        [0.2, confirmed],
        [0.3, { kind: 'notified', primary: 0 }],
        [0.4, { kind: 'notified', primary: 0 }],
        [1, tick],
        [1.1, { kind: 'notified', primary: 0 }],
        [1.2, confirmed],
        [1.9, { kind: 'notified', primary: 0 }],
        [2, tick],
      ],
      ['0 ask 0', '1 ask 0', '2 ask 0'],
      86_401.2,
    ],
    [
      'a NOTIFY while asking asks again afterwards',
      startRefresh(0, saved),
      [
        [0, tick],
        [1, { kind: 'notified', primary: 0 }],
        [2, got],
      ],
      ['0 ask 0', '2 ask 0'],
      86_402,
    ],
    [
      'a storm of NOTIFY is one question more',
      startRefresh(0, saved),
      [
        [0, tick],
        [1, { kind: 'notified', primary: 0 }],
        [1, { kind: 'notified', primary: 0 }],
        [2, got],
        [3, got],
      ],
      ['0 ask 0', '2 ask 0'],
      7203,
    ],
    [
      'nobody confirms: expired, and goes on asking',
      startRefresh(0, { soa: { ...SOA, expire: 1000 }, confirmedAtMs: 0 }),
      [
        [0, tick],
        [1, failed],
        [2, failed],
        [902, tick],
        [903, failed],
        [904, failed],
        [1000, tick],
        [1804, tick],
      ],
      ['0 ask 0', '1 ask 1', '902 ask 0', '903 ask 1', '1000 expire', '1804 ask 0'],
      Number.POSITIVE_INFINITY,
    ],
    [
      'an expired zone that is confirmed is good again',
      startRefresh(2000 * S, { soa: { ...SOA, expire: 1000 }, confirmedAtMs: 0 }),
      [
        [2000, tick],
        [2001, confirmed],
      ],
      ['2000 ask 0', '2000 expire', '2001 revive'],
      3001,
    ],
    [
      'figures of zero are not taken at their word',
      startRefresh(0, { soa: { ...SOA, refresh: 0, retry: 0 }, confirmedAtMs: 0 }),
      [
        [0, tick],
        [0, confirmed],
        [1, tick],
        [2, tick],
      ],
      ['0 ask 0', '2 ask 0'],
      86_400,
    ],
  ]
  for (const [title, start, events, told, wake] of rows) {
    const played = play(start, events)
    t.strictSame(played.told, told, title)
    t.equal(wakeAtMs(played.state) / S, wake, `${title}: wakes`)
  }
})

t.test('whatever happens: one question at a time, expiry is told once, and something always comes next', async () => {
  const event = fc.constantFrom<RefreshEvent>(tick, failed, confirmed, got, { kind: 'notified', primary: 1 })
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(100_000), event), { maxLength: 60 }),
      fc.integer({ min: 1, max: 3 }),
      (steps, primaries) => {
        let state = startRefresh(0, undefined)
        let now = 0
        let expired = false
        for (const [wait, each] of steps) {
          now += wait
          const answer = each.kind === 'failed' || each.kind === 'confirmed' || each.kind === 'transferred'
          if (answer && state.asking === undefined) continue
          const before = state.asking
          const result = refresh(state, each, { nowMs: now * S, primaries, chance: 0.5 })
          state = result.state
          const asks = result.effects.filter(({ kind }) => kind === 'ask').length
          if (asks > 1 || (asks === 1 && before !== undefined && !answer)) return false
          if (result.effects.some(({ kind }) => kind === 'expire')) {
            if (expired) return false
            expired = true
          }
          if (!state.expired) expired = false
          if (state.asking === undefined && !Number.isFinite(wakeAtMs(state))) return false
          if (state.asking !== undefined && state.asking >= primaries) return false
          if ((expiresAtMs(state) === undefined) !== (state.soa === undefined)) return false
        }
        return true
      },
    ),
    { numRuns: 500 },
  )
})
