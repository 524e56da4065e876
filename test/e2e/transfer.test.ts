/**
 * Issue 4: NSD and Knot DNS as secondaries and as primaries of the real process, and nsupdate against a zone of its database.
 */
import t from 'tap'
import { KEY, zone as zoneOf } from '../transfer/house.ts'
import { freePort, installed, PEERS, startPeer } from '../transfer/peers.ts'
import { addresses, dig, missing } from './dig.ts'
import { noServer, run, startServer, until } from './server.ts'

const NAME = KEY.name.replace(/\.$/, '')
const SECRET = Buffer.from(KEY.secret).toString('base64')
const KEYS = `keys: { ${NAME}: { algorithm: ${KEY.algorithm}, secret: "${SECRET}" } }`
const zoneFile = (serial: number, more = '') => `$TTL 300
@ SOA ns1 hostmaster ${serial} 7200 900 1209600 300
@ NS ns1
ns1 A 192.0.2.53
mail A 192.0.2.25
${more}`
const STEERING = `zone: example
nodes:
  de-1: { a: 192.0.2.11 }
  de-2: { a: 192.0.2.12 }
pools:
  germany: { nodes: [de-1, de-2] }
records:
  www: germany
`
/** Asks another server on loopback. */
const ask = async (port: number, query: string) =>
  (await run('dig', ['@127.0.0.1', '-p', String(port), '+tries=1', '+time=2', '+short', ...query.split(' ')])).stdout
    .trim()
    .split('\n')
    .sort()

const SERVERS = Object.keys(PEERS).filter(installed)
const noPeers = SERVERS.length === 0 && 'neither NSD nor Knot DNS nor BIND is installed'

t.test(
  `${SERVERS.join(', ')} as secondaries: the safe view of steered names, a drain, a changed file`,
  { skip: noServer() || missing('dig') || noPeers },
  async (t) => {
    const ports = await Promise.all(SERVERS.map(() => freePort()))
    const server = await startServer(t, { 'zones/example.zone': zoneFile(10), 'zones/example.yaml': STEERING }, [
      KEYS,
      `transfer: { allow: ["key:${NAME}"], notify: ${JSON.stringify(ports.map((port) => `127.0.0.1:${port} key:${NAME}`))} }`,
    ])
    const peers = await Promise.all(
      SERVERS.map((name, i) => startPeer(name, 'secondary', server.port, undefined, ports[i])),
    )
    t.teardown(() => Promise.all(peers.map((peer) => peer.stop())))
    const all = (what: string, query: string, holds: (lines: readonly string[]) => boolean) =>
      Promise.all(ports.map((port, i) => until(`${what} (${SERVERS[i]})`, async () => holds(await ask(port, query)))))
    await all('the zone is there', 'mail.example A', (lines) => lines.includes('192.0.2.25'))
    await all('steered names', 'www.example A', (lines) => lines.join() === '192.0.2.11,192.0.2.12')
    t.equal((await server.meridian('drain', 'de-1', '--reason', 'disk swap', '--force')).exit, 0)
    await all('the drained node leaves the copies', 'www.example A', (lines) => lines.join() === '192.0.2.12')
    server.write('zones/example.zone', zoneFile(100, 'new TXT "hello"\n'))
    await all('the change of the file', 'new.example TXT', (lines) => lines.includes('"hello"'))
    const own = await ask(server.port, 'example SOA')
    t.match(own.join(), / 10[0-9] 7200 /)
    for (const port of ports) t.strictSame(await ask(port, 'example SOA'), own, 'all tell the same serial')
    const stranger = await run('dig', ['@127.0.0.1', '-p', String(server.port), 'example', 'AXFR'])
    t.match(stranger.stdout, /Transfer failed/)
  },
)

t.test(
  `${SERVERS.join(', ')} as primaries: copied, changed, and served on when they are gone`,
  { skip: noServer() || missing('dig') || noPeers },
  async (t) => {
    const ports = await Promise.all(SERVERS.map(() => freePort()))
    const secondary = SERVERS.map(
      (name, i) => `${name}.example: { primaries: ["127.0.0.1:${ports[i]}"], key: ${NAME} }`,
    )
    const server = await startServer(t, { 'zones/own.zone': zoneFile(1) }, [
      KEYS,
      `secondary: { ${secondary.join(', ')} }`,
    ])
    for (const name of SERVERS)
      t.equal((await dig(server, `a.${name}.example A`)).status, 'SERVFAIL', `${name}: ours, but nothing has come yet`)
    const version = (name: string, serial: number) => zoneOf(serial, [`a 60 A 192.0.2.${serial}`], `${name}.example.`)
    const peers = await Promise.all(
      SERVERS.map((name, i) => startPeer(name, 'primary', server.port, version(name, 1), ports[i], `${name}.example`)),
    )
    t.teardown(() => Promise.all(peers.map((peer) => peer.stop())))
    const served = async (name: string) => addresses(await dig(server, `a.${name}.example A`)).join()
    const all = (what: string, address: string) =>
      Promise.all(SERVERS.map((name) => until(`${what} (${name})`, async () => (await served(name)) === address)))
    await all('the copy is served', '192.0.2.1')
    for (const [i, name] of SERVERS.entries()) peers[i]!.reload(version(name, 2))
    await all('the change is served', '192.0.2.2')
    await Promise.all(peers.map((peer) => peer.stop()))
    await server.kill()
    await server.start()
    for (const name of SERVERS) {
      const reply = await dig(server, `a.${name}.example A`)
      t.strictSame(addresses(reply), ['192.0.2.2'], name)
      t.ok(reply.flags.includes('aa'))
    }
  },
)

