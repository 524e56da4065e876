import t from 'tap'
import { AF_INET, type Libc, loadLibc, MSG_DONTWAIT, SOCK_DGRAM } from '../../src/serve/libc.ts'
import { writeSockaddr } from '../../src/serve/sockaddr.ts'
import { joinUdp, localAddress, type OpenSocket, openUdp } from '../../src/serve/sockets.ts'

const LOOPBACK = Uint8Array.of(127, 0, 0, 1)
const SENDERS = 200

/** Sends a datagram from as many ports; loopback delivers before sendto returns. */
function sendAll(libc: Libc, port: number): void {
  const to = writeSockaddr(LOOPBACK, port)
  for (let i = 0; i < SENDERS; i++) {
    const fd = libc.socket(AF_INET, SOCK_DGRAM, 0)
    libc.sendto(fd, new Uint8Array(new ArrayBuffer(16)), 16, 0, to, to.length)
    libc.close(fd)
  }
}

function arrived(libc: Libc, { fd }: OpenSocket): number {
  const octets = new Uint8Array(new ArrayBuffer(64))
  let count = 0
  while (libc.recv(fd, octets, octets.length, MSG_DONTWAIT) > 0) count++
  return count
}

// Seen under --replace on a machine with load 9: the new process had its sockets three seconds before its first thread read them,
// and what they could not hold was lost.
t.test('beside a running server a socket takes nothing before somebody reads it', async (t) => {
  const libc = loadLibc()
  if (typeof libc === 'string') return t.comment(`skipped: ${libc}`)
  const [old] = openUdp(libc, LOOPBACK, 0, 1, false)
  const { port } = localAddress(libc, old!.fd)
  const next = openUdp(libc, LOOPBACK, port, 2, true)
  t.teardown(() => {
    for (const { fd } of [old!, ...next]) libc.close(fd)
  })
  sendAll(libc, port)
  t.equal(arrived(libc, old!), SENDERS)
  joinUdp(libc, next, LOOPBACK, port)
  sendAll(libc, port)
  const shares = [old!, ...next].map((socket) => arrived(libc, socket))
  t.ok(
    shares.every((share) => share > 0),
    `from then on each has its share: ${shares.join(' ')}`,
  )
  t.equal(
    shares.reduce((sum, share) => sum + share, 0),
    SENDERS,
  )
})

t.test('an address that another user of the port does not share is told when it is bound', async (t) => {
  const libc = loadLibc()
  if (typeof libc === 'string') return t.comment(`skipped: ${libc}`)
  const alone = libc.socket(AF_INET, SOCK_DGRAM, 0)
  const name = writeSockaddr(LOOPBACK, 0)
  libc.bind(alone, name, name.length)
  const { port } = localAddress(libc, alone)
  const sockets = openUdp(libc, LOOPBACK, port, 1, true)
  t.teardown(() => {
    for (const fd of [alone, sockets[0]!.fd]) libc.close(fd)
  })
  t.throws(() => joinUdp(libc, sockets, LOOPBACK, port), { code: 'EADDRINUSE' })
})
