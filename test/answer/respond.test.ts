/** The query path from octets to octets: what RFC 1034, 1035, 2308, 4592, 6672, 6891, 7871, 7873 and 8482 make of a question. */
import t from 'tap'
import { ask, decode, imageOf, nodeOf, question, recordOf, standingOf, worldOf } from './world.ts'

const PORTAL = `
@ 3600 SOA ns1 hostmaster 7 3600 600 604800 60
@ 3600 NS ns1
@ 3600 NS ns2
@ 300 MX 10 mail
@ 300 TXT "v=spf1 -all"
ns1 3600 A 192.0.2.1
ns2 3600 A 192.0.2.2
mail 300 A 192.0.2.3
mail 300 AAAA 2001:db8::3
multi 300 A 192.0.2.10
multi 300 A 192.0.2.11
multi 300 A 192.0.2.12
alias 300 CNAME mail
chain 300 CNAME alias
away 300 CNAME www.elsewhere.test.
loop1 300 CNAME loop2
loop2 300 CNAME loop1
*.wild 300 TXT "star"
a.b.deep 300 A 192.0.2.4
child 300 NS ns.child
child 300 NS ns1.elsewhere.test.
ns.child 300 A 192.0.2.53
old 300 DNAME new
host.new 300 A 192.0.2.60
srv 300 SRV 0 0 443 www
*.mx 300 A 192.0.2.61
*.mx 300 AAAA 2001:db8::61
here.mx 300 TXT "stops the wildcard"
covered 300 MX 10 In.MX
covered 300 MX 20 in.mx
covered 300 MX 30 here.mx
covered 300 MX 40 a.here.mx
node 300 SRV 0 0 443 any.cdn
secret.old 300 A 192.0.2.62
hidden 300 MX 10 secret.old
`
const STEERED = new Map([
  ['www.portal.example.', 0],
  ['*.cdn.portal.example.', 1],
])

const v6 = Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x11)
const world = worldOf(
  [
    { name: 'portal.example.', image: imageOf('portal.example.', PORTAL, STEERED) },
    {
      name: 'gone.example.',
      image: imageOf('gone.example.', '@ 60 SOA ns1 h 1 1 1 1 1\n@ 60 NS ns1\nns1 60 A 192.0.2.1'),
      expired: true,
    },
  ],
  [
    {
      record: recordOf('www.portal.example.', 'portal.example.', ['p']),
      map: -1,
      classes: [{ rule: 0, order: undefined }],
    },
    {
      record: recordOf('*.cdn.portal.example.', 'portal.example.', ['q']),
      map: -1,
      classes: [{ rule: 0, order: undefined }],
    },
  ],
  [nodeOf('n1', ['203.0.113.1'], [v6]), nodeOf('n2', ['203.0.113.2']), nodeOf('n3', ['203.0.113.3'])],
  [standingOf('p', ['n1', 'n2']), standingOf('q', ['n3'])],
)
const responder = world.responder(1)

interface Rr {
  readonly name: string
  readonly type: string
  readonly ttl: number
  readonly data: unknown
}
const answer = (name: string, type: string) => {
  const bytes = ask(responder, question(name, type))
  t.ok(bytes instanceof Uint8Array)
  const packet = decode(Buffer.from(bytes as Uint8Array)) as unknown as {
    rcode: string
    flag_aa: boolean
    flag_tc: boolean
    answers: Rr[]
    authorities: Rr[]
    additionals: Rr[]
  }
  return packet
}
const rrs = (list: readonly Rr[]): string[] =>
  list.map(
    ({ name, type, data }) =>
      `${name} ${type} ${typeof data === 'object' && !Array.isArray(data) ? ((data as { mname?: string; exchange?: string; target?: string }).mname ?? (data as { exchange?: string }).exchange ?? (data as { target?: string }).target) : String(data)}`,
  )

