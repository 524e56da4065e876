/**
 * The C library's socket calls through koffi, with the constants of Linux (64 bit, little endian: x86-64, arm64, riscv64 share them).
 *
 * Everything here is synchronous and blocks the calling thread. A call returns -1 on failure; errno() tells why, until the next call.
 */

import { createRequire } from 'node:module'
import { constants, endianness } from 'node:os'

export const AF_UNIX = 1
export const AF_INET = 2
export const AF_INET6 = 10
export const SOCK_STREAM = 1
export const SOCK_DGRAM = 2
export const SOCK_CLOEXEC = 0o2000000
export const SOL_SOCKET = 1
export const SO_REUSEADDR = 2
export const SO_TYPE = 3
export const SO_SNDBUF = 7
export const SO_RCVBUF = 8
export const SO_REUSEPORT = 15
export const SO_RCVTIMEO = 20
export const SO_SNDTIMEO = 21
export const SO_ACCEPTCONN = 30
export const SO_SNDBUFFORCE = 32
export const SO_RCVBUFFORCE = 33
export const SO_ATTACH_REUSEPORT_CBPF = 51
export const SO_DETACH_REUSEPORT_BPF = 68
export const IPPROTO_IP = 0
export const IP_PKTINFO = 8
export const IP_MTU_DISCOVER = 10
export const IP_PMTUDISC_DONT = 0
export const IP_PMTUDISC_OMIT = 5
export const IPPROTO_IPV6 = 41
export const IPV6_MTU_DISCOVER = 23
export const IPV6_V6ONLY = 26
export const IPV6_RECVPKTINFO = 49
export const IPV6_PKTINFO = 50
export const MSG_TRUNC = 0x20
export const MSG_DONTWAIT = 0x40
export const MSG_WAITFORONE = 0x10000
export const POLLIN = 1
// x86-64 counts its system calls its own way; the others share the table.
const SYS_SCHED_SETATTR = process.arch === 'x64' ? 314 : 274

export const { EINTR, EAGAIN, EADDRINUSE, EADDRNOTAVAIL, EACCES, EPERM, EINVAL, ECONNREFUSED } = constants.errno

type Pointer = Uint8Array | bigint | null

/** The calls; pointers are views of memory, or addresses that addressOf gave. */
export interface Libc {
  socket(domain: number, type: number, protocol: number): number
  bind(fd: number, address: Pointer, length: number): number
  listen(fd: number, backlog: number): number
  connect(fd: number, address: Pointer, length: number): number
  close(fd: number): number
  dup(fd: number): number
  getsockname(fd: number, address: Pointer, length: Pointer): number
  getsockopt(fd: number, level: number, option: number, value: Pointer, length: Pointer): number
  setsockopt(fd: number, level: number, option: number, value: Pointer, length: number): number
  poll(fds: Pointer, count: number, timeoutMs: number): number
  recvmmsg(fd: number, messages: Pointer, count: number, flags: number, timeout: Pointer): number
  sendmmsg(fd: number, messages: Pointer, count: number, flags: number): number
  sendto(fd: number, octets: Pointer, length: number, flags: number, address: Pointer, addressLength: number): number
  recv(fd: number, octets: Pointer, length: number, flags: number): number
  sendmsg(fd: number, message: Pointer, flags: number): number
  madvise(memory: Pointer, length: number, advice: number): number
  /** sched_setattr(2) of the calling thread; the C library has no function for it */
  sched_setattr(attributes: Pointer): number
  errno(): number
  /** Where the memory of a view is. Only for views of an ArrayBuffer made on its own: small typed arrays may be moved. */
  addressOf(view: Uint8Array): bigint
}

let loaded: Libc | string | undefined

/** Loads the library, once per thread. @returns the calls, or a sentence that says why this machine has none */
export function loadLibc(): Libc | string {
  loaded ??= tryLoad()
  return loaded
}

function tryLoad(): Libc | string {
  if (process.platform !== 'linux') return `batched system calls need Linux, this is ${process.platform}`
  if (endianness() !== 'LE' || !['x64', 'arm64', 'riscv64', 'loong64'].includes(process.arch))
    return `batched system calls are laid out for 64-bit little-endian machines, this is ${process.arch}`
  try {
    // Loaded by hand: where the binary is missing, the import of this file must not fail.
    const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi').default
    const libc = koffi.load(null)
    const syscall = libc.func('long syscall(long, long, void *, long)')
    const calls = {
      socket: libc.func('int socket(int, int, int)'),
      bind: libc.func('int bind(int, void *, uint)'),
      listen: libc.func('int listen(int, int)'),
      connect: libc.func('int connect(int, void *, uint)'),
      close: libc.func('int close(int)'),
      dup: libc.func('int dup(int)'),
      getsockname: libc.func('int getsockname(int, void *, void *)'),
      getsockopt: libc.func('int getsockopt(int, int, int, void *, void *)'),
      setsockopt: libc.func('int setsockopt(int, int, int, void *, uint)'),
      poll: libc.func('int poll(void *, ulong, int)'),
      recvmmsg: libc.func('int recvmmsg(int, void *, uint, int, void *)'),
      sendmmsg: libc.func('int sendmmsg(int, void *, uint, int)'),
      sendto: libc.func('long sendto(int, void *, ulong, int, void *, uint)'),
      recv: libc.func('long recv(int, void *, ulong, int)'),
      sendmsg: libc.func('long sendmsg(int, void *, int)'),
      madvise: libc.func('int madvise(void *, ulong, int)'),
      sched_setattr: (attributes: Pointer) => syscall(SYS_SCHED_SETATTR, 0, attributes, 0),
      errno: () => koffi.errno(),
      addressOf: (view: Uint8Array) => koffi.address(view),
    }
    // A sandbox may know the function and refuse the call: a closed descriptor must say EBADF, not ENOSYS or EPERM.
    calls.recvmmsg(-1, null, 0, MSG_DONTWAIT, null)
    if (calls.errno() !== constants.errno.EBADF)
      return `recvmmsg is refused on this machine (${errnoName(calls.errno())})`
    return calls as unknown as Libc
  } catch (error) {
    return `the foreign-function library koffi could not be loaded (${(error as Error).message.split('\n')[0]})`
  }
}

/** @returns EADDRINUSE for 98, and so on */
export function errnoName(errno: number): string {
  return Object.entries(constants.errno).find(([, value]) => value === errno)?.[0] ?? `errno ${errno}`
}
