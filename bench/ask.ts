/** One question over UDP, read just far enough for a benchmark. */

import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { AF_INET, loadLibc, POLLIN, SOCK_DGRAM } from '../src/serve/libc.ts'
import { writeSockaddr } from '../src/serve/sockaddr.ts'
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

/** Asks and waits in the calling thread, without the event loop: for milliseconds that matter. */
export function blockingAsker(port: number): { ask(name: string): string | undefined; close(): void } {
  const libc = loadLibc()
  if (typeof libc === 'string') throw new Error(libc)
  const fd = libc.socket(AF_INET, SOCK_DGRAM, 0)
  const to = writeSockaddr(Uint8Array.of(127, 0, 0, 1), port)
  libc.connect(fd, to, to.length)
  const polls = new Uint8Array(new ArrayBuffer(8))
  new DataView(polls.buffer).setInt32(0, fd, true)
  polls[4] = POLLIN
  const buffer = Buffer.from(new ArrayBuffer(2048))
  return {
    ask: (name) => {
      const message = query(name)
      libc.sendto(fd, message, message.length, 0, null, 0)
      if (libc.poll(polls, 1, 2000) <= 0) return undefined
      const length = libc.recv(fd, buffer, buffer.length, 0)
      return length < 12 ? undefined : firstAddress(buffer.subarray(0, length))
    },
    close: () => libc.close(fd),
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
