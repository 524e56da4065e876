/**
 * What other name servers' files become: files that load here, with the same answers in them; and what is said about the rest.
 */
import t from 'tap'
import { hasErrors, printIssue } from '../../src/base/index.ts'
import type { ImportedFiles } from '../../src/cli/import/draft.ts'
import { quoteText } from '../../src/cli/import/draft.ts'
import { importGdnsd } from '../../src/cli/import/gdnsd.ts'
import { importGeodns } from '../../src/cli/import/geodns.ts'
import { importOctodns } from '../../src/cli/import/octodns.ts'
import { parseVscf } from '../../src/cli/import/vscf.ts'
import { readSteering, type Steering } from '../../src/steer/index.ts'
import { loadZone } from '../../src/zone/index.ts'

/** reads the files as the server would */
function loaded(t: Tap, files: ImportedFiles): Steering {
  const { steering, issues } = readSteering(
    files.steering === undefined ? [] : [{ file: `${files.zone}.yaml`, text: files.steering }],
  )
  t.notOk(hasErrors(issues), issues.map(printIssue).join('\n'))
  const steered = new Map([...steering.records.keys()].map((name, i) => [name, i]))
  const zone = loadZone({
    origin: `${files.zone}.`,
    file: 'zone',
    read: () => new TextEncoder().encode(files.master),
    steered,
  })
  const errors = zone.issues.filter((issue) => issue.severity === 'error')
  t.same(errors.map(printIssue), [], files.master)
  return steering
}
type Tap = Pick<typeof t, 'notOk' | 'same'>

/** "DE -> www-DE" for each rule of a record */
function rules(steering: Steering, name: string): string[] {
  return (steering.records.get(name)?.rules ?? []).map(({ match, pool }) => {
    const whom = [
      ...match.country,
      ...match.continent,
      ...match.subdivision,
      ...match.asn,
      ...match.net.map(() => 'net'),
    ]
    return `${whom.join(' ')} -> ${pool}`
  })
}

t.test('geodns: targets become rules, the narrowest first; weights stay', (t) => {
  const files = importGeodns(
    'example.com',
    JSON.stringify({
      serial: 3,
      ttl: 600,
      max_hosts: 2,
      contact: 'hostmaster@example.com',
      data: {
        '': { ns: { 'ns1.example.net': null, 'ns2.example.net.': null }, a: [['192.0.2.80']], txt: 'v=spf1 ~all' },
        www: {
          a: [
            ['192.0.2.1', 10],
            ['192.0.2.2', 5],
          ],
          ttl: 120,
        },
        'www.europe': { a: [['192.0.2.3', 10]] },
        'www.de': { a: [['192.0.2.4', 1]] },
        'www.us-ca': { a: [['192.0.2.5', 1]] },
        'www.as64500': { a: [['192.0.2.6', 1]] },
        'www.[198.51.100.0/24]': { a: [['192.0.2.7', 1]] },
        same: { alias: 'www' },
        c: { cname: 'www' },
        us: { ns: { 'ns.us.example.net': null } },
        plain: { a: [['192.0.2.9']], mx: [{ mx: 'mx.example.net', preference: 10 }] },
        odd: { loc: 'x' },
      },
    }),
    'example.com.json',
  )
  const steering = loaded(t, files)
  t.same(rules(steering, 'www.example.com.'), [
    'net -> www-198.51.100.0-24',
    '64500 -> www-64500',
    'US-CA -> www-US-CA',
    'DE -> www-DE',
    'EU -> www-EU',
    ' -> www',
  ])
  t.match(steering.records.get('www.example.com.'), {
    pick: 'weighted',
    answers: 2,
    ttl: { maxSeconds: 120, minSeconds: 10 },
  })
  t.same(
    steering.pools.get('www')?.members.map((member) => member.weight),
    [10, 5],
  )
  t.ok(steering.records.has('same.example.com.'))
  for (const line of [
    'us\tIN\tNS\tns.us.example.net.',
    'plain\tIN\tA\t192.0.2.9',
    'c\tIN\tCNAME\twww',
    'plain\tIN\tMX\t10 mx.example.net.',
  ])
    t.ok(files.master.split('\n').includes(line), line)
  t.same(files.report, ['odd: "loc" is not carried over.'])
  t.throws(() => importGeodns('a', '{}', 'a.json'), { message: /a\.json is no zone of geodns/ })
  t.end()
})

