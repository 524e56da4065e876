/**
 * The load generator, a process of its own: asks prepared queries over UDP in batches and counts the answers.
 *
 *     node build/bench/load.js '{"host":"127.0.0.1","port":5300,"queries":FILE,"seconds":3,"mode":"closed","window":128,"sockets":4}'
 *
 * closed: `window` queries are on their way at any time: the server is always busy and nothing overflows. What is not answered for
 *         500 ms counts as lost.
 * rate:   `rate` queries a second, come what may; after the end the last answers are waited for. sent - answered were lost.
 *
 * FILE holds queries one after the other, each preceded by its length in two octets. Every query gets an ID of its own.
 * Prints one line of JSON (LoadResult); 'started' goes to stderr when the first answer has come.
 */

import { readFileSync } from 'node:fs'
import { parseAddress } from '../src/base/index.ts'
import {
  AF_INET,
  loadLibc,
  MSG_DONTWAIT,
  POLLIN,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SOCK_DGRAM,
  SOL_SOCKET,
} from '../src/serve/libc.ts'
import { writeSockaddr } from '../src/serve/sockaddr.ts'

export interface LoadOptions {
  readonly host: string
  readonly port: number
  readonly queries: string
  readonly seconds: number
  readonly mode: 'closed' | 'rate'
  readonly window: number
  readonly sockets: number
  readonly rate: number
}

export interface LoadResult {
  readonly sent: number
  readonly answered: number
  readonly lost: number
  readonly seconds: number
  /** Answers by rcode. */
  readonly rcodes: Readonly<Record<string, number>>
  /** Answers with something in the answer section. */
  readonly withAnswer: number
}

const BATCH = 64
const SLOT = 2048

