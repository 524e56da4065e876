/**
 * Schedules: what the steering files say is to happen at a time. node-cron tells when; control does it, as `schedule:NAME`.
 *
 * What is kept for each: since when it is known, and when it last ran. After a restart a schedule that says `catch-up` runs
 * its latest missed occurrence; several of them in the order in which they were due, so that "drain at ten, resume at eleven"
 * ends with the resume. What stands in an hour that the time zone leaves out in spring happens right after it (clock-gaps.ts).
 */
import { createTask, type ScheduledTask, setLogger } from 'node-cron'
import type { By, Control, Outcome } from '../control/index.ts'
import type { Schedule } from '../steer/index.ts'
import { skippedMinutes } from './clock-gaps.ts'
import type { DutyLog } from './log.ts'

/** A missed occurrence that lies further back is none of today's business. */
const LOOK_BACK_MS = 8 * 86_400_000
const MINUTE_MS = 60_000

export interface ScheduleView {
  readonly name: string
  readonly cron: string
  readonly timeZone: string
  /** "drain de-1" */
  readonly action: string
  readonly reason: string | null
  readonly missed: string
  readonly nextRun: string | null
  readonly lastRun: string | null
}

export interface Schedules {
  /** Takes up the schedules of the declared state; those that stay as they are go on. */
  declare(): void
  view(): readonly ScheduleView[]
  /** Runs what stood in an hour that a clock change has just left out; comes by itself every minute. */
  passGaps(): void
  stop(): void
}

interface Mark {
  readonly knownMs: number
  readonly ranMs: number | null
}

interface Running {
  readonly schedule: Schedule
  readonly task: ScheduledTask
  /** the same in UTC: tells whether a reading of the wall clock is meant */
  readonly wall: ScheduledTask
}

/** A machine that slept for longer has missed more than an hour of the wall clock; that is `missed`'s business. */
const LONGEST_GAP_CHECK_MS = 10 * MINUTE_MS

