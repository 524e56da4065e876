import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { parseName } from '../../src/wire/index.ts'
import { compileRecords, ZoneImage, zoneRecords } from '../../src/zone/index.ts'
import { load } from './look.ts'

const HEAD = `$TTL 1h
@ SOA ns hostmaster 7 2h 30m 2w 5m
@ NS ns
@ NS ns.other.test.
ns A 198.41.0.4
`

/** "E 6:1 zone/code", in the order of the file */
function told(text: string, steered?: ReadonlyMap<string, number>): string[] {
  return load('example.', text, steered).issues.map(
    ({ severity, line, column, code }) => `${severity[0]!.toUpperCase()} ${line}:${column} ${code}`,
  )
}

t.test('a sound zone has no issues', async (t) => {
  t.same(told(HEAD), [])
  t.same(
    told(`${HEAD}
www A 192.0.2.1
www AAAA 2001:db8::1
@ MX 10 mail
@ MX 20 mail.other.test.
mail A 192.0.2.25
alias CNAME www
_sip._udp SRV 0 0 5060 www
child NS ns.child
child NS ns.other.test.
child DS 1 8 2 ${'ab'.repeat(32)}
ns.child A 192.0.2.54
* TXT "any"
none MX 0 .
_dmarc TXT "v=DMARC1"
sip CNAME x.child
`),
    [],
  )
})

