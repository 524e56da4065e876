/**
 * The load thread of a start: it reads its modules on one core while the main thread reads its own on another, long before the
 * settings say what there is to load.
 */
import { Worker } from 'node:worker_threads'

/** Parsed zones lie in typed arrays; this is for what is made beside them. */
const THREAD_HEAP_MB = 4096

let thread: Worker | undefined

export function startEarlyThread(): void {
  thread = new Worker(new URL('../loader/load-thread.js', import.meta.url), {
    name: 'load',
    resourceLimits: { maxOldGenerationSizeMb: THREAD_HEAP_MB },
  })
  // A command line that asks for help instead must not wait for it.
  thread.unref()
}

/** @returns the thread, once; undefined where none was started */
export function takeEarlyThread(): Worker | undefined {
  const taken = thread
  thread = undefined
  return taken
}
