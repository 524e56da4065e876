/**
 * icmp for fleets: one unprivileged ICMP socket per family serves every node, without a process per probe.
 *
 *   socket(SOCK_DGRAM, IPPROTO_ICMP) by FFI ─▶ dgram.bind({ fd }) ─▶ echo requests out, paced ─▶ replies in, by sequence and token
 *
 * Node has no such socket and needs none from elsewhere: libuv takes the descriptor for UDP, and the kernel does the rest. Allowed
 * where net.ipv4.ping_group_range includes the process's group (containers usually do); icmp.ts falls back otherwise.
 */
import { randomFillSync } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { constants } from 'node:os'
import koffi from 'koffi'
import { assert, parseAddress, printAddress } from '../base/index.ts'
import { hasToken, readEchoReply, TOKEN_OCTETS, writeEchoRequest } from './icmp-echo.ts'
import { type Asked, type Attempt, NOTHING_TO_STOP, outcomeOfError, type Settle } from './outcome.ts'

/** Linux: asm-generic/socket.h, bits/socket.h, netinet/in.h. */
const AF_INET = 2
const AF_INET6 = 10
const SOCK_DGRAM = 2
const SOCK_NONBLOCK = 0o4000
const SOCK_CLOEXEC = 0o2000000
const IPPROTO_ICMP = 1
const IPPROTO_ICMPV6 = 58

/** A burst of replies waits here while the main thread is busy; the kernel gives what net.core.rmem_max allows. */
const RECEIVE_OCTETS = 4 << 20
/** At most so many requests, then a pause: replies come back as fast as requests go out, and the buffer is finite. */
const BURST = 32
const PAUSE_MS = 4
/** A thread that wakes late catches up, but never with more than the smallest usual buffer takes in one go. */
const BURST_MAX = 256
/** Sequence numbers are 16 bits wide; some stay free so that finding one is quick. */
const WAITING_MAX = 60_000

interface Waiting {
  readonly address: string
  readonly token: Uint8Array
  sentAt: number
  readonly settle: Settle
}

export type OpenedEcho =
  | { readonly socket: EchoSocket }
  /** `forbidden`: it will not be allowed later either */
  | { readonly socket: undefined; readonly why: string; readonly forbidden: boolean }

interface Libc {
  socket(domain: number, type: number, protocol: number): number
  bind(fd: number, address: Uint8Array, length: number): number
  close(fd: number): number
}

let loaded: Libc | undefined

function libc(): Libc {
  if (loaded === undefined) {
    // The process's own symbols: the C library is among them, whatever its file is called.
    const library = koffi.load(null)
    loaded = {
      socket: library.func('int socket(int, int, int)'),
      bind: library.func('int bind(int, void *, uint)'),
      close: library.func('int close(int)'),
    }
  }
  return loaded
}

/** Opens an ICMP socket, bound to a source address where one is given. Never throws. */
export function openEchoSocket(family: 4 | 6, source: string | undefined): OpenedEcho {
  if (process.platform !== 'linux') return { socket: undefined, why: 'only Linux has such sockets', forbidden: true }
  let fd = -1
  try {
    fd = libc().socket(
      family === 4 ? AF_INET : AF_INET6,
      SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
      family === 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6,
    )
    if (fd < 0) return failure(koffi.errno())
    if (source !== undefined) {
      const address = socketAddress(family, source)
      if (libc().bind(fd, address, address.length) < 0) {
        const errno = koffi.errno()
        libc().close(fd)
        return failure(errno)
      }
    }
  } catch (error) {
    return { socket: undefined, why: error instanceof Error ? error.message : String(error), forbidden: true }
  }
  return { socket: new EchoSocket(fd, family) }
}

function failure(errno: number): OpenedEcho {
  const { EACCES, EPERM, EAFNOSUPPORT, EPROTONOSUPPORT, EADDRNOTAVAIL } = constants.errno
  if (errno === EACCES || errno === EPERM)
    return { socket: undefined, why: "net.ipv4.ping_group_range leaves this process's group out", forbidden: true }
  if (errno === EAFNOSUPPORT || errno === EPROTONOSUPPORT)
    return { socket: undefined, why: 'this kernel has no such socket', forbidden: true }
  if (errno === EADDRNOTAVAIL)
    return { socket: undefined, why: 'the source address is not on this machine', forbidden: false }
  const name = Object.entries(constants.errno).find(([, number]) => number === errno)?.[0] ?? `errno ${errno}`
  return { socket: undefined, why: name, forbidden: false }
}

/** struct sockaddr_in or sockaddr_in6 with port 0, the family in host order (little-endian on everything Node runs on but s390x). */
function socketAddress(family: 4 | 6, text: string): Uint8Array {
  const octets = parseAddress(text)
  assert(octets !== undefined && octets.length === (family === 4 ? 4 : 16), 'a source address of the family')
  const address = new Uint8Array(family === 4 ? 16 : 28)
  new Uint16Array(address.buffer, 0, 1)[0] = family === 4 ? AF_INET : AF_INET6
  address.set(octets, family === 4 ? 4 : 8)
  return address
}

