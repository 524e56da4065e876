/**
 * What the server does by itself: schedules, hooks, housekeeping; started and stopped as one.
 */
import type { Control } from '../control/index.ts'
import { type HookSettings, type Hooks, type HookView, startHooks } from './hooks.ts'
import { type Housekeeping, type Prunable, startHousekeeping } from './housekeeping.ts'
import type { DutyLog } from './log.ts'
import { createSchedules, type Schedules, type ScheduleView } from './schedules.ts'

export interface DutyPorts {
  readonly control: Control
  /** epoch ms */
  readonly now: () => number
  readonly log: DutyLog
  readonly version: string
  readonly hooks: readonly HookSettings[]
  readonly prunable: readonly Prunable[]
}

export interface Duty {
  schedules(): readonly ScheduleView[]
  hooks(): readonly HookView[]
  stop(): void
}

/** Begins; control has started. */
export function startDuty(ports: DutyPorts): Duty {
  const { control, now, log } = ports
  const schedules: Schedules = createSchedules(control, now, log)
  const hooks: Hooks = startHooks(ports.hooks, { control, now, log, agent: `Meridian/${ports.version}` })
  const housekeeping: Housekeeping = startHousekeeping(ports.prunable, now, log)
  schedules.declare()
  // A reload may have brought other schedules; the listener must not act inside the write that it is told of.
  const end = control.subscribe((entry) => {
    if (entry.kind === 'reload') setImmediate(() => schedules.declare())
  })
  return {
    schedules: () => schedules.view(),
    hooks: () => hooks.view(),
    stop() {
      end()
      schedules.stop()
      hooks.stop()
      housekeeping.stop()
    },
  }
}
