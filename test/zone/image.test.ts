import t from 'tap'
import { parseName, printName } from '../../src/wire/index.ts'
import { Lookup, NameWalk, ZoneDirectory } from '../../src/zone/index.ts'
import { imageOf, look, rdataOf } from './look.ts'

const RFC4592 = `
$ORIGIN example.
example.                 3600 IN SOA   ns.example.com. hostmaster.example. 1 7200 1800 1209600 300
example.                 3600    NS    ns.example.com.
example.                 3600    NS    ns.example.net.
*.example.               3600    TXT   "this is a wildcard"
*.example.               3600    MX    10 host1.example.
sub.*.example.           3600    TXT   "this is not a wildcard"
host1.example.           3600    A     192.0.2.1
_ssh._tcp.host1.example. 3600    SRV   0 0 22 host1.example.
_ssh._tcp.host2.example. 3600    SRV   0 0 22 host2.example.
subdel.example.          3600    NS    ns.example.com.
subdel.example.          3600    NS    ns.example.net.
`

t.test('RFC 4592 2.2.1: the example zone answers as the RFC says', async (t) => {
  const image = imageOf('example', RFC4592)
  const rows: [name: string, type: string, told: string][] = [
    ['host3.example.', 'MX', 'answer* host3.example. MX 10 host1.example.'],
    ['host3.example.', 'A', 'nodata* host3.example.'],
    ['foo.bar.example.', 'TXT', 'answer* foo.bar.example. TXT "this is a wildcard"'],
    ['host1.example.', 'MX', 'nodata host1.example.'],
    ['sub.*.example.', 'MX', 'nodata sub.*.example.'],
    ['_telnet._tcp.host1.example.', 'SRV', 'nxdomain'],
    ['host.subdel.example.', 'A', 'delegation subdel.example. NS ns.example.com. | NS ns.example.net.'],
    ['ghost.*.example.', 'MX', 'nxdomain'],
    // 2.2.2, 2.2.3: empty non-terminals exist, and stop the wildcard above them.
    ['_tcp.host1.example.', 'A', 'nodata _tcp.host1.example.'],
    ['host2.example.', 'MX', 'nodata host2.example.'],
    ['x.host2.example.', 'TXT', 'nxdomain'],
    // 2.1.1: the wildcard itself, asked for by its own name, is no wildcard.
    ['*.example.', 'TXT', 'answer *.example. TXT "this is a wildcard"'],
    ['*.example.', 'A', 'nodata *.example.'],
    ['a.b.c.d.e.f.g.h.i.example.', 'MX', 'answer* a.b.c.d.e.f.g.h.i.example. MX 10 host1.example.'],
  ]
  for (const [name, type, told] of rows) t.equal(look(image, name, type), told, `${name} ${type}`)
})

const RFC1034 = `
$TTL 1d
@    SOA  SRI-NIC.ARPA. HOSTMASTER.SRI-NIC.ARPA. 870611 1800 300 604800 86400
     NS   A.ISI.EDU.
     NS   C.ISI.EDU.
     NS   SRI-NIC.ARPA.
MIL. NS   SRI-NIC.ARPA.
MIL. NS   A.ISI.EDU.
EDU. NS   SRI-NIC.ARPA.
EDU. NS   C.ISI.EDU.
SRI-NIC.ARPA.  A 26.0.0.73
               A 10.0.0.51
               MX 0 SRI-NIC.ARPA.
               HINFO DEC-2060 TOPS20
ACC.ARPA.      A 26.6.0.65
               HINFO PDP-11/70 UNIX
               MX 10 ACC.ARPA.
USC-ISIC.ARPA. CNAME C.ISI.EDU.
73.0.0.26.IN-ADDR.ARPA. PTR SRI-NIC.ARPA.
A.ISI.EDU.     A 26.3.0.103
C.ISI.EDU.     A 10.0.0.52
`

