/**
 * The portable UDP driver: node:dgram, one event loop, one message at a time. It runs where batched system calls do not, at about
 * three times the cost, and answers byte for byte alike. On a wildcard address the system chooses the reply's source address.
 */

import { createSocket, type Socket } from 'node:dgram'
import { parseAddress } from '../base/index.ts'
import { COUNTER } from './counters.ts'
import { faultReporter } from './faults.ts'
import type { Responder } from './model.ts'
import { unmap } from './sockaddr.ts'
import { DESK, type PlainAddress, type Report, SLOW_PER_UDP_WORKER } from './thread-desk.ts'
import { UDP_CAPACITY } from './udp-batched.ts'

export interface PortableThread {
  readonly addresses: readonly PlainAddress[]
  readonly responder: Responder
  readonly desk: Int32Array
  readonly counters: Float64Array
  report(report: Report): void
}

export interface PortableServer {
  /** Sends a message of the slow door. @returns resolves once the system has taken it */
  send(socket: number, host: string, port: number, message: Uint8Array): Promise<boolean>
  stop(): Promise<void>
}

/** Binds and serves until stop() is called. @throws what dgram throws where an address cannot be bound */
export async function servePortable(thread: PortableThread): Promise<PortableServer> {
  const { responder, desk, counters } = thread
  const slot = new Uint8Array(UDP_CAPACITY)
  const fault = faultReporter(counters, thread.report)
  const sockets: Socket[] = []
  const receive = (index: number, socket: Socket, message: Buffer, host: string, port: number): void => {
    counters[COUNTER.received]! += 1
    counters[COUNTER.batches]! += 1
    // A link-local address comes with its zone: fe80::1%eth0.
    const peer = unmap(parseAddress(host.split('%')[0]!) ?? new Uint8Array(4))
    if (port === 0 || message.length > UDP_CAPACITY) {
      counters[COUNTER.malformed]! += 1
      return
    }
    slot.set(message)
    let length: number
    try {
      responder.enter()
      length = responder.answer(slot, 0, message.length, UDP_CAPACITY, 0, peer, 0, peer.length as 4 | 16, port)
      responder.leave()
    } catch (error) {
      fault(error, message)
      return
    }
    if (length > 0) {
      socket.send(Buffer.from(slot.subarray(0, length)), port, host, (error) => {
        counters[error ? COUNTER.sendErrors : COUNTER.sent]! += 1
      })
    } else if (length === 0) {
      counters[COUNTER.silent]! += 1
    } else if (Atomics.load(desk, DESK.slow) >= SLOW_PER_UDP_WORKER) {
      counters[COUNTER.slowRefused]! += 1
    } else {
      Atomics.add(desk, DESK.slow, 1)
      counters[COUNTER.slow]! += 1
      const copy = Uint8Array.from(message)
      const nothing = new Uint8Array(0)
      const name = new TextEncoder().encode(host)
      thread.report({ kind: 'slow-udp', socket: index, message: copy, peer, port, name, control: nothing })
    }
  }
  for (const [index, address] of thread.addresses.entries()) {
    const family = address.host.includes(':') ? 'udp6' : 'udp4'
    const socket = createSocket({ type: family, ipv6Only: family === 'udp6', recvBufferSize: 1 << 20 })
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject)
      socket.bind({ address: address.host, port: address.port, exclusive: true }, () => {
        socket.off('error', reject)
        resolve()
      })
    })
    // Errors of a bound socket are news about earlier replies.
    socket.on('error', () => {})
    socket.on('message', (message, from) => receive(index, socket, message, from.address, from.port))
    sockets.push(socket)
  }
  // Nothing may pile up in a thread without queries: what was published is taken up now and then.
  const housekeeping = setInterval(() => {
    responder.enter()
    responder.leave()
  }, 1000)
  return {
    send: (index, host, port, message) =>
      new Promise((resolve) => sockets[index]!.send(message, port, host, (error) => resolve(error === null))),
    stop: async () => {
      clearInterval(housekeeping)
      await Promise.all(sockets.map((socket) => new Promise<void>((resolve) => socket.close(resolve))))
    },
  }
}
