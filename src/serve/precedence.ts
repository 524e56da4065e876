/**
 * Who goes first when threads of this process want the same core: the one that answers queries, before the one that serves the API.
 *
 * A query costs a worker some microseconds, a turn of the main thread (a thousand event streams, a list of all nodes) milliseconds.
 * Linux lets whoever runs finish a slice, 3 ms or so, before it looks at who woke up; only a thread that asks for shorter slices may
 * break in (EEVDF, since 6.12: sched_attr.sched_runtime; older kernels ignore it). That needs no right. A few steps of nice do the
 * rest where they are allowed (root, CAP_SYS_NICE, LimitNICE= of the unit): few, so that health checks on the main thread keep a
 * quarter of a core under a flood of queries. Figures: docs/decisions/0085.
 *
 *     struct sched_attr (48 octets)   0 size  4 policy  8 flags (8)  16 nice  20 priority  24 runtime (8)  32 deadline (8)  40 period (8)
 */

import { getPriority } from 'node:os'
import type { Libc } from './libc.ts'

const OCTETS = 48
const SCHED_FLAG_KEEP_POLICY = 8n
const SLICE_NS = 100_000n // the shortest that the kernel takes
const STEPS = 5
const MOST_URGENT = -20

/** Asks the kernel to let the calling thread in when it wakes. @returns the nice value it has then; undefined: the kernel refuses it all */
export function takePrecedence(libc: Libc): number | undefined {
  const present = getPriority()
  for (const nice of [Math.max(MOST_URGENT, present - STEPS), present])
    if (libc.sched_setattr(attributes(nice)) === 0) return nice
  return undefined
}

function attributes(nice: number): Uint8Array {
  const octets = new Uint8Array(new ArrayBuffer(OCTETS))
  const view = new DataView(octets.buffer)
  view.setUint32(0, OCTETS, true)
  view.setBigUint64(8, SCHED_FLAG_KEEP_POLICY, true)
  view.setInt32(16, nice, true)
  view.setBigUint64(24, SLICE_NS, true)
  return octets
}
