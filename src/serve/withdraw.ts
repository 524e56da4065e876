/**
 * Takes sockets out of service without losing what has arrived in them, so that another server on the same addresses
 * (SO_REUSEPORT) takes over without a lost query.
 *
 * UDP: closing a socket throws its queue away. A *connected* socket, though, is passed over when the kernel chooses among the sockets
 * of an address (reuseport_select_sock), and keeps its queue. So each socket is connected to a socket of our own: from then on new
 * queries go to the others, and the worker drains at leisure. A datagram from the peer wakes the worker that sleeps in the kernel.
 *
 * TCP: closing a listener resets the connections that wait to be accepted. A one-instruction filter first sends new connections to
 * the second listener of the address, the one of our successor; where there is none the kernel chooses as before. The thread then
 * accepts what is left.
 */

import {
  AF_INET,
  AF_INET6,
  type Libc,
  MSG_DONTWAIT,
  SO_ATTACH_REUSEPORT_CBPF,
  SO_DETACH_REUSEPORT_BPF,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOL_SOCKET,
} from './libc.ts'
import { SOCKADDR_MAX, writeSockaddr } from './sockaddr.ts'
import { localAddress, type OpenSocket } from './sockets.ts'

/** @param shared descriptors that others hold as well: they are left as they are */
export function withdrawUdp(libc: Libc, sockets: readonly OpenSocket[], shared: ReadonlySet<number>): void {
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

/** Lets new connections go to the successor of each listener, if it has one. */
export function withdrawTcp(libc: Libc, listeners: readonly number[], shared: ReadonlySet<number>): void {
  // struct sock_filter { u16 code = BPF_RET | BPF_K; u8 jt, jf; u32 k = 1 }: "the listener that came second"
  const filter = new Uint8Array(new ArrayBuffer(8))
  filter[0] = 0x06
  filter[4] = 1
  // struct sock_fprog { u16 length = 1; padding; sock_filter * }
  const program = new Uint8Array(new ArrayBuffer(16))
  const view = new DataView(program.buffer)
  view.setUint16(0, 1, true)
  view.setBigUint64(8, libc.addressOf(filter), true)
  for (const fd of listeners)
    if (!shared.has(fd)) libc.setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, program, program.length)
}

/** Undoes the filter that a predecessor left: from now on the kernel chooses by its hash again. */
export function joinTcp(libc: Libc, listener: number): void {
  const none = new Uint8Array(new ArrayBuffer(8))
  libc.setsockopt(listener, SOL_SOCKET, SO_DETACH_REUSEPORT_BPF, none, 4)
}
