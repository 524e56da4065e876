/**
 * A small world of parents and children, right and wrong in one thing each.
 */
import t from 'tap'
import { parseAddress, printAddress } from '../../src/base/index.ts'
import { checkDelegation, type DelegationPorts } from '../../src/cli/delegation.ts'
import {
  FLAG,
  type Message,
  OctetWriter,
  parseName,
  parseRdata,
  printName,
  RCODE,
  type ResourceRecord,
  TYPE,
  typeOf,
} from '../../src/wire/index.ts'

/** what a server says, by `NAME TYPE`; undefined: it is silent */
interface Host {
  readonly records: readonly string[]
  readonly aa?: boolean
  readonly tcp?: boolean
  readonly rcode?: number
  readonly ra?: boolean
}

function record(text: string): ResourceRecord {
  const [name = '', type = '', ...rdata] = text.split(' ')
  const code = typeOf(type)!
  const out = new OctetWriter(64)
  if (parseRdata(code, rdata, parseName('.')!, out) !== undefined) throw new Error(text)
  return { name: parseName(name)!, type: code, class: 1, ttl: 60, rdata: out.octets() }
}

function world(hosts: Readonly<Record<string, Host>>): DelegationPorts {
  return {
    parent: async () => ({ zone: 'example.', servers: [{ address: parseAddress('192.0.2.1')!, port: 53 }] }),
    addresses: async (host) => (host === 'ns.elsewhere.test.' ? [parseAddress('198.51.100.9')!] : []),
    async ask(server, { name, type, tcp = false }) {
      const host = hosts[printAddress(server.address)]
      if (host === undefined || (tcp && host.tcp === false)) throw new Error('nobody is there')
      const all = host.records.map(record)
      const sameOwner = (each: ResourceRecord): boolean => printName(each.name) === printName(name).toLowerCase()
      const isAlias = (each: ResourceRecord): boolean => each.type === TYPE.CNAME
      const same = (each: ResourceRecord): boolean => sameOwner(each) && each.type === type
      const referral = host.aa === false
      const message: Message = {
        id: 1,
        flags: FLAG.QR | (referral ? 0 : FLAG.AA) | (host.ra === true ? FLAG.RA : 0) | (host.rcode ?? 0),
        questions: [{ name, type, class: 1 }],
        answers:
          referral && type !== TYPE.DS ? [] : all.filter((each) => same(each) || (isAlias(each) && sameOwner(each))),
        authorities: referral ? all.filter(same) : [],
        additionals: referral ? all.filter((each) => each.type === TYPE.A) : [],
      }
      return { message, octets: 0, ms: 0, transport: tcp ? 'tcp' : 'udp' }
    },
  }
}

const SOA = 'a.example. SOA ns1.a.example. h.a.example. 5 1 1 1 1'
const PARENT: Host = {
  aa: false,
  records: ['a.example. NS ns1.a.example.', 'a.example. NS ns.elsewhere.test.', 'ns1.a.example. A 192.0.2.8'],
}
const CHILD: Host = {
  records: [SOA, 'a.example. NS ns1.a.example.', 'a.example. NS ns.elsewhere.test.', 'ns1.a.example. A 192.0.2.8'],
}
const GOOD = { '192.0.2.1': PARENT, '192.0.2.8': CHILD, '198.51.100.9': CHILD }

t.test('a delegation that is right has nothing said about it', async (t) => {
  const report = await checkDelegation('A.example', world(GOOD))
  t.same(report.issues, [])
  t.equal(report.parent, 'example.')
  t.same(report.nameServers, [
    { name: 'ns.elsewhere.test.', addresses: ['198.51.100.9'], serials: [5] },
    { name: 'ns1.a.example.', addresses: ['192.0.2.8'], serials: [5] },
  ])
})

