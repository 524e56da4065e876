import { execFileSync, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import t from 'tap'
import type { SlowDoor } from '../../src/serve/index.ts'
import { connectTcp, framed, portOf, recordingLog, serveEcho, streamClient, until } from './harness.ts'

const flip = (text: string): Buffer => Buffer.from(Buffer.from(text).map((octet) => octet ^ 255))
const never: SlowDoor = () => new Promise(() => {})
/** 'r' and a length: the responder answers with that many octets. */
const want = (octets: number): Buffer => Buffer.of(0x72, octets >> 8, octets & 255)

t.test('a message in single octets is answered', async (t) => {
  const serving = await serveEcho(['127.0.0.1:0'])
  t.teardown(() => serving.stop())
  const client = await connectTcp(portOf(serving, 'tcp'))
  for (const octet of framed('hello')) {
    client.socket.write(Buffer.of(octet))
    await new Promise((resolve) => setImmediate(resolve))
  }
  t.same(await client.next(), flip('hello'))
  client.socket.destroy()
})

t.test('pipelined questions are answered in order, thousands at once', async (t) => {
  const serving = await serveEcho(['127.0.0.1:0'])
  t.teardown(() => serving.stop())
  const client = await connectTcp(portOf(serving, 'tcp'))
  const questions = Array.from({ length: 5000 }, (_, i) => `question ${i}`)
  client.socket.write(framed(...questions))
  let right = 0
  for (const question of questions) if ((await client.next())?.equals(flip(question)) === true) right++
  t.equal(right, 5000)
  client.socket.destroy()
})

t.test('a client that closes its half still gets its answers', async (t) => {
  const serving = await serveEcho(['127.0.0.1:0'], {
    slowDoor: async (message, request) => {
      await new Promise((resolve) => setTimeout(resolve, 50))
      await request.send(message)
    },
  })
  t.teardown(() => serving.stop())
  const client = await connectTcp(portOf(serving, 'tcp'))
  client.socket.end(framed('one', 'door'))
  t.same(await client.next(), flip('one'))
  t.equal(String(await client.next()), 'door')
  t.equal(await client.next(), undefined)
})

t.test('who overstays is closed', async (t) => {
  const limits = { idleMs: 200, messageMs: 200, writeMs: 300 }
  const serving = await serveEcho(['127.0.0.1:0'], { limits, slowDoor: never })
  t.teardown(() => serving.stop())
  const port = portOf(serving, 'tcp')

  t.test('idle', async (t) => {
    const client = await connectTcp(port)
    client.socket.write(framed('hello'))
    await client.next()
    await client.closed
    t.pass('closed')
  })
  t.test('with half a message, dripping', async (t) => {
    const client = await connectTcp(port)
    const drip = setInterval(() => client.socket.write('a'), 20)
    client.socket.write(Buffer.of(255, 255))
    await client.closed
    clearInterval(drip)
    t.pass('closed')
  })
  t.test('without reading its answers', async (t) => {
    const client = await connectTcp(port)
    client.socket.pause()
    const asking = setInterval(() => client.socket.write(framed(...Array.from({ length: 50 }, () => want(65535)))), 5)
    // A paused socket does not tell that it was closed: the server does.
    await until(() => serving.describe().connections > 0, 'the connection')
    await until(() => serving.describe().connections === 0, 'the server to give up')
    clearInterval(asking)
    client.socket.destroy()
    const sent = serving.describe().threads.find((thread) => thread.kind === 'stream')!.counters.sent
    t.ok(sent < 400, `the server made ${sent} answers of 64 KiB for a client that reads none`)
  })
  t.test('but not while the slow door works for it', async (t) => {
    const client = await connectTcp(port)
    client.socket.write(framed('door'))
    const outcome = await Promise.race([
      client.closed.then(() => 'closed'),
      new Promise((resolve) => setTimeout(resolve, 700, 'open')),
    ])
    t.equal(outcome, 'open')
    client.socket.destroy()
  })
})

t.test('the slow door takes a bounded number of messages of one connection', async (t) => {
  let taken = 0
  const release: (() => void)[] = []
  const serving = await serveEcho(['127.0.0.1:0'], {
    limits: { slowPerConnection: 3 },
    slowDoor: async (message, request) => {
      taken++
      await new Promise<void>((resolve) => release.push(resolve))
      await request.send(message)
    },
  })
  t.teardown(() => serving.stop())
  const client = await connectTcp(portOf(serving, 'tcp'))
  client.socket.write(framed(...Array.from({ length: 10 }, (_, i) => `d${i}`), 'quick'))
  await until(() => taken === 3, 'three messages')
  await new Promise((resolve) => setTimeout(resolve, 50))
  t.equal(taken, 3)
  const got: string[] = []
  for (let i = 0; i < 11; i++) {
    if (release.length === 0 && i < 10) await until(() => release.length > 0, 'the next')
    release.shift()?.()
    got.push(String(await client.next()))
  }
  t.equal(taken, 10)
  t.equal(got.length, 11)
  client.socket.destroy()
})

t.test('too many connections', async (t) => {
  t.test('the one that has been idle longest goes', async (t) => {
    const serving = await serveEcho(['127.0.0.1:0'], { limits: { connections: 3 } })
    t.teardown(() => serving.stop())
    const port = portOf(serving, 'tcp')
    const clients = []
    for (let i = 0; i < 3; i++) {
      clients.push(await connectTcp(port))
      await until(() => serving.describe().connections === i + 1, 'the connection')
    }
    clients[0]!.socket.write(framed('here still'))
    await clients[0]!.next()
    const newcomer = await connectTcp(port)
    newcomer.socket.write(framed('new'))
    t.same(await newcomer.next(), flip('new'))
    await clients[1]!.closed
    clients[0]!.socket.write(framed('again'))
    t.same(await clients[0]!.next(), flip('again'))
    for (const client of [...clients, newcomer]) client.socket.destroy()
  })
  t.test('of one network, all busy: the newcomer is refused, another network is not', async (t) => {
    const serving = await serveEcho(['127.0.0.1:0', '[::1]:0'], { limits: { perNetwork: 2 }, slowDoor: never })
    t.teardown(() => serving.stop())
    const port = portOf(serving, 'tcp')
    const busy = [await connectTcp(port), await connectTcp(port)]
    for (const client of busy) client.socket.write(framed('door', 'ready'))
    for (const client of busy) await client.next()
    const newcomer = await connectTcp(port)
    await newcomer.closed
    const v6 = serving.addresses.find((address) => address.address.length === 16)!.port
    const stranger = await connectTcp(v6, '::1')
    stranger.socket.write(framed('hello'))
    t.same(await stranger.next(), flip('hello'))
    for (const client of [...busy, stranger]) client.socket.destroy()
  })
})

t.test('DNS over TLS', async (t) => {
  if (spawnSync('openssl', ['version']).status !== 0) return t.comment('skipped: no openssl to make a certificate')
  const folder = t.testdir()
  const make = (name: string): void => {
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-days',
        '2',
        '-subj',
        `/CN=${name}`,
      ].concat(['-keyout', join(folder, `${name}.key`), '-out', join(folder, `${name}.pem`)]),
      { stdio: 'ignore' },
    )
  }
  make('first')
  make('second')
  const files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') }
  const install = (name: string): void => {
    copyFileSync(join(folder, `${name}.key`), files.key)
    copyFileSync(join(folder, `${name}.pem`), files.cert)
  }
  install('first')
  const log = recordingLog()
  const slowDoor: SlowDoor = async (message, request) => {
    for (let i = 0; i < 3; i++) await request.send(Buffer.concat([Buffer.from(`${request.transport} ${i} `), message]))
  }
  const serving = await serveEcho(['127.0.0.1:0'], { tlsListen: ['127.0.0.1:0'], tls: files, log, slowDoor })
  t.teardown(() => serving.stop())
  const port = portOf(serving, 'tls')
  const open = async (): Promise<TLSSocket> => {
    const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['dot'] })
    await once(socket, 'secureConnect')
    return socket
  }
  const nameOf = (socket: TLSSocket): string | string[] | undefined => socket.getPeerCertificate().subject.CN

  t.test('answers, and several messages to one question', async (t) => {
    const socket = await open()
    const client = streamClient(socket)
    t.equal(nameOf(socket), 'first')
    t.equal(socket.alpnProtocol, 'dot')
    socket.write(framed('p'))
    t.equal((await client.next())?.[0], 2)
    socket.write(framed('door'))
    for (let i = 0; i < 3; i++) t.equal(String(await client.next()), `tls ${i} door`)
    socket.destroy()
  })
  t.test('plain octets on the TLS port are hung up on', async (t) => {
    const client = await connectTcp(port)
    client.socket.write(framed('hello'))
    await client.closed
    t.pass('closed')
  })
  t.test('files that do not fit leave the old certificate in service', async (t) => {
    copyFileSync(join(folder, 'second.pem'), files.cert)
    await until(() => serving.describe().tls?.error !== undefined, 'the problem')
    const socket = await open()
    t.equal(nameOf(socket), 'first')
    socket.destroy()
  })
  t.test('other files beside it may change as they like', async (t) => {
    const news = log.lines.filter((line) => line.text.includes('certificate')).length
    for (let i = 0; i < 5; i++) {
      writeFileSync(join(folder, 'other'), String(i))
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    await new Promise((resolve) => setTimeout(resolve, 500))
    t.equal(log.lines.filter((line) => line.text.includes('certificate')).length, news)
  })
  t.test('a renewed certificate is taken up', async (t) => {
    install('second')
    await until(() => log.lines.some((line) => line.text.includes('new TLS certificate is in use')), 'the new one')
    const socket = await open()
    t.equal(nameOf(socket), 'second')
    t.equal(serving.describe().tls?.error, undefined)
    socket.destroy()
  })
  t.test('a certificate that cannot be used is refused at the start', async (t) => {
    const missing = { ...files, key: join(folder, 'nowhere.key') }
    await t.rejects(serveEcho([], { tlsListen: ['127.0.0.1:0'], tls: missing }), {
      message: /key .* cannot be read \(ENOENT\)/,
    })
    const wrong = { ...files, key: join(folder, 'first.key') }
    await t.rejects(serveEcho([], { tlsListen: ['127.0.0.1:0'], tls: wrong }), { message: /cannot be used/ })
  })
})