t.test('each mistake of a zone as a whole is found, where it stands', async (t) => {
  const rows: [text: string, ...told: string[]][] = [
    ['a CNAME www.other.test.\na A 192.0.2.1', 'E 6:1 zone/cname-and-other'],
    ['@ CNAME www.other.test.', 'E 6:1 zone/cname-and-other'],
    ['a CNAME b.test.\na CNAME c.test.', 'E 7:1 zone/many-cname'],
    ['a DNAME b.test.\na DNAME c.test.', 'E 7:1 zone/many-dname'],
    ['@ SOA ns hostmaster 8 2h 30m 2w 5m', 'E 6:1 zone/many-soa'],
    ['a SOA ns hostmaster 8 2h 30m 2w 5m', 'E 6:1 zone/soa-below-apex'],
    ['@ NS lost', 'E 6:1 zone/ns-no-address'],
    ['@ NS alias\nalias CNAME ns', 'E 6:1 zone/ns-cname'],
    ['@ NS 192.0.2.1.', 'W 6:1 zone/address-as-name'],
    ['@ NS ns.example', 'E 6:1 zone/ns-no-address', 'W 6:1 zone/final-dot'],
    ['child NS ns.child', 'W 6:1 zone/no-glue'],
    ['child NS child', 'W 6:1 zone/no-glue'],
    ['child NS child\nchild A 192.0.2.1'],
    ['child NS ns.other.test.\nchild MX 1 ns', 'W 7:1 zone/below-cut'],
    ['child NS ns.other.test.\nx.child MX 1 ns', 'W 7:1 zone/below-cut'],
    ['child NS lost', 'W 6:1 zone/ns-no-address'],
    ['one NS ns.two\ntwo NS ns.other.test.', 'N 6:1 zone/ns-no-address'],
    ['one NS ns.two\ntwo NS ns.two\nns.two A 192.0.2.1'],
    ['old DNAME new.test.\nx.old A 192.0.2.1', 'W 7:1 zone/below-dname'],
    [`a DS 1 8 1 ${'ab'.repeat(20)}`, 'W 6:1 zone/ds-without-ns'],
    [`@ DS 1 8 1 ${'ab'.repeat(20)}`, 'W 6:1 zone/ds-at-apex'],
    ['*.a NS ns', 'E 6:1 zone/wildcard'],
    ['*.a DNAME ns', 'W 6:1 zone/wildcard'],
    ['b.*.a TXT x', 'N 6:1 zone/wildcard'],
    ['@ MX 1 alias\nalias CNAME ns', 'W 6:1 zone/mx-cname'],
    ['@ MX 1 lost', 'W 6:1 zone/mx-no-address'],
    ['@ MX 1 192.0.2.1', 'W 6:1 zone/address-as-name', 'W 6:1 zone/mx-no-address'],
    ['@ MX 1 ns\n@ MX 0 .', 'W 7:1 zone/null-mx'],
    // RFC 4343 3: names in the data compare without case.
    ['a CNAME WWW.Other.test.\na CNAME www.other.test.', 'W 7:1 zone/duplicate'],
    ['a DNAME B.test.\na DNAME b.test.', 'W 7:1 zone/duplicate'],
    [
      '_x._tcp SRV 0 0 1 ns\n_x._tcp SRV 0 0 1 NS\n_x._tcp SRV 0 0 1 Ns',
      'W 7:1 zone/duplicate',
      'W 8:1 zone/duplicate',
    ],
    ['@ NS NS', 'W 6:1 zone/duplicate'],
    ['a TXT ns\na TXT NS'],
    // RFC 6672 2.4: what a DNAME hides is not there.
    ['d DNAME other.test.\nns.d A 192.0.2.1\n@ NS ns.d', 'E 8:1 zone/ns-no-address', 'W 7:1 zone/below-dname'],
    ['d DNAME other.test.\n@ NS ns.d', 'E 7:1 zone/ns-no-address'],
    ['d DNAME other.test.\nc NS ns.d\n@ MX 1 mx.d', 'W 7:1 zone/ns-no-address', 'W 8:1 zone/mx-no-address'],
    ['a SVCB 0 other.test. port=53', 'W 6:1 zone/svcb-alias'],
    ['a SVCB 0 other.test.\na HTTPS 1 . port=53'],
    ['CPNMU NSEC3 2 1 12 AABBCCDD CPNMU MX'],
    ['CPNMU=== NSEC3 2 1 12 AABBCCDD CPNMU MX', 'E 6:1 zone/nsec3-owner'],
    ['CPNMU.x NSEC3 2 1 12 AABBCCDD CPNMU MX', 'E 6:1 zone/nsec3-owner'],
    ['_x._tcp URI 1 1 ""', 'W 6:1 zone/empty-uri'],
    ['_x._tcp SRV 0 0 1 lost', 'W 6:1 zone/srv-no-address'],
    ['_x._tcp SRV 0 0 1 alias\nalias CNAME ns', 'W 6:1 zone/srv-cname'],
    ['_x._tcp SRV 0 0 0 .'],
    ['a CNAME lost', 'W 6:1 zone/cname-nowhere'],
    ['a CNAME b\nb CNAME a', 'W 6:1 zone/cname-loop', 'W 7:1 zone/cname-loop'],
    ['a CNAME a', 'W 6:1 zone/cname-loop'],
    ['a CNAME b\nb CNAME c\nc CNAME ns'],
    [
      'b CNAME c\nc CNAME b\na CNAME b',
      ...['6', '7'].map((line) => `W ${line}:1 zone/cname-loop`),
      'W 8:1 zone/cname-chain',
    ],
    [
      Array.from({ length: 12 }, (_, i) => `c${i} CNAME ${i < 11 ? `c${i + 1}` : 'ns'}`).join('\n'),
      ...['6', '7', '8'].map((line) => `W ${line}:1 zone/cname-chain`),
    ],
    ['a A 192.0.2.1\na A 192.0.2.1', 'W 7:1 zone/duplicate'],
    ['a 60 A 192.0.2.1\na 90 A 192.0.2.2', 'W 7:1 zone/uneven-ttl'],
    ['a_b A 192.0.2.1', 'W 6:1 zone/host-name'],
    ['-a A 192.0.2.1', 'W 6:1 zone/host-name'],
    ['a_b TXT x\na_b A 192.0.2.1', 'W 7:1 zone/host-name'],
    ['@ MX 1 a_b.test.', 'W 6:1 zone/host-name'],
    ['@ NS ns2\nns2 A 10.0.0.1', 'N 7:1 zone/special-address'],
    ['@ NS ns2\nns2 AAAA fe80::1', 'N 7:1 zone/special-address'],
    ['*.a A 192.0.2.1'],
    ['_a TXT x'],
    ['a TXT "v=spf1 -all"\na TXT "v=spf1 +all"', 'W 7:1 zone/many-spf'],
    ['a TXT "v=spf1 -all"\na TXT "v=spf10"'],
    ['a SPF "v=spf1 -all"', 'N 6:1 zone/spf-type'],
  ]
  for (const [text, ...expected] of rows) t.same(told(HEAD + text).sort(), expected.sort(), JSON.stringify(text))
})

