/**
 * What a serving thread and the main thread tell each other.
 *
 * A UDP worker with batched calls never turns its event loop, so it hears from the main thread only through shared memory (DESK),
 * and speaks by posting messages (Report), which leave at once.
 */

import type { MessagePort } from 'node:worker_threads'
import type { StreamLimits, TlsFiles } from './model.ts'
import type { OpenSocket } from './sockets.ts'

/** Places in the shared Int32Array of a thread. */
export const DESK = {
  /** 1: answer what has arrived, then end. */
  stop: 0,
  /** Messages given to the slow door and not done yet: the thread adds, the main thread subtracts. */
  slow: 1,
  /** Stream connections open now. */
  connections: 2,
} as const

/** UDP messages of one worker that may be behind the slow door at once; a stranger must not fill the main thread's memory. */
export const SLOW_PER_UDP_WORKER = 64

export function makeDesk(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(3 * 4))
}

/** Where an address is opened by the thread itself (portable driver, or no foreign-function library). */
export interface PlainAddress {
  readonly host: string
  readonly port: number
  readonly tls: boolean
}

/** What a thread is given to do: the first message to it. What it is made with (workerData) is the responder module's URL. */
export interface ThreadStart {
  readonly kind: 'udp' | 'stream'
  readonly driver: 'batched' | 'portable'
  readonly init: unknown
  readonly port: MessagePort
  readonly desk: Int32Array
  readonly counters: Float64Array
  /** Bound UDP sockets (batched). */
  readonly sockets: readonly OpenSocket[]
  /** Listening TCP sockets (stream thread, where sockets are opened by the main thread). */
  readonly listeners: readonly { readonly fd: number; readonly tls: boolean }[]
  readonly plain: readonly PlainAddress[]
  readonly limits: StreamLimits
  readonly tls: TlsFiles | undefined
}

/** What a thread tells the main thread. */
export type Report =
  | { readonly kind: 'ready' }
  | { readonly kind: 'cannot-listen'; readonly code: string; readonly message: string }
  | { readonly kind: 'fault'; readonly error: string; readonly message: string }
  | { readonly kind: 'tls'; readonly since: string; readonly error: string | undefined }
  | {
      readonly kind: 'slow-udp'
      /** Index of the socket in ThreadStart.sockets or .plain. */
      readonly socket: number
      readonly message: Uint8Array
      readonly peer: Uint8Array
      readonly port: number
      /** sockaddr of the client as the kernel wrote it, and the control message that names our address (batched). */
      readonly name: Uint8Array
      readonly control: Uint8Array
    }
  | {
      readonly kind: 'slow-stream'
      readonly connection: number
      readonly transport: 'tcp' | 'tls'
      readonly message: Uint8Array
      readonly peer: Uint8Array
      readonly port: number
    }
  /** A message of the slow door was taken by the transport (or the client is gone). */
  | { readonly kind: 'sent'; readonly ticket: number; readonly ok: boolean }

/** What the main thread tells a thread whose event loop turns. */
export type Order =
  | { readonly kind: 'stop' }
  | { readonly kind: 'send-stream'; readonly ticket: number; readonly connection: number; readonly message: Uint8Array }
  | { readonly kind: 'slow-done'; readonly connection: number }
  | {
      readonly kind: 'send-udp'
      readonly ticket: number
      readonly socket: number
      readonly port: number
      /** As Report slow-udp had it: here the host in UTF-8. */
      readonly name: Uint8Array
      readonly message: Uint8Array
    }
