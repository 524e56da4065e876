/**
 * Issue 2, points 4 and 5: what an operator does is in the very next answer, outlives a kill -9, and is undone as easily; through
 * the command line and through curl.
 */
import t from 'tap'
import { addresses, dig, missing } from './dig.ts'
import { startOrigins } from './origin.ts'
import { ADDRESSES, portalFiles } from './portal.ts'
import { noServer, run, startServer, until } from './server.ts'

t.test('drain, resume, add, remove', { skip: noServer() || missing('dig') }, async (t) => {
  const { port } = await startOrigins(t, Object.values(ADDRESSES))
  const server = await startServer(t, portalFiles({ port, ttl: '{ max: 2s, min: 1s }' }))
  const www = async (): Promise<string> => addresses(await dig(server, 'www.portal.example A')).join(' ')
  const both = `${ADDRESSES['de-1']} ${ADDRESSES['de-2']}`
  await until('all nodes are up', async () => {
    const health = await server.get<{ nodes: Record<string, { health: string }> }>('/v1/health')
    return Object.values(health.nodes).every((node) => node.health === 'up')
  })

  t.test('a drained node is out of the very next answer, and stays out after kill -9', async (t) => {
    const drain = await server.meridian('drain', 'de-1', '--reason', 'disk swap')
    t.equal(drain.exit, 0, drain.stderr)
    t.equal(await www(), ADDRESSES['de-2'])
    t.equal((await server.meridian('drain', 'de-1', '--reason', 'disk swap')).exit, 0, 'once more is no error')
    t.match((await server.meridian('status')).stdout, /de-1.*drain/)
    await server.kill()
    await server.start()
    t.equal(await www(), ADDRESSES['de-2'], 'after kill -9 and restart')
    t.match((await server.meridian('nodes', 'de-1')).stdout, /disk swap/)
  })

  t.test('the floor refuses, --force does it all the same', async (t) => {
    const refused = await server.meridian('drain', 'de-2')
    t.equal(refused.exit, 3, refused.stderr)
    t.match(refused.stderr, /floor/)
    t.match(refused.stderr, /--force/)
    t.equal(await www(), ADDRESSES['de-2'])
    t.equal((await server.meridian('can-drain', 'de-2')).exit, 3)
  })

  t.test('resume brings it back', async (t) => {
    t.equal((await server.meridian('resume', 'de-1')).exit, 0)
    await until('de-1 is answered again', async () => (await www()) === both)
    t.equal((await server.meridian('can-drain', 'de-1')).exit, 0)
  })

  t.test('drain --wait returns when no resolver can hold the address any more', async (t) => {
    const drained = await server.meridian('drain', 'de-1', '--wait')
    t.equal(drained.exit, 0, drained.stderr)
    t.match(drained.stdout, /safe to stop since \d\d:\d\d:\d\d/)
    t.equal((await server.meridian('resume', 'de-1')).exit, 0)
    await until('de-1 is answered again', async () => (await www()) === both)
  })

  t.test('an added node is probed, then answered; it outlives a restart, and goes when removed', async (t) => {
    const added = await server.meridian('add', 'de-4', '--a', ADDRESSES.spare, '--pool', 'germany')
    t.equal(added.exit, 0, added.stderr)
    await until('de-4 is answered', async () => (await www()).includes(ADDRESSES.spare))
    await server.stop()
    await server.start()
    await until('de-4 is answered after the restart', async () => (await www()).includes(ADDRESSES.spare))
    const removed = await server.meridian('remove', 'de-4')
    t.equal(removed.exit, 0, removed.stderr)
    t.equal(await www(), both)
    const declared = await server.meridian('remove', 'de-1', '--force')
    t.equal(declared.exit, 1)
    t.match(declared.stderr, /portal\.yaml:\d+/, 'what a file declares is removed from the file')
  })

  t.test('the same through curl', { skip: missing('curl') }, async (t) => {
    const curl = (...args: string[]) =>
      run('curl', ['-sS', '-w', '\n%{http_code}', '-H', `Authorization: Bearer ${server.token()}`, ...args])
    const put = await curl(
      '-X',
      'PUT',
      `${server.api}/v1/nodes/de-5`,
      '-H',
      'Content-Type: application/json',
      '-d',
      JSON.stringify({ a: [ADDRESSES.spare], pools: ['germany'] }),
    )
    t.match(put.stdout, /\n200$|\n201$/, put.stdout)
    await until('de-5 is answered', async () => (await www()).includes(ADDRESSES.spare))
    const drain = await curl('-X', 'POST', `${server.api}/v1/nodes/de-5/drain`, '-d', '{"reason":"curl"}')
    t.match(drain.stdout, /\n200$/, drain.stdout)
    t.equal(await www(), both)
    const removed = await curl('-X', 'DELETE', `${server.api}/v1/nodes/de-5`)
    t.match(removed.stdout, /\n20[04]$/, removed.stdout)
    const anonymous = await run('curl', [
      '-sS',
      '-w',
      '%{http_code}',
      '-X',
      'POST',
      `${server.api}/v1/nodes/de-1/drain`,
    ])
    t.match(anonymous.stdout, /401$/)
    const nonsense = await curl('-X', 'PUT', `${server.api}/v1/nodes/x`, '-d', '{"a":["nonsense"],"wait":1}')
    t.match(nonsense.stdout, /\n400$/, nonsense.stdout)
    const live = await run('curl', ['-sS', '-o', '/dev/null', '-w', '%{http_code}', `${server.api}/livez`])
    t.equal(live.stdout, '200')
  })

  t.test('the journal has the story, with its author', async (t) => {
    const events = await server.meridian('events', '--kind', 'write')
    t.match(events.stdout, /disk swap/)
    t.match(events.stdout, /de-4/)
  })
})