t.test('sections, by RFC 1034 4.3.2', async (t) => {
  const SOA = ['portal.example SOA ns1.portal.example']
  const table: [string, string, string, boolean, string[], string[], string[]][] = [
    ['mail.portal.example', 'A', 'NOERROR', true, ['mail.portal.example A 192.0.2.3'], [], []],
    ['MAIL.Portal.example', 'AAAA', 'NOERROR', true, ['MAIL.Portal.example AAAA 2001:db8::3'], [], []],
    ['portal.example', 'SOA', 'NOERROR', true, SOA, [], []],
    [
      'portal.example',
      'MX',
      'NOERROR',
      true,
      ['portal.example MX mail.portal.example'],
      [],
      ['mail.portal.example A 192.0.2.3', 'mail.portal.example AAAA 2001:db8::3'],
    ],
    [
      'portal.example',
      'NS',
      'NOERROR',
      true,
      ['portal.example NS ns1.portal.example', 'portal.example NS ns2.portal.example'],
      [],
      ['ns1.portal.example A 192.0.2.1', 'ns2.portal.example A 192.0.2.2'],
    ],
    ['mail.portal.example', 'TXT', 'NOERROR', true, [], SOA, []],
    // RFC 4592 2.2: a target exists where a wildcard covers it, once, and under its own name (compressed: the case of the first).
    [
      'covered.portal.example',
      'MX',
      'NOERROR',
      true,
      ['In.MX', 'In.MX', 'here.MX', 'a.here.MX'].map((host) => `covered.portal.example MX ${host}.portal.example`),
      [],
      ['In.MX.portal.example A 192.0.2.61', 'In.MX.portal.example AAAA 2001:db8::61'],
    ],
    [
      'node.portal.example',
      'SRV',
      'NOERROR',
      true,
      ['node.portal.example SRV any.cdn.portal.example'],
      [],
      ['any.cdn.portal.example A 203.0.113.3'],
    ],
    // RFC 6672 2.4: what a DNAME hides is not told as additional data either.
    ['hidden.portal.example', 'MX', 'NOERROR', true, ['hidden.portal.example MX secret.old.portal.example'], [], []],
    ['nope.portal.example', 'A', 'NXDOMAIN', true, [], SOA, []],
    ['b.deep.portal.example', 'A', 'NOERROR', true, [], SOA, []],
    ['x.y.wild.portal.example', 'TXT', 'NOERROR', true, ['x.y.wild.portal.example TXT star'], [], []],
    ['x.wild.portal.example', 'A', 'NOERROR', true, [], SOA, []],
    ['wild.portal.example', 'TXT', 'NOERROR', true, [], SOA, []],
    [
      'chain.portal.example',
      'A',
      'NOERROR',
      true,
      [
        'chain.portal.example CNAME alias.portal.example',
        'alias.portal.example CNAME mail.portal.example',
        'mail.portal.example A 192.0.2.3',
      ],
      [],
      [],
    ],
    ['alias.portal.example', 'CNAME', 'NOERROR', true, ['alias.portal.example CNAME mail.portal.example'], [], []],
    ['alias.portal.example', 'TXT', 'NOERROR', true, ['alias.portal.example CNAME mail.portal.example'], SOA, []],
    ['away.portal.example', 'A', 'NOERROR', true, ['away.portal.example CNAME www.elsewhere.test'], [], []],
    [
      'child.portal.example',
      'A',
      'NOERROR',
      false,
      [],
      ['child.portal.example NS ns.child.portal.example', 'child.portal.example NS ns1.elsewhere.test'],
      ['ns.child.portal.example A 192.0.2.53'],
    ],
    [
      'a.b.child.portal.example',
      'MX',
      'NOERROR',
      false,
      [],
      ['child.portal.example NS ns.child.portal.example', 'child.portal.example NS ns1.elsewhere.test'],
      ['ns.child.portal.example A 192.0.2.53'],
    ],
    ['child.portal.example', 'DS', 'NOERROR', true, [], SOA, []],
    [
      'host.old.portal.example',
      'A',
      'NOERROR',
      true,
      [
        'old.portal.example DNAME new.portal.example',
        'host.old.portal.example CNAME host.new.portal.example',
        'host.new.portal.example A 192.0.2.60',
      ],
      [],
      [],
    ],
    [
      'none.old.portal.example',
      'A',
      'NXDOMAIN',
      true,
      ['old.portal.example DNAME new.portal.example', 'none.old.portal.example CNAME none.new.portal.example'],
      SOA,
      [],
    ],
    ['elsewhere.test', 'A', 'REFUSED', false, [], [], []],
    ['www.gone.example', 'A', 'SERVFAIL', false, [], [], []],
  ]
  for (const [name, type, rcode, aa, answers, authorities, additionals] of table) {
    const got = answer(name, type)
    const dname = (list: string[]) => list.map((line) => line.replace('UNKNOWN_39', 'DNAME'))
    t.equal(got.rcode, rcode, `${name} ${type}: rcode`)
    t.equal(got.flag_aa, aa, `${name} ${type}: aa`)
    t.same(
      dname(rrs(got.answers)).map((l) => (l.includes('DNAME') ? l.split(' ').slice(0, 2).join(' ') : l)),
      answers.map((l) => (l.includes('DNAME') ? l.split(' ').slice(0, 2).join(' ') : l)),
      `${name} ${type}: answer`,
    )
    t.same(rrs(got.authorities), authorities, `${name} ${type}: authority`)
    t.same(rrs(got.additionals), additionals, `${name} ${type}: additional`)
  }
  t.equal(answer('nope.portal.example', 'A').authorities[0]!.ttl, 60, 'RFC 2308 5: the negative TTL is the MINIMUM')
})

t.test('a loop of aliases ends', async (t) => {
  const got = answer('loop1.portal.example', 'A')
  t.equal(got.rcode, 'NOERROR')
  t.same(rrs(got.answers), [
    'loop1.portal.example CNAME loop2.portal.example',
    'loop2.portal.example CNAME loop1.portal.example',
  ])
})