t.test('octoDNS: pools, fallbacks, rules, checks; every plain record', (t) => {
  const files = importOctodns(
    'octo.example',
    `
'':
  - { type: NS, values: [ns1.octo.example., ns2.octo.example.] }
  - { type: TXT, value: 'v=spf1 a\\; -all' }
  - { type: CAA, value: { flags: 0, tag: issue, value: ca.example } }
ns1: { type: A, value: 192.0.2.53 }
ns2: { type: A, value: 192.0.2.54 }
www:
  - type: A
    ttl: 60
    octodns: { healthcheck: { host: www.octo.example, path: /ok, port: 8443, protocol: HTTPS } }
    value: 192.0.2.1
    dynamic:
      pools:
        eu: { fallback: us, values: [ { value: 192.0.2.1, weight: 3 }, { value: 192.0.2.2, weight: 1 } ] }
        us: { values: [ { value: 192.0.2.3, status: down } ] }
      rules:
        - { geos: [EU, NA-US-CA, AS-JP], pool: eu }
        - { subnets: [198.51.100.0/24], pool: us }
        - { pool: us }
  - { type: AAAA, values: ['2001:db8::1'] }
old: { type: A, values: [192.0.2.10], geo: { NA-US: [192.0.2.11], EU: [192.0.2.12], XX-YY: [192.0.2.13] } }
mail: { type: MX, values: [ { preference: 10, exchange: mx.octo.example. } ] }
mx: { type: A, value: 192.0.2.25 }
_sip._tcp: { type: SRV, values: [ { priority: 1, weight: 2, port: 5060, target: mx.octo.example. } ] }
al: { type: ALIAS, value: www.octo.example. }
`,
    'octo.example.yaml',
  )
  const steering = loaded(t, files)
  t.same(rules(steering, 'www.octo.example.'), [
    'US-CA -> www-eu',
    'JP -> www-eu',
    'EU -> www-eu',
    'net -> www-us',
    ' -> www-us',
  ])
  t.equal(steering.pools.get('www-eu')?.fallback, 'www-us')
  t.match(steering.checks.get('web')?.probe, { kind: 'https', port: 8443, path: '/ok', host: 'www.octo.example' })
  t.same(rules(steering, 'old.octo.example.'), ['US -> old-NA-US', 'EU -> old-EU', ' -> old-default'])
  t.ok(files.master.includes('"v=spf1 a; -all"'))
  t.ok(files.master.includes('_sip._tcp\tIN\tSRV\t1 2 5060 mx.octo.example.'))
  const said = files.report.join('\n')
  for (const pattern of [
    /A and AAAA/,
    /192\.0\.2\.3 was forced down/,
    /"XX-YY" is no place/,
    /ALIAS is not carried over/,
    /no SOA/,
  ])
    t.match(said, pattern)
  t.end()
})

t.test('gdnsd: plugins, maps and service types', (t) => {
  const config = `
options => { listen => any }
service_types => {
  web_check => { plugin => "http_status", port => 8080, url_path => "/ok", vhost => www.gd.example, timeout => 3 }  # a comment
}
plugins => {
  multifo => { service_types => web_check, up_thresh => 0.6, pool => { a => 192.0.2.1, b => 192.0.2.2, c => 2001:db8::3 } }
  weighted => { resources => { w => { x => [ 192.0.2.5, 30 ], y => [ 192.0.2.6, 10 ] } } }
  simplefo => { s => { primary => 192.0.2.7, secondary => 192.0.2.8 } }
  geoip => {
    maps => { m => {
      geoip2_db => x.mmdb, datacenters => [ us, eu ],
      map => { EU => { DE => [ eu ], default => [ eu, us ] }, NA => { US => { CA => [ us ] } }, default => [ us, eu ] },
      nets => { 198.51.100.0/24 => [ eu ] } } }
    resources => { prod => { map => m, service_types => web_check, dcmap => { us => %multifo!pool, eu => { d => 192.0.2.12, e => 192.0.2.13 } } } }
  }
}`
  const zone = `$TTL 1h
@ SOA ns1 hostmaster 1 7200 900 1209600 300
@ NS ns1
@ NS ns2
ns1 A 192.0.2.53
ns2 300/60 A 192.0.2.54
www 300 DYNA geoip!prod
pool 60/30 DYNA multifo!pool
w DYNA weighted!w
s 1h DYNA simplefo!s
c DYNC geoip!prod
x DYNA nope!x
`
  const [files] = importGdnsd({
    config,
    configFile: 'config',
    zones: [{ name: 'gd.example', text: zone, file: 'gd.example' }],
  })
  const steering = loaded(t, files!)
  t.same(rules(steering, 'www.gd.example.'), [
    'net -> prod-eu',
    'US-CA -> prod-us',
    'DE -> prod-eu',
    'EU -> prod-eu-us',
    ' -> prod-us-eu',
  ])
  t.equal(steering.pools.get('prod-eu-us')?.fallback, 'prod-us')
  t.equal(steering.pools.get('prod-us')?.members.length, 3, 'a datacenter that names another resource')
  t.same(steering.pools.get('pool')?.minInService, { percent: 60 })
  t.match(steering.checks.get('web_check'), {
    timeoutMs: 3000,
    probe: { kind: 'http', port: 8080, path: '/ok', host: 'www.gd.example' },
  })
  t.equal(steering.records.get('s.gd.example.')?.pick, 'failover')
  t.equal(steering.records.get('s.gd.example.')?.ttl.maxSeconds, 3600)
  t.equal(steering.records.get('w.gd.example.')?.pick, 'weighted')
  t.same(files!.report, [
    'c: DYNC answers with CNAMEs by health or place; there is no counterpart.',
    'x: nope!x could not be read; steer it by hand.',
  ])
  t.end()
})

t.test("gdnsd's configuration language", (t) => {
  t.same(parseVscf('a => 1, b => { c => [x, "y z", {d => "\\"q\\""}] } # end', 'f'), {
    a: '1',
    b: { c: ['x', 'y z', { d: '"q"' }] },
  })
  t.same(parseVscf('{ a => "#not a comment" }', 'f'), { a: '#not a comment' })
  for (const broken of ['a', 'a =>', 'a => {', 'a => [1', 'a => { b 1 }', '{'.repeat(5)])
    t.throws(() => parseVscf(broken, 'f'), { message: /^f:1: / }, broken)
  t.throws(() => parseVscf(`a => ${'{ a => '.repeat(100)}1`, 'f'), { message: /too deep/ })
  t.throws(() => parseVscf('a => 1\nb', 'f'), { message: /^f:2: / })
  t.end()
})

t.test('a long text becomes several strings, its octets escaped', (t) => {
  t.equal(quoteText('a"b\\c'), '"a\\"b\\\\c"')
  t.equal(quoteText('é'), '"\\195\\169"')
  t.equal(quoteText(''), '""')
  t.equal(quoteText('x'.repeat(300)), `"${'x'.repeat(255)}" "${'x'.repeat(45)}"`)
  t.end()
})
