/** What the tests of this room share: a serving instance with the echo responder, and small UDP and TCP clients. */

import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import {
  parseListenAddress,
  type Serving,
  type ServingLog,
  type ServingOptions,
  startServing,
} from '../../src/serve/index.ts'

export const ECHO = new URL('./echo-responder.js', import.meta.url).href

export interface LogLine {
  readonly level: string
  readonly details: object
  readonly text: string
}

export function recordingLog(): ServingLog & { readonly lines: LogLine[] } {
  const lines: LogLine[] = []
  const at =
    (level: string) =>
    (details: object, text: string): void => {
      lines.push({ level, details, text })
    }
  return { lines, info: at('info'), warn: at('warn'), error: at('error') }
}

/** Starts serving with the echo responder; listen as text. */
export function serveEcho(
  listen: readonly string[],
  more: Partial<Omit<ServingOptions, 'listen'>> & { readonly tlsListen?: readonly string[] } = {},
): Promise<Serving> {
  const { tlsListen = [], ...rest } = more
  return startServing({
    workers: 1,
    responderModule: ECHO,
    init: (thread) => ({ thread }),
    slowDoor: async () => {},
    log: recordingLog(),
    ...rest,
    listen: [
      ...listen.map((text) => parseListenAddress(text)!),
      ...tlsListen.map((text) => ({ ...parseListenAddress(text)!, tls: true })),
    ],
  })
}

export function portOf(serving: Serving, transport: 'udp' | 'tcp' | 'tls'): number {
  return serving.addresses.find((address) => address.transport === transport)!.port
}

/** Sends one datagram and waits for one. @returns the reply and who sent it; undefined: none within `patienceMs` */
export async function askUdp(
  message: Uint8Array | string,
  port: number,
  host = '127.0.0.1',
  patienceMs = 5000,
): Promise<{ reply: Buffer; from: string } | undefined> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
  try {
    const reply = once(socket, 'message', { signal: AbortSignal.timeout(patienceMs) }) as Promise<
      [Buffer, { address: string }]
    >
    socket.send(message, port, host)
    const [octets, from] = await reply
    return { reply: octets, from: from.address }
  } catch {
    return undefined
  } finally {
    socket.close()
  }
}

export function framed(...messages: (Uint8Array | string)[]): Buffer {
  return Buffer.concat(
    messages.flatMap((message) => {
      const octets = Buffer.from(message)
      const length = Buffer.alloc(2)
      length.writeUInt16BE(octets.length)
      return [length, octets]
    }),
  )
}

export interface StreamClient {
  readonly socket: Socket
  /** The next message; undefined: the connection closed first. */
  next(): Promise<Buffer | undefined>
  readonly closed: Promise<void>
}

/** Reads framed messages from a stream. */
export function streamClient(socket: Socket): StreamClient {
  let buffered = Buffer.alloc(0)
  let wake = (): void => {}
  let over = false
  socket.on('data', (piece: Buffer) => {
    buffered = Buffer.concat([buffered, piece])
    wake()
  })
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => {
      over = true
      wake()
      resolve()
    })
  })
  socket.on('error', () => {})
  const next = async (): Promise<Buffer | undefined> => {
    for (;;) {
      if (buffered.length >= 2 && buffered.length >= 2 + buffered.readUInt16BE(0)) {
        const length = buffered.readUInt16BE(0)
        const message = Buffer.from(buffered.subarray(2, 2 + length))
        buffered = buffered.subarray(2 + length)
        return message
      }
      if (over) return undefined
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }
  return { socket, next, closed }
}

export async function connectTcp(port: number, host = '127.0.0.1'): Promise<StreamClient> {
  const socket = connect({ port, host, noDelay: true })
  await once(socket, 'connect')
  return streamClient(socket)
}

/** Waits until `holds` does. @throws after a generous while */
export async function until(holds: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + 15_000
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`waited in vain: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