t.test('static addresses and steered ones rotate', async (t) => {
  const firsts = (name: string) => new Set(Array.from({ length: 12 }, () => answer(name, 'A').answers[0]!.data))
  t.equal(firsts('multi.portal.example').size, 3)
  t.equal(firsts('www.portal.example').size, 2)
  t.same(
    answer('www.portal.example', 'AAAA').answers.map(({ data }) => data),
    ['2001:db8::11'],
  )
  t.equal(answer('www.portal.example', 'A').answers[0]!.ttl, 60)
  t.same(rrs(answer('www.portal.example', 'TXT').authorities), ['portal.example SOA ns1.portal.example'])
  t.same(
    rrs(answer('a.b.cdn.portal.example', 'A').answers),
    ['a.b.cdn.portal.example A 203.0.113.3'],
    'a steered wildcard',
  )
  t.same(answer('a.cdn.portal.example', 'AAAA').answers, [], 'a node without IPv6 gives NODATA')
  t.equal(answer('srv.portal.example', 'SRV').additionals.length, 3, 'steered addresses serve as additional data too')
  t.equal(answer('www.portal.example', 'ANY').answers.length, 2, 'ANY gives one set (RFC 8482)')
})

t.test('a change of health is in the next answer', async (t) => {
  world.standings.set('p', standingOf('p', ['n1', 'n2'], ['n1']))
  world.publisher.publish(['p'])
  t.same(
    answer('www.portal.example', 'A').answers.map(({ data }) => data),
    ['203.0.113.2'],
  )
  world.standings.set('p', standingOf('p', ['n1', 'n2']))
  world.publisher.publish(['p'])
  t.equal(answer('www.portal.example', 'A').answers.length, 2)
  t.ok(world.publisher.counters().nodes.get('n2')! > 0)
  const pairs = world.publisher.counters().answers.map(({ record, pool, count }) => `${record} ${pool} ${count > 0}`)
  t.same(pairs.sort(), ['*.cdn.portal.example. q true', 'www.portal.example. p true'], 'by the pool that was answered')
  t.equal(world.publisher.lastAnsweredMs('n1'), world.nowMs)
})

t.test('EDNS: version, size, cookies, subnet, NSID', async (t) => {
  const opt = (options: unknown[], extra: object = {}) =>
    ask(
      responder,
      question('www.portal.example', 'A', {
        additionals: [{ type: 'OPT', name: '.', udpPayloadSize: 1400, flags: 0, options, ...extra } as never],
      }),
    ) as Uint8Array
  const read = (bytes: Uint8Array) =>
    (
      decode(Buffer.from(bytes)) as unknown as {
        additionals: {
          type: string
          udpPayloadSize: number
          extendedRcode: number
          options: {
            code: number
            data: Buffer
            ip?: string
            scopePrefixLength?: number
            sourcePrefixLength?: number
          }[]
        }[]
      }
    ).additionals.find(({ type }) => type === 'OPT')!
  const plain = read(opt([]))
  t.equal(plain.udpPayloadSize, 1232)
  t.same(plain.options, [])
  const bad = opt([], { ednsVersion: 1 })
  t.equal((bad[3]! & 15) | (read(bad).extendedRcode << 4), 16, 'BADVERS')
  const all = read(
    opt([
      { code: 'CLIENT_SUBNET', ip: '9.1.2.0', sourcePrefixLength: 24 },
      { code: 'NSID', data: Buffer.alloc(0) },
      { code: 10, data: Buffer.from('0102030405060708', 'hex') },
    ]),
  )
  const by = new Map(all.options.map((option) => [option.code, option]))
  t.equal(by.get(8)!.scopePrefixLength, 0, 'one class for everyone: scope 0')
  t.equal(by.get(8)!.sourcePrefixLength, 24)
  t.equal(by.get(3)!.data.toString(), 'ns1')
  t.equal(by.get(10)!.data.length, 24)
})

t.test('truncation is whole sets; TCP takes all', async (t) => {
  const many = imageOf(
    'big.example.',
    `@ 60 SOA ns1 h 1 1 1 1 1\n@ 60 NS ns1\nns1 60 A 192.0.2.1\n${Array.from({ length: 100 }, (_, i) => `many 60 A 10.0.0.${i}`).join('\n')}`,
  )
  const big = worldOf([{ name: 'big.example.', image: many }]).responder(0)
  const udp = ask(big, question('many.big.example', 'A')) as Uint8Array
  const short = decode(Buffer.from(udp))
  t.equal(short.flag_tc, true)
  t.equal(short.answers!.length, 0)
  const tcp = decode(Buffer.from(ask(big, question('many.big.example', 'A'), { transport: 1 }) as Uint8Array))
  t.equal(tcp.flag_tc, false)
  t.equal(tcp.answers!.length, 100)
})

t.test('what is no query for us', async (t) => {
  t.equal(ask(responder, question('www.portal.example', 'AXFR')), -1, 'transfers go to the slow door')
  const response = question('www.portal.example', 'A')
  response[2] = 0x84
  t.equal(ask(responder, response), undefined, 'a response is never answered')
  t.equal(ask(responder, Uint8Array.of(1, 2, 3)), undefined)
  const chaos = decode(
    Buffer.from(
      ask(
        responder,
        question('version.bind', 'TXT', { questions: [{ name: 'version.bind', type: 'TXT', class: 'CH' }] }),
      ) as Uint8Array,
    ),
  )
  t.same((chaos.answers![0] as unknown as { data: Buffer[] }).data.map(String), ['Meridian test'])
})
