/**
 * Counters of one thread in shared memory: the thread adds, anyone reads. Doubles, aligned, with a single writer: a reader sees
 * some recent value, never a torn one.
 */

import type { ServingCounters } from './model.ts'

export const COUNTER_NAMES = [
  'received',
  'sent',
  'silent',
  'malformed',
  'sendErrors',
  'slow',
  'slowRefused',
  'faults',
  'batches',
] as const satisfies readonly (keyof ServingCounters)[]

/** Places in the array of counters. */
export const COUNTER = {
  received: 0,
  sent: 1,
  silent: 2,
  malformed: 3,
  sendErrors: 4,
  slow: 5,
  slowRefused: 6,
  faults: 7,
  batches: 8,
} as const satisfies Record<keyof ServingCounters, number>

export function makeCounters(): Float64Array {
  return new Float64Array(new SharedArrayBuffer(COUNTER_NAMES.length * 8))
}

export function readCounters(counters: Float64Array): ServingCounters {
  return Object.fromEntries(COUNTER_NAMES.map((name) => [name, counters[COUNTER[name]]!])) as unknown as ServingCounters
}
