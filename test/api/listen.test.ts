import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
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