t.test('what is wrong is said, one thing each', async (t) => {
  const without = (host: Host, part: string): Host => ({
    ...host,
    records: host.records.filter((each) => !each.includes(part)),
  })
  const table: readonly [name: string, hosts: Readonly<Record<string, Host>>, codes: readonly string[]][] = [
    ['the parent knows nothing', { ...GOOD, '192.0.2.1': { aa: false, records: [] } }, ['none']],
    ['the parent is silent', { '192.0.2.8': CHILD }, ['parent-silent', 'none']],
    ['no glue for a server inside the zone', { ...GOOD, '192.0.2.1': without(PARENT, ' A ') }, ['no-glue']],
    ['a server that is not there', { '192.0.2.1': PARENT, '192.0.2.8': CHILD }, ['no-answer']],
    [
      'a server that does not serve the zone',
      { ...GOOD, '198.51.100.9': { records: [], rcode: RCODE.REFUSED } },
      ['lame'],
    ],
    ['a server without authority', { ...GOOD, '198.51.100.9': { ...CHILD, aa: false } }, ['lame']],
    ['a server without TCP', { ...GOOD, '198.51.100.9': { ...CHILD, tcp: false } }, ['no-tcp']],
    [
      'a server that only the parent names',
      { ...GOOD, '192.0.2.8': without(CHILD, 'elsewhere') },
      ['ns-only-in-parent'],
    ],
    [
      'a server that only the zone names',
      { ...GOOD, '192.0.2.1': without(PARENT, 'elsewhere') },
      ['one-server', 'ns-only-in-zone'],
    ],
    [
      'glue that is not what the zone says',
      { ...GOOD, '192.0.2.8': { records: CHILD.records.map((each) => each.replace('192.0.2.8', '192.0.2.7')) } },
      ['glue-differs'],
    ],
    [
      'a secondary that is behind',
      { ...GOOD, '198.51.100.9': { records: CHILD.records.map((each) => each.replace(' 5 1', ' 4 1')) } },
      ['serials-differ'],
    ],
    ['a server that resolves for strangers', { ...GOOD, '198.51.100.9': { ...CHILD, ra: true } }, ['recursion']],
    [
      'a name server that is an alias',
      { ...GOOD, '192.0.2.8': { records: [...without(CHILD, ' A ').records, 'ns1.a.example. CNAME www.a.example.'] } },
      ['ns-is-alias'],
    ],
    [
      'a DS record without a key',
      { ...GOOD, '192.0.2.1': { ...PARENT, records: [...PARENT.records, `a.example. DS 1 13 2 ${'00'.repeat(32)}`] } },
      ['ds-without-key'],
    ],
    [
      'all servers in one network',
      {
        '192.0.2.1': {
          aa: false,
          records: [
            ...PARENT.records.slice(0, 1),
            'a.example. NS ns2.a.example.',
            'ns1.a.example. A 192.0.2.8',
            'ns2.a.example. A 192.0.2.9',
          ],
        },
        ...Object.fromEntries(
          ['192.0.2.8', '192.0.2.9'].map((address) => [
            address,
            {
              records: [
                SOA,
                'a.example. NS ns1.a.example.',
                'a.example. NS ns2.a.example.',
                'ns1.a.example. A 192.0.2.8',
                'ns2.a.example. A 192.0.2.9',
              ],
            },
          ]),
        ),
      },
      ['one-network'],
    ],
  ]
  for (const [name, hosts, codes] of table) {
    const { issues } = await checkDelegation('a.example.', world(hosts))
    t.same(
      issues.map((issue) => issue.code),
      codes.map((code) => `delegation/${code}`),
      `${name}: ${issues.map((issue) => issue.message).join(' ')}`,
    )
  }
  t.match((await checkDelegation('a..b', world(GOOD))).issues, [{ code: 'delegation/name' }])
  t.match((await checkDelegation('a.example', { ...world(GOOD), parent: async () => undefined })).issues, [
    { code: 'delegation/no-parent' },
  ])
})

const OWN = {
  name: 'a.example.',
  serial: 5,
  records: 4,
  nameServers: [
    { name: 'ns1.a.example.', addresses: ['192.0.2.8'] },
    { name: 'ns.elsewhere.test.', addresses: [] },
  ],
}

t.test("the zone's own file is held against the parent and the servers", async (t) => {
  const codes = async (own: typeof OWN): Promise<string[]> =>
    (await checkDelegation('a.example', world(GOOD), { own })).issues.map(({ code }) => code.replace('delegation/', ''))
  t.same(await codes(OWN), [])
  t.same(await codes({ ...OWN, serial: 6 }), ['serial-behind'])
  t.same(await codes({ ...OWN, serial: 4 }), [], 'a served serial may be ahead: steered data raise it')
  t.same(await codes({ ...OWN, nameServers: OWN.nameServers.slice(0, 1) }), ['ns-only-in-parent'])
  t.same(await codes({ ...OWN, nameServers: [...OWN.nameServers, { name: 'ns3.test.', addresses: [] }] }), [
    'ns-only-in-zone',
  ])
  t.same(
    await codes({ ...OWN, nameServers: [{ name: 'ns1.a.example.', addresses: ['192.0.2.7'] }, OWN.nameServers[1]!] }),
    ['glue-differs'],
  )
})

t.test('a zone that is not delegated yet is checked as its file has it, and what to hand over is told', async (t) => {
  const nobody = { ...GOOD, '192.0.2.1': { aa: false, records: [] } }
  const ready = await checkDelegation('a.example', world(nobody), { own: OWN })
  t.same(
    ready.issues.map(({ code }) => code),
    ['delegation/none'],
    'the servers are as they must be',
  )
  t.match(ready.issues[0]!.advice, /ns1\.a\.example\. {2}192\.0\.2\.8\n +ns\.elsewhere\.test\.$/)
  t.equal(ready.nameServers.length, 2)
  const silent = await checkDelegation('a.example', world({ ...nobody, '192.0.2.8': { ...CHILD, tcp: false } }), {
    own: OWN,
  })
  t.same(
    silent.issues.map(({ code }) => code),
    ['delegation/none', 'delegation/no-tcp'],
  )
})
