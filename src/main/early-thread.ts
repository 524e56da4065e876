/**
 * The threads that load files. That of a start reads its modules on one core while the main thread reads its own on another, long
 * before the settings say what there is to load: this file imports nothing of ours.
 */
import { Worker } from 'node:worker_threads'

/** A zone of millions of names is parsed into typed arrays; this is for what is made beside them. */
const THREAD_HEAP_MB = 4096

let early: Worker | undefined

export function startEarlyThread(): void {
  early = startThread()
  // A command line that asks for help instead must not wait for it.
  early.unref()
}

/** @returns a thread that waits for what to load: the one that was started early, then a new one each time */
export function takeLoadThread(): Worker {
  const taken = early ?? startThread()
  early = undefined
  return taken
}

function startThread(): Worker {
  return new Worker(new URL('../loader/load-thread.js', import.meta.url), {
    name: 'load',
    resourceLimits: { maxOldGenerationSizeMb: THREAD_HEAP_MB },
  })
}
