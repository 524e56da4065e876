/**
 * Starts serving: chooses the driver, opens the sockets, hires a thread per UDP worker and one for the streams.
 *
 *     main thread: sockets, slow door, restarts            threads: one responder each
 *       ├─ udp 0 .. workers-1   one socket per address, SO_REUSEPORT
 *       └─ stream               TCP and TLS of all addresses
 */

import { constants } from 'node:os'
import { parseAddress, printAddress } from '../base/index.ts'
import { readCertificate } from './certificates.ts'
import { type CrewMember, hire } from './crew.ts'
import { inheritedSockets } from './inherited.ts'
import { type Libc, loadLibc } from './libc.ts'
import { isWildcard, printListenAddress } from './listen-address.ts'
import { listenError } from './listen-error.ts'
import {
  DEFAULT_STREAM_LIMITS,
  ListenError,
  type ServedAddress,
  type Serving,
  type ServingDescription,
  type ServingOptions,
  type ServingThread,
} from './model.ts'
import { findPredecessors, stopPredecessors } from './predecessor.ts'
import { type SlowSource, slowRelay } from './slow-door.ts'
import { isPortTaken, joinUdp, localAddress, type OpenSocket, openTcp, openUdp, waitsToBind } from './sockets.ts'
import { DESK, type PlainAddress, type Report, type ThreadStart } from './thread-desk.ts'
import { joinTcp, withdrawTcp, withdrawUdp } from './withdraw.ts'

