/**
 * The door of the serving rooms: what a transport needs from the name server, and what it tells about itself.
 */

import type { MessagePort } from 'node:worker_threads'
import type { SpareThreads } from './spare-threads.ts'

export const TRANSPORTS = ['udp', 'tcp', 'tls'] as const
export type Transport = (typeof TRANSPORTS)[number]

/**
 * The name server without a network, one instance per thread.
 * `answer` never throws, never waits, and on the UDP path never allocates.
 */
export interface Responder {
  /**
   * Answers the message at message[at .. at+length) by writing the response over it, from `at` on.
   * @param capacity  octets that may be written from `at` on (at least 4096 for UDP, 65535 for TCP)
   * @param transport 0 udp, 1 tcp, 2 tls
   * @param peer      holds the client's address in network order at peer[peerAt ..): 4 octets, or 16
   * @param peerBytes 4 or 16 (a v4-mapped address is handed over as 4)
   * @param peerPort  the client's port
   * @returns octets of the response; 0: say nothing; -1: not for the query path (update, transfer, notify, TSIG ...): hand the
   *          untouched message to the slow door
   */
  answer(
    message: Uint8Array,
    at: number,
    length: number,
    capacity: number,
    transport: 0 | 1 | 2,
    peer: Uint8Array,
    peerAt: number,
    peerBytes: 4 | 16,
    peerPort: number,
  ): number
  /**
   * Told once, by a driver that answers all its messages in this memory: each begins at a multiple of four, and has 16 octets behind
   * its capacity.
   */
  answerIn?(memory: Uint8Array): void
  /** Called before each batch (or TCP message): takes up what was published since. Cheap when nothing was. */
  enter(): void
  /** Called when a batch is answered, before it is sent: it is counted, and from here on this thread holds no memory of the world. */
  leave(): void
}

/** What a responder module exports: called once in each serving thread. */
export interface ResponderModule {
  /**
   * @param init what ServingOptions.init returned for this thread (a structured clone; shared memory stays shared)
   * @param port what serving.post sends arrives here. A UDP worker's loop is synchronous and its event loop never turns: take the
   *             messages with receiveMessageOnPort inside enter(). port.postMessage reaches ServingOptions.received.
   */
  createResponder(init: unknown, port: MessagePort): Responder | Promise<Responder>
}

/** An address to serve on. Port 0: the kernel chooses, the same for UDP and TCP; serving.addresses tells which. */
export interface ListenAddress {
  /** 4 or 16 octets; all zero: every address of this machine (of that family only) */
  readonly address: Uint8Array
  readonly port: number
  /** DNS over TLS (RFC 7858) instead of UDP and TCP. */
  readonly tls?: boolean
}

/** An address that is being served on, with its real port. */
export interface ServedAddress {
  readonly transport: Transport
  readonly address: Uint8Array
  readonly port: number
}

/** Limits on what strangers can make the stream transports hold. */
export interface StreamLimits {
  /** Connections in total; at the limit the connection that has been idle longest makes room. */
  readonly connections: number
  /** Connections of one client network (IPv4 /24, IPv6 /56). */
  readonly perNetwork: number
  /** Milliseconds without a message in either direction before a connection is closed (RFC 7766 6.2.3). */
  readonly idleMs: number
  /** Milliseconds from the first octet of a message (or a TLS handshake) to its last. */
  readonly messageMs: number
  /** Milliseconds a client may leave its answers unread. */
  readonly writeMs: number
  /** Messages of one connection that may be behind the slow door at once; more are not read until one is done. */
  readonly slowPerConnection: number
}

export const DEFAULT_STREAM_LIMITS: StreamLimits = {
  connections: 2000,
  perNetwork: 200,
  idleMs: 10_000,
  messageMs: 5000,
  writeMs: 10_000,
  slowPerConnection: 16,
}

/** Where a message behind the slow door came from, and the way back. */
export interface SlowRequest {
  readonly transport: Transport
  /** The client's address, 4 or 16 octets. */
  readonly peer: Uint8Array
  readonly port: number
  /**
   * Sends one DNS message back. A stream takes any number of them, each at most 65,535 octets.
   * @returns resolves when there is room for more: true; or false: the client is gone, stop
   */
  send(message: Uint8Array): Promise<boolean>
}

