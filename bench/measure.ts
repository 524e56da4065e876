/** What a process costs, from /proc; and the middle of a list of figures. */

import { readdirSync, readFileSync } from 'node:fs'

/** CPU time of all living threads of a process and of its children so far, in nanoseconds: for differences under a steady load. */
export function cpuNs(pid: number): number {
  let total = childrenOf(pid).reduce((sum, child) => sum + cpuNs(child), 0)
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    try {
      // First field: time on the CPU in ns. Finer than the clock ticks of /proc/PID/stat.
      total += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0])
    } catch {
      // the thread has ended meanwhile
    }
  }
  return total
}

/** CPU time of a process and its children so far, threads that have ended included; in seconds, to a hundredth. */
export function wholeCpuSeconds(pid: number): number {
  // The name in the second field may hold blanks: count from behind it. utime and stime are fields 14 and 15, in ticks of 10 ms.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  const own = (Number(fields[11]) + Number(fields[12])) / 100
  return childrenOf(pid).reduce((sum, child) => sum + wholeCpuSeconds(child), own)
}

/** CPU time of the calling thread so far, in nanoseconds: what it did, not how long it waited for a busy core. */
export function threadCpuNs(): number {
  return Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[0])
}

function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) => {
    try {
      return readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
    } catch {
      return []
    }
  })
}

/** Anonymous memory that a process and its children hold, their shared memory included and counted once, in MB (10^6 octets). */
export function anonymousMb(pid: number): number {
  const inChildren = childrenOf(pid).reduce((sum, child) => sum + anonymousMb(child), 0)
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  const field = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(rollup)?.[1] ?? 0)
  return inChildren + ((field('Pss_Anon') + field('Pss_Shmem')) * 1024) / 1e6
}

export function median(figures: readonly number[]): number {
  return percentile(figures, 50)
}

/** The p-th percentile (nearest rank). */
export function percentile(figures: readonly number[], p: number): number {
  const sorted = [...figures].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil((p / 100) * sorted.length) - 1))] ?? Number.NaN
}
