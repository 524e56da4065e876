/**
 * Zones that go from server to server: dig takes them, signed and unsigned; a second Meridian serves a copy and follows changes.
 */
import { createSocket } from 'node:dgram'
import t from 'tap'
import { addresses, dig, missing } from './dig.ts'
import { portalFiles, ZONE } from './portal.ts'
import { noServer, run, startServer, type TestServer, until } from './server.ts'

const SECRET = 'c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IHNlY3JldA=='

/** dig's records, each with its fields joined by single blanks; what it says about the transfer stays in text */
async function transfer(
  server: TestServer,
  words: string,
): Promise<{ readonly records: string[]; readonly text: string }> {
  const { stdout } = await run('dig', [
    '@127.0.0.1',
    '-p',
    String(server.port),
    '+tries=1',
    '+timeout=5',
    ...words.split(' '),
  ])
  const lines = stdout.split('\n').filter((line) => line !== '' && !line.startsWith(';') && !/\sTSIG\s/.test(line))
  return { records: lines.map((line) => line.trim().split(/\s+/).join(' ')), text: stdout }
}

t.test('a zone goes out to those who may have it', { skip: noServer() || missing('dig') }, async (t) => {
  const server = await startServer(t, portalFiles({ port: 0 }), [
    `keys: { ns2: { secret: "${SECRET}" } }`,
    'transfer: { allow: ["key:ns2"] }',
  ])
  const signed = `-y hmac-sha256:ns2:${SECRET}`

  t.test('signed: whole, from SOA to SOA, steered names as their safe view', async (t) => {
    const { records, text } = await transfer(server, `${signed} portal.example AXFR`)
    t.match(records[0], / SOA /, text)
    t.match(records.at(-1), / SOA /)
    t.equal(records.filter((line) => / SOA /.test(line)).length, 2)
    t.ok(records.includes('static.portal.example. 3600 IN A 192.0.2.90'))
    t.ok(records.includes('*.user.portal.example. 3600 IN A 192.0.2.91'))
    t.ok(records.includes('ns.editors.portal.example. 3600 IN A 203.0.113.53'), 'with glue')
    const www = records
      .filter((line) => /^www\.portal\.example\. \d+ IN A /.test(line))
      .map((line) => line.split(' ').at(-1))
    t.same(www.sort(), ['127.0.0.11', '127.0.0.12'])
    const video = records
      .filter((line) => /^video\.portal\.example\. \d+ IN A /.test(line))
      .map((line) => line.split(' ').at(-1))
    t.same(video.sort(), ['127.0.0.11', '127.0.0.12'], "the default answer: what is not for everyone is nobody's copy")
  })

  t.test('unsigned, or signed with another secret: refused', async (t) => {
    t.same((await transfer(server, 'portal.example AXFR')).records, [])
    const wrong = await transfer(
      server,
      `-y hmac-sha256:ns2:${Buffer.from('another secret').toString('base64')} portal.example AXFR`,
    )
    t.same(wrong.records, [])
    t.match(wrong.text, /BADSIG|NOTAUTH/)
    t.match((await transfer(server, `-y hmac-sha256:ns3:${SECRET} portal.example AXFR`)).text, /BADKEY|NOTAUTH/)
  })

  t.test('IXFR tells what changed', async (t) => {
    const before = /2026\d+|\d{5,}/.exec((await dig(server, 'portal.example SOA')).answer[0] ?? '')?.[0]
    server.write(
      'zones/portal.example.zone',
      ZONE.replace('192.0.2.90', '192.0.2.99').replace('2026050301', '2026050401'),
    )
    await until('the new address is answered', async () =>
      (await dig(server, 'static.portal.example A')).answer[0]?.endsWith('192.0.2.99'),
    )
    const { records, text } = await transfer(server, `${signed} portal.example IXFR=${before}`)
    t.ok(records.includes('static.portal.example. 3600 IN A 192.0.2.99'), text)
    t.ok(records.length < 12, `a difference, not the whole zone: ${records.length} records`)
  })
})

t.test('a copy of a primary follows it', { skip: noServer() || missing('dig') }, async (t) => {
  const port = await freePort()
  const primary = await startServer(t, portalFiles({ port: 0 }), [
    `keys: { ns2: { secret: "${SECRET}" } }`,
    `transfer: { allow: ["key:ns2"], notify: ["127.0.0.1:${port} key:ns2"] }`,
  ])
  const secondary = await startServer(
    t,
    { 'zones/other.example.zone': ZONE },
    [
      `keys: { ns2: { secret: "${SECRET}" } }`,
      `secondary: { portal.example: { primaries: ["127.0.0.1:${primary.port}"], key: ns2 } }`,
    ],
    port,
  )
  await until('the copy is served', async () => (await dig(secondary, 'static.portal.example A')).status === 'NOERROR')
  t.same((await dig(secondary, 'static.portal.example A')).answer, ['static.portal.example. 3600 IN A 192.0.2.90'])
  t.same(addresses(await dig(secondary, 'www.portal.example A')), ['127.0.0.11', '127.0.0.12'])
  t.ok((await dig(secondary, 'portal.example SOA')).flags.includes('aa'))

  primary.write(
    'zones/portal.example.zone',
    ZONE.replace('192.0.2.90', '192.0.2.99').replace('2026050301', '2026050401'),
  )
  await until('NOTIFY brings the change', async () =>
    (await dig(secondary, 'static.portal.example A')).answer[0]?.endsWith('192.0.2.99'),
  )

  await primary.stop()
  await secondary.stop()
  await secondary.start()
  t.same(
    (await dig(secondary, 'static.portal.example A')).answer,
    ['static.portal.example. 3600 IN A 192.0.2.99'],
    'kept over a restart without the primary',
  )
})

/** A port that is free for UDP now; a server takes it a moment later. */
async function freePort(): Promise<number> {
  const socket = createSocket('udp4')
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  const { port } = socket.address()
  await new Promise<void>((resolve) => socket.close(resolve))
  return port
}
