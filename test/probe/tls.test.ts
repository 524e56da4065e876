import { createServer, type Server } from 'node:tls'
import t from 'tap'
import { createProber } from '../../src/probe/index.ts'
import type { Probe } from '../../src/steer/index.ts'
import { type Identity, makeCertificate } from './certificates.ts'
import { answering, httpProbe, origin, target } from './origins.ts'

const DAY_MS = 86_400_000
const inDays = (days: number): Date => new Date(Date.now() + days * DAY_MS)
const authority = makeCertificate({ names: ['Test Authority'], notAfter: inDays(3650) })
const good = makeCertificate({ names: ['www.portal.example'], notAfter: inDays(90), issuer: authority })
const ending = makeCertificate({ names: ['www.portal.example'], notAfter: inDays(6), issuer: authority })
const ended = makeCertificate({ names: ['www.portal.example'], notAfter: inDays(-3), issuer: authority })
const stranger = makeCertificate({ names: ['www.portal.example'], notAfter: inDays(90) })

const prober = createProber({ version: '0.0.0', authorities: [authority.cert] })
t.teardown(() => prober.close())

interface Secure {
  readonly port: number
  readonly names: (string | false)[]
  close(): Promise<void>
}

async function secureOrigin(identity: Identity): Promise<Secure> {
  const names: (string | false)[] = []
  const server: Server = createServer({ cert: identity.cert, key: identity.key }, (socket) => {
    names.push(socket.servername as string | false)
    socket.on('error', () => {})
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'))
  })
  server.on('tlsClientError', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return { port: address.port, names, close: () => new Promise((resolve) => server.close(() => resolve())) }
}

function tlsProbe(port: number, more: Partial<Extract<Probe, { kind: 'tls' }>> = {}): Probe {
  return {
    kind: 'tls',
    port,
    sni: 'www.portal.example',
    verify: true,
    certificateWarningMs: 14 * DAY_MS,
    ...more,
  }
}

t.test('the certificate decides', async (t) => {
  const rows: readonly [
    title: string,
    identity: Identity,
    sni: string,
    verify: boolean,
    expected: string,
    detail: RegExp,
    warning: RegExp | undefined,
  ][] = [
    ['a good one', good, 'www.portal.example', true, 'ok', /TLSv1\.3|status 200/, undefined],
    [
      'one that ends soon is a warning and no failure',
      ending,
      'www.portal.example',
      true,
      'ok',
      /TLSv1\.3|status 200/,
      /certificate ends in 5d/,
    ],
    ['one that has ended', ended, 'www.portal.example', true, 'tls', /CERT_HAS_EXPIRED/, undefined],
    [
      'one that has ended, where nobody verifies',
      ended,
      'www.portal.example',
      false,
      'ok',
      /TLSv1\.3|status 200/,
      /certificate ended 3d/,
    ],
    ['one for another name', good, 'other.portal.example', true, 'tls', /ALTNAME_INVALID/, undefined],
    ['one of a stranger', stranger, 'www.portal.example', true, 'tls', /SELF_SIGNED|UNABLE_TO_VERIFY/, undefined],
    [
      'one of a stranger, where nobody verifies',
      stranger,
      'www.portal.example',
      false,
      'ok',
      /TLSv1\.3|status 200/,
      undefined,
    ],
  ]
  for (const [title, identity, sni, verify, expected, detail, warning] of rows) {
    const server = await secureOrigin(identity)
    for (const probe of [
      tlsProbe(server.port, { sni, verify }),
      httpProbe(server.port, { kind: 'https', host: sni, verify }),
    ]) {
      const result = await prober.probe(target(probe))
      t.equal(result.class, expected, `${probe.kind}: ${title} (${result.detail})`)
      t.match(result.detail, detail, title)
      if (warning === undefined) t.equal(result.warning, undefined, title)
      else t.match(result.warning, warning, title)
    }
    await server.close()
  }
})

t.test('SNI is the check’s sni, else its host without the port, else the name that the node serves', async (t) => {
  const server = await secureOrigin(good)
  const loose = { kind: 'https', verify: false } as const
  await prober.probe(target(httpProbe(server.port, { ...loose, sni: 'sni.example', host: 'host.example' })))
  await prober.probe(target(httpProbe(server.port, { ...loose, host: 'host.example:8443' })))
  await prober.probe(target(httpProbe(server.port, loose), { host: 'video.portal.example.' }))
  await prober.probe(target(httpProbe(server.port, loose)))
  t.same(server.names, ['sni.example', 'host.example', 'video.portal.example', false])
  await server.close()
})

t.test('a server that speaks no TLS, or nothing, is told as such', async (t) => {
  const plain = await origin(answering('HTTP/1.1 400 Bad Request\r\n\r\n'))
  for (const probe of [tlsProbe(plain.port), httpProbe(plain.port, { kind: 'https' })]) {
    const result = await prober.probe(target(probe))
    t.equal(result.class, 'tls', result.detail)
  }
  await plain.close()
  const silent = await origin(() => {})
  const result = await prober.probe(target(tlsProbe(silent.port), { timeoutMs: 100 }))
  t.equal(result.class, 'timeout')
  t.match(result.detail, /waited 100ms for the TLS handshake/)
  await silent.close()
  const closing = await origin((socket) => socket.end())
  t.equal((await prober.probe(target(tlsProbe(closing.port)))).class, 'reset')
  await closing.close()
})
