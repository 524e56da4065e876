/**
 * Schedules: what happens to a node or a pool at a time.
 */

import type { Node, Schedule, ScheduledAction } from '../policy/index.ts'
import { type Complaints, type Declared, originOf } from './declarations.ts'
import type { Workshop } from './read-pools.ts'
import type { Entry } from './schema.ts'

const ACTIONS = ['drain', 'resume', 'weight', 'standby'] as const

export function readSchedules(workshop: Workshop): Map<string, Schedule> {
  const schedules = new Map<string, Schedule>()
  for (const declared of workshop.declared.schedules.values()) {
    const { name, entry } = declared
    if (entry === undefined) continue
    const action = readAction(declared, entry, workshop)
    if (action === undefined) continue
    const timeZone = entry.time_zone ?? 'UTC'
    warnOfGap(declared, entry.cron, timeZone, workshop.complaints)
    const { reason, missed } = entry
    schedules.set(name, {
      name,
      cron: entry.cron,
      timeZone,
      action,
      reason,
      missed: missed ?? 'skip',
      origin: originOf(declared),
    })
  }
  return schedules
}

function readAction(
  declared: Declared<'schedules'>,
  entry: Entry<'schedules'>,
  workshop: Workshop,
): ScheduledAction | undefined {
  const { complaints, nodes, pools } = workshop
  const { document } = declared.scope
  const { path, name } = declared
  const actions = ACTIONS.filter((action) => entry[action] !== undefined)
  if (actions.length !== 1) {
    const message =
      actions.length === 0 ? `schedule ${name} does nothing.` : `schedule ${name} does ${actions.join(' and ')}.`
    complaints.error(
      'one-action',
      document.keyAt(path),
      message,
      `Give exactly one of ${ACTIONS.join(', ')}; two things at a time are two schedules.`,
    )
    return undefined
  }
  const known = (node: string, key: readonly string[], all: ReadonlyMap<string, Node>): string => {
    if (!all.has(node) && !workshop.declared.nodes.has(node))
      complaints.unknown('node', document.at([...path, ...key]), `schedule ${name} is about node`, node, all.keys())
    return node
  }
  if (entry.drain !== undefined) return { kind: 'drain', node: known(entry.drain, ['drain'], nodes) }
  if (entry.resume !== undefined) return { kind: 'resume', node: known(entry.resume, ['resume'], nodes) }
  if (entry.weight !== undefined)
    return { kind: 'weight', node: known(entry.weight.node, ['weight', 'node'], nodes), weight: entry.weight.weight }
  if (entry.standby !== undefined) {
    const { pool, on } = entry.standby
    if (!pools.has(pool) && !workshop.declared.pools.has(pool))
      complaints.unknown(
        'pool',
        document.at([...path, 'standby', 'pool']),
        `schedule ${name} is about pool`,
        pool,
        pools.keys(),
      )
    return { kind: 'standby', pool, on }
  }
  return undefined
}

/** The hours in which clocks are put forward in most of the world: what stands there does not happen on that day, or twice. */
function warnOfGap(declared: Declared<'schedules'>, cron: string, timeZone: string, complaints: Complaints): void {
  const hour = cron.trim().split(/\s+/)[1]
  if (timeZone === 'UTC' || hour === undefined || !/^[1-3]$/.test(hour)) return
  complaints.warn(
    'clock-change',
    declared.scope.document.at([...declared.path, 'cron']),
    `schedule ${declared.name} runs between 01:00 and 04:00 in ${timeZone}: on the days when clocks change it may run twice or not at all.`,
    'Choose another hour, or leave time_zone at UTC.',
  )
}
