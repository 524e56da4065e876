import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { makeCertificate } from '../probe/certificates.ts'
import { apiBench } from './bench-api.ts'

t.test('what keeps the API from listening is told in one sentence', async (t) => {
  const b = await apiBench()
  const folder = mkdtempSync(join(tmpdir(), 'meridian-listen-'))
  writeFileSync(join(folder, 'file'), '')
  for (const [listen, sentence] of [
    [b.listening.url.replace('http://', ''), /in use/],
    ['nonsense', /is no address/],
    ['127.0.0.1:99999', /is no address/],
    ['192.0.2.1:8053', /no interface has this address/],
    [`unix:${folder}/missing/api.sock`, /folder does not exist/],
    [`unix:${folder}/file`, /no socket/],
  ] as const)
    await t.rejects(b.api.listen({ listen }), { name: 'ApiError', message: sentence }, listen)
  await t.rejects(b.api.listen({ listen: '127.0.0.1:0', tls: { cert: `${folder}/none`, key: `${folder}/none` } }), {
    name: 'ApiError',
    message: /certificate .* cannot be read/,
  })
  const stale = join(folder, 'stale.sock')
  const server = createServer().listen(stale)
  await new Promise((resolve) => server.once('listening', resolve))
  await t.rejects(b.api.listen({ listen: `unix:${stale}` }), { message: /Another process/ })
  await new Promise((resolve) => server.close(resolve))
  rmSync(folder, { recursive: true })
  await b.close()
})

/** Asks over TLS. @returns the status, or what was wrong */
function askTls(url: string, ca: string): Promise<number | string> {
  return new Promise((resolve) => {
    request(new URL('/livez', url), { ca, servername: 'api.example', agent: false }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
      .on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
      .end()
  })
}

t.test('over TLS with a certificate, and with a renewed one without a restart', async (t) => {
  const b = await apiBench()
  const folder = mkdtempSync(join(tmpdir(), 'meridian-tls-'))
  const files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') }
  const install = (): string => {
    const made = makeCertificate({ names: ['api.example'], notAfter: new Date(Date.now() + 3_600_000) })
    writeFileSync(files.cert, made.cert)
    writeFileSync(files.key, made.key)
    return made.cert
  }
  const first = install()
  const listening = await b.api.listen({ listen: '127.0.0.1:0', tls: files })
  t.match(listening.url, /^https:/)
  t.equal(await askTls(listening.url, first), 200)
  const second = install()
  listening.renewTls()
  t.equal(await askTls(listening.url, second), 200)
  t.type(await askTls(listening.url, first), 'string', 'the old one is not shown any more')
  await listening.close()
  await b.close()
  rmSync(folder, { recursive: true })
})
