/**
 * Regular expressions on bodies that strangers write, without the risk: a pattern that backtracks for ever (`(a+)+$`) must cost
 * neither an answer nor the other probes. So matching happens in a thread of its own, under a time limit that ends it in the middle.
 */
import { Worker } from 'node:worker_threads'

export interface PatternRequest {
  readonly id: number
  readonly pattern: string
  readonly body: string
}

/**
 * gave-up  no verdict within the limit, or no valid pattern: the check's fault or the node's
 * busy     the thread has no time, because of other bodies or other patterns: no evidence about this node
 */
export type PatternVerdict = 'match' | 'no-match' | 'gave-up' | 'busy'

export interface PatternReply {
  readonly id: number
  readonly verdict: PatternVerdict
}

/** Bodies waiting for their turn; beyond it the thread is starved by bad patterns. At 64 KiB each this also bounds memory. */
const WAITING_MAX = 1024

export class PatternMatcher {
  #worker: Worker | undefined
  #nextId = 0
  readonly #waiting = new Map<number, (verdict: PatternVerdict) => void>()

  /** Never rejects. */
  match(pattern: string, body: string): Promise<PatternVerdict> {
    return new Promise((resolve) => {
      if (this.#waiting.size >= WAITING_MAX) {
        resolve('busy')
        return
      }
      const id = this.#nextId++
      this.#waiting.set(id, resolve)
      this.#worker ??= this.#start()
      const worker = this.#worker
      // It keeps the process alive only while somebody waits.
      worker.ref()
      worker.postMessage({ id, pattern, body } satisfies PatternRequest)
    })
  }

  async close(): Promise<void> {
    const worker = this.#worker
    this.#worker = undefined
    this.#giveUp()
    await worker?.terminate()
  }

  #start(): Worker {
    const worker = new Worker(new URL('./pattern-thread.js', import.meta.url))
    worker.on('message', (reply: PatternReply) => {
      this.#waiting.get(reply.id)?.(reply.verdict)
      this.#waiting.delete(reply.id)
      if (this.#waiting.size === 0) worker.unref()
    })
    const gone = (): void => {
      if (this.#worker !== worker) return
      this.#worker = undefined
      this.#giveUp()
    }
    worker.once('error', gone)
    worker.once('exit', gone)
    return worker
  }

  #giveUp(): void {
    for (const resolve of this.#waiting.values()) resolve('busy')
    this.#waiting.clear()
  }
}
