/**
 * Issue 2, point 3: an origin that stops leaves the answers and comes back; a short restart changes nothing; and everyone who
 * asks why is told.
 */
import t from 'tap'
import { addresses, dig, missing } from './dig.ts'
import { startOrigins } from './origin.ts'
import { ADDRESSES, portalFiles } from './portal.ts'
import { noServer, startServer, until } from './server.ts'

t.test('health steers', { skip: noServer() || missing('dig') }, async (t) => {
  const { port, origins } = await startOrigins(t, Object.values(ADDRESSES).slice(0, 3))
  const [de1, de2, md1] = origins as [(typeof origins)[0], (typeof origins)[0], (typeof origins)[0]]
  const server = await startServer(t, portalFiles({ port }))
  const www = async (): Promise<string> => addresses(await dig(server, 'www.portal.example A')).join(' ')
  const both = `${de1.address} ${de2.address}`

  await until('all nodes are up', async () => {
    const health = await server.get<{ nodes: Record<string, { health: string }> }>('/v1/health')
    return Object.values(health.nodes).length === 3 && Object.values(health.nodes).every((node) => node.health === 'up')
  })
  t.equal(await www(), both)

  t.test('an origin that stops is out of the answers, and status, health and events say why', async (t) => {
    await de2.stop()
    await until('de-2 has left the answers', async () => (await www()) === de1.address)
    const health = await server.get<{
      status: string
      nodes: Record<string, { health: string; reason: string; since: string }>
    }>('/v1/health')
    t.equal(health.nodes['de-2']?.health, 'down')
    t.match(health.nodes['de-2']?.reason, /refused/i)
    t.ok(Date.parse(health.nodes['de-2']?.since ?? '') > 0, 'since when')
    t.equal(health.status, 'degraded')
    const status = await server.meridian('status')
    t.match(status.stdout, /de-2 +down/)
    const events = await server.meridian('events', '--since', '1h')
    t.match(events.stdout, /de-2[\s\S]*down/)
    t.equal(events.exit, 0)
  })

  t.test('it is back after restore_after without a failure', async (t) => {
    await de2.start()
    await until('de-2 is answered again', async () => (await www()) === both)
    t.match((await server.meridian('nodes', 'de-2')).stdout, /answered/)
  })

  t.test('a mirror that is gone sends its clients to the fallback', async (t) => {
    await md1.stop()
    await until('clients in Moldova get the German nodes', async () => {
      return addresses(await dig(server, 'video.portal.example A +subnet=178.168.0.0/24')).join(' ') === both
    })
    const health = await server.get<{ status: string }>('/v1/health')
    t.not(health.status, 'ok')
    await md1.start()
    await until('the mirror is back', async () => {
      return addresses(await dig(server, 'video.portal.example A +subnet=178.168.0.0/24')).join(' ') === md1.address
    })
  })

  t.test('a name with nodes is never answered empty', async (t) => {
    await Promise.all(origins.map((origin) => origin.stop()))
    await until(
      'the health is critical',
      async () => (await server.get<{ status: string }>('/v1/health')).status === 'critical',
    )
    t.equal(await www(), both, 'all of them, since nobody is fit')
    await Promise.all(origins.map((origin) => origin.start()))
  })
})

t.test('a failure shorter than remove_after changes nothing', { skip: noServer() || missing('dig') }, async (t) => {
  const { port, origins } = await startOrigins(t, Object.values(ADDRESSES).slice(0, 3))
  const server = await startServer(t, portalFiles({ port, removeAfter: '30s' }))
  const nodes = async (): Promise<Record<string, { health: string; badSeconds: number }>> =>
    (await server.get<{ nodes: Record<string, { health: string; badSeconds: number }> }>('/v1/health')).nodes
  await until('all nodes are up', async () => Object.values(await nodes()).every((node) => node.health === 'up'))
  await origins[1]!.stop()
  await until('de-2 is suspect', async () => (await nodes())['de-2']?.health === 'suspect')
  t.same(addresses(await dig(server, 'www.portal.example A')), [ADDRESSES['de-1'], ADDRESSES['de-2']])
  await origins[1]!.start()
  await until('de-2 is up again', async () => (await nodes())['de-2']?.health === 'up')
  const events = await server.meridian('events', '--kind', 'service', '--json')
  t.notMatch(events.stdout, /"node": *"de-2"[^}]*"inService": *false/)
})