t.test('RFC 1034 6.2: the root of 1987 answers as the RFC says', async (t) => {
  const image = imageOf('.', RFC1034)
  const rows: [string, string, string][] = [
    ['SRI-NIC.ARPA.', 'A', 'answer SRI-NIC.ARPA. A 26.0.0.73 | A 10.0.0.51'],
    ['SRI-NIC.ARPA.', 'MX', 'answer SRI-NIC.ARPA. MX 0 SRI-NIC.ARPA.'],
    ['SRI-NIC.ARPA.', 'NS', 'nodata SRI-NIC.ARPA.'],
    ['SIR-NIC.ARPA.', 'A', 'nxdomain'],
    ['BRL.MIL.', 'A', 'delegation MIL. NS SRI-NIC.ARPA. | NS A.ISI.EDU.'],
    ['USC-ISIC.ARPA.', 'A', 'cname USC-ISIC.ARPA. CNAME C.ISI.EDU.'],
    ['USC-ISIC.ARPA.', 'CNAME', 'answer USC-ISIC.ARPA. CNAME C.ISI.EDU.'],
    ['73.0.0.26.in-addr.arpa.', 'PTR', 'answer 73.0.0.26.in-addr.arpa. PTR SRI-NIC.ARPA.'],
    ['0.26.in-addr.arpa.', 'PTR', 'nodata 0.26.in-addr.arpa.'],
    ['A.ISI.EDU.', 'A', 'delegation EDU. NS SRI-NIC.ARPA. | NS C.ISI.EDU.'],
    ['.', 'NS', 'answer . NS A.ISI.EDU. | NS C.ISI.EDU. | NS SRI-NIC.ARPA.'],
    ['.', 'A', 'nodata .'],
  ]
  for (const [name, type, told] of rows) t.equal(look(image, name, type), told, `${name} ${type}`)
})

const HEAD = `$TTL 1h
@ SOA ns hostmaster 7 2h 30m 2w 5m
@ NS ns
ns A 192.0.2.53
`

t.test('delegations: the highest cut counts, DS is the parent’s, glue is no answer', async (t) => {
  const image = imageOf(
    'example.net',
    `${HEAD}
child NS ns.child
child DS 12345 8 2 ${'AB'.repeat(32)}
ns.child A 192.0.2.54
deep.child NS ns.elsewhere.test.
plain NS ns.elsewhere.test.
`,
  )
  const child = 'delegation child.example.net. NS ns.child.example.net.'
  const rows: [string, string, string][] = [
    ['child.example.net.', 'A', child],
    ['child.example.net.', 'NS', child],
    ['child.example.net.', 'ANY', child],
    ['child.example.net.', 'DS', `answer child.example.net. DS 12345 8 2 ${'AB'.repeat(32)}`],
    ['plain.example.net.', 'DS', 'nodata plain.example.net.'],
    ['x.child.example.net.', 'DS', child],
    ['ns.child.example.net.', 'A', child],
    ['deep.child.example.net.', 'DS', child],
    ['a.b.deep.child.example.net.', 'A', child],
    ['example.net.', 'DS', 'nodata example.net.'],
    ['example.net.', 'NS', 'answer example.net. NS ns.example.net.'],
  ]
  for (const [name, type, told] of rows) t.equal(look(image, name, type), told, `${name} ${type}`)
})

