/**
 * The batched UDP driver: one thread, a synchronous loop, two system calls for up to 64 queries.
 *
 *     recvmmsg ──▶ up to 64 messages in their slots ──▶ responder.answer writes each reply over its request ──▶ sendmmsg
 *
 * All memory is set up once. A slot is 4,288 octets: room for the largest request and reply (4,096), and 67 cache lines long, an odd
 * number, so that the heads of the slots do not compete for the same sets of the cache.
 *
 *     struct mmsghdr (64 octets)   0 name*  8 name length  16 iov*  24 iov count  32 control*  40 control length  48 flags  56 received
 *     struct iovec   (16 octets)   0 base*  8 length
 *
 * Replies go out through the headers that their requests came in by. Where a request gets no reply, the next reply's header changes
 * places with it (an empty iovec would send an empty datagram), so a header may point to any slot.
 */

import { COUNTER } from './counters.ts'
import { faultReporter } from './faults.ts'
import { largeMemory } from './large-memory.ts'
import { EAGAIN, EINTR, errnoName, type Libc, MSG_DONTWAIT, MSG_TRUNC, MSG_WAITFORONE, POLLIN } from './libc.ts'
import type { Responder } from './model.ts'
import { isMapped, SOCKADDR_MAX } from './sockaddr.ts'
import { type OpenSocket, RECEIVE_TIMEOUT_MS } from './sockets.ts'
import { DESK, type Report, SLOW_PER_UDP_WORKER } from './thread-desk.ts'

const BATCH = 64
const SLOT = 4288
export const UDP_CAPACITY = 4096
const NAME = 32
const CONTROL = 64
const HEADER = 64
// A socket that brought this many at once most likely has more waiting: it is read again without asking poll first.
const BUSY = 8
// ... but not longer than this many rounds, or the quiet sockets would wait for the busy one's end.
const PATIENCE = 8
const DRAIN_MS = 400
// More than a socket's buffer can hold (small queries, the buffer doubled by the kernel).
const MOST_QUEUED = 32_768
const MOST_FAILURES = 1000

export interface BatchedThread {
  readonly libc: Libc
  readonly sockets: readonly OpenSocket[]
  readonly responder: Responder
  readonly desk: Int32Array
  readonly counters: Float64Array
  report(report: Report): void
}

/** Serves until DESK.stop is set, then answers what has arrived and returns. */
export function serveBatched(thread: BatchedThread): void {
  const { sockets, desk } = thread
  const batch = makeBatch(thread)
  const single = sockets.length === 1
  const polls = new Uint8Array(new ArrayBuffer(Math.max(8, sockets.length * 8)))
  const pollView = new DataView(polls.buffer)
  sockets.forEach((socket, i) => {
    pollView.setInt32(i * 8, socket.fd, true)
    pollView.setInt16(i * 8 + 4, POLLIN, true)
  })
  const busy = sockets.map(() => false)
  let unasked = 0
  while (Atomics.load(desk, DESK.stop) === 0) {
    if (single) {
      // One socket: sleep in recvmmsg itself, for SO_RCVTIMEO at most.
      if (batch.turn(0, MSG_WAITFORONE) <= 0) batch.idle()
      continue
    }
    const anyBusy = busy.includes(true)
    if (!anyBusy || ++unasked >= PATIENCE) {
      unasked = 0
      const ready = thread.libc.poll(polls, sockets.length, anyBusy ? 0 : RECEIVE_TIMEOUT_MS)
      if (ready <= 0) {
        batch.idle()
        busy.fill(false)
        continue
      }
      for (let i = 0; i < sockets.length; i++) busy[i] = (pollView.getInt16(i * 8 + 6, true) & 0xffff) !== 0
    }
    for (let i = 0; i < sockets.length; i++) if (busy[i]) busy[i] = batch.turn(i, MSG_DONTWAIT) >= BUSY
  }
  // What was on its way through the kernel when we were told may arrive a moment later: wait for a quiet 20 ms. A socket that could
  // not be withdrawn (others hold it too) never falls quiet under load: what is left in it waits for its next reader.
  // On a machine that is busy with other things a full queue may take longer than the deadline: it is answered all the same.
  const deadline = performance.now() + DRAIN_MS
  do {
    for (let i = 0; i < sockets.length; i++) {
      let drained = 0
      for (let n = batch.turn(i, MSG_DONTWAIT); n > 0; n = batch.turn(i, MSG_DONTWAIT)) {
        drained += n
        if (drained > MOST_QUEUED && performance.now() > deadline) return
      }
    }
  } while (thread.libc.poll(polls, sockets.length, 20) > 0 && performance.now() < deadline)
}

