/**
 * One DNS connection over TCP or TLS: frames in, answers out in the order of their questions; what goes through the slow door may be
 * overtaken (RFC 7766 6.2.1.1).
 *
 *     reading ──▶ whole message ──▶ responder ──▶ written            the client does not read, or the slow door is full:
 *        ▲                              └──▶ slow door ──▶ written   reading stops until there is room again
 *        └───────────────────────────────────────────────┘
 *
 * A connection is idle when it owes nothing and is owed nothing. Time comes in as an argument; the thread's sweep asks `overdue`.
 */

import type { Socket } from 'node:net'
import { COUNTER } from './counters.ts'
import type { Responder, StreamLimits } from './model.ts'
import { frameReader } from './tcp-framing.ts'
import { DESK, type Report } from './thread-desk.ts'

/** A message and its two octets of length. */
export const STREAM_CAPACITY = 65_535
// Answers that a client has not read yet; past this no more questions are read from it. With one answer more, and 2,000 connections
// of clients that read nothing, 256 MiB.
const UNREAD_OCTETS = 64 * 1024
// Messages of all connections that may be behind the slow door at once; at 64 KiB each at the most, 64 MiB.
const SLOW_IN_TOTAL = 1024

export interface StreamThread {
  readonly responder: Responder
  readonly desk: Int32Array
  readonly counters: Float64Array
  readonly limits: StreamLimits
  /** 2 + STREAM_CAPACITY octets, shared by all connections: an answer is copied out before the next one is made. */
  readonly slot: Uint8Array
  now(): number
  report(report: Report): void
  /** The responder threw. */
  fault(error: unknown, message: Uint8Array): void
}

export interface StreamConnection {
  readonly peer: Uint8Array
  /** When the connection became idle; undefined while it is not. */
  idleSince(): number | undefined
  /** What the connection has overstayed by now, if anything. */
  overdue(now: number): 'idle' | 'message' | 'unread' | undefined
  /** Writes one message. @returns resolves true once the system has taken it */
  send(message: Uint8Array): Promise<boolean>
  /** A message is done behind the slow door. */
  slowDone(): void
  /** Sends what is written, then closes. */
  end(): void
  destroy(): void
}

export function streamConnection(
  thread: StreamThread,
  socket: Socket,
  transport: 'tcp' | 'tls',
  id: number,
  peer: Uint8Array,
  port: number,
): StreamConnection {
  const { responder, counters, desk, limits, slot } = thread
  const reader = frameReader()
  const arrived = slot.subarray(2)
  const wireTransport = transport === 'tcp' ? 1 : 2
  let lastActivity = thread.now()
  let messageSince: number | undefined
  let unreadSince: number | undefined
  let slow = 0
  let ended = false

  const write = (framed: Uint8Array, done?: (ok: boolean) => void): void => {
    unreadSince ??= thread.now()
    socket.write(framed, (error) => {
      lastActivity = thread.now()
      unreadSince = socket.writableLength > 0 ? lastActivity : undefined
      done?.(error === undefined || error === null)
    })
  }

  /** Answers the message of `length` octets in the slot, from 2 on. */
  const answer = (length: number): void => {
    counters[COUNTER.received]! += 1
    let result: number
    try {
      result = responder.answer(slot, 2, length, STREAM_CAPACITY, wireTransport, peer, 0, peer.length as 4 | 16, port)
    } catch (error) {
      thread.fault(error, slot.subarray(2, 2 + length))
      return
    }
    if (result > 0) {
      slot[0] = result >> 8
      slot[1] = result & 255
      counters[COUNTER.sent]! += 1
      write(Buffer.from(slot.subarray(0, 2 + result)))
    } else if (result === 0) {
      counters[COUNTER.silent]! += 1
    } else if (Atomics.load(desk, DESK.slow) >= SLOW_IN_TOTAL) {
      counters[COUNTER.slowRefused]! += 1
      socket.destroy()
    } else {
      slow++
      Atomics.add(desk, DESK.slow, 1)
      counters[COUNTER.slow]! += 1
      const message = slot.slice(2, 2 + length)
      thread.report({ kind: 'slow-stream', connection: id, transport, message, peer, port })
    }
  }

  /** Answers what has arrived, as far as there is room for the answers. */
  const pump = (): void => {
    if (socket.destroyed || ended) return
    let took = false
    socket.cork()
    while (socket.writableLength < UNREAD_OCTETS && slow < limits.slowPerConnection && !socket.destroyed) {
      const length = reader.next(arrived)
      if (length < 0) break
      if (!took) responder.enter()
      took = true
      answer(length)
    }
    if (took) {
      responder.leave()
      lastActivity = thread.now()
      messageSince = undefined
    }
    // The next turn: a write's callback may call pump again, but answers of one piece leave in one segment.
    process.nextTick(() => socket.uncork())
    const full = socket.writableLength >= UNREAD_OCTETS || slow >= limits.slowPerConnection
    if (full) {
      messageSince = undefined // it is we who do not read
      socket.pause()
    } else {
      messageSince = reader.pending > 0 ? (messageSince ?? thread.now()) : undefined
      if (socket.isPaused()) socket.resume()
    }
  }

  socket.on('data', (piece: Buffer) => {
    reader.push(piece)
    pump()
  })
  socket.on('drain', pump)
  // Half-closed: the questions that have arrived are answered, then we close as well.
  socket.on('end', () => {
    if (slow === 0) socket.end()
    ended = true
  })
  socket.on('error', () => socket.destroy())

  return {
    peer,
    idleSince: () => (slow === 0 && messageSince === undefined && unreadSince === undefined ? lastActivity : undefined),
    overdue: (now) => {
      if (unreadSince !== undefined) return now - unreadSince > limits.writeMs ? 'unread' : undefined
      if (messageSince !== undefined) return now - messageSince > limits.messageMs ? 'message' : undefined
      return slow === 0 && now - lastActivity > limits.idleMs ? 'idle' : undefined
    },
    send: (message) =>
      new Promise((resolve) => {
        if (socket.destroyed || socket.writableEnded || message.length > STREAM_CAPACITY) {
          resolve(false)
          return
        }
        const framed = Buffer.allocUnsafe(2 + message.length)
        framed.writeUInt16BE(message.length, 0)
        framed.set(message, 2)
        counters[COUNTER.sent]! += 1
        write(framed, resolve)
      }),
    slowDone: () => {
      slow--
      lastActivity = thread.now()
      if (ended && slow === 0) socket.end()
      else pump()
    },
    end: () => {
      ended = true
      socket.destroySoon()
    },
    destroy: () => {
      socket.destroy()
    },
  }
}