export class EchoSocket {
  readonly #family: 4 | 6
  readonly #socket: Socket
  readonly #waiting = new Map<number, Waiting>()
  readonly #line: (() => void)[] = []
  #bound = false
  #closed = false
  #sequence = 0
  /** requests that may go out before the next pause */
  #allowance = BURST
  #pause: NodeJS.Timeout | undefined
  #tokens: Uint8Array = new Uint8Array(0)

  constructor(fd: number, family: 4 | 6) {
    this.#family = family
    this.#socket = createSocket({
      type: family === 4 ? 'udp4' : 'udp6',
      // Only addresses come here; a resolver is not asked.
      lookup: (address, _options, callback) => callback(null, address, family),
    })
    this.#socket.on('message', (message, peer) => this.#take(message, peer.address))
    // What concerns one request comes back through its own callback.
    this.#socket.on('error', () => {})
    this.#socket.bind({ fd }, () => {
      if (this.#closed) return
      this.#bound = true
      this.#socket.setRecvBufferSize(RECEIVE_OCTETS)
      this.#flush()
    })
    this.#socket.unref()
  }

  begin(asked: Asked, settle: Settle): Attempt {
    if (this.#closed || this.#waiting.size + this.#line.length >= WAITING_MAX) {
      settle({ class: 'local', detail: 'too many echo requests are under way' })
      return NOTHING_TO_STOP
    }
    let sequence = -1
    let stopped = false
    this.#line.push(() => {
      if (!stopped) sequence = this.#send(asked.address, settle)
    })
    this.#flush()
    return {
      stop: () => {
        stopped = true
        if (sequence < 0) return 'a free place in the line of echo requests'
        this.#waiting.delete(sequence)
        return 'the echo reply'
      },
    }
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#pause)
    this.#waiting.clear()
    this.#line.length = 0
    // A socket that is still being bound closes itself once it is.
    this.#socket.close()
  }

  /** Sends what the burst allows; the rest after a pause. */
  #flush(): void {
    if (!this.#bound || this.#closed) return
    let sent = 0
    while (sent < this.#line.length && this.#allowance > 0) {
      this.#allowance--
      this.#line[sent++]!()
    }
    this.#line.splice(0, sent)
    if (this.#pause !== undefined || this.#allowance === BURST) return
    const pausedAt = performance.now()
    this.#pause = setTimeout(() => {
      this.#pause = undefined
      const pauses = (performance.now() - pausedAt) / PAUSE_MS
      // With an empty line there is nothing to catch up with.
      this.#allowance = this.#line.length === 0 ? BURST : Math.min(BURST_MAX, Math.round(BURST * pauses))
      this.#flush()
    }, PAUSE_MS)
    this.#pause.unref()
  }

  #send(address: string, settle: Settle): number {
    do this.#sequence = (this.#sequence + 1) & 0xffff
    while (this.#waiting.has(this.#sequence))
    const sequence = this.#sequence
    const token = this.#nextToken()
    const waiting: Waiting = { address, token, sentAt: performance.now(), settle }
    this.#waiting.set(sequence, waiting)
    // dgram insists on a port; ICMP has none, and the kernel does not look.
    this.#socket.send(writeEchoRequest(this.#family, sequence, token), 1, address, (error) => {
      if (error === null || this.#waiting.get(sequence) !== waiting) return
      this.#waiting.delete(sequence)
      // The error names the port that ICMP does not have.
      const outcome = outcomeOfError(error)
      settle({ ...outcome, detail: outcome.detail.replace(/:1$/, '') })
    })
    return sequence
  }

  #take(message: Buffer, from: string): void {
    const sequence = readEchoReply(this.#family, message)
    const waiting = this.#waiting.get(sequence)
    if (waiting === undefined || !hasToken(message, waiting.token) || !sameAddress(waiting.address, from)) return
    this.#waiting.delete(sequence)
    waiting.settle({ class: 'ok', detail: `echo reply in ${(performance.now() - waiting.sentAt).toFixed(1)} ms` })
  }

  #nextToken(): Uint8Array {
    if (this.#tokens.length < TOKEN_OCTETS) this.#tokens = randomFillSync(new Uint8Array(512 * TOKEN_OCTETS))
    const token = this.#tokens.subarray(0, TOKEN_OCTETS)
    this.#tokens = this.#tokens.subarray(TOKEN_OCTETS)
    return token
  }
}

/** libuv prints IPv6 in its own way; the octets decide. */
function sameAddress(ours: string, theirs: string): boolean {
  if (ours === theirs) return true
  const octets = parseAddress(theirs)
  return octets !== undefined && printAddress(octets) === ours
}