export function createSchedules(control: Control, now: () => number, log: DutyLog): Schedules {
  // node-cron would write to the console by itself.
  setLogger({
    info: () => undefined,
    debug: () => undefined,
    warn: (message) => log('warn', String(message)),
    error: (message) => log('error', String(message)),
  })
  const running = new Map<string, Running>()
  const markOf = (name: string): Mark | undefined => {
    const text = control.marks().get(`schedule:${name}`)
    return text === undefined ? undefined : (JSON.parse(text) as Mark)
  }
  const keep = (name: string, mark: Mark): void => control.mark(`schedule:${name}`, JSON.stringify(mark))
  const run = (schedule: Schedule, dueMs: number): void => {
    const outcome = act(control, schedule)
    keep(schedule.name, { knownMs: markOf(schedule.name)?.knownMs ?? dueMs, ranMs: dueMs })
    if (outcome.status === 'done' || outcome.status === 'unchanged') {
      log('info', `schedule ${schedule.name} ran: ${outcome.message}`)
      return
    }
    const why = outcome.status === 'refused' ? outcome.harms.map((harm) => harm.message).join(' ') : ''
    const message = `schedule ${schedule.name} was not carried out: ${outcome.message} ${why}`.trim()
    log('warn', message)
    control.note({
      atMs: now(),
      kind: 'alert',
      action: 'schedule-refused',
      ...('node' in schedule.action ? { node: schedule.action.node } : { pool: schedule.action.pool }),
      ...authorOf(schedule),
      message,
    })
  }
  const guarded = (schedule: Schedule, dueMs: number): void => {
    try {
      run(schedule, dueMs)
    } catch (error) {
      log('error', `schedule ${schedule.name} failed: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  let lookedMs = now()
  const passGaps = (): void => {
    const fromMs = lookedMs
    lookedMs = now()
    if (lookedMs <= fromMs || lookedMs - fromMs > LONGEST_GAP_CHECK_MS) return
    const skipped = new Map<string, readonly number[]>()
    const due: { readonly schedule: Schedule; readonly wallMs: number }[] = []
    for (const { schedule, wall } of running.values()) {
      const { timeZone } = schedule
      if (!skipped.has(timeZone)) skipped.set(timeZone, skippedMinutes(timeZone, fromMs, lookedMs))
      const wallMs = skipped.get(timeZone)!.find((minute) => wall.match(new Date(minute)))
      if (wallMs !== undefined) due.push({ schedule, wallMs })
    }
    for (const { schedule } of due.sort((a, b) => a.wallMs - b.wallMs)) guarded(schedule, lookedMs)
  }
  const everyMinute = setInterval(passGaps, MINUTE_MS)
  everyMinute.unref()

  return {
    declare() {
      const declared = control.steering().schedules
      for (const [name, { schedule, task }] of running)
        if (!same(declared.get(name), schedule)) {
          void task.destroy()
          running.delete(name)
        }
      const missed: { readonly schedule: Schedule; readonly dueMs: number }[] = []
      for (const [name, schedule] of declared) {
        if (running.has(name)) continue
        const task = createTask(schedule.cron, (context) => guarded(schedule, context.date.getTime()), {
          timezone: schedule.timeZone,
          noOverlap: true,
          unref: true,
        })
        const wall = createTask(schedule.cron, () => undefined, { timezone: 'UTC' })
        running.set(name, { schedule, task, wall })
        const mark = markOf(name)
        if (mark === undefined) keep(name, { knownMs: now(), ranMs: null })
        else if (schedule.missed === 'catch-up') {
          const dueMs = latestMissed(task, Math.max(mark.ranMs ?? mark.knownMs, now() - LOOK_BACK_MS), now())
          if (dueMs !== undefined) missed.push({ schedule, dueMs })
        }
        void task.start()
      }
      for (const key of control.marks().keys())
        if (key.startsWith('schedule:') && !declared.has(key.slice(9))) control.mark(key, undefined)
      for (const { schedule, dueMs } of missed.sort((a, b) => a.dueMs - b.dueMs)) guarded(schedule, dueMs)
    },
    view: () =>
      [...running.values()].map(({ schedule, task }) => {
        const { action } = schedule
        const ranMs = markOf(schedule.name)?.ranMs ?? null
        return {
          name: schedule.name,
          cron: schedule.cron,
          timeZone: schedule.timeZone,
          action: tellAction(action),
          reason: schedule.reason ?? null,
          missed: schedule.missed,
          nextRun: task.getNextRun()?.toISOString() ?? null,
          lastRun: ranMs === null ? null : new Date(ranMs).toISOString(),
        }
      }),
    passGaps,
    stop() {
      clearInterval(everyMinute)
      for (const { task } of running.values()) void task.destroy()
      running.clear()
    },
  }
}

/** The latest minute after `afterMs`, before now, in which the schedule was due. */
export function latestMissed(task: Pick<ScheduledTask, 'match'>, afterMs: number, nowMs: number): number | undefined {
  const first = Math.floor(afterMs / MINUTE_MS) + 1
  for (let minute = Math.floor(nowMs / MINUTE_MS) - 1; minute >= first; minute--)
    if (task.match(new Date(minute * MINUTE_MS))) return minute * MINUTE_MS
  return undefined
}

function authorOf(schedule: Schedule): By {
  return { author: `schedule:${schedule.name}`, from: '-' }
}

function act(control: Control, schedule: Schedule): Outcome {
  const { action, reason } = schedule
  const by = authorOf(schedule)
  const why = reason ?? `schedule ${schedule.name}`
  switch (action.kind) {
    case 'drain':
      return control.setIntent(by, { node: action.node }, 'drain', { reason: why })
    case 'resume':
      return control.setIntent(by, { node: action.node }, 'auto', { reason: why })
    case 'weight':
      return control.setWeight(by, { node: action.node }, action.weight, why)
    case 'standby':
      return control.setStandby(by, action.pool, action.on)
    default:
      return action satisfies never
  }
}

function tellAction(action: Schedule['action']): string {
  switch (action.kind) {
    case 'weight':
      return `weight ${action.node} ${action.weight}`
    case 'standby':
      return `standby ${action.pool} ${action.on ? 'on' : 'off'}`
    default:
      return `${action.kind} ${action.node}`
  }
}

function same(one: Schedule | undefined, other: Schedule): boolean {
  const essence = (schedule: Schedule): string => JSON.stringify({ ...schedule, origin: undefined })
  return one !== undefined && essence(one) === essence(other)
}
