import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { printAddress, printIssue } from '../../src/base/index.ts'
import { readSettings } from '../../src/loader/index.ts'

/** reads a settings file in a folder of its own */
function read(
  t: Pick<typeof import('tap').t, 'testdir'>,
  yaml: string | undefined,
  more: Omit<Parameters<typeof readSettings>[0], 'folder'> = {},
) {
  const folder = t.testdir({})
  if (yaml !== undefined) writeFileSync(join(folder, 'meridian.yaml'), yaml)
  return { folder, ...readSettings({ folder, environment: {}, hasIpv6: true, ...more }) }
}

t.test('without a file every key has its default', (t) => {
  const { settings, issues, folder } = read(t, undefined)
  t.same(issues, [])
  t.ok(settings)
  t.same(
    settings?.listen.map((each) => [printAddress(each.address), each.port]),
    [
      ['127.0.0.1', 5300],
      ['::1', 5300],
    ],
  )
  t.same(settings?.api, { listen: { kind: 'tcp', host: '127.0.0.1', port: 8053 }, tls: undefined, openReads: false })
  t.equal(settings?.zones, join(folder, 'zones'))
  t.equal(settings?.data, join(folder, 'data'))
  t.equal(settings?.workers, undefined)
  t.equal(settings?.identity.version, undefined)
  t.ok((settings?.limits.rrl.rate ?? 0) > 0, 'rate limiting is on by default')
  t.end()
})

t.test('every key of the documented file is read', (t) => {
  const { settings, issues } = read(
    t,
    `
listen: ["0.0.0.0:53", "[2001:db8::1]:5353", 192.0.2.1]
tls: { listen: ["192.0.2.1:853"], cert: cert.pem, key: /etc/key.pem }
api: { listen: "unix:run/api.sock", open_reads: true }
zones: z
data: /var/lib/meridian
geoip: { country: geo/country.mmdb }
workers: 3
keys: { NS2: { secret: "c2VjcmV0" } }
transfer: { allow: [192.0.2.0/24, 2001:db8::53, "key:ns2"], notify: ["192.0.2.53", "192.0.2.54:5353 key:ns2"] }
secondary: { Example.NET: { primaries: [192.0.2.53], key: ns2 }, example.org: { primaries: ["192.0.2.53:853"], tls: ns1.example.org } }
limits: { rrl: off, tcp: { idle: 3s } }
identity: { nsid: ns1, version: text }
log: { level: debug }
`,
  )
  t.same(issues, [])
  t.same(
    settings?.listen.map((each) => [printAddress(each.address), each.port, each.tls ?? false]),
    [
      ['0.0.0.0', 53, false],
      ['2001:db8::1', 5353, false],
      ['192.0.2.1', 53, false],
      ['192.0.2.1', 853, true],
    ],
  )
  t.same(settings?.tls, { cert: join(settings?.folder ?? '', 'cert.pem'), key: '/etc/key.pem' })
  t.same(settings?.api.listen, { kind: 'unix', path: join(settings?.folder ?? '', 'run/api.sock') })
  t.equal(settings?.api.openReads, true)
  t.equal(settings?.workers, 3)
  t.same([...(settings?.keys.keys() ?? [])], ['ns2.'])
  t.equal(Buffer.from(settings?.keys.get('ns2.')?.secret ?? []).toString(), 'secret')
  t.equal(settings?.transfer.allow.length, 3)
  t.same(
    settings?.transfer.notify.map((peer) => [peer.port, peer.key]),
    [
      [53, undefined],
      [5353, 'ns2.'],
    ],
  )
  t.equal(settings?.secondary.get('example.net.')?.primaries[0]?.key, 'ns2.')
  t.equal(settings?.secondary.get('example.net.')?.tls, undefined)
  t.same(settings?.secondary.get('example.org.')?.tls, { name: 'ns1.example.org', authorities: undefined })
  t.equal(settings?.limits.rrl.rate, 0)
  t.equal(settings?.limits.tcp.idleMs, 3000)
  t.same(settings?.identity, { nsid: 'ns1', version: 'text' })
  t.end()
})

t.test('a machine without IPv6 gets the other half of the default, and is told; what was asked for stays', (t) => {
  const ports = (yaml: string | undefined) => {
    const { settings, issues } = read(t, yaml, { hasIpv6: false })
    return [
      settings?.listen.map((each) => printAddress(each.address)),
      issues.map((issue) => `${issue.severity} ${issue.code}`),
    ]
  }
  t.same(ports(undefined), [['127.0.0.1'], ['note settings/no-ipv6']])
  t.same(ports('listen: ["[::1]:5300"]\n'), [['::1'], []])
  t.end()
})

