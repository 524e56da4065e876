/** Tables and examples that RFCs print, asked of a responder as they stand there. */
import t from 'tap'
import {
  decodeMessage,
  encodeMessage,
  type Message,
  mnemonic,
  parseName,
  printName,
  printRdata,
  type ResourceRecord,
  rcodeName,
  rcodeOf,
  typeOf,
} from '../../src/wire/index.ts'
import { ask, imageOf, worldOf } from './world.ts'

/** @param zones  apex and lines of its master file */
function serve(zones: Readonly<Record<string, string>>): (name: string, type: string) => Message {
  const images = Object.entries(zones).map(([name, lines]) => ({ name, image: imageOf(name, lines) }))
  const responder = worldOf(images).responder(0)
  return (name, type) => {
    const query = encodeMessage({
      id: 1,
      flags: 0,
      questions: [{ name: parseName(name)!, type: typeOf(type)!, class: 1 }],
      answers: [],
      authorities: [],
      additionals: [],
    })!
    const reply = ask(responder, query)
    const message = reply instanceof Uint8Array ? decodeMessage(reply) : { problem: 'no answer' }
    if ('problem' in message) throw new Error(message.problem)
    return message
  }
}

const lines = (records: readonly ResourceRecord[]): string[] =>
  records.map(({ name, type, rdata }) => `${printName(name)} ${mnemonic(type)} ${printRdata(type, rdata)}`)

const HEAD = '@ 60 SOA ns.invalid. h.test. 1 7200 900 1209600 60\n@ 60 NS ns.invalid.\n'

t.test('RFC 6672 2.2, table 1: what a DNAME makes of a name', async (t) => {
  // The owner's zone is the one above it, but where the owner is the zone itself.
  const table: readonly (readonly [qname: string, zone: string, owner: string, target: string, result: string])[] = [
    ['com.', 'example.com.', 'example.com.', 'example.net.', ''],
    ['example.com.', 'example.com.', 'example.com.', 'example.net.', ''],
    ['a.example.com.', 'example.com.', 'example.com.', 'example.net.', 'a.example.net.'],
    ['a.b.example.com.', 'example.com.', 'example.com.', 'example.net.', 'a.b.example.net.'],
    ['ab.example.com.', 'example.com.', 'b.example.com.', 'example.net.', ''],
    ['foo.example.com.', 'example.com.', 'example.com.', 'example.net.', 'foo.example.net.'],
    ['a.x.example.com.', 'example.com.', 'x.example.com.', 'example.net.', 'a.example.net.'],
    ['a.example.com.', 'example.com.', 'example.com.', 'y.example.net.', 'a.y.example.net.'],
    ['cyc.example.com.', 'example.com.', 'example.com.', 'example.com.', 'cyc.example.com.'],
    ['cyc.example.com.', 'example.com.', 'example.com.', 'c.example.com.', 'cyc.c.example.com.'],
    ['shortloop.x.x.', 'x.', 'x.', '.', 'shortloop.x.'],
    ['shortloop.x.', 'x.', 'x.', '.', 'shortloop.'],
  ]
  for (const [qname, zone, owner, target, result] of table) {
    const get = serve({ [zone]: `${HEAD}${owner} 60 DNAME ${target}\n` })
    const { answers } = get(qname, 'A')
    const [first] = answers.filter(({ type }) => type === typeOf('CNAME'))
    t.equal(first === undefined ? '' : printName(first.rdata), result, `${qname} under ${owner} DNAME ${target}`)
    t.same(lines(get(owner, 'DNAME').answers), [`${owner} DNAME ${target}`], 'the owner itself answers for DNAME')
  }
})

t.test('RFC 6672 3.3: the old name and the new one, with and without data there', async (t) => {
  const get = serve({
    'frobozz.example.': `${HEAD}@ 60 DNAME frobozz-division.acme.example.\n`,
    'acme.example.': `${HEAD}www.frobozz-division 60 A 192.0.2.1\n`,
  })
  const dname = 'frobozz.example. DNAME frobozz-division.acme.example.'
  t.same(lines(get('www.frobozz.example', 'A').answers), [
    dname,
    'www.frobozz.example. CNAME www.frobozz-division.acme.example.',
    'www.frobozz-division.acme.example. A 192.0.2.1',
  ])
  const none = get('nobody.frobozz.example', 'A')
  t.equal(rcodeName(rcodeOf(none)), 'NXDOMAIN')
  t.same(lines(none.answers), [dname, 'nobody.frobozz.example. CNAME nobody.frobozz-division.acme.example.'])
})

t.test('RFC 2308 2.1: AN.EXAMPLE. A, where the alias leads to nothing', async (t) => {
  const get = serve({
    'example.': `${HEAD}an 60 CNAME tripple.xx.\n`,
    'xx.': `@ 60 SOA ns1.xx. hostmaster.ns1.xx. 1 7200 900 1209600 30\n@ 60 NS ns1\nns1 60 A 127.0.0.2\n`,
  })
  const reply = get('an.example', 'A')
  t.equal(rcodeName(rcodeOf(reply)), 'NXDOMAIN')
  t.same(lines(reply.answers), ['an.example. CNAME tripple.xx.'])
  t.same(lines(reply.authorities), ['xx. SOA ns1.xx. hostmaster.ns1.xx. 1 7200 900 1209600 30'])
  t.equal(reply.authorities[0]!.ttl, 30, 'the TTL is the smaller of the two (5)')
  t.equal(rcodeName(rcodeOf(get('ns1.xx', 'MX'))), 'NOERROR', '2.2: NODATA')
})

t.test('RFC 9471 2: referrals with glue in the domain, from its sibling, in circles and none', async (t) => {
  const hosts = (domain: string) => `ns1.${domain} 60 AAAA 2001:db8::1\nns2.${domain} 60 AAAA 2001:db8::2\n`
  const servers = (domain: string, of: string) => `${domain} 60 NS ns1.${of}\n${domain} 60 NS ns2.${of}\n`
  const glue = (domain: string) => [1, 2].map((i) => `ns${i}.${domain}.test. AAAA 2001:db8::${i}`)
  const referral = (zone: string) => {
    const { authorities, additionals, flags } = serve({ 'test.': HEAD + zone })('www.foo.test', 'A')
    return { authorities: authorities.length, glue: lines(additionals), tc: (flags & 0x200) !== 0 }
  }
  const expected = { authorities: 2, tc: false }
  t.same(referral(servers('foo', 'foo') + hosts('foo')), { ...expected, glue: glue('foo') }, '2.1')
  t.same(
    referral(servers('foo', 'bar') + servers('bar', 'bar') + hosts('bar')),
    { ...expected, glue: glue('bar') },
    '2.2 sibling glue',
  )
  t.same(
    referral(servers('foo', 'bar') + servers('bar', 'foo') + hosts('bar') + hosts('foo')),
    { ...expected, glue: glue('bar') },
    '2.3 sibling glue in a circle',
  )
  t.same(referral(servers('foo', 'foo')), { ...expected, glue: [] }, '2.4 glue that is missing')
})
