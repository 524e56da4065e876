/** A serving thread of torn.test.ts: asks the same question over and over and looks whether an answer is of one piece. */
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { QueryResponder, type ResponderInit, type StructureMessage } from '../../src/answer/index.ts'

const { init, query, port, stop, thread } = workerData as {
  init: ResponderInit
  query: Uint8Array
  port: MessagePort
  /** 1: enough */
  stop: Int32Array
  thread: number
}
const responder = new QueryResponder(init, {
  nowMs: Date.now,
  take: () => (receiveMessageOnPort(port) as { message: StructureMessage } | undefined)?.message,
})
const buffer = new Uint8Array(new SharedArrayBuffer(4288))
// One thread answers on the whole path alone, the others on the quick one.
if (thread > 0) responder.answerIn(buffer)
const peer = Uint8Array.of(198, 51, 100, 1)
let answers = 0
let torn: string | undefined
const groups = new Set<number>()
while (Atomics.load(stop, 0) === 0 && torn === undefined) {
  responder.enter()
  for (let i = 0; i < 64; i++) {
    buffer.set(query)
    const length = responder.answer(buffer, 0, query.length, 4096, 0, peer, 0, 4, 53)
    const count = (buffer[6]! << 8) | buffer[7]!
    const ttl = buffer[query.length + 9]!
    // Group k: eight addresses 10.k.x.k; the TTL is one structure's, the same in the whole answer.
    const group = buffer[query.length + 13]!
    for (let a = 0; a < count; a++) {
      const at = query.length + 16 * a
      if (buffer[at + 12] !== 10 || buffer[at + 13] !== group || buffer[at + 15] !== group || buffer[at + 9] !== ttl)
        torn = Buffer.from(buffer.subarray(0, length)).toString('hex')
    }
    if (count !== 8 || length !== query.length + 128) torn = Buffer.from(buffer.subarray(0, length)).toString('hex')
    groups.add(group)
    answers++
  }
  responder.leave()
  Atomics.add(stop, 1 + thread, 1)
}
parentPort!.postMessage({ answers, torn, groups: groups.size })
