/**
 * What the service manager is told (sd_notify, sd_watchdog_enabled): that we are ready, that we stop, and, while all is well, that we
 * live. A datagram to the unix socket that NOTIFY_SOCKET names; Node.js has no such sockets, so it goes through the C library.
 * Without a manager, or without the library, nothing is told and nothing is missing.
 */
import { AF_UNIX, type Libc, loadLibc, SOCK_CLOEXEC, SOCK_DGRAM } from './libc.ts'

export interface ServiceManager {
  /** Ready for queries; from now on the watchdog is fed while `well` says so. @param status one line for `systemctl status` */
  ready(status: string, well: () => boolean): void
  /** Files are read anew, until the promise settles: `systemctl reload` waits for it. @returns what the work gave */
  reloading<T>(work: Promise<T>): Promise<T>
  stopping(): void
}

/** sun_path has this many octets, the zero at its end included. */
const PATH_OCTETS = 108

export function createServiceManager(environment: NodeJS.ProcessEnv = process.env): ServiceManager {
  const libc = loadLibc()
  const path = environment.NOTIFY_SOCKET
  const address = path === undefined || path === '' || typeof libc === 'string' ? undefined : unixAddress(path)
  let timer: NodeJS.Timeout | undefined
  const tell = (text: string): void => {
    if (address !== undefined && typeof libc !== 'string') send(libc, address, Buffer.from(text))
  }
  return {
    ready(status, well) {
      tell(`READY=1\nSTATUS=${status.replaceAll('\n', ' ')}\n`)
      const everyMs = watchdogMs(environment)
      if (everyMs === undefined || address === undefined) return
      timer = setInterval(() => {
        if (well()) tell('WATCHDOG=1\n')
      }, everyMs / 2)
      timer.unref()
    },
    async reloading(work) {
      // The moment is the manager's own clock, CLOCK_MONOTONIC: it tells this word from one of an earlier reload.
      tell(`RELOADING=1\nMONOTONIC_USEC=${process.hrtime.bigint() / 1000n}\n`)
      try {
        return await work
      } finally {
        tell('READY=1\n')
      }
    },
    stopping() {
      if (timer !== undefined) clearInterval(timer)
      tell('STOPPING=1\n')
    },
  }
}

/** @returns how often the manager wants to hear from this process; undefined: it does not */
function watchdogMs(environment: NodeJS.ProcessEnv): number | undefined {
  const pid = environment.WATCHDOG_PID
  if (pid !== undefined && Number(pid) !== process.pid) return undefined
  const ms = Number(environment.WATCHDOG_USEC) / 1000
  return Number.isFinite(ms) && ms >= 100 ? ms : undefined
}

/** sockaddr_un: family 2 (little endian) | path; a leading @ is the zero octet of the abstract namespace. */
function unixAddress(path: string): Buffer | undefined {
  const name = Buffer.from(path)
  if ((path[0] !== '/' && path[0] !== '@') || name.length >= PATH_OCTETS) return undefined
  const address = Buffer.from(new ArrayBuffer(2 + name.length + (path[0] === '/' ? 1 : 0)))
  address.writeUInt16LE(AF_UNIX)
  name.copy(address, 2)
  if (path[0] === '@') address[2] = 0
  return address
}

function send(libc: Libc, address: Buffer, text: Buffer): void {
  const fd = libc.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)
  if (fd < 0) return
  // koffi takes views of memory that does not move: not one of the pool's small buffers.
  const octets = Buffer.from(new ArrayBuffer(text.length))
  text.copy(octets)
  libc.sendto(fd, octets, octets.length, 0, address, address.length)
  libc.close(fd)
}
