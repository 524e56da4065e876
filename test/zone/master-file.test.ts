import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { loadZone, printRecord, printZone, ZoneImage, zoneRecords } from '../../src/zone/index.ts'
import { load, octetsOf, type TestFiles } from './look.ts'

const HEAD = `$TTL 1h
@ SOA ns hostmaster 7 2h 30m 2w 5m
@ NS ns
@ NS ns.other.test.
ns A 198.41.0.4
`
const HEAD_RECORDS = 4

/** The records of a zone that must load, printed, blanks for tabs; without those of HEAD. */
function records(text: string | TestFiles, origin = 'example.'): string[] {
  const { image, issues } = load(origin, text)
  if (image === undefined) throw new Error(`the zone does not load: ${JSON.stringify(issues, null, 1)}`)
  return [...zoneRecords(new ZoneImage(image))]
    .slice(HEAD_RECORDS)
    .map((record) => printRecord(record).replaceAll('\t', ' '))
}

/** "line:column code" of each issue, but for what HEAD itself could be blamed for */
function issues(text: string | TestFiles, origin = 'example.'): string[] {
  return load(origin, text).issues.map(({ file, line, column, code }) =>
    file === 'test.zone' ? `${line}:${column} ${code}` : `${file} ${line}:${column} ${code}`,
  )
}

t.test('a record is read in every shape that RFC 1035 5.1 allows', async (t) => {
  const rows: [text: string, ...records: string[]][] = [
    ['a A 192.0.2.1', 'a.example. 3600 IN A 192.0.2.1'],
    ['a 60 A 192.0.2.1', 'a.example. 60 IN A 192.0.2.1'],
    ['a IN A 192.0.2.1', 'a.example. 3600 IN A 192.0.2.1'],
    ['a 60 IN A 192.0.2.1', 'a.example. 60 IN A 192.0.2.1'],
    ['a in 60 a 192.0.2.1', 'a.example. 60 IN A 192.0.2.1'],
    ['a 1h30m IN A 192.0.2.1', 'a.example. 5400 IN A 192.0.2.1'],
    ['a\tA\t192.0.2.1 ; a comment', 'a.example. 3600 IN A 192.0.2.1'],
    ['a A 192.0.2.1;a comment', 'a.example. 3600 IN A 192.0.2.1'],
    ['a A 192.0.2.1\r', 'a.example. 3600 IN A 192.0.2.1'],
    ['a A (192.0.2.1)', 'a.example. 3600 IN A 192.0.2.1'],
    ['a A ( ; one\n 192.0.2.1 ; two\n )', 'a.example. 3600 IN A 192.0.2.1'],
    ['(a A\n192.0.2.1)', 'a.example. 3600 IN A 192.0.2.1'],
    ['a CLASS1 TYPE1 \\# 4 C0000201', 'a.example. 3600 IN A 192.0.2.1'],
    ['a TYPE65280 \\# 3 aa bb cc', 'a.example. 3600 IN TYPE65280 \\# 3 AABBCC'],
    ['a AAAA 2001:DB8::1', 'a.example. 3600 IN AAAA 2001:db8::1'],
    ['a AAAA ::', 'a.example. 3600 IN AAAA ::'],
    ['a AAAA ::1', 'a.example. 3600 IN AAAA ::1'],
    ['a AAAA 1::', 'a.example. 3600 IN AAAA 1::'],
    ['a AAAA 1:2:3:4:5:6:7:8', 'a.example. 3600 IN AAAA 1:2:3:4:5:6:7:8'],
    ['a AAAA 1:2:3:4:5:6:7::', 'a.example. 3600 IN AAAA 1:2:3:4:5:6:7:0'],
    ['a AAAA ::ffff:192.0.2.1', 'a.example. 3600 IN AAAA ::ffff:192.0.2.1'],
    ['a MX 10 @', 'a.example. 3600 IN MX 10 example.'],
    ['a MX 0 .', 'a.example. 3600 IN MX 0 .'],
    ['a CNAME b.test.', 'a.example. 3600 IN CNAME b.test.'],
    ['A.B CNAME Mixed.Case.Test.', 'a.b.example. 3600 IN CNAME Mixed.Case.Test.'],
    [
      'a TXT word "two words" "" "semi;colon (paren)"',
      'a.example. 3600 IN TXT "word" "two words" "" "semi;colon (paren)"',
    ],
    ['a TXT "quote \\" backslash \\\\ \\065"', 'a.example. 3600 IN TXT "quote \\" backslash \\\\ A"'],
    ['a TXT "one"\ta\\;b', 'a.example. 3600 IN TXT "one" "a;b"'],
    ['a TXT (\n"one"\n"two")', 'a.example. 3600 IN TXT "one" "two"'],
    ['a TXT \xe4', 'a.example. 3600 IN TXT "\\228"'],
    ['a TXT "\xe4" ( )', 'a.example. 3600 IN TXT "\\228"'],
    ['a.dot\\.inside TXT x', 'a.dot\\.inside.example. 3600 IN TXT "x"'],
    ['\\101\\000 TXT x', 'e\\000.example. 3600 IN TXT "x"'],
    ['* TXT x', '*.example. 3600 IN TXT "x"'],
    ['\\$a TXT x', '\\$a.example. 3600 IN TXT "x"'],
    ['\\@ TXT x', '\\@.example. 3600 IN TXT "x"'],
    [
      'a TXT x\n  TXT y\n\n ; nothing\n 60 IN MX 1 b.test.',
      'a.example. 3600 IN TXT "x"',
      'a.example. 3600 IN TXT "y"',
      'a.example. 60 IN MX 1 b.test.',
    ],
    ['a HTTPS 1 . alpn="h2,h3" port=443', 'a.example. 3600 IN HTTPS 1 . alpn="h2,h3" port=443'],
    ['in A 192.0.2.1', 'in.example. 3600 IN A 192.0.2.1'],
    ['a 60 A 192.0.2.1\nb A 192.0.2.1', 'a.example. 60 IN A 192.0.2.1', 'b.example. 3600 IN A 192.0.2.1'],
  ]
  for (const [text, ...told] of rows) t.same(records(HEAD + text), told, JSON.stringify(text))
  t.same(records(HEAD.trimEnd()), [], 'without a newline at the end')
  t.same(records(`\xef\xbb\xbf${HEAD}`), [], 'with a byte order mark')
})