/**
 * Answers what is not for the query path; runs on the main thread, on a copy of the message. The request is over when
 * the promise settles: a stream is not idle before that.
 */
export type SlowDoor = (message: Uint8Array, request: SlowRequest) => Promise<void>

/** The part of a logger (pino) that serving uses. */
export interface ServingLog {
  info(details: object, message: string): void
  warn(details: object, message: string): void
  error(details: object, message: string): void
}

export interface TlsFiles {
  /** PEM files; read again when they change. */
  readonly cert: string
  readonly key: string
}

/** Which thread a responder is made for. */
export interface ServingThread {
  readonly kind: 'udp' | 'stream'
  /** 0 .. workers-1 for UDP; the stream thread follows: `workers`. */
  readonly index: number
}

export interface ServingOptions {
  readonly listen: readonly ListenAddress[]
  /** UDP worker threads, at least 1. The portable driver uses one whatever is asked. */
  readonly workers: number
  /** URL of a compiled module (ResponderModule). */
  readonly responderModule: string
  /** threads that were started ahead, for the same module; those that are not needed are ended */
  readonly spare?: SpareThreads
  /** Makes the value for createResponder; called again when a thread is restarted, so it must tell the state of now. */
  init(thread: ServingThread): unknown
  /** A message that a responder posted on its port. */
  received?(thread: ServingThread, message: unknown): void
  readonly slowDoor: SlowDoor
  readonly log: ServingLog
  readonly tls?: TlsFiles
  readonly limits?: Partial<StreamLimits>
  /** 'auto' (default): batched system calls where the machine has them, else portable. */
  readonly driver?: 'auto' | 'batched' | 'portable'
  /**
   * Take over from the Meridian that is running on the same addresses: bind beside it, serve, then tell it to stop (SIGTERM) and wait
   * until it is gone. Needs the batched driver, and the same user.
   */
  readonly replace?: boolean
}

/** Sums over the life of this process, of all threads of a kind. */
export interface ServingCounters {
  readonly received: number
  readonly sent: number
  /** The responder said nothing. */
  readonly silent: number
  /** Refused before the responder saw them: larger than a receive buffer, from port 0. */
  readonly malformed: number
  /** The kernel did not take the reply (no route, no room, filtered). */
  readonly sendErrors: number
  readonly slow: number
  /** Turned away because the slow door was full. */
  readonly slowRefused: number
  /** The responder threw; the message was dropped. A fault of ours, logged with the message. */
  readonly faults: number
  /** recvmmsg calls that brought something; received / batches is the mean batch. */
  readonly batches: number
}

export interface ThreadState {
  readonly kind: 'udp' | 'stream'
  readonly index: number
  readonly state: 'starting' | 'serving' | 'restarting' | 'stopped'
  readonly restarts: number
  readonly lastError?: string
  readonly counters: ServingCounters
}

export interface ServingDescription {
  readonly driver: 'batched' | 'portable'
  /** Why this driver, in a sentence. */
  readonly reason: string
  readonly addresses: readonly ServedAddress[]
  readonly threads: readonly ThreadState[]
  /** Stream connections open now. */
  readonly connections: number
  readonly tls?: { readonly since: string; readonly error?: string }
}

export interface Serving {
  readonly addresses: readonly ServedAddress[]
  /** Posts to the responders of all threads, and keeps nothing: a thread that restarts gets init() instead. */
  post(message: unknown): void
  describe(): ServingDescription
  /** Answers what has already arrived, then stops; settles within a second. */
  stop(): Promise<void>
}

/** An address that cannot be served on; `message` is one sentence for the operator, `advice` what to do. */
export class ListenError extends Error {
  readonly code: string
  readonly advice: string
  constructor(code: string, message: string, advice: string) {
    super(message)
    this.name = 'ListenError'
    this.code = code
    this.advice = advice
  }
}