/** @throws ListenError, or an Error about the certificate: nothing is left running then */
export async function startServing(options: ServingOptions): Promise<Serving> {
  const { log } = options
  const { driver, reason, libc } = chooseDriver(options.driver ?? 'auto')
  if (options.tls !== undefined) await readCertificate(options.tls)
  else if (options.listen.some((address) => address.tls === true))
    throw new ListenError('ENOCERT', 'An address asks for TLS, and there is no certificate.', 'Set tls: { cert, key }.')
  const workers = driver === 'batched' ? Math.max(1, Math.floor(options.workers)) : 1
  if (options.replace === true && libc === undefined)
    throw new ListenError(
      'ENOSYS',
      `Taking over from a running server is not possible here: ${reason}.`,
      'Stop it first.',
    )
  const predecessors = options.replace === true ? findPredecessors(options.listen) : []
  const opened = libc === undefined ? await openPlain(options) : openSockets(libc, options, workers)
  const limits = { ...DEFAULT_STREAM_LIMITS, ...options.limits }
  const relay = slowRelay(options.slowDoor, log)
  let tlsState: ServingDescription['tls']

  const member = (thread: ServingThread): CrewMember => {
    const sockets = thread.kind === 'udp' ? opened.udp.map((perWorker) => perWorker[thread.index]!) : []
    let hired: CrewMember | undefined
    const source: SlowSource = {
      driver,
      sockets,
      order: (order) => hired?.order(order),
      done: () => {
        if (hired !== undefined) Atomics.sub(hired.desk, DESK.slow, 1)
      },
    }
    const report = (message: Report): void => {
      switch (message.kind) {
        case 'slow-udp':
        case 'slow-stream':
          relay.take(message, source)
          break
        case 'sent':
          relay.sent(message.ticket, message.ok)
          break
        case 'fault':
          log.error(
            { thread, error: message.error, message: message.message },
            'a message could not be answered: our fault',
          )
          break
        case 'tls':
          if (message.error !== undefined) {
            tlsState = { since: tlsState?.since ?? '', error: message.error }
            log.error({ problem: message.error }, 'the new TLS certificate is not used; the old one stays')
          } else {
            if (tlsState !== undefined) log.info({}, 'a new TLS certificate is in use')
            tlsState = { since: message.since }
          }
          break
      }
    }
    const prepare = (): Omit<ThreadStart, 'kind' | 'desk' | 'counters' | 'port'> => ({
      driver,
      init: options.init(thread),
      sockets,
      // The thread closes what it listens on when it ends; a copy stays here for the next one.
      listeners:
        thread.kind === 'stream' && libc !== undefined
          ? opened.tcp.map((listener) => ({ fd: libc.dup(listener.fd), tls: listener.tls }))
          : [],
      plain: opened.plain.filter((address) => (thread.kind === 'stream') === (address.transport !== 'udp')),
      limits,
      tls: options.tls,
    })
    hired = hire({
      thread,
      log,
      responderModule: options.responderModule,
      spare: () => options.spare?.take(),
      prepare,
      report,
      received: (message) => options.received?.(thread, message),
      died: () => relay.forget(source),
    })
    return hired
  }

  const crew: CrewMember[] = []
  if (opened.addresses.some((address) => address.transport === 'udp'))
    for (let index = 0; index < workers; index++) crew.push(member({ kind: 'udp', index }))
  crew.push(member({ kind: 'stream', index: workers }))
  options.spare?.end()

  const closeSockets = (): void => {
    if (libc === undefined) return
    for (const socket of new Set([...opened.udp.flat(), ...opened.tcp].map((s) => s.fd))) libc.close(socket)
  }
  let stopped: Promise<void> | undefined
  const stop = (): Promise<void> => {
    stopped ??= stopAll()
    return stopped
  }
  const stopAll = async (): Promise<void> => {
    if (libc !== undefined) {
      withdrawUdp(libc, opened.udp.flat(), opened.inherited)
      withdrawTcp(
        libc,
        opened.tcp.map((listener) => listener.fd),
        opened.inherited,
      )
    }
    await Promise.all(crew.map((one) => one.stop()))
    closeSockets()
  }
  const outcomes = await Promise.allSettled(crew.map((one) => one.ready))
  const failed = outcomes.find((outcome) => outcome.status === 'rejected')
  if (failed !== undefined) {
    await stop()
    throw asListenError(failed.reason)
  }
  if (libc !== undefined)
    try {
      for (const { sockets, address, port } of opened.waiting) joinUdp(libc, sockets, address, port)
    } catch (error) {
      await stop()
      throw error
    }
  const names = opened.addresses.map((a) => `${a.transport} ${printListenAddress(a.address, a.port)}`)
  log.info({ driver, reason, workers, addresses: names }, 'serving')
  await stopPredecessors(predecessors, log)
  if (driver === 'portable' && options.listen.some((address) => isWildcard(address.address)))
    log.warn(
      {},
      'the portable driver replies from the address the system chooses: list addresses instead of 0.0.0.0 or [::]',
    )

  return {
    addresses: opened.addresses,
    post: (message) => {
      for (const one of crew) one.post(message)
    },
    describe: () => ({
      driver,
      reason,
      addresses: opened.addresses,
      threads: crew.map((one) => one.state()),
      connections: crew.reduce((sum, one) => sum + Atomics.load(one.desk, DESK.connections), 0),
      ...(tlsState === undefined ? {} : { tls: tlsState }),
    }),
    stop,
  }
}

function chooseDriver(wanted: 'auto' | 'batched' | 'portable'): {
  driver: 'batched' | 'portable'
  reason: string
  libc: Libc | undefined
} {
  if (wanted === 'portable') return { driver: 'portable', reason: 'the settings ask for it', libc: undefined }
  const libc = loadLibc()
  if (typeof libc !== 'string')
    return { driver: 'batched', reason: 'Linux with recvmmsg and sendmmsg through koffi', libc }
  if (wanted === 'batched')
    throw new ListenError('ENOSYS', `The batched driver cannot run: ${libc}.`, 'Use driver auto.')
  return { driver: 'portable', reason: libc, libc: undefined }
}

/** Everything that is open, or is to be opened by the threads. */
interface Opened {
  readonly addresses: ServedAddress[]
  /** Per address, one socket for each worker. */
  readonly udp: OpenSocket[][]
  /** Those of udp that are bound once they are read. */
  readonly waiting: { readonly sockets: readonly OpenSocket[]; readonly address: Uint8Array; readonly port: number }[]
  readonly tcp: { readonly fd: number; readonly tls: boolean }[]
  readonly plain: (PlainAddress & { readonly transport: 'udp' | 'tcp' | 'tls' })[]
  /** Descriptors that were handed to us: others may hold them too. */
  readonly inherited: ReadonlySet<number>
}

