import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { AF_INET6, IPPROTO_IPV6, IPV6_V6ONLY, loadLibc, SOCK_DGRAM } from '../../src/serve/libc.ts'
import { portOwners } from '../../src/serve/port-owners.ts'
import { writeSockaddr } from '../../src/serve/sockaddr.ts'
import { localAddress, openTcp, openUdp } from '../../src/serve/sockets.ts'
import { askUdp, connectTcp, framed, serveEcho } from './harness.ts'

const libc = loadLibc()
const flip = (text: string): Buffer => Buffer.from(Buffer.from(text).map((octet) => octet ^ 255))
const LOOPBACK = Uint8Array.of(127, 0, 0, 1)
const server = new URL('./activated-server.js', import.meta.url).pathname

t.test('sockets that the service manager opened are served on', async (t) => {
  if (typeof libc === 'string') return t.comment(`skipped: ${libc}`)
  const [udp] = openUdp(libc, LOOPBACK, 0, 1, false)
  const { port } = localAddress(libc, udp!.fd)
  const tcp = openTcp(libc, LOOPBACK, port, false)
  // What is asked before the server runs waits in the socket.
  const early = askUdp('early', port, '127.0.0.1', 20_000)
  const child = spawn(
    'sh',
    ['-c', 'LISTEN_PID=$$ LISTEN_FDS=2 exec "$@"', 'sh', process.execPath, server, `127.0.0.1:${port}`],
    {
      stdio: ['ignore', 'pipe', 'inherit', udp!.fd, tcp],
    },
  )
  await once(child.stdout!, 'data')
  t.same((await early)?.reply, flip('early'))
  t.same((await askUdp('hello', port))?.reply, flip('hello'))
  const client = await connectTcp(port)
  client.socket.write(framed('hello'))
  t.same(await client.next(), flip('hello'))
  client.socket.destroy()
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  t.same(await ended, [0, null])
  libc.close(udp!.fd)
  libc.close(tcp)
})

t.test(
  'a dual-stack socket that was handed over serves IPv4 clients as IPv4, from the address they asked',
  async (t) => {
    if (typeof libc === 'string') return t.comment(`skipped: ${libc}`)
    const any = writeSockaddr(new Uint8Array(16), 0)
    const udp = libc.socket(AF_INET6, SOCK_DGRAM, 0)
    libc.setsockopt(udp, IPPROTO_IPV6, IPV6_V6ONLY, new Uint8Array(new ArrayBuffer(4)), 4)
    if (udp < 0 || libc.bind(udp, any, any.length) < 0) return t.comment('skipped: no IPv6 here')
    const { port } = localAddress(libc, udp)
    const child = spawn(
      'sh',
      ['-c', 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"', 'sh', process.execPath, server, `[::]:${port}`],
      {
        stdio: ['ignore', 'pipe', 'inherit', udp],
      },
    )
    await once(child.stdout!, 'data')
    for (const host of ['127.0.0.1', '127.0.0.9']) {
      const answer = await askUdp('p', port, host)
      t.equal(answer?.from, host)
      t.same([...answer!.reply.subarray(0, 6)], [0, 4, 127, 0, 0, 1])
    }
    t.same([...(await askUdp('p', port, '::1'))!.reply.subarray(0, 2)], [0, 16])
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    t.same(await ended, [0, null])
    libc.close(udp)
  },
)

t.test('a program that is not Meridian is not taken over from', async (t) => {
  if (typeof libc === 'string') return t.comment(`skipped: ${libc}`)
  const child = spawn(process.execPath, [server, '127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(async () => {
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    await ended
  })
  await once(child.stdout!, 'data')
  const taken = readFileSync('/proc/net/udp', 'utf8')
    .split('\n')
    .slice(1)
    .map((line) => Number.parseInt(line.trim().split(/\s+/)[1]?.split(':')[1] ?? '0', 16))
    .find((port) => portOwners('udp', port).some(({ pid }) => pid === child.pid))!
  t.ok(taken > 0)
  await t.rejects(serveEcho([`127.0.0.1:${taken}`], { replace: true }), {
    code: 'EADDRINUSE',
    message: /which is not Meridian/,
  })
})