t.test('SPF policies are read as mail servers read them (RFC 7208)', async (t) => {
  const codes = (line: string) => told(`${HEAD}${line}\n`).map((each) => each.replace(/^. \d+:\d+ /, ''))
  for (const policy of [
    'v=spf1',
    'V=SPF1 -all',
    'v=spf1 +mx a:colo.example.com/28 -all',
    'v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 ip6:::1 ?all',
    'v=spf1 a mx/24//64 a//64 mx:example.org// ~all'.replace('// ', ' '),
    'v=spf1 include:example.net exists:%{ir}.%{l1r+-}._spf.%{d} redirect=_spf.example.com',
    'v=spf1 ptr ptr:example.com exp=explain._spf.%{d} unknown-mod=x -all',
  ])
    t.same(codes(`a TXT "${policy}"`), [], policy)
  for (const policy of [
    'v=spf1 ipv4:192.0.2.1 -all',
    'v=spf1 ip4:192.0.2.256 -all',
    'v=spf1 ip4:192.0.2.0/33 -all',
    'v=spf1 ip6:192.0.2.1 -all',
    'v=spf1 a, mx -all',
    'v=spf1 include -all',
    'v=spf1 mx -all.',
    'v=spf1 –all',
  ])
    t.same(codes(`a TXT "${policy}"`), ['zone/spf-syntax'], policy)
  t.same(codes('a TXT "v=spf1 include:example" ".net -all"'), [], 'its strings are one text (3.3)')
  t.same(codes('a TXT "v=spf10 nonsense"'), [])
  t.same(codes(`a TXT "v=spf1 include:${'%{'.repeat(30_000)}"`), ['zone/spf-syntax'], 'of any length, at once')
  t.same(codes('a TXT "v=spf1 -all"\na TXT "v=sp" "f1 -all"'), ['zone/many-spf'])
})

t.test('in a reverse zone addresses have names of hosts (RFC 1123 2.1), services need not (RFC 6763 11)', async (t) => {
  const text = (line: string) => `$TTL 1h
@ SOA ns.test. hostmaster.test. 7 2h 30m 2w 5m
@ NS ns.test.
@ NS ns.other.test.
${line}
`
  const codes = (line: string) => load('2.0.192.in-addr.arpa.', text(line)).issues.map(({ code }) => code)
  t.same(codes('1 PTR host.test.'), [])
  t.same(codes('1 PTR my_host.test.'), ['zone/host-name'])
  t.same(codes('lb._dns-sd._udp PTR !@#3.test.'), [])
  t.same(codes('lb._dns-sd._tcp PTR !@#3.test.'), ['zone/host-name'])
  t.same(told(`${HEAD}_http._tcp PTR My\\032Printer._http._tcp\n`), [], 'elsewhere PTR names anything')
})

t.test('the apex is judged as registries judge it', async (t) => {
  const soa = (figures: string): string => HEAD.replace('7 2h 30m 2w 5m', figures)
  const rows: [text: string, ...told: string[]][] = [
    ['$TTL 1h\n@ NS ns.a.test.\n@ NS ns.b.test.', 'E 0:0 zone/no-soa'],
    ['$TTL 1h\n@ SOA ns.a.test. h 7 2h 30m 2w 5m', 'E 0:0 zone/no-ns'],
    ['$TTL 1h\n@ SOA ns.a.test. h 7 2h 30m 2w 5m\n@ NS ns.a.test.', 'W 3:1 zone/one-ns'],
    [soa('0 2h 30m 2w 5m'), 'N 2:1 zone/soa-figures'],
    [soa('7 2h 3h 2w 5m'), 'W 2:1 zone/soa-figures'],
    [soa('7 2h 30m 1h 5m'), 'W 2:1 zone/soa-figures'],
    [soa('7 2h 30m 1d 5m'), 'N 2:1 zone/soa-figures'],
    [soa('7 1m 30 2w 5m'), 'N 2:1 zone/soa-figures'],
    [soa('7 2h 30m 2w 2d'), 'W 2:1 zone/soa-figures'],
    [HEAD.replace('hostmaster', 'host@example.com.'), 'W 2:1 zone/soa-rname'],
    [HEAD.replace('SOA ns', 'SOA hidden.other.test.'), 'N 2:1 zone/soa-mname'],
    // What Zonemaster asks of an SOA (ZONE07, SYNTAX07) and of name servers (DELEGATION02).
    [HEAD.replace('SOA ns', 'SOA hidden'), 'W 2:1 zone/soa-mname', 'N 2:1 zone/soa-mname'],
    [`${HEAD.replace('SOA ns', 'SOA alias')}alias CNAME ns\n`, 'W 2:1 zone/soa-mname', 'N 2:1 zone/soa-mname'],
    [HEAD.replace('SOA ns', 'SOA n_s.other.test.'), 'W 2:1 zone/soa-mname', 'N 2:1 zone/soa-mname'],
    [HEAD.replace('2w 5m', '2w 0'), 'N 2:1 zone/soa-figures'],
    [
      '$TTL 1h\n@ SOA a h 7 2h 30m 2w 5m\n@ NS a\n@ NS b\na A 198.41.0.4\na AAAA 2001:503::1\nb A 198.41.0.4',
      'W 7:1 zone/same-address',
    ],
    ['$TTL 1h\n@ SOA a h 7 2h 30m 2w 5m\n@ NS a\n@ NS b\na A 198.41.0.4\nb A 198.41.0.5', 'N 3:1 zone/one-network'],
  ]
  for (const [text, ...expected] of rows) t.same(told(text), expected, JSON.stringify(text))
})