function openSockets(libc: Libc, options: ServingOptions, workers: number): Opened {
  const beside = options.replace ?? false
  const given = inheritedSockets(libc)
  const opened: Opened = {
    addresses: [],
    udp: [],
    waiting: [],
    tcp: [],
    plain: [],
    inherited: given.descriptors,
  }
  try {
    for (const { address, port, tls } of options.listen) {
      if (tls === true) {
        const fd = given.tcp(address, port) ?? openTcp(libc, address, port, beside)
        opened.tcp.push({ fd, tls: true })
        opened.addresses.push({ transport: 'tls', address, port: localAddress(libc, fd).port })
        continue
      }
      const { udp, tcp } = openPair(libc, address, port, workers, beside, given)
      opened.udp.push(udp)
      if (waitsToBind(port, beside) && !given.descriptors.has(udp[0]!.fd))
        opened.waiting.push({ sockets: udp, address, port })
      opened.tcp.push({ fd: tcp, tls: false })
      const actual = localAddress(libc, tcp).port
      for (const transport of ['udp', 'tcp'] as const) opened.addresses.push({ transport, address, port: actual })
    }
  } catch (error) {
    for (const socket of [...opened.udp.flat(), ...opened.tcp]) libc.close(socket.fd)
    throw error
  }
  if (beside) for (const listener of opened.tcp) joinTcp(libc, listener.fd)
  return opened
}

/** Opens UDP and TCP on the same port; where the kernel chooses it for UDP, TCP may find it taken: then another. */
function openPair(
  libc: Libc,
  address: Uint8Array,
  port: number,
  workers: number,
  beside: boolean,
  given: ReturnType<typeof inheritedSockets>,
): { udp: OpenSocket[]; tcp: number } {
  for (let attempt = 1; ; attempt++) {
    const handed = given.udp(address, port)
    // One socket for several workers: each takes a batch in turn.
    const udp =
      handed === undefined
        ? openUdp(libc, address, port, workers, beside)
        : Array.from({ length: workers }, (_, i) => handed[i % handed.length]!)
    try {
      const tcp =
        given.tcp(address, port) ??
        openTcp(libc, address, port === 0 ? localAddress(libc, udp[0]!.fd).port : port, beside)
      return { udp, tcp }
    } catch (error) {
      for (const socket of udp) libc.close(socket.fd)
      if (port !== 0 || attempt >= 16 || !isPortTaken(error)) throw error
    }
  }
}

/** Without the foreign-function library the threads open their own; here only ports are chosen. */
async function openPlain(options: ServingOptions): Promise<Opened> {
  const opened: Opened = { addresses: [], udp: [], waiting: [], tcp: [], plain: [], inherited: new Set() }
  for (const { address, port, tls } of options.listen) {
    const host = printAddress(address)
    const actual = port === 0 ? await freePort(host) : port
    for (const transport of tls === true ? (['tls'] as const) : (['udp', 'tcp'] as const)) {
      opened.plain.push({ host, port: actual, tls: tls === true, transport })
      opened.addresses.push({ transport, address, port: actual })
    }
  }
  return opened
}

/** A port that was free a moment ago. */
async function freePort(host: string): Promise<number> {
  const { createServer } = await import('node:net')
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen({ host, port: 0, ipv6Only: host.includes(':') }, () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

/** What a thread could not open (portable driver), in the same words as on the main thread. */
function asListenError(reason: unknown): Error {
  if (reason instanceof Error) return reason
  const { code, message } = reason as { code: string; message: string }
  // libuv's message ends in the address: "bind EADDRINUSE 127.0.0.1:53", "listen EACCES: permission denied ::1:53"
  const found = /([0-9a-fA-F.:]+):(\d+)$/.exec(message)
  const address = found === null ? undefined : parseAddress(found[1]!)
  if (found === null || address === undefined) return new ListenError(code, `Cannot listen: ${message}.`, '')
  return listenError(
    (constants.errno as Record<string, number>)[code] ?? 0,
    message.startsWith('bind') ? 'udp' : 'tcp',
    address,
    Number(found[2]),
  )
}
