/**
 * Housekeeping: at seventeen past every hour what is older than it shall be kept goes, a little at a time, so that no answer
 * and no probe waits for it.
 */
import { createTask } from 'node-cron'
import type { DutyLog } from './log.ts'

/** Something that grows with time. */
export interface Prunable {
  /** for the log: "the journal" */
  readonly what: string
  /** undefined: as the store bounds it by size only */
  readonly keepMs: number
  /** Removes what is older, at most so many. @returns how many went */
  readonly prune: (beforeMs: number, most: number) => number
}

const BATCH = 2000

export interface Housekeeping {
  /** now, not at seventeen past */
  clean(): Promise<void>
  stop(): void
}

export function startHousekeeping(things: readonly Prunable[], now: () => number, log: DutyLog): Housekeeping {
  let stopped = false
  const clean = async (): Promise<void> => {
    for (const thing of things) {
      let gone = 0
      for (;;) {
        if (stopped) return
        const batch = thing.prune(now() - thing.keepMs, BATCH)
        gone += batch
        if (batch < BATCH) break
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      if (gone > 0) log('info', `${gone} old entries of ${thing.what} were removed`)
    }
  }
  const guarded = async (): Promise<void> => {
    try {
      await clean()
    } catch (error) {
      log('error', `housekeeping failed: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  const task = createTask('17 * * * *', guarded, { noOverlap: true, unref: true, timezone: 'UTC' })
  void task.start()
  return {
    clean,
    stop() {
      stopped = true
      void task.destroy()
    },
  }
}
