import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import {
  copyFiles,
  createNotifier,
  createSecondaries,
  type Peer,
  type SecondaryPorts,
} from '../../src/transfer/index.ts'
import { parseName, TYPE } from '../../src/wire/index.ts'
import type { ZoneModel } from '../../src/zone/index.ts'
import { makeCertificate } from '../probe/certificates.ts'
import { change, KEY, linesOf, startPrimary, until, zone } from './house.ts'

const LOOPBACK = Uint8Array.of(127, 0, 0, 1)
const keys = () => new Map([[KEY.name, KEY]])
const silent = { info: () => {}, warn: () => {} }

/** Secondaries that remember what they were told to serve. */
function house(ports: Partial<SecondaryPorts> = {}) {
  const served = new Map<string, ZoneModel | 'expired'>()
  const told: string[] = []
  const pending: string[] = []
  const secondaries = createSecondaries({
    nowMs: () => Date.now(),
    random: () => 0,
    keys,
    saved: () => undefined,
    save: () => {},
    confirm: (zone) => told.push(`${zone} confirmed`),
    pending: (zone, model) => pending.push(`${zone} ${model.serial}`),
    changed: (zone, model, changes) => {
      served.set(zone, model)
      told.push(`${zone} ${model.serial} ${changes === undefined ? 'whole' : `${changes.length} changes`}`)
    },
    expired: (zone) => {
      served.set(zone, 'expired')
      told.push(`${zone} expired`)
    },
    log: silent,
    ...ports,
  })
  const lines = (zone: string) => {
    const model = served.get(zone)
    return model === undefined || model === 'expired' ? [] : linesOf(model)
  }
  return { secondaries, served, told, pending, lines }
}
const peer = (port: number, { signed = true } = {}): Peer => ({
  address: LOOPBACK,
  port,
  key: signed ? KEY.name : undefined,
})

t.test('a zone comes whole, then by its changes when a NOTIFY says so', async (t) => {
  const primary = await startPrimary(zone(1, ['a 60 A 192.0.2.1']))
  const { secondaries, told, pending, lines } = house()
  t.teardown(() => {
    primary.stop()
    secondaries.stop()
  })
  secondaries.declare([{ zone: 'example.', primaries: [peer(primary.port)] }])
  await until(() => told.length === 1, 'the first transfer')
  t.strictSame(lines('example.'), linesOf(primary.model!))
  t.strictSame(pending, ['example. 0'], 'until then the zone was ours, with nothing to serve')

  const next = change(primary.model!, ['a 60 A 192.0.2.1'], ['a 60 A 192.0.2.2'])
  primary.model = next.model
  primary.journal.add('example.', next.diff)
  t.equal(secondaries.notified(parseName('Example.')!, { address: LOOPBACK, key: KEY.name }), 'accepted')
  await until(() => told.length === 2, 'the change')
  t.strictSame(lines('example.'), linesOf(next.model))

  t.ok(secondaries.refresh('example.'))
  await until(() => told.length === 3, 'a confirmation')
  const far = change(change(next.model, [], ['b 60 A 192.0.2.3']).model, [], ['c 60 A 192.0.2.3'])
  primary.model = far.model
  t.ok(secondaries.refresh('example.'))
  await until(() => told.length === 4, 'a whole zone, since the changes are not known')
  t.strictSame(told, ['example. 1 whole', 'example. 2 1 changes', 'example. confirmed', 'example. 4 whole'])
  t.strictSame(primary.asked, ['tcp AXFR', 'udp SOA', 'tcp IXFR', 'udp SOA', 'udp SOA', 'tcp IXFR'])
  t.match(secondaries.zones, [{ zone: 'example.', state: 'current', serial: 4, lastError: undefined }])
})

