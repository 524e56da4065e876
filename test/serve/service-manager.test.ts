import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { createServiceManager } from '../../src/serve/index.ts'
import { AF_UNIX, loadLibc, MSG_DONTWAIT, SOCK_DGRAM } from '../../src/serve/libc.ts'

const libc = loadLibc()
const skip = typeof libc === 'string' ? libc : false

/** a datagram socket that stands for the service manager's */
function manager(t: Pick<typeof import('tap').t, 'teardown'>, path: string) {
  if (typeof libc === 'string') throw new Error(libc)
  const fd = libc.socket(AF_UNIX, SOCK_DGRAM, 0)
  const address = Buffer.from(new ArrayBuffer(2 + path.length + (path.startsWith('@') ? 0 : 1)))
  address.writeUInt16LE(AF_UNIX)
  address.write(path, 2)
  if (path.startsWith('@')) address[2] = 0
  if (libc.bind(fd, address, address.length) !== 0) throw new Error(`bind ${path}: errno ${libc.errno()}`)
  t.teardown(() => libc.close(fd))
  const octets = Buffer.from(new ArrayBuffer(4096))
  return (): string | undefined => {
    const length = libc.recv(fd, octets, octets.length, MSG_DONTWAIT)
    return length < 0 ? undefined : octets.toString('utf8', 0, length)
  }
}

t.test('ready, the watchdog and the end are told to the service manager', { skip }, async (t) => {
  // A socket's path has 107 octets at the most: no place for the test's own folder.
  const folder = mkdtempSync(join(tmpdir(), 'meridian-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  for (const path of [join(folder, 'notify'), `@meridian-test-${process.pid}`]) {
    const told = manager(t, path)
    const service = createServiceManager({ NOTIFY_SOCKET: path, WATCHDOG_USEC: '100000' })
    let well = true
    service.ready('1 zone\nand more', () => well)
    t.equal(told(), 'READY=1\nSTATUS=1 zone and more\n')
    const next = async (): Promise<string | undefined> => {
      for (let i = 0; i < 200; i++) {
        const text = told()
        if (text !== undefined) return text
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
      return undefined
    }
    t.equal(await next(), 'WATCHDOG=1\n')
    well = false
    while (told() !== undefined);
    service.stopping()
    t.equal(await next(), 'STOPPING=1\n', 'nothing but the end from one that is not well')
  }
})

t.test('a reload is told at its beginning and its end, however it ends', { skip }, async (t) => {
  const told = manager(t, `@meridian-reload-${process.pid}`)
  const service = createServiceManager({ NOTIFY_SOCKET: `@meridian-reload-${process.pid}` })
  const before = process.hrtime.bigint() / 1000n
  t.equal(await service.reloading(Promise.resolve(7)), 7)
  const moment = BigInt(/^RELOADING=1\nMONOTONIC_USEC=(\d+)\n$/.exec(told() ?? '')?.[1] ?? 0)
  t.ok(moment >= before && moment <= process.hrtime.bigint() / 1000n)
  t.equal(told(), 'READY=1\n')
  await t.rejects(service.reloading(Promise.reject(new Error('no'))), /no/)
  t.match(told(), /RELOADING/)
  t.equal(told(), 'READY=1\n')
})

t.test('a main thread that hangs is silent', { skip }, async (t) => {
  const told = manager(t, `@meridian-hang-${process.pid}`)
  const service = createServiceManager({ NOTIFY_SOCKET: `@meridian-hang-${process.pid}`, WATCHDOG_USEC: '100000' })
  service.ready('', () => true)
  const fed = async (): Promise<boolean> => {
    for (let i = 0; i < 500; i++) {
      if (told() === 'WATCHDOG=1\n') return true
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    return false
  }
  t.ok(await fed())
  while (told() !== undefined);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300)
  t.equal(told(), undefined, 'not a word in three times the time that the manager waits')
  t.ok(await fed(), 'and it speaks again when it lives')
  service.stopping()
})

t.test('without a manager nothing is told, and nothing fails', (t) => {
  for (const environment of [
    {},
    { NOTIFY_SOCKET: '' },
    { NOTIFY_SOCKET: 'relative' },
    { NOTIFY_SOCKET: `/${'x'.repeat(200)}` },
  ]) {
    const service = createServiceManager(environment)
    service.ready('', () => true)
    void service.reloading(Promise.resolve())
    service.stopping()
  }
  t.notOk(existsSync('relative'))
  t.end()
})
