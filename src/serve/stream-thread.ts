/**
 * The stream transports, TCP and TLS, of one thread: listens, admits, sweeps away what has overstayed, and connects connections
 * with the slow door on the main thread.
 */

import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls'
import { parseAddress } from '../base/index.ts'
import { readCertificate, TLS_OPTIONS, watchCertificate } from './certificates.ts'
import { faultReporter } from './faults.ts'
import type { Responder } from './model.ts'
import { unmap } from './sockaddr.ts'
import { STREAM_CAPACITY, type StreamThread, streamConnection } from './stream-connection.ts'
import { streamRegistry } from './stream-registry.ts'
import type { Order, Report, ThreadStart } from './thread-desk.ts'
import { DESK } from './thread-desk.ts'

const SWEEP_MS = 250
// Together they stay well under the second that stop() promises.
const GRACE_MS = 150
const UNREAD_GRACE_MS = 400

export interface StreamService {
  order(order: Order): void
  stop(): Promise<void>
}

/** Listens and serves until stop(). @throws where an address or a certificate cannot be used */
export async function serveStreams(
  start: ThreadStart,
  responder: Responder,
  report: (report: Report) => void,
): Promise<StreamService> {
  const { desk, limits } = start
  const slot = new Uint8Array(2 + STREAM_CAPACITY)
  const now = (): number => performance.now()
  const fault = faultReporter(start.counters, report)
  const thread: StreamThread = { responder, desk, counters: start.counters, limits, slot, now, report, fault }
  const registry = streamRegistry(limits)
  const servers: Server[] = []
  let nextId = 1
  let stopping = false

  const accept = (socket: Socket, transport: 'tcp' | 'tls'): number | undefined => {
    const address = parseAddress(socket.remoteAddress?.split('%')[0] ?? '')
    const peer = address === undefined ? undefined : unmap(address)
    const port = socket.remotePort
    if (peer === undefined || port === undefined || stopping || !registry.admit(peer)) {
      socket.on('error', () => {})
      socket.destroy()
      return undefined
    }
    const id = nextId++
    registry.add(id, streamConnection(thread, socket, transport, id, peer, port))
    count()
    socket.once('close', () => {
      registry.remove(id)
      count()
    })
    return id
  }

  let sweeper: NodeJS.Timeout | undefined
  const count = (): void => {
    Atomics.store(desk, DESK.connections, registry.size)
    if (registry.size > 0) sweeper ??= setInterval(sweep, SWEEP_MS)
    else {
      clearInterval(sweeper)
      sweeper = undefined
    }
  }
  const sweep = (): void => {
    const time = now()
    for (const connection of [...registry.all()]) {
      const what = connection.overdue(time)
      if (what === 'idle') connection.end()
      else if (what !== undefined) connection.destroy()
    }
  }

  let unwatch = (): void => {}
  const certificate = start.tls === undefined ? undefined : await readCertificate(start.tls)
  const tlsServer = (): TlsServer => {
    const server = createTlsServer({
      ...certificate,
      ...TLS_OPTIONS,
      ALPNProtocols: [...TLS_OPTIONS.ALPNProtocols],
      handshakeTimeout: limits.messageMs,
      noDelay: true,
    })
    // A connection is admitted when its handshake is done; until then handshakeTimeout and maxConnections bound it.
    server.on('secureConnection', (socket) => accept(socket, 'tls'))
    server.on('tlsClientError', (_error, socket) => socket.destroy())
    return server
  }

  const open = async (tls: boolean, where: { fd: number } | { host: string; port: number }): Promise<void> => {
    const server = tls
      ? await tlsServer()
      : createServer({ noDelay: true, allowHalfOpen: true }, (s) => accept(s, 'tcp'))
    server.maxConnections = limits.connections * 2
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen('fd' in where ? where : { ...where, ipv6Only: where.host.includes(':') }, () => {
        server.off('error', reject)
        server.on('error', () => {}) // accept failed (descriptors used up): the client tries again
        resolve()
      })
    })
    servers.push(server)
  }
  for (const listener of start.listeners) await open(listener.tls, { fd: listener.fd })
  for (const address of start.plain) await open(address.tls, { host: address.host, port: address.port })

  const secure = servers.filter((server): server is TlsServer => 'setSecureContext' in server)
  if (start.tls !== undefined && certificate !== undefined && secure.length > 0) {
    report({ kind: 'tls', since: new Date().toISOString(), error: undefined })
    unwatch = watchCertificate(
      start.tls,
      certificate,
      (renewed) => {
        for (const server of secure) server.setSecureContext(renewed)
        report({ kind: 'tls', since: new Date().toISOString(), error: undefined })
      },
      (problem) => report({ kind: 'tls', since: '', error: problem }),
    )
  }

  // Nothing may pile up in a thread without queries: what was published is taken up now and then.
  const housekeeping = setInterval(() => {
    responder.enter()
    responder.leave()
  }, 1000)

  return {
    order: (order) => {
      if (order.kind === 'send-stream') {
        const connection = registry.get(order.connection)
        const sent = connection === undefined ? Promise.resolve(false) : connection.send(order.message)
        void sent.then((ok) => report({ kind: 'sent', ticket: order.ticket, ok }))
      } else if (order.kind === 'slow-done') registry.get(order.connection)?.slowDone()
    },
    stop: async () => {
      clearInterval(housekeeping)
      unwatch()
      // Connections that the kernel has finished for us are accepted, and questions that are on their way are answered.
      await new Promise((resolve) => setTimeout(resolve, GRACE_MS))
      stopping = true
      const closed = servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())))
      for (const connection of [...registry.all()]) connection.end()
      // What a client does not read within this time it does not get.
      const impatient = setTimeout(() => {
        for (const connection of [...registry.all()]) connection.destroy()
      }, UNREAD_GRACE_MS)
      await Promise.all(closed)
      clearTimeout(impatient)
      clearInterval(sweeper)
    },
  }
}
