/**
 * The entry of every serving thread: reads its modules, waits to be told what to serve, makes the responder, then serves UDP or
 * streams until it is told to stop.
 */

import { setFlagsFromString } from 'node:v8'
import { parentPort, workerData } from 'node:worker_threads'
import { assert } from '../base/index.ts'
import { loadLibc } from './libc.ts'
import type { ResponderModule } from './model.ts'
import { takePrecedence } from './precedence.ts'
import { serveStreams } from './stream-thread.ts'
import { DESK, type Order, type Report, type ThreadStart } from './thread-desk.ts'
import { serveBatched } from './udp-batched.ts'
import { servePortable } from './udp-portable.ts'

// The compiler may put more of the functions that every query passes through into one: a twentieth to a tenth less time for an
// answer (decision 0033). The flags are the process's, and only hints.
for (const flag of ['--max-inlined-bytecode-size-cumulative=4000', '--max-inlined-bytecode-size=1500'])
  setFlagsFromString(flag)

const parent = parentPort
assert(parent !== null, 'serve/thread runs as a worker')

const report = (message: Report): void => parent.postMessage(message)
const module = (await import(workerData as string)) as ResponderModule
const start = await new Promise<ThreadStart>((resolve) => parent.once('message', resolve))
// Between that message and listen() nothing is said to this thread that the desk does not say, too.
parent.ref()
const responder = await module.createResponder(start.init, start.port)

try {
  if (start.kind === 'stream') {
    const service = await serveStreams(start, responder, report)
    listen((order) => service.order(order), service.stop)
  } else if (start.driver === 'portable') {
    const server = await servePortable({ ...start, addresses: start.plain, responder, report })
    listen((order) => {
      if (order.kind !== 'send-udp') return
      const host = new TextDecoder().decode(order.name)
      void server
        .send(order.socket, host, order.port, order.message)
        .then((ok) => report({ kind: 'sent', ticket: order.ticket, ok }))
    }, server.stop)
  } else {
    const libc = loadLibc()
    assert(typeof libc !== 'string', 'the main thread has chosen the batched driver, this thread cannot load it')
    takePrecedence(libc)
    report({ kind: 'ready' })
    serveBatched({ ...start, libc, responder, report })
    finish()
  }
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === undefined || (start.kind !== 'stream' && start.driver === 'batched')) throw error
  report({ kind: 'cannot-listen', code, message })
  finish()
}

/** Obeys the main thread, which from now on may send. */
function listen(obey: (order: Order) => void, stop: () => Promise<void>): void {
  parent!.on('message', (order: Order) => {
    if (order.kind === 'stop') void stop().then(finish)
    else obey(order)
  })
  if (Atomics.load(start.desk, DESK.stop) === 1) void stop().then(finish)
  report({ kind: 'ready' })
}

/** Lets go of what keeps the thread alive. */
function finish(): void {
  start.port.close()
  parent!.unref()
  parent!.close()
}