interface Batch {
  /** Receives, answers and sends once. @returns how many messages came; 0 or less: none, now */
  turn(socket: number, flags: number): number
  /** Nothing to do: takes up what was published, so that nothing piles up in a thread without queries. */
  idle(): void
}

function makeBatch(thread: BatchedThread): Batch {
  const { libc, sockets, responder, desk, counters } = thread
  const make = largeMemory(libc)
  const slots = make(BATCH * SLOT)
  const names = make(BATCH * NAME)
  const controls = make(BATCH * CONTROL)
  const iovs = make(BATCH * 16)
  const headers = make(BATCH * HEADER)
  responder.answerIn?.(slots)
  const at = {
    slots: libc.addressOf(slots),
    names: libc.addressOf(names),
    controls: libc.addressOf(controls),
    iovs: libc.addressOf(iovs),
    headers: libc.addressOf(headers),
  }
  const headerView = viewOf(headers)
  const iovView = viewOf(iovs)
  const iov32 = new Uint32Array(iovs.buffer, iovs.byteOffset, iovs.length >> 2)
  const header32 = new Uint32Array(headers.buffer, headers.byteOffset, headers.length >> 2)
  /** Which slot, name and control message each header points to. */
  const slotOf = new Int32Array(BATCH)
  const point = (header: number, slot: number): void => {
    slotOf[header] = slot
    headerView.setBigUint64(header * HEADER, at.names + BigInt(slot * NAME), true)
    headerView.setBigUint64(header * HEADER + 16, at.iovs + BigInt(slot * 16), true)
    headerView.setBigUint64(header * HEADER + 24, 1n, true)
    headerView.setBigUint64(header * HEADER + 32, at.controls + BigInt(slot * CONTROL), true)
  }
  for (let i = 0; i < BATCH; i++) {
    iovView.setBigUint64(i * 16, at.slots + BigInt(i * SLOT), true)
    point(i, i)
  }
  const sendAt = Array.from({ length: BATCH }, (_, i) => at.headers + BigInt(i * HEADER))
  const fault = faultReporter(counters, thread.report)
  let used = BATCH
  let forWildcard = false
  let faultsInARow = 0
  let failuresInARow = 0

  const turn = (index: number, flags: number): number => {
    const socket = sockets[index]!
    // Headers that the last batch did not use still stand as they were set, for the kind of socket that it came from.
    if (socket.wildcard !== forWildcard) used = BATCH
    forWildcard = socket.wildcard
    for (let i = 0; i < used; i++) {
      iov32[slotOf[i]! * 4 + 2] = UDP_CAPACITY
      header32[i * 16 + 2] = SOCKADDR_MAX
      header32[i * 16 + 10] = socket.wildcard ? CONTROL : 0
    }
    const n = libc.recvmmsg(socket.fd, at.headers, BATCH, flags, null)
    used = Math.max(n, 0)
    if (n <= 0) {
      // EAGAIN and EINTR are the end of a wait; ECONNREFUSED and its kin are news about an earlier reply: nothing is lost. What fails
      // without end would keep the core busy for nothing: the thread ends, and is started again later and later.
      const errno = n < 0 ? libc.errno() : EAGAIN
      if (errno !== EAGAIN && errno !== EINTR && ++failuresInARow >= MOST_FAILURES)
        throw new Error(`queries cannot be received: recvmmsg fails with ${errnoName(errno)}`)
      return n
    }
    failuresInARow = 0
    responder.enter()
    let replies = 0
    for (let i = 0; i < n; i++) {
      const slot = slotOf[i]!
      const length = answerOne(index, socket, i, slot)
      if (length <= 0) continue
      iov32[slot * 4 + 2] = length
      const k = replies++
      if (k === i) continue
      // The header at k has been answered with silence: what it points to is nobody's until the next batch.
      point(i, slotOf[k]!)
      point(k, slot)
      header32[k * 16 + 2] = header32[i * 16 + 2]!
      header32[k * 16 + 10] = header32[i * 16 + 10]!
    }
    // What was answered is counted before it is sent: whoever knows when a node was answered last knows it in time.
    responder.leave()
    if (replies > 0) send(socket.fd, replies)
    counters[COUNTER.received]! += n
    counters[COUNTER.batches]! += 1
    return n
  }

  const answerOne = (index: number, socket: OpenSocket, i: number, slot: number): number => {
    const nameAt = slot * NAME
    const port = (names[nameAt + 2]! << 8) | names[nameAt + 3]!
    // Nobody can be answered at port 0; larger than the slot is no query.
    if (port === 0 || (header32[i * 16 + 12]! & MSG_TRUNC) !== 0) {
      counters[COUNTER.malformed]! += 1
      return 0
    }
    let peerAt = nameAt + 4
    let peerOctets: 4 | 16 = 4
    if (socket.family === 6) {
      const mapped = isMapped(names, nameAt + 8)
      peerAt = mapped ? nameAt + 20 : nameAt + 8
      peerOctets = mapped ? 4 : 16
    }
    // Reply by whatever way the routing says, but from the address that was asked: the control message goes back with interface 0.
    if (socket.wildcard) clearInterface(socket.family, slot)
    const length = header32[i * 16 + 14]!
    let result: number
    try {
      result = responder.answer(slots, slot * SLOT, length, UDP_CAPACITY, 0, names, peerAt, peerOctets, port)
      faultsInARow = 0
    } catch (error) {
      // A fault of ours must not let one poisonous query silence the server: the query is dropped and told. A thread that only
      // fails has lost its mind, and is started afresh.
      fault(error, copy(slots, slot * SLOT, length))
      if (++faultsInARow >= 1000) throw error
      return 0
    }
    if (result > 0) return result
    if (result === 0) counters[COUNTER.silent]! += 1
    else passToSlowDoor(index, i, slot, length, peerAt, peerOctets, port)
    return 0
  }

  const clearInterface = (family: 4 | 6, slot: number): void => {
    // cmsghdr: 0 length (8)  8 level  12 type  16 in_pktinfo { ifindex, spec_dst, addr } or in6_pktinfo { addr (16), ifindex }
    const c = slot * CONTROL
    if (family === 4) controls.fill(0, c + 16, c + 20)
    else if (controls[c + 16] !== 0xfe || (controls[c + 17]! & 0xc0) !== 0x80) controls.fill(0, c + 32, c + 36) // link-local needs it
  }

  const passToSlowDoor = (
    index: number,
    i: number,
    slot: number,
    length: number,
    peerAt: number,
    octets: number,
    port: number,
  ): void => {
    if (Atomics.load(desk, DESK.slow) >= SLOW_PER_UDP_WORKER) {
      counters[COUNTER.slowRefused]! += 1
      return
    }
    Atomics.add(desk, DESK.slow, 1)
    counters[COUNTER.slow]! += 1
    thread.report({
      kind: 'slow-udp',
      socket: index,
      message: copy(slots, slot * SLOT, length),
      peer: copy(names, peerAt, octets),
      port,
      name: copy(names, slot * NAME, header32[i * 16 + 2]!),
      control: copy(controls, slot * CONTROL, header32[i * 16 + 10]!),
    })
  }

  const send = (fd: number, replies: number): void => {
    let done = 0
    let interrupted = 0
    while (done < replies) {
      const sent = libc.sendmmsg(fd, sendAt[done]!, replies - done, 0)
      if (sent > 0) {
        done += sent
        counters[COUNTER.sent]! += sent
        interrupted = 0
        continue
      }
      // The first of the rest failed. A signal or news about an earlier reply (ECONNREFUSED) is not its fault: once more.
      const errno = libc.errno()
      if (errno !== EAGAIN && interrupted++ === 0) continue
      if (errno === EINTR) continue
      counters[COUNTER.sendErrors]! += 1
      interrupted = 0
      done++
    }
  }

  return {
    turn,
    idle: () => {
      responder.enter()
      responder.leave()
    },
  }
}

function viewOf(part: Uint8Array): DataView {
  return new DataView(part.buffer, part.byteOffset, part.length)
}

function copy(from: Uint8Array, at: number, length: number): Uint8Array {
  return new Uint8Array(from.subarray(at, at + length))
}
