/**
 * Issue 2, point 6: a broken file changes nothing but the log; mended, it is taken up, and no query is lost. And what cannot work
 * at all ends with one sentence.
 */
import { chmodSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { addresses, dig, missing } from './dig.ts'
import { portalFiles, steering, ZONE } from './portal.ts'
import { noServer, run, startServer, until } from './server.ts'

t.test('files that break and are mended while the server runs', { skip: noServer() || missing('dig') }, async (t) => {
  const server = await startServer(t, portalFiles({ port: 0 }))
  const both = ['127.0.0.11', '127.0.0.12']

  t.test('a broken steering file: told everywhere, the old world stays', async (t) => {
    server.write('zones/portal.yaml', steering({ port: 0 }).replace('pool: moldova', 'pool: moldva'))
    const health = await until('the issue is in /v1/health', async () => {
      const body = await server.get<{ reload: { ok: boolean; issues: { message: string }[] } }>('/v1/health')
      return body.reload.ok ? undefined : body
    })
    t.match(JSON.stringify(health.reload.issues), /moldva/)
    t.match(JSON.stringify(server.log), /moldva/, 'in the log')
    const check = await server.meridian('check')
    t.equal(check.exit, 1)
    t.match(check.stdout, /zones\/portal\.yaml:\d+:\d+ +steer\/\S+/)
    t.match(check.stdout, /Did you mean "moldova"\?/)
    t.same(addresses(await dig(server, 'www.portal.example A')), both)
  })

  t.test('a broken zone file beside it: all issues of all files at once', async (t) => {
    server.write('zones/portal.example.zone', ZONE.replace('192.0.2.90', '192.0.2.900'))
    const check = await until('check tells both', async () => {
      const told = await server.meridian('check')
      return told.stdout.includes('192.0.2.900') ? told : undefined
    })
    t.match(check.stdout, /moldva/)
    t.match(check.stdout, /zones\/portal\.example\.zone:11:\d+/)
    t.same((await dig(server, 'static.portal.example A')).answer, ['static.portal.example. 3600 IN A 192.0.2.90'])
  })

  t.test('mended, it is taken up within two seconds, and no query is lost', async (t) => {
    let asked = 0
    let mended = false
    const asking = (async () => {
      while (!mended) {
        const reply = await dig(server, 'static.portal.example A')
        asked++
        if (reply.answer.length !== 1) t.fail(`a query was lost or answered empty: ${reply.text}`)
      }
    })()
    server.write('zones/portal.yaml', steering({ port: 0 }))
    server.write(
      'zones/portal.example.zone',
      ZONE.replace('192.0.2.90', '192.0.2.99').replace('2026050301', '2026050302'),
    )
    await until('the new address is answered', async () =>
      (await dig(server, 'static.portal.example A')).answer[0]?.endsWith('192.0.2.99'),
    )
    mended = true
    await asking
    t.ok(asked > 0)
    t.equal((await server.get<{ reload: { ok: boolean } }>('/v1/health')).reload.ok, true)
  })

  t.test('meridian reload and SIGHUP take up what changed', async (t) => {
    t.equal((await server.meridian('reload')).exit, 0)
    process.kill(server.pid, 'SIGHUP')
    t.equal((await dig(server, 'static.portal.example A')).status, 'NOERROR', 'still there')
  })

  t.test('SIGTERM stops it cleanly', async (t) => {
    t.equal(await server.stop(), 0)
  })
})

t.test('what cannot work is one clear sentence and exit 1', { skip: noServer() }, async (t) => {
  const folder = t.testdir({ zones: portalFiles({ port: 0 }) && {}, data: {} })
  for (const [file, text] of Object.entries(portalFiles({ port: 0 }))) writeFileSync(join(folder, file), text)
  const entry = join(import.meta.dirname ?? '.', '../../src/main.js')
  const serve = (...args: string[]) =>
    run(
      'env',
      [
        '-u',
        'NODE_OPTIONS',
        process.execPath,
        entry,
        'serve',
        '--listen',
        '127.0.0.1:0',
        '--api',
        '127.0.0.1:0',
        ...args,
      ],
      {
        cwd: folder,
      },
    )
  const taken = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => taken.once('listening', resolve))
  t.teardown(() => taken.close())
  const { port } = taken.address() as AddressInfo
  writeFileSync(join(folder, 'no.db'), 'this is no database, and long enough to be none for certain\n'.repeat(50))

  const table: readonly [name: string, args: readonly string[], told: RegExp][] = [
    ['the port of the API is in use', ['--api', `127.0.0.1:${port}`], new RegExp(`${port}.*in use|in use.*${port}`)],
    ['the port of the name server is in use', ['--listen', `127.0.0.1:${port}`], new RegExp(`${port}`)],
    ['the zones folder is missing', ['--zones', 'none'], /none/],
    ['an address that is not of this machine', ['--listen', '192.0.2.1:5300'], /192\.0\.2\.1/],
    ['a database of places that is none', ['--geoip-country', 'no.db'], /no\.db/],
    ['an unknown setting', ['--driver', 'fast'], /driver/],
  ]
  for (const [name, args, told] of table) {
    const { exit, stdout, stderr } = await serve(...args)
    t.equal(exit, 1, `${name}: exit ${exit}\n${stdout}${stderr}`)
    t.match(stdout + stderr, told, name)
    t.notMatch(stdout + stderr, /\n +at .*\(/, `${name}: no stack`)
  }
  writeFileSync(
    join(folder, 'data/meridian.db'),
    'this is no database, and long enough to be none for certain\n'.repeat(50),
  )
  const { exit, stdout, stderr } = await serve()
  t.equal(exit, 1, 'an unreadable database')
  t.match(stdout + stderr, /meridian\.db/)
  chmodSync(join(folder, 'data/meridian.db'), 0o600)
})
