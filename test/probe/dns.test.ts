import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'
import dnsPacket from 'dns-packet'
import t from 'tap'
import { createProber } from '../../src/probe/index.ts'
import type { Probe } from '../../src/steer/index.ts'
import { target } from './origins.ts'

const prober = createProber({ version: '0.0.0' })
t.teardown(() => prober.close())

type Answer = (query: dnsPacket.Packet, transport: 'udp' | 'tcp') => Buffer | readonly Buffer[] | undefined

interface NameServer {
  readonly port: number
  close(): Promise<void>
}

/** A name server on one port of UDP and TCP; the answers are the test's own (written by the other codec). */
async function nameServer(answer: Answer): Promise<NameServer> {
  for (;;) {
    const udp = createSocket('udp4')
    await new Promise<void>((resolve) => udp.bind(0, '127.0.0.1', resolve))
    const { port } = udp.address()
    udp.on('message', (message, peer) => {
      const said = answer(dnsPacket.decode(message), 'udp')
      for (const one of Array.isArray(said) ? said : said === undefined ? [] : [said])
        udp.send(one, peer.port, peer.address)
    })
    const tcp = createServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', (octets) => {
        const said = answer(dnsPacket.decode(octets.subarray(2)), 'tcp')
        if (said === undefined) return socket.end()
        for (const one of Array.isArray(said) ? said : [said]) {
          const length = Buffer.alloc(2)
          length.writeUInt16BE(one.length)
          socket.write(length)
          socket.write(one)
        }
      })
    })
    const free = await new Promise<boolean>((resolve) => {
      tcp.once('error', () => resolve(false))
      tcp.listen(port, '127.0.0.1', () => resolve(true))
    })
    if (!free) {
      udp.close()
      continue
    }
    return {
      port,
      close: () =>
        new Promise((resolve) => {
          udp.close()
          tcp.close(() => resolve())
        }),
    }
  }
}

function reply(
  query: dnsPacket.Packet,
  answers: dnsPacket.Answer[],
  more: { flags?: number; id?: number; name?: string } = {},
): Buffer {
  const question = query.questions![0]!
  return dnsPacket.encode({
    type: 'response',
    id: more.id ?? query.id!,
    flags: more.flags ?? 0,
    questions: [{ ...question, name: more.name ?? question.name }],
    answers,
  })
}

function dns(port: number, more: Partial<Extract<Probe, { kind: 'dns' }>> = {}): Probe {
  return { kind: 'dns', port, name: 'www.portal.example', type: 'A', expect: undefined, ...more }
}

const A: dnsPacket.Answer = { name: 'www.portal.example', type: 'A', ttl: 60, data: '192.0.2.11' }

t.test('what a name server answers decides', async (t) => {
  const rows: readonly [
    title: string,
    answer: Answer,
    probe: Partial<Extract<Probe, { kind: 'dns' }>>,
    expected: string,
    detail: RegExp,
  ][] = [
    ['an address', (q) => reply(q, [A]), {}, 'ok', /A 192\.0\.2\.11/],
    ['the expected address', (q) => reply(q, [A]), { expect: '192.0.2.11' }, 'ok', /192/],
    [
      'another address',
      (q) => reply(q, [A]),
      { expect: '192.0.2.12' },
      'content',
      /answered 192\.0\.2\.11, expected 192\.0\.2\.12/,
    ],
    ['no answer', (q) => reply(q, []), {}, 'content', /no A record/],
    [
      'an alias only',
      (q) => reply(q, [{ name: 'www.portal.example', type: 'CNAME', data: 'x.example' }]),
      {},
      'content',
      /no A record/,
    ],
    ['NXDOMAIN', (q) => reply(q, [], { flags: 3 }), {}, 'status', /NXDOMAIN/],
    ['SERVFAIL', (q) => reply(q, [], { flags: 2 }), {}, 'status', /SERVFAIL/],
    [
      'IPv6 in another spelling',
      (q) => reply(q, [{ name: 'www.portal.example', type: 'AAAA', data: '2001:db8::1' }]),
      { type: 'aaaa', expect: '2001:DB8:0:0::1' },
      'ok',
      /AAAA/,
    ],
    [
      'MX without case and final dot',
      (q) =>
        reply(q, [
          { name: 'www.portal.example', type: 'MX', data: { preference: 10, exchange: 'Mail.portal.example' } },
        ]),
      { type: 'MX', expect: '10 mail.portal.example.' },
      'ok',
      /MX/,
    ],
    [
      'TXT in several strings',
      (q) => reply(q, [{ name: 'www.portal.example', type: 'TXT', data: ['v=spf1 ', '-all'] }]),
      { type: 'TXT', expect: '"v=spf1 -all"' },
      'ok',
      /TXT/,
    ],
    [
      'SOA',
      (q) =>
        reply(q, [
          {
            name: 'www.portal.example',
            type: 'SOA',
            data: {
              mname: 'ns1.portal.example',
              rname: 'h.portal.example',
              serial: 7,
              refresh: 1,
              retry: 2,
              expire: 3,
              minimum: 4,
            },
          },
        ]),
      { type: 'SOA', expect: 'ns1.portal.example. h.portal.example. 7 1 2 3 4' },
      'ok',
      /SOA/,
    ],
    ['a type by its number', (q) => reply(q, [A]), { type: 'TYPE1', expect: undefined }, 'ok', /TYPE1/],
    ['silence', () => undefined, {}, 'timeout', /the answer over UDP/],
    ['somebody else’s answer, then silence', (q) => reply(q, [A], { id: (q.id! + 1) & 0xffff }), {}, 'timeout', /UDP/],
    ['an answer to another question', (q) => reply(q, [A], { name: 'x.example' }), {}, 'timeout', /UDP/],
    ['noise, then the answer', (q) => [Buffer.from('noise'), Buffer.alloc(40), reply(q, [A])], {}, 'ok', /192/],
    [
      'truncated, then whole over TCP',
      (q, transport) => (transport === 'udp' ? reply(q, [], { flags: 0x0200 }) : reply(q, [A])),
      {},
      'ok',
      /192/,
    ],
    [
      'truncated, then nothing over TCP',
      (q, transport) => (transport === 'udp' ? reply(q, [], { flags: 0x0200 }) : undefined),
      {},
      'reset',
      /closed/,
    ],
    [
      'truncated, then noise over TCP',
      (q, transport) => (transport === 'udp' ? reply(q, [], { flags: 0x0200 }) : Buffer.from('noise')),
      {},
      'protocol',
      /no answer to the question/,
    ],
    [
      'more records than any honest answer holds',
      (q) =>
        reply(
          q,
          Array.from({ length: 120 }, () => A),
        ),
      {},
      'protocol',
      /absurdly long/,
    ],
    ['an unknown type is our own fault', (q) => reply(q, [A]), { type: 'BOGUS' }, 'local', /BOGUS/],
    [
      'a label too long is our own fault',
      (q) => reply(q, [A]),
      { name: `${'x'.repeat(64)}.example` },
      'local',
      /cannot be asked/,
    ],
  ]
  for (const [title, answer, more, expected, detail] of rows) {
    const server = await nameServer(answer)
    const result = await prober.probe(target(dns(server.port, more), { timeoutMs: 200 }))
    t.equal(result.class, expected, `${title} (${result.detail})`)
    t.match(result.detail, detail, title)
    await server.close()
  }
})

t.test('a port on which no name server listens refuses', async (t) => {
  const gone = await nameServer(() => undefined)
  await gone.close()
  const result = await prober.probe(target(dns(gone.port), { timeoutMs: 2000 }))
  t.equal(result.class, 'refused', result.detail)
})