t.test('a steered name is in the zone, and has no addresses of its own', async (t) => {
  const steered = new Map([['www.example.', 0]])
  t.same(told(`${HEAD}www A 192.0.2.1\nwww TXT x`, steered), ['E 6:1 zone/steered-and-static'])
  t.same(told(`${HEAD}www CNAME x.test.`, steered), ['E 6:1 zone/steered-and-static'])
  t.same(told(`${HEAD}@ MX 1 www\na CNAME www`, steered), [], 'it counts as a name with addresses')
  t.same(told(`${HEAD}sub NS ns.other.test.`, new Map([['www.sub.example.', 0]])), ['W 0:0 zone/steered'])
  t.same(told(HEAD, new Map([['www.example.org.', 0]])), ['E 0:0 zone/steered'])
})

t.test('a set that no message can hold is refused', async (t) => {
  const many = Array.from({ length: 300 }, (_, i) => `big TXT "${i}${'x'.repeat(230)}"`).join('\n')
  t.same(told(`${HEAD}${many}`), ['E 6:1 zone/set-too-large'])
})

t.test('from another primary a zone is taken as it is', async (t) => {
  const { image } = load('example.', HEAD)
  const records = [...zoneRecords(new ZoneImage(image!))].filter(({ type }) => type !== 1)
  const origin = parseName('example.')!
  t.same(
    compileRecords({ origin, records, label: 'transfer' }).issues.map(({ severity }) => severity),
    ['error'],
  )
  const taken = compileRecords({ origin, records, label: 'transfer', lenient: true })
  t.same(
    taken.issues.map(({ severity, code, file }) => [severity, code, file]),
    [['warning', 'zone/ns-no-address', 'transfer']],
  )
  t.ok(taken.image)
  t.notOk(compileRecords({ origin, records: [], label: 'transfer', lenient: true }).image, 'but never without an SOA')
})

t.test('a file of another kind is told in a bounded number of issues', async (t) => {
  const { issues } = load('example.', 'no zone at all\n'.repeat(3000))
  t.ok(issues.length <= 501)
  t.equal(issues.at(-1)?.code, 'zone/more-issues')
  const unclosed = load('example.', 'a TXT (\n'.repeat(100_000))
  t.ok(unclosed.issues.length <= 501, 'parentheses that are never closed do not take for ever')
  const endless = load('example.', `${HEAD}a TXT "${'x'.repeat(3_000_000)}\nb A nonsense`)
  t.same(
    endless.issues.map(({ code, line }) => `${line} ${code}`),
    ['6 zone/quote', '7 zone/rdata'],
  )
  t.ok(endless.issues.every(({ message }) => message.length <= 400))
})

t.test('docs/errors/zone.md has a section for every code', async (t) => {
  const page = readFileSync('docs/errors/zone.md', 'utf8')
  const sources = ['src/zone', 'src/zone/check']
    .flatMap((folder) => readdirSync(folder).map((file) => `${folder}/${file}`))
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n')
  const codes = new Set([...sources.matchAll(/'(zone\/[a-z-]+)'/g)].map((match) => match[1]!))
  for (const code of ['zone/mx-cname', 'zone/mx-no-address', 'zone/srv-cname', 'zone/srv-no-address']) codes.add(code)
  codes.delete('zone/mx')
  codes.delete('zone/srv')
  for (const code of [...codes].sort()) t.match(page, `## ${code}\n`, code)
})
