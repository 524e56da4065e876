/**
 * Under a service manager: the real process with a notify socket, a watchdog and sockets that were opened for it, UDP and TCP of both
 * families, as systemd would hand them over.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { AF_UNIX, loadLibc, MSG_DONTWAIT, SOCK_DGRAM } from '../../src/serve/libc.ts'
import { localAddress, openTcp, openUdp } from '../../src/serve/sockets.ts'
import { addresses, dig, missing } from './dig.ts'
import { noServer, until } from './server.ts'

const libc = loadLibc()
const ENTRY = new URL('../../src/main.js', import.meta.url).pathname
const IPV4 = Uint8Array.of(127, 0, 0, 1)
const IPV6 = Uint8Array.of(...new Uint8Array(15), 1)
const ZONE = '$TTL 300\n@ SOA ns1 hostmaster 1 3600 600 604800 60\n@ NS ns1\nns1 A 127.0.0.1\nwww A 192.0.2.1\n'

t.test('ready, watchdog, reload, handed sockets, stop', { skip: noServer() || missing('dig') }, async (t) => {
  if (typeof libc === 'string') return t.comment(`skipped: ${libc}`)
  const folder = mkdtempSync(join(tmpdir(), 'meridian-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  mkdirSync(join(folder, 'zones'))
  const zone = join(folder, 'zones/shop.example.zone')
  writeFileSync(zone, ZONE)

  const sockets: number[] = []
  const open = (address: Uint8Array): number => {
    const udp = openUdp(libc, address, 0, 1, false)[0]!.fd
    const { port } = localAddress(libc, udp)
    sockets.push(udp, openTcp(libc, address, port, false))
    return port
  }
  const port = open(IPV4)
  let port6: number | undefined
  try {
    port6 = open(IPV6)
  } catch {
    t.comment('no IPv6 here')
  }
  t.teardown(() => {
    for (const fd of sockets) libc.close(fd)
  })
  const listen = [`127.0.0.1:${port}`, ...(port6 === undefined ? [] : [`[::1]:${port6}`])]
  writeFileSync(
    join(folder, 'meridian.yaml'),
    `listen: ${JSON.stringify(listen)}\napi: { listen: "127.0.0.1:0" }\nworkers: 2\nwatch: false\n`,
  )

  const notify = libc.socket(AF_UNIX, SOCK_DGRAM, 0)
  const path = `@meridian-service-${process.pid}`
  const name = Buffer.from(new ArrayBuffer(2 + path.length))
  name.writeUInt16LE(AF_UNIX)
  name.write(path, 2)
  name[2] = 0
  t.equal(libc.bind(notify, name, name.length), 0)
  t.teardown(() => libc.close(notify))
  const octets = Buffer.from(new ArrayBuffer(4096))
  const told: string[] = []
  const heard = (pattern: RegExp): Promise<unknown> =>
    until(`${pattern} for the manager`, () => {
      for (;;) {
        const length = libc.recv(notify, octets, octets.length, MSG_DONTWAIT)
        if (length < 0) break
        told.push(octets.toString('utf8', 0, length))
      }
      return told.some((text) => pattern.test(text))
    })

  const { NODE_OPTIONS: _, ...environment } = process.env
  const child = spawn(
    'sh',
    [
      '-c',
      `LISTEN_PID=$$ WATCHDOG_PID=$$ LISTEN_FDS=${sockets.length} exec "$@"`,
      'sh',
      process.execPath,
      ENTRY,
      'serve',
    ],
    {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit', ...sockets],
      env: { ...environment, NOTIFY_SOCKET: path, WATCHDOG_USEC: '2000000' },
    },
  )
  child.stdout!.resume()
  const ended = once(child, 'exit')
  t.teardown(async () => {
    child.kill('SIGKILL')
    await ended
  })
  await heard(/^READY=1\nSTATUS=1 zones, 0 steered records\n$/)
  const www = async (server: { port: number; host?: string }, how = ''): Promise<string> =>
    addresses(await dig(server, `www.shop.example A ${how}`)).join(' ')
  for (const how of ['+notcp', '+tcp']) {
    t.equal(await www({ port }, how), '192.0.2.1', `IPv4 ${how}`)
    if (port6 !== undefined) t.equal(await www({ port: port6, host: '::1' }, how), '192.0.2.1', `IPv6 ${how}`)
  }
  const bound = readFileSync('/proc/net/udp', 'utf8')
    .split('\n')
    .filter((line) => Number.parseInt(line.trim().split(/\s+/)[1]?.split(':')[1] ?? '', 16) === port)
  t.equal(bound.length, 1, 'the socket that was handed over is the only one, although there are two workers')

  await heard(/^WATCHDOG=1\n$/)
  told.length = 0
  writeFileSync(zone, ZONE.replace('hostmaster 1', 'hostmaster 2').replace('192.0.2.1', '192.0.2.2'))
  child.kill('SIGHUP')
  await heard(/^RELOADING=1\nMONOTONIC_USEC=\d+\n$/)
  await heard(/^READY=1\n$/)
  t.equal(await www({ port }), '192.0.2.2', 'when the manager is told that it is done, it is')
  child.kill('SIGTERM')
  t.same(await ended, [0, null])
  await heard(/^STOPPING=1\n$/)
})
