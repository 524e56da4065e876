/**
 * The slow door on the main thread: hands a message to the name server's slow part and carries what it sends back to the transport it
 * came by.
 */

import { type Libc, loadLibc, MSG_DONTWAIT } from './libc.ts'
import type { ServingLog, SlowDoor, SlowRequest } from './model.ts'
import type { OpenSocket } from './sockets.ts'
import type { Order, Report } from './thread-desk.ts'

type SlowReport = Extract<Report, { kind: 'slow-udp' | 'slow-stream' }>

/** What the relay needs to know about the thread that a message came from. */
export interface SlowSource {
  readonly driver: 'batched' | 'portable'
  readonly sockets: readonly OpenSocket[]
  order(order: Order): void
  /** The message is done. */
  done(): void
}

export interface SlowRelay {
  /** Takes a message from a thread. */
  take(report: SlowReport, source: SlowSource): void
  /** A thread has taken, or could not take, what was sent. */
  sent(ticket: number, ok: boolean): void
  /** A thread is gone: nobody waits for it any longer. */
  forget(source: SlowSource): void
}

export function slowRelay(slowDoor: SlowDoor, log: ServingLog): SlowRelay {
  const waiting = new Map<number, { source: SlowSource; resolve: (ok: boolean) => void }>()
  let nextTicket = 1

  const ask = (source: SlowSource, order: (ticket: number) => Order): Promise<boolean> =>
    new Promise((resolve) => {
      const ticket = nextTicket++
      waiting.set(ticket, { source, resolve })
      source.order(order(ticket))
    })

  const sender = (report: SlowReport, source: SlowSource): SlowRequest['send'] => {
    if (report.kind === 'slow-stream') {
      const { connection } = report
      return (message) => ask(source, (ticket) => ({ kind: 'send-stream', ticket, connection, message }))
    }
    const { socket, port, name } = report
    const libc = loadLibc()
    if (source.driver === 'batched' && typeof libc !== 'string')
      return async (message) => sendDatagram(libc, source.sockets[socket]!, name, report.control, message)
    return (message) => ask(source, (ticket) => ({ kind: 'send-udp', ticket, socket, port, name, message }))
  }

  return {
    take: (report, source) => {
      const transport = report.kind === 'slow-udp' ? 'udp' : report.transport
      const request: SlowRequest = { transport, peer: report.peer, port: report.port, send: sender(report, source) }
      // The door may throw at once or reject later: both are a fault of ours, and the request is over.
      Promise.resolve()
        .then(() => slowDoor(report.message, request))
        .catch((error: unknown) => log.error({ err: error, transport }, 'the slow door failed; its request is dropped'))
        .finally(() => {
          source.done()
          if (report.kind === 'slow-stream') source.order({ kind: 'slow-done', connection: report.connection })
        })
    },
    sent: (ticket, ok) => {
      waiting.get(ticket)?.resolve(ok)
      waiting.delete(ticket)
    },
    forget: (source) => {
      for (const [ticket, entry] of waiting) {
        if (entry.source !== source) continue
        entry.resolve(false)
        waiting.delete(ticket)
      }
    },
  }
}

/** Sends one datagram to where `name` says, from the address that `control` says (as recvmmsg reported them). */
function sendDatagram(
  libc: Libc,
  socket: OpenSocket,
  name: Uint8Array,
  control: Uint8Array,
  message: Uint8Array,
): boolean {
  const own = (octets: Uint8Array): Uint8Array => {
    const copy = new Uint8Array(new ArrayBuffer(Math.max(64, octets.length)))
    copy.set(octets)
    return copy
  }
  const [to, from, payload] = [own(name), own(control), own(message)]
  const iov = own(new Uint8Array(16))
  const header = own(new Uint8Array(56))
  const iovView = new DataView(iov.buffer)
  iovView.setBigUint64(0, libc.addressOf(payload), true)
  iovView.setBigUint64(8, BigInt(message.length), true)
  const view = new DataView(header.buffer)
  view.setBigUint64(0, libc.addressOf(to), true)
  view.setUint32(8, name.length, true)
  view.setBigUint64(16, libc.addressOf(iov), true)
  view.setBigUint64(24, 1n, true)
  view.setBigUint64(32, libc.addressOf(from), true)
  view.setBigUint64(40, BigInt(control.length), true)
  // The main thread waits for nobody: where there is no room the datagram is lost, as datagrams may be.
  return libc.sendmsg(socket.fd, header, MSG_DONTWAIT) === message.length
}
