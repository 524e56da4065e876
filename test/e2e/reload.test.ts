/** A restart changes nothing that nobody asked for: not a reload that waits to be confirmed, and not what a brake would hold. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { addresses, dig, missing } from './dig.ts'
import { noServer, startServer, type TestServer, until } from './server.ts'

const ZONE = `$TTL 300\n@ SOA ns1 hostmaster 1 3600 600 604800 60\n@ NS ns1\nns1 A 127.0.0.1\n`
const steering = (last: number, nodes = 2): string =>
  `zone: shop.example\nnodes:\n${Array.from({ length: nodes }, (_, i) => `  n${i}: { a: 192.0.2.${i === 0 ? last : 100 + i} }\n`).join('')}` +
  `pools:\n  front: { nodes: [n0], check: none }\nrecords:\n  www: front\n`
const FILE = 'zones/shop.yaml'
const UNWATCHED = ['watch: false']

async function www(server: TestServer): Promise<string> {
  return addresses(await dig(server, 'www.shop.example A')).join(' ')
}

async function actions(server: TestServer): Promise<string[]> {
  return (await server.get<{ action: string }[]>('/v1/events?kind=reload&limit=500')).map(({ action }) => action)
}

t.test('kill -9 while a reload waits to be confirmed', { skip: noServer() || missing('dig') }, async (t) => {
  const server = await startServer(t, { 'zones/shop.example.zone': ZONE, [FILE]: steering(1) }, UNWATCHED)
  server.write(FILE, steering(2))
  t.match((await server.meridian('plan')).stdout, /n0/, 'nothing is taken up before an operator says so')
  t.equal(await www(server), '192.0.2.1')
  const told = await server.meridian('reload', '--confirm-within', '1h')
  t.equal(told.exit, 0, told.stderr)
  t.equal(await www(server), '192.0.2.2')
  await server.kill()
  await server.start()
  t.equal(await www(server), '192.0.2.2', 'it is in force after the restart')
  t.match((await server.meridian('status')).stdout, /goes back at .* unless confirmed/, 'and still waits')
  t.equal((await server.meridian('reload', '--confirm')).exit, 0)
  await server.kill()
  await server.start()
  t.equal(await www(server), '192.0.2.2')
  t.notMatch((await server.meridian('status')).stdout, /unless confirmed/)
})

t.test('the time to confirm passes while the server is down', { skip: noServer() || missing('dig') }, async (t) => {
  const server = await startServer(t, { 'zones/shop.example.zone': ZONE, [FILE]: steering(1) }, UNWATCHED)
  server.write(FILE, steering(2))
  const told = await server.meridian('reload', '--confirm-within', '1s')
  await server.kill()
  t.equal(told.exit, 0, told.stderr)
  await new Promise((resolve) => setTimeout(resolve, 1100))
  await server.start()
  await until('it has gone back', async () => (await actions(server)).includes('went-back'))
  t.equal(await www(server), '192.0.2.1')
  const status = await server.meridian('status')
  t.match(status.stdout, /nobody confirmed/)
  await server.kill()
  await server.start()
  t.equal(await www(server), '192.0.2.1', 'the next start does not take it up either')
  t.equal((await server.meridian('reload')).exit, 0)
  t.equal(await www(server), '192.0.2.2', 'an operator does')
})

t.test(
  'a second start by mistake leaves the running server and its database alone',
  { skip: noServer() },
  async (t) => {
    const server = await startServer(t, { 'zones/shop.example.zone': ZONE, [FILE]: steering(1) }, UNWATCHED)
    const before = await server.get<{ generation: number }>('/v1/health')
    server.write(FILE, steering(2))
    const second = await server.meridian('serve')
    t.equal(second.exit, 1)
    t.match(second.stderr, new RegExp(`running on the data folder .* already \\(process ${server.pid}\\)`))
    t.equal(readFileSync(join(server.folder, 'data/meridian.pid'), 'utf8').trim(), String(server.pid))
    t.same(await actions(server), ['start'], 'one start in the journal')
    t.equal((await server.get<{ generation: number }>('/v1/health')).generation, before.generation)
    // What a kill -9 leaves behind is no running server, whoever has its number now.
    await server.kill()
    writeFileSync(join(server.folder, 'data/meridian.pid'), `${process.pid}\n`)
    await server.start()
    t.same(await actions(server), ['start', 'start'])
  },
)

t.test('a start with files that take away too much', { skip: noServer() || missing('dig') }, async (t) => {
  const server = await startServer(t, { 'zones/shop.example.zone': ZONE, [FILE]: steering(1, 12) }, UNWATCHED)
  // What ran was laid down a moment after it was in force, long ago.
  await server.stop()
  server.write(FILE, steering(9, 3))
  await server.start()
  t.equal(await www(server), '192.0.2.1', 'what ran last goes on')
  t.match((await server.meridian('status')).stdout, /held/)
  t.equal((await server.meridian('nodes', '--json')).stdout.match(/"name"/g)?.length, 12)
  t.equal((await server.meridian('reload')).exit, 3, 'refused as while it runs')
  const forced = await server.meridian('reload', '--force')
  t.equal(forced.exit, 0, forced.stderr)
  t.equal(await www(server), '192.0.2.9')
  // What is wrong with a file or a request is told with its place, by the API's own shape of an issue.
  server.write(FILE, steering(9, 3).replace('www: front', 'www: frnt'))
  const broken = await server.meridian('reload')
  t.equal(broken.exit, 1)
  t.match(broken.stderr, /zones\/shop\.yaml:9:\d+ {2}steer\/unknown-pool\n {2}.*frnt/)
  server.write(FILE, steering(9, 3))
  const added = await server.meridian('add', 'x', '--a', '192.0.2.7', '--pool', 'frnt')
  t.equal(added.exit, 1)
  t.match(added.stderr, /\ncontrol\/unknown-pool\n.*frnt/)
  await server.kill()
  await server.start()
  t.equal(await www(server), '192.0.2.9', 'what was forced is in force after kill -9')
})