t.test(
  'nsupdate changes a zone of the database; what it was told is there after a power cut',
  { skip: noServer() || missing('dig') || missing('nsupdate') },
  async (t) => {
    const server = await startServer(t, { 'zones/own.zone': zoneFile(1) }, [KEYS])
    server.write('example.zone', zoneFile(10))
    const imported = await server.meridian('zone', 'import', 'example.zone')
    t.equal(imported.exit, 0, imported.stderr)
    t.equal((await server.meridian('zone', 'grant', 'example', '--key', NAME, '--acme')).exit, 0)
    t.strictSame(addresses(await dig(server, 'mail.example A')), ['192.0.2.25'])
    const update = async (...lines: string[]) => {
      server.write('script', ['server 127.0.0.1 '.concat(String(server.port)), ...lines, 'send', ''].join('\n'))
      return run('nsupdate', ['-y', `${KEY.algorithm}:${NAME}:${SECRET}`, 'script'], { cwd: server.folder })
    }
    const done = await update('zone example', 'update add _acme-challenge.mail.example 60 TXT "token"')
    t.equal(done.exit, 0, done.stderr)
    t.match((await dig(server, '_acme-challenge.mail.example TXT')).answer, [/"token"/], 'in the very next answer')
    await server.kill()
    await server.start()
    t.match((await dig(server, '_acme-challenge.mail.example TXT')).answer, [/"token"/], 'and after the power cut')
    const told = await server.meridian('events', '--kind', 'write', '--author', `key:${NAME}`, '--json')
    t.match(JSON.parse(told.stdout), [
      {
        action: 'zone-updated',
        author: `key:${NAME}`,
        from: '127.0.0.1',
        before: { serial: 10, removed: [] },
        after: { serial: 11, added: ['_acme-challenge.mail.example. 60 IN TXT "token"'] },
      },
    ])
    t.match(
      (await server.meridian('events', '--author', `key:${NAME}`)).stdout,
      /zone example\. was updated with key \S+: 0 records went, 1 came, serial 10 to 11/,
    )
    t.match((await update('zone example', 'update add mail.example 60 A 192.0.2.1')).stderr, /REFUSED/)
    t.match((await update('zone own', 'update add x.own 60 A 192.0.2.1')).stderr, /REFUSED/, 'a zone of a file')
    t.match((await update('zone nosuch', 'update add x.nosuch 60 A 192.0.2.1')).stderr, /NOTAUTH/)
    t.match((await server.meridian('zones')).stdout, /example\.\s+11\s+5\s+0\s+database/)
    t.match(
      (await server.meridian('zone', 'print', 'example')).stdout,
      /_acme-challenge\.mail\.example\.\t60\tIN\tTXT\t"token"/,
    )
  },
)

t.test(
  `an update of a zone of the database reaches ${SERVERS.join(', ')} as its secondaries at once`,
  { skip: noServer() || missing('dig') || missing('nsupdate') || noPeers },
  async (t) => {
    const ports = await Promise.all(SERVERS.map(() => freePort()))
    const server = await startServer(t, { 'zones/own.zone': zoneFile(1) }, [
      KEYS,
      `transfer: { allow: ["key:${NAME}"], notify: ${JSON.stringify(ports.map((port) => `127.0.0.1:${port} key:${NAME}`))} }`,
    ])
    server.write('example.zone', zoneFile(10))
    await server.meridian('zone', 'import', 'example.zone')
    await server.meridian('zone', 'grant', 'example', '--key', NAME)
    const peers = await Promise.all(
      SERVERS.map((name, i) => startPeer(name, 'secondary', server.port, undefined, ports[i])),
    )
    t.teardown(() => Promise.all(peers.map((peer) => peer.stop())))
    const all = (what: string, query: string, expected: string) =>
      Promise.all(
        ports.map((port, i) =>
          until(`${what} (${SERVERS[i]})`, async () => (await ask(port, query)).join() === expected),
        ),
      )
    await all('the zone is there', 'mail.example A', '192.0.2.25')
    server.write(
      'script',
      `server 127.0.0.1 ${server.port}\nzone example\nupdate add _acme-challenge.example 60 TXT token\nsend\n`,
    )
    const done = await run('nsupdate', ['-y', `${KEY.algorithm}:${NAME}:${SECRET}`, 'script'], { cwd: server.folder })
    t.equal(done.exit, 0, done.stderr)
    await all('the challenge is there', '_acme-challenge.example TXT', '"token"')
    await server.meridian('zone', 'delete', 'example', 'mail', 'A', '192.0.2.25')
    await all('the record is gone', 'mail.example A', '')
    const serials = await Promise.all(ports.map((port) => ask(port, 'example SOA')))
    for (const serial of serials) t.strictSame(serial, await ask(server.port, 'example SOA'))
  },
)