t.test('RFC 6672: DNAME redirects what is below it, not itself', async (t) => {
  const image = imageOf(
    'example',
    `${HEAD}
old DNAME new.example.org.
old TXT "the owner answers"
hidden.old A 192.0.2.1
under.wild A 192.0.2.2
*.wild A 192.0.2.3
`,
  )
  const rows: [string, string, string][] = [
    ['www.old.example.', 'A', 'dname old.example. DNAME new.example.org.'],
    ['a.b.c.old.example.', 'MX', 'dname old.example. DNAME new.example.org.'],
    ['hidden.old.example.', 'A', 'dname old.example. DNAME new.example.org.'],
    ['old.example.', 'A', 'nodata old.example.'],
    ['old.example.', 'DNAME', 'answer old.example. DNAME new.example.org.'],
    ['old.example.', 'TXT', 'answer old.example. TXT "the owner answers"'],
    ['bold.example.', 'A', 'nxdomain'],
    ['x.wild.example.', 'A', 'answer* x.wild.example. A 192.0.2.3'],
    ['x.under.wild.example.', 'A', 'nxdomain'],
  ]
  for (const [name, type, told] of rows) t.equal(look(image, name, type), told, `${name} ${type}`)
  const apex = imageOf(
    'example',
    `${HEAD.replace('ns A', '; ns A').replace('NS ns', 'NS ns.other.')}@ DNAME other.test.`,
  )
  t.equal(look(apex, 'x.example.', 'A'), 'dname example. DNAME other.test.', 'at the apex')
  t.equal(look(apex, 'example.', 'NS'), 'answer example. NS ns.other.')
})

t.test('steered names exist, answer A and AAAA by their record, all else from the file', async (t) => {
  const steered = new Map([
    ['www.example.', 0],
    ['a.deep.example.', 1],
    ['*.cdn.example.', 2],
    ['Example.', 3],
  ])
  const image = imageOf('example', `${HEAD}www TXT "both"\nalias CNAME www`, steered)
  const rows: [string, string, string][] = [
    ['www.example.', 'A', 'steered record 0'],
    ['WWW.example.', 'AAAA', 'steered record 0'],
    ['www.example.', 'TXT', 'answer www.example. TXT "both"'],
    ['www.example.', 'MX', 'nodata www.example.'],
    ['www.example.', 'ANY', 'answer record 0'],
    ['x.www.example.', 'A', 'nxdomain'],
    ['deep.example.', 'A', 'nodata deep.example.'],
    ['a.deep.example.', 'A', 'steered record 1'],
    ['b.deep.example.', 'A', 'nxdomain'],
    ['x.y.cdn.example.', 'A', 'steered* record 2'],
    ['x.y.cdn.example.', 'TXT', 'nodata* x.y.cdn.example.'],
    ['cdn.example.', 'A', 'nodata cdn.example.'],
    ['*.cdn.example.', 'A', 'steered record 2'],
    ['example.', 'AAAA', 'steered record 3'],
    ['example.', 'SOA', 'answer example. SOA ns.example. hostmaster.example. 7 7200 1800 1209600 300'],
    ['alias.example.', 'A', 'cname alias.example. CNAME www.example.'],
    ['alias.example.', 'ANY', 'answer alias.example.'],
  ]
  for (const [name, type, told] of rows) t.equal(look(image, name, type), told, `${name} ${type}`)
})

t.test('an image tells its figures, its sets and their targets', async (t) => {
  const image = imageOf(
    'example.net',
    `${HEAD}
@ MX 10 mail
@ MX 20 mail.elsewhere.test.
mail A 192.0.2.25
web HTTPS 1 . alpn=h2
web A 192.0.2.80
child NS ns.child
ns.child A 192.0.2.54
`,
  )
  const walk = new NameWalk()
  const node = (name: string): number => {
    walk.take(parseName(name)!, 0)
    return image.find(walk, 0)
  }
  t.equal(image.serial, 7)
  t.equal(image.negativeTtl, 300)
  t.equal(image.apexLabels, 2)
  t.equal(image.rrType(image.soa), 6)
  const mx = image.rrset(image.apex, 15)
  t.equal(image.rrCount(mx), 2)
  t.equal(image.rrPlain(mx), false)
  t.equal(image.additional(mx, 0), node('mail.example.net.'))
  t.equal(image.additional(mx, 1), 0)
  const ns = image.rrset(node('child.example.net.'), 2)
  t.equal(image.additional(ns, 0), node('ns.child.example.net.'), 'glue below the cut')
  t.equal(image.isBelowCut(node('ns.child.example.net.')), true)
  const a = image.rrset(node('mail.example.net.'), 1)
  t.equal(image.rrPlain(a), true)
  t.equal(image.rrOctets(a), 16)
  t.same(
    [...image.octets.subarray(image.rrAt(a), image.rrAt(a) + 16)],
    [0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0x0e, 0x10, 0, 4, 192, 0, 2, 25],
  )
  const web = node('web.example.net.')
  t.equal(image.additional(image.rrset(web, 65), 0), web, 'RFC 9460: a target "." is the owner')
  t.equal(image.rrset(web, 16), 0)
  t.equal(image.steeredRecord(web), -1)
})

