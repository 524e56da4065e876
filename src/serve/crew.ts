/**
 * Keeps one serving thread alive: starts it, tells its reports, starts it again when it dies.
 *
 *     starting ──▶ serving ──▶ (dies) ──▶ restarting ──▶ starting ...        backoff: at once, then 100 ms doubling to 5 s;
 *                     └──▶ stopped                                           a thread that lived for a minute starts from zero
 *
 * A bound UDP socket belongs to the main thread: while a worker is away, its queries wait in the kernel.
 */

import { MessageChannel, type MessagePort, type Worker } from 'node:worker_threads'
import { makeCounters, readCounters } from './counters.ts'
import type { ServingLog, ServingThread, ThreadState } from './model.ts'
import { startThread } from './spare-threads.ts'
import { DESK, makeDesk, type Order, type Report, type ThreadStart } from './thread-desk.ts'

const FIRST_BACKOFF_MS = 100
const LAST_BACKOFF_MS = 5000
const HEALTHY_MS = 60_000
const IMPATIENT_MS = 800
const MOST_DRAIN_MS = 4000

/** What differs between threads and restarts. */
export interface CrewOptions {
  readonly thread: ServingThread
  readonly log: ServingLog
  readonly responderModule: string
  /** @returns a thread that was started already and waits; undefined: none is left */
  spare(): Worker | undefined
  /** What a fresh thread starts with, beside the desk, counters and port. */
  prepare(): Omit<ThreadStart, 'kind' | 'desk' | 'counters' | 'port'>
  report(report: Report): void
  received(message: unknown): void
  /** The thread has died; its requests are lost. */
  died(): void
}

export interface CrewMember {
  readonly thread: ServingThread
  readonly desk: Int32Array
  /** Settles when the thread serves for the first time. @throws the Report cannot-listen, or the Error it died of */
  readonly ready: Promise<void>
  order(order: Order): void
  post(message: unknown): void
  state(): ThreadState
  /** Settles when the thread has ended. */
  stop(): Promise<void>
}

export function hire(options: CrewOptions): CrewMember {
  const { thread, log } = options
  const counters = makeCounters()
  const desk = makeDesk()
  let worker: Worker | undefined
  let port: MessagePort | undefined
  let state: ThreadState['state'] = 'starting'
  let restarts = 0
  let failuresInARow = 0
  let lastError: string | undefined
  let retry: NodeJS.Timeout | undefined
  let readyResolve = (): void => {}
  let readyReject = (_reason: unknown): void => {}
  const ready = new Promise<void>((resolve, reject) => {
    readyResolve = resolve
    readyReject = reject
  })
  let everReady = false
  let stopped: (() => void) | undefined

  const launch = (): void => {
    const started = performance.now()
    const channel = new MessageChannel()
    port = channel.port1
    port.on('message', (message: unknown) => options.received(message))
    port.unref()
    Atomics.store(desk, DESK.slow, 0)
    Atomics.store(desk, DESK.connections, 0)
    const start: ThreadStart = { ...options.prepare(), kind: thread.kind, desk, counters, port: channel.port2 }
    const current = options.spare() ?? startThread(options.responderModule)
    worker = current
    let refused = false
    current.on('message', (report: Report) => {
      if (report.kind === 'ready') {
        state = 'serving'
        everReady = true
        readyResolve()
      } else if (report.kind === 'cannot-listen') {
        refused = true
        lastError = report.message
        if (!everReady) readyReject(report)
      } else options.report(report)
    })
    current.on('error', (error: unknown) => {
      lastError = error instanceof Error ? (error.stack ?? error.message) : String(error)
    })
    current.on('exit', () => {
      if (worker !== current) return
      worker = undefined
      port?.close()
      port = undefined
      options.died()
      if (Atomics.load(desk, DESK.stop) === 1 || (refused && !everReady)) {
        state = 'stopped'
        stopped?.()
        return
      }
      if (!everReady) {
        state = 'stopped'
        readyReject(new Error(lastError ?? 'the thread ended before it was ready'))
        stopped?.()
        return
      }
      failuresInARow = performance.now() - started > HEALTHY_MS ? 0 : failuresInARow + 1
      const waitMs =
        failuresInARow <= 1 ? 0 : Math.min(LAST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.min(10, failuresInARow - 2))
      state = 'restarting'
      restarts++
      log.error({ thread, restarts, waitMs, error: lastError }, 'a serving thread has died and is started again')
      retry = setTimeout(launch, waitMs)
    })
    current.postMessage(start, [channel.port2])
  }
  launch()

  return {
    thread,
    desk,
    ready,
    order: (order) => worker?.postMessage(order),
    post: (message) => port?.postMessage(message),
    state: () => ({
      kind: thread.kind,
      index: thread.index,
      state,
      restarts,
      ...(lastError === undefined ? {} : { lastError }),
      counters: readCounters(counters),
    }),
    stop: () =>
      new Promise((resolve) => {
        Atomics.store(desk, DESK.stop, 1)
        clearTimeout(retry)
        if (worker === undefined) {
          state = 'stopped'
          resolve()
          return
        }
        // A thread that does not end by itself is ended: the operator was promised a second. One that still answers what has arrived,
        // on a machine that is busy with other things, has more.
        const current = worker
        const begin = performance.now()
        let received = readCounters(counters).received
        const impatient = setInterval(() => {
          const before = received
          received = readCounters(counters).received
          if (received === before || performance.now() - begin > MOST_DRAIN_MS) void current.terminate()
        }, IMPATIENT_MS)
        stopped = () => {
          clearInterval(impatient)
          resolve()
        }
        current.postMessage({ kind: 'stop' } satisfies Order)
      }),
  }
}