t.test('changes that do not fit what is here are answered by fetching the whole zone', async (t) => {
  const primary = await startPrimary(zone(1, ['a 60 A 192.0.2.1']))
  const { secondaries, told, lines } = house()
  t.teardown(() => {
    primary.stop()
    secondaries.stop()
  })
  secondaries.declare([{ zone: 'example.', primaries: [peer(primary.port)] }])
  await until(() => told.length === 1, 'the first transfer')
  const next = change(primary.model!, [], ['b 60 A 192.0.2.2'])
  primary.model = next.model
  primary.journal.add('example.', { ...next.diff, removed: [...next.diff.added] })
  secondaries.refresh('example.')
  await until(() => told.length === 2, 'the second version')
  t.strictSame(lines('example.'), linesOf(next.model))
  t.strictSame(primary.asked.slice(-3), ['udp SOA', 'tcp IXFR', 'tcp AXFR'])
})

t.test('who may notify: a primary of the zone, with its key', async (t) => {
  const primary = await startPrimary(zone(1))
  const { secondaries } = house()
  t.teardown(() => {
    primary.stop()
    secondaries.stop()
  })
  secondaries.declare([{ zone: 'example.', primaries: [peer(primary.port)] }])
  const name = parseName('example.')!
  t.equal(secondaries.notified(name, { address: LOOPBACK, key: undefined }), 'accepted')
  t.equal(secondaries.notified(name, { address: Uint8Array.of(192, 0, 2, 1), key: KEY.name }), 'stranger')
  t.equal(secondaries.notified(parseName('other.')!, { address: LOOPBACK, key: KEY.name }), undefined)
  t.notOk(secondaries.refresh('other.'))
})

t.test('the second primary is asked where the first fails; a wrong key is a failure that is told', async (t) => {
  const primary = await startPrimary(zone(1))
  const wrong: Peer = { ...peer(primary.port), key: 'nosuch.' }
  const unsigned = await startPrimary(zone(9), { allow: () => [{ kind: 'key', key: KEY.name }] })
  const { secondaries, told } = house()
  t.teardown(() => {
    primary.stop()
    unsigned.stop()
    secondaries.stop()
  })
  secondaries.declare([
    { zone: 'example.', primaries: [wrong, peer(unsigned.port, { signed: false }), peer(primary.port)] },
  ])
  await until(() => told.length === 1, 'the transfer')
  t.strictSame(told, ['example. 1 whole'])
  const lone = house()
  t.teardown(() => lone.secondaries.stop())
  lone.secondaries.declare([{ zone: 'example.', primaries: [peer(unsigned.port, { signed: false })] }])
  await until(() => lone.secondaries.zones[0]!.state === 'failing', 'the refusal')
  t.match(lone.secondaries.zones, [{ serial: undefined, lastError: /REFUSED/ }])
})

t.test('a copy survives a restart, expires while nobody confirms it, and is good again afterwards', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'copies-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const model = zone(1, ['a 60 TXT "x"', '\\000odd 60 A 192.0.2.1', '*.w 60 MX 10 m'], 'a/b.example.', '2 2 4 300')
  const primary = await startPrimary(model)
  const first = house(copyFiles(folder))
  const declared = [{ zone: 'a/b.example.', primaries: [peer(primary.port)] }]
  first.secondaries.declare(declared)
  await until(() => first.told.length > 0, 'the first transfer')
  first.secondaries.stop()
  t.equal(readdirSync(folder).length, 1)

  primary.model = undefined
  const second = house(copyFiles(folder))
  t.teardown(() => {
    primary.stop()
    second.secondaries.stop()
  })
  second.secondaries.declare(declared)
  t.strictSame(second.told, ['a/b.example. 1 whole'], 'served at once')
  t.strictSame(second.lines('a/b.example.'), linesOf(model))
  await until(() => second.told.includes('a/b.example. expired'), 'the expiry, 4 s after the confirmation')
  t.match(second.secondaries.zones, [{ state: 'expired' }])
  const third = house(copyFiles(folder))
  t.teardown(() => third.secondaries.stop())
  third.secondaries.declare(declared)
  t.strictSame(third.pending, ['a/b.example. 1'], 'expired before the start: not served for a moment')
  third.secondaries.stop()
  primary.model = model
  await until(() => second.served.get('a/b.example.') !== 'expired', 'the primary coming back')
  t.strictSame(second.lines('a/b.example.'), linesOf(model))

  writeFileSync(join(folder, readdirSync(folder)[0]!), 'half a cop')
  t.equal(copyFiles(folder).saved('a/b.example.'), undefined, 'a copy that is not whole is none')
})

