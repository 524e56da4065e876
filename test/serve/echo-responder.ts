/**
 * A responder for tests: the message's first octet says what to do.
 *
 *     's'  say nothing      'd'  to the slow door      't'  throw       'x'  end the thread
 *     'r'  N octets: the length in octets 1-2, each octet the low byte of its place
 *     'p'  the peer: transport, address length, address, port
 *     'i'  the init value and what was posted, as JSON
 *     any other: the message with every octet flipped
 */

import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import type { Responder } from '../../src/serve/index.ts'

export function createResponder(init: unknown, port: MessagePort): Responder {
  const posted: unknown[] = []
  return {
    enter: () => {
      for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
        posted.push(next.message)
        port.postMessage({ took: next.message })
      }
    },
    leave: () => {},
    answer: (message, at, length, capacity, transport, peer, peerAt, peerBytes, peerPort) => {
      switch (String.fromCharCode(length > 0 ? message[at]! : 0)) {
        case 's':
          return 0
        case 'd':
          return -1
        case 't':
          throw new Error('thrown on purpose')
        case 'x':
          process.exit(1)
          return 0
        case 'r': {
          const size = Math.min(capacity, (message[at + 1]! << 8) | message[at + 2]!)
          for (let i = 0; i < size; i++) message[at + i] = i & 255
          return size
        }
        case 'p':
          message[at] = transport
          message[at + 1] = peerBytes
          for (let i = 0; i < peerBytes; i++) message[at + 2 + i] = peer[peerAt + i]!
          message[at + 2 + peerBytes] = peerPort >> 8
          message[at + 3 + peerBytes] = peerPort & 255
          return 4 + peerBytes
        case 'i': {
          const text = new TextEncoder().encode(JSON.stringify({ init, posted }))
          message.set(text, at)
          return text.length
        }
        default:
          for (let i = 0; i < length; i++) message[at + i] = message[at + i]! ^ 255
          return length
      }
    },
  }
}
