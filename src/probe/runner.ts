/**
 * Starts probes when the fleet says they are due and hands the results back: the only place where probing meets the clock.
 *
 *   fleet.nextDueMs ─▶ sleep ─▶ tick, due ─▶ line ─▶ in flight (bounded) ─▶ report
 *                        ▲                                                     │
 *                        └──────────────── earlier than planned? ──────────────┘
 *
 * What is due within a few milliseconds starts together: ten thousand nodes every five seconds are 200 turns a second and not 2,000.
 * Bounded in flight means bounded descriptors; what waits in line for longer than it should is counted as late and told in `stats`.
 */
import { readFileSync } from 'node:fs'
import type { ProbeTarget } from '../control/index.ts'
import type { ProbeResult } from '../health/index.ts'
import type { Prober } from './prober.ts'

/** What the runner needs of a fleet; control's Fleet fits, with `tick` and `report` going through `apply`. */
export interface ProbeSource {
  /** the earliest moment at which `tick` or `due` has something to do, in the time of `nowMs`; Infinity: nothing */
  nextDueMs(): number
  /** called at every turn before `due`: time has passed */
  tick(nowMs: number): void
  /** takes the probes that start now */
  due(nowMs: number): readonly ProbeTarget[]
  report(result: ProbeResult, nowMs: number): void
}

export interface ProbeRunnerOptions {
  readonly source: ProbeSource
  readonly prober: Pick<Prober, 'probe'>
  /** epoch ms; should not jump (performance.timeOrigin + performance.now()) */
  readonly nowMs: () => number
  /** addresses probed at a time; default: what the limit of open files leaves, at most 8192 */
  readonly maxInFlight?: number
  /** hears what the source threw (a full disk, say), at most once a second: probing goes on. Absent: it is thrown on */
  readonly trouble?: (message: string) => void
  /** Calls `wake` once after so many ms. @returns what cancels it. Default: setTimeout */
  readonly sleep?: (ms: number, wake: () => void) => () => void
}

export interface ProbeRunnerStats {
  /** probes begun since the start */
  readonly started: number
  /** addresses being probed now */
  readonly inFlight: number
  /** probes that wait for a free place now */
  readonly waiting: number
  /** probes that were due again while they still waited, and were not queued twice */
  readonly skipped: number
  /** the latest start of a probe after its due time, since the last call of `stats` */
  readonly worstDelayMs: number
}

export interface ProbeRunner {
  start(): void
  /** Call when the fleet changed from outside (a reload, an intent): something may be due earlier than planned. */
  wake(): void
  stats(): ProbeRunnerStats
  /** Starts nothing more; results of probes still in flight are dropped. */
  stop(): void
}

/** Turns are at least this far apart: what is due in between starts together. */
const TURN_MS = 5
/** The longest sleep: a bound on what a missed wake-up or a jump of the clock can cost. */
const SLEEP_MAX_MS = 1000
/** Trouble is told this often at most: two thousand results a second may all have it. */
const TROUBLE_MS = 1000

export function createProbeRunner(options: ProbeRunnerOptions): ProbeRunner {
  const { source, prober, nowMs } = options
  const maxInFlight = options.maxInFlight ?? defaultMaxInFlight()
  const sleep = options.sleep ?? sleepOnTimer
  const line = new Map<string, { readonly target: ProbeTarget; readonly sinceMs: number }>()
  let running = false
  let inFlight = 0
  let started = 0
  let skipped = 0
  let worstDelayMs = 0
  let plannedMs = Number.POSITIVE_INFINITY
  let toldTroubleMs = Number.NEGATIVE_INFINITY
  let cancelSleep: (() => void) | undefined

  /** Runs what belongs to the source; its trouble must not end the probing of everything else. */
  const guarded = (act: () => void): void => {
    try {
      act()
    } catch (error) {
      if (options.trouble === undefined) throw error
      const now = nowMs()
      if (now - toldTroubleMs < TROUBLE_MS) return
      toldTroubleMs = now
      options.trouble(`probes: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  const launch = (target: ProbeTarget, dueMs: number): void => {
    const addresses = Math.max(1, target.node.a.length + target.node.aaaa.length)
    inFlight += addresses
    started++
    worstDelayMs = Math.max(worstDelayMs, nowMs() - dueMs)
    void prober.probe(target).then((result) => {
      inFlight -= addresses
      if (!running) return
      guarded(() => source.report(result, nowMs()))
      admit()
      plan()
    })
  }
  const admit = (): void => {
    for (const [key, one] of line) {
      if (inFlight >= maxInFlight) return
      line.delete(key)
      launch(one.target, one.sinceMs)
    }
  }
  const turn = (): void => {
    cancelSleep = undefined
    if (!running) return
    const now = nowMs()
    // The first of those that are due now was due at this time: the others later.
    const dueMs = Math.min(now, source.nextDueMs())
    guarded(() => source.tick(now))
    guarded(() => {
      for (const target of source.due(now)) {
        const key = `${target.node.name}\n${target.check.name}`
        if (line.has(key)) skipped++
        else line.set(key, { target, sinceMs: dueMs })
      }
    })
    admit()
    plan()
  }
  /** Sets the alarm, or sets it earlier. */
  const plan = (): void => {
    if (!running) return
    const now = nowMs()
    const at = Math.max(now + TURN_MS, Math.min(source.nextDueMs(), now + SLEEP_MAX_MS))
    if (cancelSleep !== undefined) {
      if (plannedMs <= at + TURN_MS) return
      cancelSleep()
    }
    plannedMs = at
    cancelSleep = sleep(at - now, turn)
  }

  return {
    start: () => {
      if (running) return
      running = true
      plan()
    },
    wake: plan,
    stats: () => {
      const now = { started, inFlight, waiting: line.size, skipped, worstDelayMs }
      worstDelayMs = 0
      return now
    },
    stop: () => {
      running = false
      cancelSleep?.()
      cancelSleep = undefined
      line.clear()
    },
  }
}

function sleepOnTimer(ms: number, wake: () => void): () => void {
  const timer = setTimeout(wake, ms)
  return () => clearTimeout(timer)
}

/** Descriptors that are not probes': listeners, connections of the API and of TCP clients, files. */
const RESERVED_DESCRIPTORS = 512

/** Node raises its limit of open files to the hard one; where that is small, probes must not starve the rest. */
function defaultMaxInFlight(): number {
  let limit = 1024
  try {
    const line = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'utf8'))
    if (line !== null) limit = line[1] === 'unlimited' ? 1 << 20 : Number(line[1])
  } catch {
    // no /proc: the customary limit stands
  }
  return Math.max(64, Math.min(8192, limit - RESERVED_DESCRIPTORS))
}