t.test('directives change what follows, $INCLUDE only what it includes', async (t) => {
  t.same(records(`${HEAD}$ORIGIN sub\na TXT x\n$ORIGIN other.example.\n@ TXT y\n$ORIGIN .\nz.example TXT z`), [
    'a.sub.example. 3600 IN TXT "x"',
    'other.example. 3600 IN TXT "y"',
    'z.example. 3600 IN TXT "z"',
  ])
  t.same(records(`${HEAD}$TTL 5m\na TXT x\n$ttl 7\nb TXT x`), ['a.example. 300 IN TXT "x"', 'b.example. 7 IN TXT "x"'])
  t.same(
    records({
      'zones/main.zone': `${HEAD}a TXT x\n$INCLUDE more.zone sub ; why not\n TXT after\n$INCLUDE more.zone`,
      'zones/more.zone': 'i TXT inside\nb TXT "$ORIGIN"\n$ORIGIN deep\nc TXT y',
    }),
    [
      'a.example. 3600 IN TXT "x"',
      'a.example. 3600 IN TXT "after"',
      'i.sub.example. 3600 IN TXT "inside"',
      'b.sub.example. 3600 IN TXT "$ORIGIN"',
      'c.deep.sub.example. 3600 IN TXT "y"',
      'i.example. 3600 IN TXT "inside"',
      'b.example. 3600 IN TXT "$ORIGIN"',
      'c.deep.example. 3600 IN TXT "y"',
    ],
  )
})

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: $GENERATE has such placeholders
t.test('an included file may have any name', async (t) => {
  const { issues: told } = load('example.', { 'a.zone': `${HEAD}$INCLUDE "\xc3\xa4 \\" b.zone"` })
  t.same(
    told.map(({ message }) => message),
    ['The included file "ä " b.zone" cannot be read.'],
  )
})

t.test('$GENERATE counts as BIND does', async (t) => {
  const rows: [string, ...string[]][] = [
    [
      '$GENERATE 1-3 h$ A 192.0.2.$',
      'h1.example. 3600 IN A 192.0.2.1',
      'h2.example. 3600 IN A 192.0.2.2',
      'h3.example. 3600 IN A 192.0.2.3',
    ],
    [
      '$GENERATE 0-4/2 $ 60 IN PTR h${1,3,d}',
      '0.example. 60 IN PTR h001.example.',
      '2.example. 60 IN PTR h003.example.',
      '4.example. 60 IN PTR h005.example.',
    ],
    ['$GENERATE 10-10 x${0,4,x} CNAME ${-2}.$$.test.', 'x000a.example. 3600 IN CNAME 8.\\$.test.'],
    ['$GENERATE 171-171 ${0,7,n} TXT ${0,2,X}', 'b.a.0.0.example. 3600 IN TXT "AB"'],
    ['$GENERATE 1-1 m MX "10 mail$"', 'm.example. 3600 IN MX 10 mail1.example.'],
    ['$GENERATE 1-1 m TXT "two words $"', 'm.example. 3600 IN TXT "two words 1"'],
  ]
  for (const [text, ...told] of rows) t.same(records(HEAD + text), told, text)
})