t.test(
  'a target that a wildcard covers has a stand-in, which nobody finds but its record (RFC 4592 2.2)',
  async (t) => {
    const image = imageOf(
      'example.net',
      `${HEAD}
@ MX 10 Any.wild
@ MX 20 here.wild
@ MX 30 x.alias
svc HTTPS 1 Any.wild alpn=h2,h3 ech=${'A'.repeat(400)}
*.wild A 192.0.2.25
*.wild TXT x
*.wild AAAA 2001:db8::25
here.wild TXT x
*.alias CNAME any.wild
`,
    )
    const mx = image.rrset(image.apex, 15)
    const walk = new NameWalk()
    const standIn = image.additional(mx, 0)
    t.equal(printName(image.octets, image.ownerAt(standIn)), 'any.wild.example.net.')
    t.same(rdataOf(image, image.rrset(standIn, 1)), ['A 192.0.2.25'])
    t.same(rdataOf(image, image.rrset(standIn, 28)), ['AAAA 2001:db8::25'])
    t.equal(image.rrset(standIn, 16), 0, 'addresses only')
    walk.take(parseName('svc.example.net.')!, 0)
    const https = image.rrset(image.find(walk, 0), 65)
    t.equal(image.additional(https, 0), standIn, 'the parameters of HTTPS are not part of the name')
    t.equal(image.additional(mx, 2), 0, 'an alias is not followed for additional data')
    t.equal(look(image, 'any.wild.example.net.', 'A'), 'answer* any.wild.example.net. A 192.0.2.25', 'by the wildcard')
    const walked: number[] = []
    for (let node = image.apex; node !== 0; node = image.nextNode(node)) walked.push(node)
    t.notOk(walked.includes(standIn))
    t.equal(walked.length, 8, 'apex, ns, svc, wild, *.wild, here.wild, alias, *.alias')

    const root = imageOf(
      '.',
      '@ 60 SOA ns.x. h.x. 1 2 3 4 5\n@ 60 NS ns.x.\n@ 60 MX 1 a.b.\n* 60 A 192.0.2.26\nns.x 60 A 192.0.2.27',
    )
    const covered = root.additional(root.rrset(root.apex, 15), 0)
    t.equal(printName(root.octets, root.ownerAt(covered)), 'a.b.', 'directly below the root')
  },
)

t.test('names of 124 labels and of 255 octets are looked up like others', async (t) => {
  const deep = `${'a.'.repeat(123)}example.`
  const long = `${`${'x'.repeat(63)}.`.repeat(3)}${'y'.repeat(53)}.example.`
  const image = imageOf(
    'example',
    `${HEAD}${deep} A 192.0.2.1\n${long} A 192.0.2.2\n*.${'b.'.repeat(60)}example. A 192.0.2.3`,
  )
  t.match(look(image, deep, 'A'), /^answer .* A 192.0.2.1$/)
  t.match(look(image, long.toUpperCase(), 'A'), /^answer .* A 192.0.2.2$/)
  t.match(look(image, `c.${'a.'.repeat(122)}example.`, 'A'), /^nxdomain$/)
  t.match(look(image, `${'c.'.repeat(60)}${'b.'.repeat(60)}example.`, 'A'), /^answer\* .* A 192.0.2.3$/)
  t.match(look(image, `${'b.'.repeat(59)}example.`, 'A'), /^nodata /)
})

