/**
 * Odd questions to the real server by real clients, over UDP and TCP: dig, kdig and drill; and what goes through the slow door.
 */
import { connect } from 'node:net'
import t from 'tap'
import {
  decodeMessage,
  encodeMessage,
  type Message,
  opcodeOf,
  parseName,
  rcodeName,
  rcodeOf,
} from '../../src/wire/index.ts'
import { RICH_ZONES } from '../answer/rich-zones.ts'
import { dig, missing } from './dig.ts'
import { noServer, run, startServer, type TestServer } from './server.ts'

const FILES = Object.fromEntries(RICH_ZONES.map(({ name, text }) => [`zones/${name.replace(/\.$/, '')}.zone`, text]))

/** Sends one message over TCP. @returns what comes back first */
function overTcp(server: TestServer, query: Uint8Array): Promise<Message> {
  return new Promise((resolve, reject) => {
    const socket = connect(server.port, '127.0.0.1')
    let received = Buffer.alloc(0)
    socket.on('error', reject)
    socket.on('close', () => reject(new Error('closed without an answer')))
    socket.on('data', (piece) => {
      received = Buffer.concat([received, piece])
      if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return
      const message = decodeMessage(received.subarray(2, 2 + received.readUInt16BE(0)))
      if ('problem' in message) reject(new Error(message.problem))
      else resolve(message)
      socket.destroy()
    })
    socket.write(Buffer.concat([Buffer.of(query.length >> 8, query.length), query]))
  })
}

const message = (opcode: number, name: string, type: number): Uint8Array =>
  encodeMessage({
    id: 7,
    flags: opcode << 11,
    questions: [{ name: parseName(name)!, type, class: 1 }],
    answers: [],
    authorities: [],
    additionals: [],
  })!

