/**
 * Issue 2, point 2: the answers as clients of the world get them, over UDP and TCP; dig, kdig, node:dns and dns2 agree.
 */
import { Resolver } from 'node:dns/promises'
import t from 'tap'
import { addresses, CLIENTS, dig, missing } from './dig.ts'
import { AMERICA, GERMANY, MOLDOVA, portalFiles } from './portal.ts'
import { noServer, startServer } from './server.ts'

const GERMAN = ['127.0.0.11', '127.0.0.12']

t.test('a delegated zone, steered by country', { skip: noServer() }, async (t) => {
  const server = await startServer(t, portalFiles({ port: 0 }))

  for (const client of CLIENTS) {
    const skip = missing(client)
    t.test(`${client}: who asks decides, and the outside never sees the mirror`, { skip }, async (t) => {
      const subnet = client === 'dig' ? '+subnet=' : '+subnet='
      for (const [from, expected] of [
        [MOLDOVA, ['127.0.0.13']],
        [GERMANY, GERMAN],
        [AMERICA, GERMAN],
      ] as const) {
        const reply = await dig(server, `video.portal.example A ${subnet}${from}`, client)
        t.equal(reply.status, 'NOERROR', from)
        t.same(addresses(reply), expected, `${from}: ${reply.answer.join(', ')}`)
        t.ok(reply.flags.includes('aa'), 'with authority')
        const [source, scope] = (reply.subnet ?? '').split('/').slice(1).map(Number)
        t.equal(source, 24)
        t.ok(scope !== undefined && scope > 0 && scope <= 24, `with a scope: ${reply.subnet}`)
      }
    })

    t.test(`${client}: the zone itself`, { skip }, async (t) => {
      const table: readonly [query: string, status: string, answer: RegExp | undefined, authority?: RegExp][] = [
        [
          'portal.example SOA',
          'NOERROR',
          /SOA ns1\.portal\.example\. hostmaster\.portal\.example\. 2026050301 7200 900 1209600 300/,
        ],
        ['portal.example NS', 'NOERROR', /NS ns1\.portal\.example\./],
        ['portal.example MX', 'NOERROR', /MX 10 mail\.portal\.example\./],
        ['portal.example TXT', 'NOERROR', /TXT "v=spf1 -all"/],
        ['static.portal.example AAAA', 'NOERROR', /AAAA 2001:db8:90::1/],
        ['STATIC.Portal.Example A', 'NOERROR', /A 192\.0\.2\.90/],
        ['www.portal.example AAAA', 'NOERROR', /AAAA 2001:db8::11/],
        ['nothing.portal.example A', 'NXDOMAIN', undefined, /portal\.example\. 300 IN SOA/],
        ['static.portal.example MX', 'NOERROR', undefined, /portal\.example\. 300 IN SOA/],
        ['user.portal.example A', 'NOERROR', undefined, /SOA/],
        ['any.user.portal.example A', 'NOERROR', /^any\.user\.portal\.example\. 3600 IN A 192\.0\.2\.91/],
        ['a.b.user.portal.example A', 'NOERROR', /192\.0\.2\.91/],
        ['below.admin.user.portal.example A', 'NXDOMAIN', undefined, /SOA/],
        ['docs.portal.example A', 'NOERROR', /CNAME pages\.hosting\.example\./],
        ['media.portal.example A', 'NOERROR', /CNAME video\.portal\.example\.[\s\S]*A 127\.0\.0\.1\d/],
        ['www.elsewhere.test A', 'REFUSED', undefined],
        ['example A', 'REFUSED', undefined],
      ]
      for (const [query, status, answer, authority] of table) {
        const reply = await dig(server, query, client)
        t.equal(reply.status, status, query)
        if (answer === undefined) t.same(reply.answer, [], `${query}: no answer`)
        else t.match(reply.answer.join('\n'), answer, query)
        if (authority !== undefined) t.match(reply.authority.join('\n'), authority, `${query}: authority`)
        t.equal(reply.flags.includes('aa'), status !== 'REFUSED', `${query}: aa`)
        t.notOk(reply.flags.includes('ra'), `${query}: no recursion`)
      }
    })

    t.test(`${client}: a delegation below the zone is a referral with glue`, { skip }, async (t) => {
      const reply = await dig(server, 'www.editors.portal.example A', client)
      t.equal(reply.status, 'NOERROR')
      t.same(reply.answer, [])
      t.same(reply.authority, ['editors.portal.example. 3600 IN NS ns.editors.portal.example.'])
      t.ok(reply.additional.includes('ns.editors.portal.example. 3600 IN A 203.0.113.53'))
      t.notOk(reply.flags.includes('aa'), 'a referral has no authority')
    })

    t.test(`${client}: what does not fit is truncated, and comes whole over TCP`, { skip }, async (t) => {
      const cut = await dig(server, 'long.portal.example TXT +ignore', client)
      t.ok(cut.flags.includes('tc'), 'tc over UDP')
      const whole = await dig(server, 'long.portal.example TXT +tcp', client)
      t.notOk(whole.flags.includes('tc'))
      t.equal(whole.answer.length, 1)
      t.match(whole.answer[0], 'l'.repeat(200))
    })
  }

  t.test('www rotates over its nodes', { skip: missing('dig') }, async (t) => {
    const first = new Set<string>()
    for (let i = 0; i < 40 && first.size < 2; i++) {
      const reply = await dig(server, 'www.portal.example A')
      t.same(addresses(reply), GERMAN)
      first.add(reply.answer[0]?.split(' ').at(-1) ?? '')
    }
    t.same([...first].sort(), GERMAN, 'each stood first once')
  })

  t.test('node:dns agrees, over IPv4 and IPv6', async (t) => {
    const servers = [`127.0.0.1:${server.port}`, ...(server.port6 === undefined ? [] : [`[::1]:${server.port6}`])]
    for (const each of servers) {
      const resolver = new Resolver({ timeout: 5000, tries: 1 })
      resolver.setServers([each])
      t.same((await resolver.resolve4('www.portal.example')).sort(), GERMAN, each)
      t.same(await resolver.resolve6('static.portal.example'), ['2001:db8:90::1'])
      t.same(await resolver.resolveTxt('portal.example'), [['v=spf1 -all']])
      t.match(await resolver.resolveSoa('portal.example'), { serial: 2026050301, minttl: 300 })
      t.same(await resolver.resolveCname('docs.portal.example'), ['pages.hosting.example'])
      await t.rejects(resolver.resolve4('nothing.portal.example'), { code: 'ENOTFOUND' })
      await t.rejects(resolver.resolve4('www.elsewhere.test'), { code: 'EREFUSED' })
    }
  })
})