t.test('RFC 4343: A to Z match without case, and no other octets do', async (t) => {
  const owner = (octet: number): string => `x\\${String(octet).padStart(3, '0')}yz`
  const all = Array.from({ length: 256 }, (_, octet) => octet).filter((octet) => octet < 0x41 || octet > 0x5a)
  const image = imageOf('example', `${HEAD}${all.map((octet) => `${owner(octet)} TXT "${octet}"`).join('\n')}`)
  for (let octet = 0; octet < 256; octet++) {
    const lower = octet >= 0x41 && octet <= 0x5a ? octet + 32 : octet
    for (const suffix of ['.example.', '.EXAMPLE.'])
      t.match(look(image, owner(octet) + suffix, 'TXT'), new RegExp(`^answer .* TXT "${lower}"$`), String(octet))
  }
})

t.test('what was asked before does not sway the directory', async (t) => {
  // A label may hold what looks like the end of a name: 7 e x a m p l e inside `x\007example`.
  const zones = ['example.', 'sub.example.', 'deep.sub.example.', 'example.net.', '.']
  const directory = new ZoneDirectory(zones.map((zone) => imageOf(zone, HEAD)))
  const asked = [
    ['www.example.', 0],
    ['www.sub.example.', 1],
    ['a.deep.sub.example.', 2],
    ['deep.sub.example.', 2],
    ['xdeep.sub.example.', 1],
    ['x\\004deep.sub.example.', 1],
    ['example.net.', 3],
    ['x\\007example.net.', 4],
    ['net.', 4],
    ['.', 4],
  ] as const
  const walk = new NameWalk()
  for (const [first] of asked)
    for (const [name, zone] of asked) {
      walk.take(parseName(first)!, 0)
      directory.find(walk)
      walk.take(parseName(name)!, 0)
      t.equal(directory.find(walk), zone, `${name} after ${first}`)
    }
})

t.test('the directory finds the zone with the longest apex', async (t) => {
  const zones = ['example.', 'child.example.', 'example.net.', 'a.b.c.example.net.']
  const directory = new ZoneDirectory(zones.map((zone) => imageOf(zone, HEAD)))
  const walk = new NameWalk()
  const rows: [string, string | undefined, string | undefined][] = [
    ['www.example.', 'example.', 'example.'],
    ['example.', 'example.', undefined],
    ['CHILD.example.', 'child.example.', 'example.'],
    ['x.child.example.', 'child.example.', 'child.example.'],
    ['c.example.net.', 'example.net.', 'example.net.'],
    ['a.b.c.example.net.', 'a.b.c.example.net.', 'example.net.'],
    ['net.', undefined, undefined],
    ['.', undefined, undefined],
    ['anexample.', undefined, undefined],
  ]
  for (const [name, zone, above] of rows) {
    walk.take(parseName(name)!, 0)
    t.equal(zones[directory.find(walk)], zone, name)
    t.equal(zones[directory.findAbove(walk)], above, `above ${name}`)
  }
  const root = new ZoneDirectory([imageOf('.', HEAD)])
  walk.take(parseName('www.example.')!, 0)
  t.equal(root.find(walk), 0, 'the root is a zone too')
  t.equal(new ZoneDirectory([]).find(walk), -1)
})

t.test('look-ups allocate nothing', async (t) => {
  const image = imageOf('example', `${RFC4592}\nalias.example. 60 CNAME host1\nold.example. 60 DNAME new.test.\n`)
  const walk = new NameWalk()
  const found = new Lookup()
  const names = ['host1', 'x.y.z', 'sub.*', 'a.b.subdel', 'alias', 'a.old', '_x.host1'].map(
    (name) => parseName(`${name}.example.`)!,
  )
  const round = (): void => {
    for (let i = 0; i < 20_000; i++)
      for (const name of names) {
        walk.take(name, 0)
        image.lookup(walk, 1, found)
      }
  }
  round()
  const least = Math.min(
    ...[1, 2, 3, 4].map(() => {
      const before = process.memoryUsage().heapUsed
      round()
      return process.memoryUsage().heapUsed - before
    }),
  )
  t.ok(least < 100_000, `140,000 look-ups took ${least} octets of heap`)
})