function run(options: LoadOptions): LoadResult {
  const libc = loadLibc()
  if (typeof libc === 'string') throw new Error(libc)
  const address = parseAddress(options.host)!
  const fds = Array.from({ length: options.sockets }, () => {
    const fd = libc.socket(AF_INET, SOCK_DGRAM, 0)
    const size = new Uint8Array(new Int32Array([4 << 20]).buffer)
    if (libc.setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, size, 4) < 0)
      libc.setsockopt(fd, SOL_SOCKET, SO_RCVBUF, size, 4)
    const to = writeSockaddr(address, options.port)
    if (libc.connect(fd, to, to.length) < 0) throw new Error(`connect: errno ${libc.errno()}`)
    return fd
  })

  // One memory: slots for sending, slots for receiving, then the queries.
  const file = readFileSync(options.queries)
  const queriesAt = 2 * BATCH * SLOT
  const memory = new Uint8Array(new SharedArrayBuffer(queriesAt + file.length))
  memory.set(file, queriesAt)
  const starts: number[] = []
  for (let at = queriesAt; at < memory.length; at += 2 + ((memory[at]! << 8) | memory[at + 1]!)) starts.push(at)
  const base = libc.addressOf(memory)
  const iovs = new Uint8Array(new SharedArrayBuffer(2 * BATCH * 16))
  const headers = new Uint8Array(new SharedArrayBuffer(2 * BATCH * 64))
  const iovView = new DataView(iovs.buffer)
  const headerView = new DataView(headers.buffer)
  for (let i = 0; i < 2 * BATCH; i++) {
    iovView.setBigUint64(i * 16, base + BigInt(i * SLOT), true)
    iovView.setBigUint64(i * 16 + 8, BigInt(SLOT), true)
    headerView.setBigUint64(i * 64 + 16, libc.addressOf(iovs) + BigInt(i * 16), true)
    headerView.setBigUint64(i * 64 + 24, 1n, true)
  }
  const iov32 = new Uint32Array(iovs.buffer)
  const header32 = new Uint32Array(headers.buffer)
  const sendHeaders = libc.addressOf(headers)
  const receiveHeaders = sendHeaders + BigInt(BATCH * 64)
  const polls = new Uint8Array(new SharedArrayBuffer(Math.max(8, fds.length * 8)))
  const pollView = new DataView(polls.buffer)
  fds.forEach((fd, i) => {
    pollView.setInt32(i * 8, fd, true)
    pollView.setInt16(i * 8 + 4, POLLIN, true)
  })

  let id = 0
  let next = 0
  let sent = 0
  let answered = 0
  let withAnswer = 0
  const rcodes = new Float64Array(16)

  const send = (fd: number, count: number): number => {
    for (let i = 0; i < count; i++) {
      const at = starts[next]!
      next = next + 1 === starts.length ? 0 : next + 1
      const length = (memory[at]! << 8) | memory[at + 1]!
      memory.copyWithin(i * SLOT, at + 2, at + 2 + length)
      id = (id + 1) & 65535
      memory[i * SLOT] = id >> 8
      memory[i * SLOT + 1] = id & 255
      iov32[i * 4 + 2] = length
    }
    const done = libc.sendmmsg(fd, sendHeaders, count, 0)
    if (done > 0) sent += done
    return Math.max(done, 0)
  }
  const receive = (fd: number): number => {
    const n = libc.recvmmsg(fd, receiveHeaders, BATCH, MSG_DONTWAIT, null)
    for (let i = 0; i < n; i++) {
      const at = (BATCH + i) * SLOT
      if (header32[(BATCH + i) * 16 + 14]! < 12) continue
      const rcode = memory[at + 3]! & 15
      rcodes[rcode] = rcodes[rcode]! + 1
      if ((memory[at + 6]! | memory[at + 7]!) !== 0) withAnswer++
    }
    if (n > 0) {
      if (answered === 0) process.stderr.write('started\n')
      answered += n
    }
    return Math.max(n, 0)
  }

  const begin = performance.now()
  const end = begin + options.seconds * 1000
  let lost = 0
  if (options.mode === 'closed') {
    const window = Math.max(1, Math.floor(options.window / fds.length))
    const outstanding = fds.map(() => 0)
    let lastProgress = begin
    for (let time = begin; time < end; time = performance.now()) {
      let progress = 0
      for (let s = 0; s < fds.length; s++) {
        const got = receive(fds[s]!)
        outstanding[s] = Math.max(0, outstanding[s]! - got)
        progress += got
        const room = Math.min(BATCH, window - outstanding[s]!)
        // A few at a time would measure system calls: wait until a good part of the window is free.
        if (room > 0 && (room * 2 >= window || room === BATCH)) outstanding[s] = outstanding[s]! + send(fds[s]!, room)
      }
      if (progress > 0) lastProgress = time
      else if (time - lastProgress > 500) {
        lost += outstanding.reduce((a, b) => a + b, 0)
        outstanding.fill(0)
        lastProgress = time
      }
      // It never sleeps: whoever sleeps has to be woken, and on loopback it is the server's own sendmmsg that would pay for that, the
      // more the slower the server is. A network card wakes nobody on the server's account.
    }
    const until = performance.now() + 100
    while (performance.now() < until) {
      libc.poll(polls, fds.length, 10)
      for (const fd of fds) receive(fd)
    }
  } else {
    let turn = 0
    for (let time = begin; time < end; time = performance.now()) {
      const due = Math.floor(((time - begin) * options.rate) / 1000) - sent
      for (let rest = due; rest > 0; ) {
        const part = Math.min(rest, BATCH)
        if (send(fds[turn++ % fds.length]!, part) === 0) break
        rest -= part
      }
      for (const fd of fds) while (receive(fd) === BATCH);
      libc.poll(polls, fds.length, 1)
    }
    const until = performance.now() + 1000
    while (answered < sent && performance.now() < until) {
      libc.poll(polls, fds.length, 10)
      for (const fd of fds) while (receive(fd) > 0);
    }
    lost = sent - answered
  }
  const seconds = (end - begin) / 1000
  for (const fd of fds) libc.close(fd)
  const named = Object.fromEntries([...rcodes].map((n, rcode) => [String(rcode), n] as const).filter(([, n]) => n > 0))
  return { sent, answered, lost, seconds, rcodes: named, withAnswer }
}

if (process.argv[2] !== undefined) console.log(JSON.stringify(run(JSON.parse(process.argv[2]) as LoadOptions)))