t.test('a flag goes over the environment, the environment over the file', (t) => {
  const yaml = 'zones: file\ndata: file\nlisten: ["192.0.2.1:53"]\nworkers: 1\nlog:\n'
  const { settings, issues, folder } = read(t, yaml, {
    environment: {
      MERIDIAN_DATA: 'environment',
      MERIDIAN_WORKERS: '2',
      MERIDIAN_LISTEN: '127.0.0.1:1, [::1]:2',
      MERIDIAN_IDENTITY: '{nsid: here}',
      MERIDIAN_API: 'http://127.0.0.1:9000',
      MERIDIAN_LOG_LEVEL: 'warn',
      MERIDIAN_TOKEN: 'for the CLI',
    },
    flags: { workers: '3' },
  })
  t.same(issues, [])
  t.equal(settings?.zones, join(folder, 'file'))
  t.equal(settings?.data, join(folder, 'environment'))
  t.equal(settings?.workers, 3)
  t.same(
    settings?.listen.map((each) => each.port),
    [1, 2],
  )
  t.equal(settings?.identity.nsid, 'here')
  t.same(settings?.api.listen, { kind: 'tcp', host: '127.0.0.1', port: 9000 }, 'the URL that the CLI reads fits too')
  t.equal(settings?.log.level, 'warn')
  t.end()
})

t.test("paths are relative to the file, a flag's to the working folder", (t) => {
  const folder = t.testdir({})
  mkdirSync(join(folder, 'etc'))
  writeFileSync(join(folder, 'etc/m.yaml'), 'zones: z\ndata: d\n')
  const { settings } = readSettings({ folder, config: 'etc/m.yaml', environment: {}, flags: { data: 'd' } })
  t.equal(settings?.zones, join(folder, 'etc/z'))
  t.equal(settings?.data, join(folder, 'd'))
  t.end()
})

t.test('what is wrong is told at its place, all of it at once', (t) => {
  const table: readonly [name: string, yaml: string, expected: readonly string[]][] = [
    [
      'an unknown key names the nearest known one',
      'zones: z\nlisen: []\n',
      ['meridian.yaml:2:1 settings/unknown-key Did you mean "listen"?'],
    ],
    [
      'an unknown key inside',
      'api:\n  listn: 127.0.0.1:1\n',
      ['meridian.yaml:2:3 settings/unknown-key Did you mean "listen"?'],
    ],
    [
      'inside a union too',
      'limits:\n  rrl: { slop: 3 }\n',
      ['meridian.yaml:2:10 settings/unknown-key Did you mean "slip"?'],
    ],
    ['a value of the wrong kind', 'workers: many\n', ['meridian.yaml:1:10 settings/value -']],
    ['a bad item of a list', 'listen:\n  - 127.0.0.1:53\n  - localhost:53\n', ['meridian.yaml:3:5 settings/value -']],
    [
      'a key of no secret',
      'keys:\n  a: {}\n',
      ['meridian.yaml:2:6 settings/key Make a secret with: openssl rand -base64 32'],
    ],
    [
      'a key that is not there',
      'keys: { ns2: { secret: "YWJj" } }\ntransfer: { allow: [ "key:ns3" ] }\n',
      ['meridian.yaml:2:22 settings/unknown-key-name Did you mean "ns2"?'],
    ],
    ['two mistakes', 'lisen: []\nworkers: -1\n', ['1:1 settings/unknown-key Did', '2:10 settings/value -']],
    ['broken YAML', 'a: [\n', ['settings/yaml -']],
    ['not a mapping', '- a\n', ['1:1 settings/type -']],
    ['a key twice', 'zones: a\nzones: b\n', ['2:1 settings/yaml -']],
  ]
  for (const [name, yaml, expected] of table) {
    const { settings, issues } = read(t, yaml)
    t.equal(settings, undefined, `${name}: no settings`)
    const told = issues.map((each) => `${each.file}:${each.line}:${each.column} ${each.code} ${each.advice ?? '-'}`)
    t.equal(told.length, expected.length, `${name}: ${issues.map(printIssue).join('\n')}`)
    expected.forEach((part, i) => {
      t.ok(told[i]?.includes(part), `${name}: ${told[i]} has ${part}`)
    })
  }
  t.end()
})

t.test('a bad flag or variable is named, and an unknown variable is told', (t) => {
  const { issues } = read(t, undefined, {
    environment: {
      MERIDIAN_WORKERS: 'x',
      MERIDIAN_ZONE: 'z',
      MERIDIAN_SERVICE_HOST: '10.0.0.1',
      MERIDIAN_PORT_53_UDP: 'x',
    },
    flags: { listen: ['127.0.0.1:99999'] },
  })
  t.same(
    issues.map((issue) => [issue.severity, issue.code, issue.file]),
    [
      ['error', 'settings/value', 'environment variable MERIDIAN_WORKERS'],
      ['warning', 'settings/unknown-variable', 'environment variable MERIDIAN_ZONE'],
      ['error', 'settings/value', 'option --listen'],
    ],
  )
  t.match(issues[1]?.advice, 'MERIDIAN_ZONES')
  t.end()
})

t.test('a settings file that was asked for must be there', (t) => {
  const { settings, issues } = read(t, undefined, { config: 'other.yaml' })
  t.equal(settings, undefined)
  t.match(issues[0]?.message, 'cannot be read')
  t.end()
})
