/** One question over UDP, read just far enough for a benchmark. */

import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { query } from './queries.ts'

/** Asks for an address. @returns the first A record of the answer as a dotted quad; undefined: none, or no answer in time */
export async function askFor(port: number, name: string, patienceMs = 2000): Promise<string | undefined> {
  const socket = createSocket('udp4')
  try {
    const reply = once(socket, 'message', { signal: AbortSignal.timeout(patienceMs) }) as Promise<[Buffer]>
    socket.send(query(name), port, '127.0.0.1')
    const [message] = await reply
    return firstAddress(message)
  } catch {
    return undefined
  } finally {
    socket.close()
  }
}

/** The first record of the answer section, where its owner is a compression pointer and its type A. */
export function firstAddress(message: Buffer): string | undefined {
  if (message.readUInt16BE(6) === 0) return undefined
  let at = 12
  while (message[at] !== 0) at += 1 + message[at]!
  at += 5 // the root label, QTYPE and QCLASS
  const found = message.readUInt16BE(at + 2) === 1 && message[at]! >= 0xc0
  return found ? message.subarray(at + 12, at + 16).join('.') : undefined
}
