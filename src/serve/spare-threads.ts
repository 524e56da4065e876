/**
 * Serving threads that have read their modules before anybody knows what they shall serve. Reading takes a few hundred
 * milliseconds; at a start it is done while the files are loaded, so that the first answer follows them at once.
 */

import { Worker } from 'node:worker_threads'

/** Starts a thread that reads its modules and then waits for its ThreadStart. @param responderModule see ServingOptions */
export function startThread(responderModule: string): Worker {
  return new Worker(new URL('./thread.js', import.meta.url), { name: 'serving', workerData: responderModule })
}

export interface SpareThreads {
  /** @returns a thread that waits for its ThreadStart, or is about to; undefined: none is left */
  take(): Worker | undefined
  /** Ends those that nobody took. */
  end(): void
}

/** @param responderModule the same that ServingOptions will name */
export function startSpareThreads(count: number, responderModule: string): SpareThreads {
  const spare = new Set<Worker>()
  for (let i = 0; i < count; i++) {
    const thread = startThread(responderModule)
    // One that dies is nobody's loss: whoever needs a thread starts one, and hears why that does not work.
    thread.on('error', () => {})
    thread.once('exit', () => spare.delete(thread))
    // A start that fails, or ends early, does not wait for it.
    thread.unref()
    spare.add(thread)
  }
  return {
    take() {
      for (const thread of spare) {
        spare.delete(thread)
        thread.removeAllListeners()
        thread.ref()
        return thread
      }
      return undefined
    },
    end() {
      for (const thread of spare) void thread.terminate()
      spare.clear()
    },
  }
}
