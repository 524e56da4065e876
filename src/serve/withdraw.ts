/**
 * Takes UDP sockets out of service without losing what has arrived in them.
 *
 * Closing a socket throws its queue away. A *connected* socket, though, is passed over when the kernel chooses among the sockets of
 * an address (reuseport_select_sock), and keeps its queue. So each socket is connected to a socket of our own: from then on new
 * queries go to the other server's sockets (the one that replaces us, if there is one), and the worker drains at leisure. A datagram
 * from the peer wakes the worker that sleeps in the kernel.
 */

import { AF_INET, AF_INET6, type Libc, MSG_DONTWAIT, SOCK_CLOEXEC, SOCK_DGRAM } from './libc.ts'
import { SOCKADDR_MAX, writeSockaddr } from './sockaddr.ts'
import { localAddress, type OpenSocket } from './sockets.ts'

/** @param shared descriptors that others hold as well: they are left as they are */
export function withdraw(libc: Libc, sockets: readonly OpenSocket[], shared: ReadonlySet<number>): void {
  for (const socket of sockets) {
    if (shared.has(socket.fd)) continue
    const own = localAddress(libc, socket.fd)
    const loopback = socket.family === 4 ? Uint8Array.of(127, 0, 0, 1) : Uint8Array.of(...new Uint8Array(15), 1)
    const at = socket.wildcard ? loopback : own.address
    const peer = libc.socket(socket.family === 4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0)
    if (peer < 0) continue
    const name = writeSockaddr(at, 0)
    if (libc.bind(peer, name, name.length) === 0) {
      const to = writeSockaddr(at, localAddress(libc, peer).port)
      if (libc.connect(socket.fd, to, to.length) === 0) {
        const back = writeSockaddr(at, own.port)
        libc.sendto(peer, new Uint8Array(SOCKADDR_MAX), 0, MSG_DONTWAIT, back, back.length)
      }
    }
    libc.close(peer)
  }
}
