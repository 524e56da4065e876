/**
 * Hands octets to the server over one connection and gathers what comes back. Nothing waits for a time: a connection is quiet when
 * some turns of the event loop have passed in which the server neither read, nor worked, nor wrote.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { type Duplex, duplexPair } from 'node:stream'
import { setTimeout } from 'node:timers/promises'

/** A request as the server's parser understood it. */
export interface Asked {
  /** the client's address: each connection of these targets has one of its own */
  readonly from: string
  readonly method: string
  readonly url: string
  readonly authorization: string | undefined
}

export interface Exchange {
  /** in the order in which they came */
  readonly asked: readonly Asked[]
  readonly replied: Buffer
  /** false: an answer was not awaited, because it streams or is held back */
  readonly settled: boolean
}

/** Turns without anything: more than a body takes from the socket to its reader. */
const QUIET_TURNS = 6
/** The kernel is between the two ends of a socket. */
const QUIET_TURNS_OF_A_SOCKET = 12
/** Beyond so many turns each takes a millisecond: somebody reads a file. A wrong token's delay is not waited for. */
const FAST_TURNS = 100
const MOST_TURNS = 120

export interface Door {
  /** @param parts written one after the other, some turns of the event loop apart */
  exchange(parts: readonly Uint8Array[], between?: () => Promise<void>): Promise<Exchange>
  close(): Promise<void>
}

/** What a server does on all its connections, as it goes on. */
interface Watch {
  readonly asked: Asked[]
  /** requests that are being answered */
  readonly answering: Set<IncomingMessage>
  events: number
}

function watch(server: Server): Watch {
  const seen: Watch = { asked: [], answering: new Set(), events: 0 }
  const note = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    seen.asked.push({
      from: incoming.socket.remoteAddress ?? '',
      method: incoming.method ?? '',
      url: incoming.url ?? '',
      authorization: incoming.headers.authorization,
    })
    seen.events++
    // An event stream does not end.
    if (incoming.url?.startsWith('/v1/events/stream') === true) return
    seen.answering.add(incoming)
    outgoing.once('close', () => {
      seen.answering.delete(incoming)
      seen.events++
    })
  }
  for (const event of ['request', 'checkContinue', 'checkExpectation']) server.prependListener(event, note)
  return seen
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

async function converse(
  client: Duplex,
  from: string,
  seen: Watch,
  parts: readonly Uint8Array[],
  quiet: number,
  between?: () => Promise<void>,
): Promise<Exchange> {
  seen.asked.length = 0
  const before = new Set(seen.answering)
  // Whose body is not here yet waits for us.
  const working = (): boolean => [...seen.answering].some((one) => one.complete && !before.has(one))
  const chunks: Buffer[] = []
  let over = false
  client.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    seen.events++
  })
  client.on('end', () => {
    over = true
  })
  client.on('close', () => {
    over = true
  })
  // The server may end the connection while octets are on their way to it.
  client.on('error', () => {})
  const settle = async (): Promise<boolean> => {
    let still = 0
    let events = seen.events
    for (let turns = 0; turns < MOST_TURNS && !over; turns++) {
      await (turns < FAST_TURNS ? turn() : setTimeout(1))
      still = seen.events === events && !working() ? still + 1 : 0
      events = seen.events
      if (still >= quiet) return true
    }
    return over
  }
  for (const [i, part] of parts.entries()) {
    if (i > 0) {
      await settle()
      await between?.()
    }
    // Not awaited: a server that has enough does not read on.
    if (!over && client.writable) client.write(part)
  }
  const settled = await settle()
  const asked = seen.asked.filter((one) => one.from === from)
  if (!over) client.end()
  await settle()
  client.destroy()
  await turn()
  return { asked, replied: Buffer.concat(chunks), settled }
}

/** Connections that stay within the process: the real parser, and no kernel. */
export function memoryDoor(server: Server, name: string): Door {
  const seen = watch(server)
  let clients = 0
  return {
    async exchange(parts, between) {
      const [client, served] = duplexPair()
      // Each is somebody else: wrong tokens of one address are held back.
      const from = `memory ${name} ${clients++}`
      Object.assign(served, { remoteAddress: from })
      server.emit('connection', served)
      const done = await converse(client, from, seen, parts, QUIET_TURNS, between)
      served.destroy()
      return done
    },
    close: async () => {},
  }
}

/** Connections over a real socket of the loopback. */
export async function socketDoor(server: Server): Promise<Door> {
  const seen = watch(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  let clients = 0
  return {
    async exchange(parts, between) {
      const n = clients++
      const localAddress = `127.${1 + ((n >> 14) % 250)}.${(n >> 7) % 128}.${1 + (n % 128)}`
      const client = connect({ port, host: '127.0.0.1', localAddress })
      await new Promise<void>((resolve, reject) => {
        client.once('connect', resolve)
        client.once('error', reject)
      })
      return converse(client, localAddress, seen, parts, QUIET_TURNS_OF_A_SOCKET, between)
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
