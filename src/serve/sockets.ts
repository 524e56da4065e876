/**
 * Opens the sockets to serve on, on the main thread: a problem is known before any worker runs, and a descriptor outlives the
 * worker that reads it (what has arrived waits for the next one).
 *
 * One UDP socket per worker and address, all with SO_REUSEPORT: the kernel spreads clients over them by a hash of the addresses.
 * SO_REUSEPORT would also let a second server slip in unnoticed and take half of the queries, so every address is first tried
 * without it, except when the operator asked to replace a running server.
 */

import {
  AF_INET,
  AF_INET6,
  EADDRINUSE,
  errnoName,
  IP_MTU_DISCOVER,
  IP_PKTINFO,
  IP_PMTUDISC_DONT,
  IP_PMTUDISC_OMIT,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_MTU_DISCOVER,
  IPV6_RECVPKTINFO,
  IPV6_V6ONLY,
  type Libc,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SO_RCVTIMEO,
  SO_REUSEADDR,
  SO_REUSEPORT,
  SO_SNDBUF,
  SO_SNDBUFFORCE,
  SO_SNDTIMEO,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOL_SOCKET,
} from './libc.ts'
import { isWildcard } from './listen-address.ts'
import { listenError } from './listen-error.ts'
import { readSockaddr, SOCKADDR_MAX, writeSockaddr } from './sockaddr.ts'

/** A bound socket as a worker needs it. */
export interface OpenSocket {
  readonly fd: number
  readonly family: 4 | 6
  /** The socket serves every address: the kernel must be asked which one a query came to, and told which one to reply from. */
  readonly wildcard: boolean
}

/** How long a synchronous worker sleeps in the kernel at most; then it looks whether it is to stop. */
export const RECEIVE_TIMEOUT_MS = 250

// A burst that comes while a worker collects garbage or compiles waits here: 8 MiB hold about 10,000 small queries.
const SOCKET_BUFFER_OCTETS = 8 << 20

/**
 * Opens `count` UDP sockets on one address. Port 0: the first one chooses for all. Beside a running server the sockets of a given port
 * are not bound yet (joinUdp): what the kernel gives them before anybody reads would wait, and overflow where the start is slow.
 * @throws ListenError
 */
export function openUdp(libc: Libc, address: Uint8Array, port: number, count: number, beside: boolean): OpenSocket[] {
  if (port !== 0 && !beside) libc.close(bound(libc, SOCK_DGRAM, address, port, false))
  const sockets: OpenSocket[] = []
  try {
    const waits = waitsToBind(port, beside)
    let chosen = port
    for (let i = 0; i < count; i++) {
      const fd = (waits ? unbound : bound)(libc, SOCK_DGRAM, address, chosen, true)
      sockets.push({ fd, family: address.length === 4 ? 4 : 6, wildcard: isWildcard(address) })
      prepareUdp(libc, sockets[i]!)
      if (!waits) chosen = localAddress(libc, fd).port
    }
  } catch (error) {
    for (const socket of sockets) libc.close(socket.fd)
    throw error
  }
  return sockets
}

export function waitsToBind(port: number, beside: boolean): boolean {
  return beside && port !== 0
}

/** Binds sockets that openUdp left unbound: from now on the kernel gives them their share. @throws ListenError */
export function joinUdp(libc: Libc, sockets: readonly OpenSocket[], address: Uint8Array, port: number): void {
  for (const { fd } of sockets) bindTo(libc, fd, 'udp', address, port)
}

/** Opens a listening TCP socket. @throws ListenError */
export function openTcp(libc: Libc, address: Uint8Array, port: number, beside: boolean): number {
  if (port !== 0 && !beside) libc.close(bound(libc, SOCK_STREAM, address, port, false))
  const fd = bound(libc, SOCK_STREAM, address, port, true)
  if (libc.listen(fd, 511) < 0) {
    const errno = libc.errno()
    libc.close(fd)
    throw listenError(errno, 'tcp', address, port)
  }
  return fd
}

/** @returns the address and port a socket is bound to */
export function localAddress(libc: Libc, fd: number): { address: Uint8Array; port: number } {
  const name = new Uint8Array(new ArrayBuffer(SOCKADDR_MAX))
  const length = new Uint8Array(new ArrayBuffer(8))
  length[0] = SOCKADDR_MAX
  if (libc.getsockname(fd, name, length) < 0) throw new Error(`getsockname: ${errnoName(libc.errno())}`)
  const read = readSockaddr(name)
  if (read === undefined) throw new Error(`descriptor ${fd} is not an IPv4 or IPv6 socket`)
  return read
}