t.test('an implied TTL is $TTL’s, the last one stated, or the SOA’s minimum', async (t) => {
  const soa = '@ SOA ns.test. hostmaster 7 2h 30m 2w 5m'
  const tail = '@ NS ns.test.\n@ NS ns2.test.\na TXT x\n'
  const ttl = (text: string): string | undefined => {
    const { image } = load('example.', text)
    return image && [...zoneRecords(new ZoneImage(image))].map((record) => record.ttl).join(' ')
  }
  t.equal(ttl(`$TTL 9\n${soa}\n${tail}`), '9 9 9 9')
  t.equal(ttl(`@ 8 SOA ns hostmaster 7 2h 30m 2w 5m\n${tail}`), '8 8 8 8')
  t.equal(ttl(`${soa}\n${tail}`), '300 300 300 300')
  t.same(issues(`${soa}\n${tail}`), ['1:1 zone/no-ttl'])
  t.same(issues(`a TXT x\n${soa}\n${tail}`), ['1:1 zone/no-ttl', '2:1 zone/no-ttl'])
})

t.test('every mistake is told at its place, and hides no other', async (t) => {
  const rows: [text: string, ...told: string[]][] = [
    ['a A 192.0.2.256', '6:5 zone/rdata'],
    ['a A 192.0.2.01', '6:5 zone/rdata'],
    ['a A', '6:3 zone/rdata'],
    ['a A 192.0.2.1 192.0.2.2', '6:15 zone/rdata'],
    ['a AAAA 1::2::3', '6:8 zone/rdata'],
    ['a AAAA 1:2:3', '6:8 zone/rdata'],
    ['a MX mail', '6:6 zone/rdata'],
    ['a MX 65536 mail', '6:6 zone/rdata'],
    ['a B 192.0.2.1', '6:3 zone/unknown-type'],
    ['a AXFR x', '6:3 zone/meta-type'],
    ['a CH A 192.0.2.1', '6:1 zone/class'],
    ['a CS A 192.0.2.1', '6:1 zone/class'],
    ['a CLASS0 A 192.0.2.1', '6:1 zone/class'],
    ['a 99999999999 A 192.0.2.1', '6:3 zone/ttl'],
    ['a 2147483648 A 192.0.2.1', '6:3 zone/ttl'],
    ['a', '6:1 zone/no-type'],
    ['a..b A 192.0.2.1', '6:1 zone/name'],
    [`${'x'.repeat(64)} A 192.0.2.1`, '6:1 zone/name'],
    ['a TXT "open', '6:7 zone/quote'],
    [`a HINFO x ${'x'.repeat(256)}`, '6:11 zone/rdata'],
    ['a TXT x\\', '6:8 zone/escape'],
    ['a TXT \\256', '6:7 zone/rdata'],
    ['a A 192.0.2.1)', '6:14 zone/parenthesis'],
    ['a TXT ( x', '6:7 zone/parenthesis'],
    ['$ORIGIN', '6:1 zone/directive'],
    ['$ORIGIN a..b', '6:9 zone/name'],
    ['$TTL never', '6:6 zone/ttl'],
    ['$TTL 1 2', '6:8 zone/directive'],
    ['$INCLDUE x', '6:1 zone/directive'],
    ['$INCLUDE nowhere', '6:10 zone/include'],
    ['$INCLUDE test.zone', '6:10 zone/include'],
    ['$GENERATE 3-1 a A 192.0.2.$', '6:11 zone/generate'],
    ['$GENERATE 0-99999999 a A 192.0.2.$', '6:11 zone/generate'],
    ['$GENERATE 1-9 a A 192.0.3.9$9', '6:19 zone/rdata'],
    ['$GENERATE 1-9 a${x} A 192.0.3.1', '6:15 zone/generate'],
    ['www.example.org. A 192.0.2.1\n A 192.0.2.2', '6:1 zone/out-of-zone'],
    ['\xc3\xa4\xc3\xb6.x A 192.0.2.1 x', '6:18 zone/rdata'],
  ]
  for (const [text, ...told] of rows) {
    const found = issues(`${HEAD}${text}\nlast MX nonsense`).filter((issue) => !issue.endsWith('host-name'))
    const last = text.split('\n').length + 6
    t.same(found, [...told, `${last}:9 zone/rdata`], JSON.stringify(text))
  }
  t.same(issues(' A 192.0.2.1'), ['0:0 zone/no-soa', '0:0 zone/no-ns', '1:2 zone/no-owner'])
  t.same(issues({ 'test.zone': `${HEAD}$INCLUDE b`, b: '\na A x\n' }), ['b 2:5 zone/rdata'], 'in an included file')
  const unreadable = load('example.', { 'a.zone': undefined })
  t.same(
    unreadable.issues.map(({ code }) => code),
    ['zone/unreadable'],
  )
})