t.test('over TLS nothing goes in the clear, and only the right primary is asked (RFC 9103)', async (t) => {
  const notAfter = new Date(Date.now() + 86_400_000)
  const authority = makeCertificate({ names: ['authority.example'], notAfter })
  const { cert, key } = makeCertificate({ names: ['ns1.example'], notAfter, issuer: authority })
  const primary = await startPrimary(zone(1), {}, { cert, key })
  const right = house()
  const wrong = house()
  const unknown = house()
  t.teardown(() => {
    primary.stop()
    for (const each of [right, wrong, unknown]) each.secondaries.stop()
  })
  const primaries = [peer(primary.port)]
  const authorities = authority.cert
  right.secondaries.declare([{ zone: 'example.', primaries, tls: { name: 'ns1.example', authorities } }])
  await until(() => right.told.length === 1, 'the transfer')
  right.secondaries.refresh('example.')
  await until(() => right.told.length === 2, 'the confirmation')
  t.strictSame(right.told, ['example. 1 whole', 'example. confirmed'])
  t.strictSame(primary.asked, ['tcp AXFR', 'tcp SOA'], 'no UDP')
  wrong.secondaries.declare([{ zone: 'example.', primaries, tls: { name: 'ns2.example', authorities } }])
  unknown.secondaries.declare([{ zone: 'example.', primaries, tls: { name: 'ns1.example', authorities: undefined } }])
  const failing = ({ secondaries }: typeof wrong) => secondaries.zones[0]!.state === 'failing'
  await until(() => failing(wrong) && failing(unknown), 'both refusals')
  t.match(wrong.secondaries.zones, [{ lastError: /ERR_TLS_CERT_ALTNAME_INVALID/ }])
  t.match(unknown.secondaries.zones, [{ lastError: /UNABLE_TO|SELF_SIGNED/ }])
  t.equal(primary.asked.length, 2, 'neither asked anything')
})

t.test('a copy that cannot be kept is served all the same', async (t) => {
  const primary = await startPrimary(zone(1))
  const { secondaries, told } = house({
    save: () => {
      throw new Error('the disk is full')
    },
  })
  t.teardown(() => {
    primary.stop()
    secondaries.stop()
  })
  secondaries.declare([{ zone: 'example.', primaries: [peer(primary.port)] }])
  await until(() => told.length === 1, 'the transfer')
  t.strictSame(told, ['example. 1 whole'])
  await until(() => secondaries.zones[0]!.state === 'current', 'the state')
})

t.test('zones come and go with what is declared', async (t) => {
  const primary = await startPrimary(zone(1))
  const { secondaries, told } = house()
  t.teardown(() => {
    primary.stop()
    secondaries.stop()
  })
  secondaries.declare([{ zone: 'example.', primaries: [peer(primary.port)] }])
  await until(() => told.length === 1, 'the transfer')
  secondaries.declare([])
  t.strictSame(secondaries.zones, [])
  t.notOk(secondaries.refresh('example.'))
})

t.test('secondaries are told of a change, signed, and again until they answer', async (t) => {
  const secondary = await startPrimary(zone(1))
  const deaf = await startPrimary(zone(1), { keys: () => new Map() })
  const notifier = createNotifier({ nowSeconds: () => Math.floor(Date.now() / 1000), keys, log: silent })
  t.teardown(() => {
    secondary.stop()
    deaf.stop()
    notifier.stop()
  })
  const soa = { owner: parseName('example.')!, type: TYPE.SOA, ttl: 60, rdata: zone(42).soa! }
  notifier.notify(soa, [peer(secondary.port), peer(deaf.port)])
  t.equal(notifier.pending, 2)
  await until(() => notifier.pending === 1, 'an answer')
  t.strictSame(secondary.notified, [{ serial: 42, key: KEY.name }])
  await until(() => deaf.asked.length >= 2, 'a second try: a refusal that is not signed ends nothing')
  notifier.notify(soa, [peer(deaf.port)])
  t.equal(notifier.pending, 1, 'the newer change takes the place of the older')
  notifier.stop()
  t.equal(notifier.pending, 0)
})