t.test('the rich zones, served', { skip: noServer() }, async (t) => {
  const server = await startServer(t, FILES, ['identity: { nsid: ns7, version: refuse }'])

  for (const client of ['dig', 'kdig'] as const)
    t.test(client, { skip: missing(client) }, async (t) => {
      const ignore = '+ignore'
      const table: readonly [query: string, status: string, flags: string, counts: readonly [number, number]][] = [
        ['host.diff.test A', 'NOERROR', 'qr aa', [3, 0]],
        ['host.diff.test AAAA +tcp', 'NOERROR', 'qr aa', [2, 0]],
        [`lots.other.test TXT ${ignore}`, 'NOERROR', 'qr aa tc', [0, 0]],
        [`lots.other.test TXT ${ignore} +bufsize=4096`, 'NOERROR', 'qr aa tc', [0, 0]],
        ['lots.other.test TXT', 'NOERROR', 'qr aa', [91, 0]],
        ['lots.other.test TXT +tcp', 'NOERROR', 'qr aa', [91, 0]],
        [`many.diff.test A ${ignore} +noedns`, 'NOERROR', 'qr aa tc', [0, 0]],
        [`many.diff.test A ${ignore} +bufsize=1232`, 'NOERROR', 'qr aa', [40, 0]],
        ['www.wide.diff.test A +bufsize=1232', 'NOERROR', 'qr', [0, 13]],
        [`www.wide.diff.test A ${ignore} +noedns`, 'NOERROR', 'qr tc', [0, 13]],
        ['host.dn.diff.test A', 'NOERROR', 'qr aa', [3, 0]],
        ['nothing.host.diff.test MX', 'NXDOMAIN', 'qr aa', [0, 1]],
        ['b.c.ent.diff.test A', 'NOERROR', 'qr aa', [0, 1]],
        ['secure.diff.test DS', 'NOERROR', 'qr aa', [1, 0]],
        ['csub.diff.test A', 'NOERROR', 'qr aa', [2, 0]],
        ['elsewhere.test A', 'REFUSED', 'qr', [0, 0]],
        ['version.bind CH TXT', 'REFUSED', 'qr', [0, 0]],
      ]
      for (const [query, status, flags, [answers, authorities]] of table) {
        const reply = await dig(server, query, client)
        t.equal(reply.status, status, query)
        t.equal(reply.flags.join(' '), flags, `${query}: flags`)
        t.same([reply.answer.length, reply.authority.length], [answers, authorities], `${query}: records`)
      }
      t.match((await dig(server, 'host.diff.test A +nsid', client)).text, /NSID.*(ns7|6E ?73 ?37)/i)
    })

  t.test('drill', { skip: missing('drill') }, async (t) => {
    const drill = async (...words: string[]): Promise<string> =>
      (await run('drill', ['-p', String(server.port), '@127.0.0.1', ...words])).stdout
    t.match(await drill('host.diff.test', 'A'), /rcode: NOERROR[\s\S]*flags: qr aa rd ; QUERY: 1, ANSWER: 3/)
    t.match(await drill('-t', 'lots.other.test', 'TXT'), /QUERY: 1, ANSWER: 91/)
    t.match(await drill('-x', '192.0.2.10'), /PTR\s+host\.diff\.test\./)
    t.match(await drill('types.diff.test', 'TYPE65534'), /\\# 4 01020304/)
  })

  t.test('the slow door, over TCP', async (t) => {
    for (const [title, opcode, name, type, rcode] of [
      ['NOTIFY for a zone from a file', 4, 'diff.test.', 6, 'REFUSED'],
      ['NOTIFY for nobody', 4, 'nowhere.test.', 6, 'NOTAUTH'],
      ['UPDATE of a zone from a file', 5, 'diff.test.', 6, 'REFUSED'],
      ['UPDATE of nobody', 5, 'nowhere.test.', 6, 'NOTAUTH'],
      ['AXFR for everybody', 0, 'diff.test.', 252, 'REFUSED'],
      ['AXFR of nobody (RFC 5936 2.2.1)', 0, 'nowhere.test.', 252, 'NOTAUTH'],
      ['IXFR without the SOA that it has (RFC 1995 3)', 0, 'diff.test.', 251, 'FORMERR'],
      ['an opcode that nobody knows', 9, 'diff.test.', 6, 'NOTIMP'],
    ] as const) {
      const reply = await overTcp(server, message(opcode, name, type))
      t.equal(rcodeName(rcodeOf(reply)), rcode, title)
      t.equal(opcodeOf(reply.flags), opcode, `${title}: opcode`)
      t.equal(reply.id, 7, `${title}: id`)
      t.equal(reply.questions.length, 1, `${title}: question`)
    }
  })
})

t.test('check --delegation: a parent and its child, each a server of its own', { skip: noServer() }, async (t) => {
  const soa = '@ 300 SOA ns h 7 7200 900 1209600 60'
  const parent = await startServer(t, {
    'zones/above.test.zone': [
      soa,
      '@ 300 NS ns',
      'ns 300 A 192.0.2.1',
      'kid 300 NS ns.kid',
      'ns.kid 300 A 127.0.0.1',
      '',
    ].join('\n'),
  })
  // A subtest has a folder of its own, and so has its server.
  await t.test('the child', async (t) => {
    const child = await startServer(t, {
      'zones/kid.above.test.zone': [soa, '@ 300 NS ns', 'ns 300 A 127.0.0.1', ''].join('\n'),
      'zones/new.above.test.zone': [soa, '@ 300 NS ns', 'ns 300 A 127.0.0.1', ''].join('\n'),
    })
    const check = (zone: string, ...more: string[]) =>
      child.meridian(
        'check',
        '--delegation',
        zone,
        '--parent',
        `127.0.0.1:${parent.port}`,
        '--port',
        String(child.port),
        ...more,
      )
    const right = await check('kid.above.test')
    t.equal(right.exit, 0, right.stdout + right.stderr)
    t.match(right.stdout, /delegated by above\.test\.\n\s+ns\.kid\.above\.test\. {2}127\.0\.0\.1 {2}serial 7/)
    t.match(right.stdout, /delegation\/one-server {2}\(warning\)/)
    const early = await check('new.above.test', '--json')
    t.equal(early.exit, 1)
    const { issues } = JSON.parse(early.stdout) as { issues: { code: string; advice?: string }[] }
    t.same(
      issues.map(({ code }) => code),
      ['delegation/none', 'delegation/one-server'],
    )
    t.match(issues[0]!.advice, /ns\.new\.above\.test\. {2}127\.0\.0\.1/)
    t.equal((await check('kid.above.test', '--resolver', 'nonsense')).exit, 2)
  })
})
