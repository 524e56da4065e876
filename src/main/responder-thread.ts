/**
 * The responder module of the serving threads (ResponderModule of the serve room): joins a thread's port and clock to the
 * pure responder.
 */
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import { QueryResponder, type ResponderInit, type StructureMessage } from '../answer/index.ts'
import type { Responder } from '../serve/index.ts'

export function createResponder(init: unknown, port: MessagePort): Responder {
  return new QueryResponder(init as ResponderInit, {
    nowMs: Date.now,
    // A UDP worker's event loop never turns: messages are taken out by hand.
    take: () => (receiveMessageOnPort(port) as { message: StructureMessage } | undefined)?.message,
  })
}
