/**
 * Socket activation: sockets that the service manager opened and handed over as descriptors 3, 4, ... (sd_listen_fds: LISTEN_PID,
 * LISTEN_FDS). They are matched to the listen addresses of the settings; addresses that none was handed for are opened by ourselves.
 */

import { type Libc, SO_ACCEPTCONN, SO_TYPE, SOCK_DGRAM, SOCK_STREAM, SOL_SOCKET } from './libc.ts'
import { isWildcard } from './listen-address.ts'
import { localAddress, type OpenSocket, prepareUdp } from './sockets.ts'

const FIRST = 3

export interface InheritedSockets {
  readonly descriptors: ReadonlySet<number>
  /** The UDP sockets for an address, ready for use (several where the manager opened them with ReusePort); or undefined. */
  udp(address: Uint8Array, port: number): readonly OpenSocket[] | undefined
  /** The listening TCP socket for an address; or undefined. */
  tcp(address: Uint8Array, port: number): number | undefined
}

export function inheritedSockets(libc: Libc, environment: NodeJS.ProcessEnv = process.env): InheritedSockets {
  const count = Number(environment.LISTEN_PID) === process.pid ? Number(environment.LISTEN_FDS) : 0
  const found: { fd: number; type: number; address: Uint8Array; port: number }[] = []
  for (let fd = FIRST; fd < FIRST + (Number.isInteger(count) ? count : 0); fd++) {
    const type = option(libc, fd, SO_TYPE)
    if (type !== SOCK_DGRAM && (type !== SOCK_STREAM || option(libc, fd, SO_ACCEPTCONN) !== 1)) continue
    try {
      found.push({ fd, type, ...localAddress(libc, fd) })
    } catch {
      // a unix socket, or no socket at all: not for us
    }
  }
  const matching = (type: number, address: Uint8Array, port: number): number[] =>
    found
      .filter((s) => s.type === type && s.port === port && s.address.length === address.length)
      .filter((s) => s.address.every((octet, i) => octet === address[i]))
      .map((s) => s.fd)
  return {
    descriptors: new Set(found.map((socket) => socket.fd)),
    udp: (address, port) => {
      const fds = matching(SOCK_DGRAM, address, port)
      if (fds.length === 0) return undefined
      return fds.map((fd) => {
        const socket: OpenSocket = { fd, family: address.length === 4 ? 4 : 6, wildcard: isWildcard(address) }
        prepareUdp(libc, socket)
        return socket
      })
    },
    tcp: (address, port) => matching(SOCK_STREAM, address, port)[0],
  }
}

function option(libc: Libc, fd: number, name: number): number {
  const value = new Uint8Array(new ArrayBuffer(8))
  const length = new Uint8Array(new ArrayBuffer(8))
  length[0] = 4
  return libc.getsockopt(fd, SOL_SOCKET, name, value, length) === 0 ? new DataView(value.buffer).getInt32(0, true) : -1
}