t.test('a zone has as many records as its limit allows', async (t) => {
  const loaded = (records: number): string[] =>
    loadZone({
      origin: 'example.',
      file: 'a.zone',
      read: () => octetsOf(`${HEAD}$GENERATE 1-9 h$ A 192.0.2.$\n`),
      limits: { records },
    }).issues.map(({ code }) => code)
  t.same(loaded(13), [])
  t.same(loaded(12), ['zone/too-many-records'])
})

t.test('what is printed reads back as the same zone', async (t) => {
  const text = `${HEAD}
a TXT "x\\"\\\\\\000\\255" ""
b\\.c.\\032 A 192.0.2.1
*.w 5 MX 10 mail.test.
sub NS ns.sub
ns.sub AAAA 2001:db8::1
h HTTPS 1 . alpn=h2 ipv4hint=192.0.2.1
u TYPE65280 \\# 2 abcd
s SRV 0 0 1 Target.test.
c CAA 0 issue "ca.test"
d DS 12345 8 2 ${'AB'.repeat(32)}
d NS ns.d
ns.d A 192.0.2.9
`
  const { image } = load('example.', text)
  const printed = printZone(zoneRecords(new ZoneImage(image!)))
  const again = load('example.', printed)
  t.equal(printZone(zoneRecords(new ZoneImage(again.image!))), printed)
  t.match(printed, /^example\.\t3600\tIN\tSOA\t/)
})

t.test('named-compilezone reads the same records', async (t) => {
  if (spawnSync('named-compilezone', ['-v']).status !== 0) {
    t.comment('skipped: named-compilezone (bind9-utils) is not installed')
    return
  }
  const text = `${HEAD}
$ORIGIN sub.example.
a 60 IN A 192.0.2.1
  IN 70 AAAA 2001:db8::a:1
b.c TXT ( "one" ; comment
   two\\;semi "th\\"ree" )
$TTL 2h
@ MX 10 mail
mail A 192.0.2.2
$ORIGIN example.
$GENERATE 1-20/3 host-\${0,3,d} A 192.0.2.$
$GENERATE 0-255/50 \${0,5,n}.rev PTR host-\${0,2,x}.test.
x\\.y\\@z.w TXT x
srv SRV 1 2 3 a.sub
caa CAA 0 issue "ca.example.net; account=230123"
loc LOC 52 14 05 N 00 08 50 E 10m
naptr NAPTR 100 50 "s" "z3950+I2L+I2C" "" _z3950._tcp
sshfp SSHFP 1 1 ${'ab'.repeat(20)}
tlsa._443 TLSA 3 1 1 ${'cd'.repeat(32)}
rp RP mbox.example. txt
unknown TYPE65400 \\# 4 01020304
`
  const folder = mkdtempSync(join(tmpdir(), 'meridian-zone-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'test.zone')
  const out = join(folder, 'out.zone')
  writeFileSync(file, text, 'latin1')
  const run = spawnSync('named-compilezone', [
    '-i',
    'none',
    '-k',
    'ignore',
    '-F',
    'text',
    '-s',
    'full',
    '-o',
    out,
    'example',
    file,
  ])
  t.equal(run.status, 0, String(run.stdout) + String(run.stderr))
  const theirs = load('example.', readFileSync(out, 'latin1'))
  const ours = load('example.', text)
  t.same(
    printZone(zoneRecords(new ZoneImage(ours.image!))).split('\n'),
    printZone(zoneRecords(new ZoneImage(theirs.image!))).split('\n'),
  )
})
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: see above
