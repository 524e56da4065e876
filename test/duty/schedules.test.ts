import t from 'tap'
import { skippedMinutes, wallClockMs } from '../../src/duty/clock-gaps.ts'
import { createSchedules } from '../../src/duty/schedules.ts'
import { ANA, type Bench, bench, PORTAL } from '../control/bench-control.ts'

const HOUR = 3_600_000
/** a Tuesday, 12:00 UTC */
const NOON = Date.parse('2026-06-02T12:00:00Z')

const withSchedules = (text: string): string => `${PORTAL}\nschedules:\n${text}`

const start = (b: Bench): { readonly told: string[]; readonly schedules: ReturnType<typeof createSchedules> } => {
  const told: string[] = []
  const schedules = createSchedules(
    b.control,
    () => b.nowMs(),
    (_, message) => told.push(message),
  )
  schedules.declare()
  return { told, schedules }
}

t.test(
  'a missed occurrence is caught up or let be, as the schedule says; several in the order in which they were due',
  (t) => {
    const files = withSchedules(`
  begins: { cron: "30 12 * * *", drain: de-1, reason: backup, missed: catch-up }
  ends: { cron: "30 13 * * *", resume: de-1, missed: catch-up }
  heavy: { cron: "45 12 * * *", weight: { node: de-2, weight: 7 }, missed: skip }
  light: { cron: "50 12 * * *", weight: { node: md-1, weight: 9 }, missed: catch-up }`)
    const first = bench({ files, startMs: NOON })
    start(first).schedules.stop()
    t.match(
      first.control.node('de-1'),
      { intent: { kind: 'auto' } },
      'nothing is missed where nothing was known before',
    )

    const second = bench({ files, db: first.db, startMs: NOON + HOUR })
    second.pass(10_000)
    start(second).schedules.stop()
    t.match(second.control.node('de-1')?.intent, { kind: 'drain', reason: 'backup', author: 'schedule:begins' })
    t.equal(second.control.node('de-2')?.weight, 100)
    t.equal(second.control.node('md-1')?.weight, 9)

    second.control.setWeight(ANA, { node: 'md-1' }, 50)
    const third = bench({ files, db: first.db, startMs: NOON + 1.9 * HOUR })
    const { schedules } = start(third)
    t.equal(third.control.node('de-1')?.intent.kind, 'auto', 'the resume that came after the drain')
    t.equal(third.control.node('md-1')?.weight, 50, 'what ran once is not run again')
    t.match(schedules.view()[0], { name: 'begins', action: 'drain de-1', lastRun: '2026-06-02T12:30:00.000Z' })
    t.ok(schedules.view()[0]?.nextRun)
    schedules.stop()
    t.end()
  },
)

t.test('what a safety rule refuses is an alert in the journal, not forced', (t) => {
  const files = withSchedules('  gone: { cron: "30 12 * * *", drain: md-1, missed: catch-up }')
  const first = bench({ files, startMs: NOON })
  start(first).schedules.stop()
  const second = bench({ files, db: first.db, startMs: NOON + HOUR })
  second.pass(10_000)
  const { told, schedules } = start(second)
  t.equal(second.control.node('md-1')?.intent.kind, 'auto')
  t.match(told.join(), /not carried out.*break a floor/)
  t.match(second.control.events({ kind: 'alert', limit: 10 }).at(-1), {
    action: 'schedule-refused',
    node: 'md-1',
    author: 'schedule:gone',
  })
  schedules.stop()
  t.end()
})

t.test('a reload takes schedules up and lets them go', async (t) => {
  const b = bench({ files: withSchedules('  one: { cron: "30 12 * * *", drain: de-1 }'), startMs: NOON })
  const { schedules } = start(b)
  t.same(
    schedules.view().map((view) => view.name),
    ['one'],
  )
  b.files = withSchedules(
    '  two: { cron: "0 4 * * 1", standby: { pool: germany, on: true }, time_zone: Europe/Chisinau }',
  )
  await b.control.reload(ANA)
  schedules.declare()
  t.match(schedules.view(), [{ name: 'two', action: 'standby germany on', timeZone: 'Europe/Chisinau' }])
  t.same(
    [...b.control.marks().keys()].filter((key) => key.startsWith('schedule:')),
    ['schedule:two'],
  )
  schedules.stop()
})

t.test('what stands in the hour that spring leaves out happens right after it, once and in order', (t) => {
  const files = withSchedules(`
  begins: { cron: "10 2 * * *", drain: de-1, time_zone: Europe/Berlin }
  ends: { cron: "40 2 * * *", weight: { node: de-2, weight: 7 }, time_zone: Europe/Berlin }
  often: { cron: "*/5 * * * *", weight: { node: md-1, weight: 9 }, time_zone: Europe/Berlin }
  other: { cron: "30 3 * * *", weight: { node: md-1, weight: 1 }, time_zone: Europe/Berlin }
  utc: { cron: "30 2 * * *", weight: { node: de-2, weight: 1 } }`)
  // 2026-03-29 01:00 UTC: in Berlin 01:59 is followed by 03:00.
  const b = bench({ files, startMs: Date.parse('2026-03-29T00:58:30Z') })
  const { schedules, told } = start(b)
  b.pass(60_000)
  schedules.passGaps()
  t.equal(b.control.node('de-1')?.intent.kind, 'auto', 'not yet')
  b.pass(60_000)
  schedules.passGaps()
  t.match(b.control.node('de-1')?.intent, { kind: 'drain', author: 'schedule:begins' })
  t.equal(b.control.node('de-2')?.weight, 7, 'the one in UTC has no gap')
  t.equal(b.control.node('md-1')?.weight, 9)
  const ran = told.filter((message) => message.includes(' ran: ')).map((message) => message.split(' ')[1])
  t.same(ran, ['often', 'begins', 'ends'])
  b.pass(60_000)
  schedules.passGaps()
  t.equal(told.filter((message) => message.includes(' ran: ')).length, 3, 'once')
  schedules.stop()
  t.end()
})

t.test('minutes that a wall clock passes over', (t) => {
  const at = (text: string): number => Date.parse(text)
  t.equal(wallClockMs('Europe/Chisinau', at('2026-07-01T12:00:00Z')), at('2026-07-01T15:00:00Z'))
  const spring = skippedMinutes('Europe/Berlin', at('2026-03-29T00:55:10Z'), at('2026-03-29T01:01:10Z'))
  t.equal(spring.length, 60)
  t.same([spring[0], spring.at(-1)], [at('2026-03-29T02:00:00Z'), at('2026-03-29T02:59:00Z')])
  t.equal(skippedMinutes('Australia/Lord_Howe', at('2026-10-03T15:25:00Z'), at('2026-10-03T15:35:00Z')).length, 30)
  t.same(skippedMinutes('Europe/Berlin', at('2026-10-25T00:55:00Z'), at('2026-10-25T01:05:00Z')), [], 'autumn repeats')
  t.same(skippedMinutes('UTC', at('2026-03-29T00:55:00Z'), at('2026-03-29T01:05:00Z')), [])
  t.end()
})