function bound(libc: Libc, type: number, address: Uint8Array, port: number, shared: boolean): number {
  const fd = unbound(libc, type, address, port, shared)
  try {
    bindTo(libc, fd, type === SOCK_DGRAM ? 'udp' : 'tcp', address, port)
  } catch (error) {
    libc.close(fd)
    throw error
  }
  return fd
}

function bindTo(libc: Libc, fd: number, transport: 'udp' | 'tcp', address: Uint8Array, port: number): void {
  const name = writeSockaddr(address, port)
  if (libc.bind(fd, name, name.length) < 0) throw listenError(libc.errno(), transport, address, port)
}

function unbound(libc: Libc, type: number, address: Uint8Array, port: number, shared: boolean): number {
  const v6 = address.length === 16
  const transport = type === SOCK_DGRAM ? 'udp' : 'tcp'
  const fd = libc.socket(v6 ? AF_INET6 : AF_INET, type | SOCK_CLOEXEC, 0)
  if (fd < 0) throw listenError(libc.errno(), transport, address, port)
  // [::] means IPv6 alone, as in other name servers: 0.0.0.0 is written beside it where both are meant.
  if (v6) setOption(libc, fd, IPPROTO_IPV6, IPV6_V6ONLY, 1)
  // Connections of a former server in TIME_WAIT shall not keep the port.
  if (type === SOCK_STREAM) setOption(libc, fd, SOL_SOCKET, SO_REUSEADDR, 1)
  if (shared) setOption(libc, fd, SOL_SOCKET, SO_REUSEPORT, 1)
  return fd
}

/** Sets what a UDP worker relies on; also for sockets that were handed to us. */
export function prepareUdp(libc: Libc, socket: OpenSocket): void {
  const { fd } = socket
  // With CAP_NET_ADMIN past the system's maximum, without it up to it.
  if (setOption(libc, fd, SOL_SOCKET, SO_RCVBUFFORCE, SOCKET_BUFFER_OCTETS) < 0)
    setOption(libc, fd, SOL_SOCKET, SO_RCVBUF, SOCKET_BUFFER_OCTETS)
  if (setOption(libc, fd, SOL_SOCKET, SO_SNDBUFFORCE, SOCKET_BUFFER_OCTETS) < 0)
    setOption(libc, fd, SOL_SOCKET, SO_SNDBUF, SOCKET_BUFFER_OCTETS)
  setPatience(libc, fd, SO_RCVTIMEO, RECEIVE_TIMEOUT_MS)
  setPatience(libc, fd, SO_SNDTIMEO, 100)
  // A forged "fragmentation needed" must not make replies fragment (RFC 9715): ignore path-MTU news. OMIT is newer than DONT.
  if (setOption(libc, fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT) < 0)
    setOption(libc, fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT)
  if (socket.family === 6 && setOption(libc, fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IP_PMTUDISC_OMIT) < 0)
    setOption(libc, fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IP_PMTUDISC_DONT)
  if (socket.wildcard) {
    if (socket.family === 4) setOption(libc, fd, IPPROTO_IP, IP_PKTINFO, 1)
    else setOption(libc, fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1)
  }
}

function setOption(libc: Libc, fd: number, level: number, option: number, value: number): number {
  const octets = new Uint8Array(new ArrayBuffer(8))
  new DataView(octets.buffer).setInt32(0, value, true)
  return libc.setsockopt(fd, level, option, octets, 4)
}

function setPatience(libc: Libc, fd: number, option: number, ms: number): void {
  // struct timeval: seconds and microseconds, 64 bits each
  const timeval = new Uint8Array(new ArrayBuffer(16))
  const view = new DataView(timeval.buffer)
  view.setBigInt64(0, BigInt(Math.floor(ms / 1000)), true)
  view.setBigInt64(8, BigInt((ms % 1000) * 1000), true)
  libc.setsockopt(fd, SOL_SOCKET, option, timeval, 16)
}

/** Whether a failure to open means that another socket has the port. */
export function isPortTaken(error: unknown): boolean {
  return (error as { code?: unknown }).code === errnoName(EADDRINUSE)
}
