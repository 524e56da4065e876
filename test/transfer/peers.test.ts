/** The name servers that people have, at both ends of a transfer. */
import t from 'tap'
import { type Primary as Asked, askSoa, fetchZone } from '../../src/transfer/fetch.ts'
import { createNotifier, createSecondaries } from '../../src/transfer/index.ts'
import { wireKey } from '../../src/transfer/keys.ts'
import { parseName, TYPE } from '../../src/wire/index.ts'
import type { ZoneModel } from '../../src/zone/index.ts'
import { change, KEY, linesOf, startPrimary, until, zone } from './house.ts'
import { installed, PEERS, startPeer } from './peers.ts'

const LOOPBACK = Uint8Array.of(127, 0, 0, 1)
const NAME = parseName('example.')!
const keys = () => new Map([[KEY.name, KEY]])
const nowSeconds = () => Math.floor(Date.now() / 1000)
const log = { info: () => {}, warn: () => {} }
const LINES = [
  ...Array.from({ length: 2000 }, (_, i) => `n${i} 60 A 10.0.${i >> 8}.${i & 255}`),
  'mail 60 MX 10 mx',
  'mx 60 AAAA 2001:db8::1',
  't 60 TXT one two',
  '*.w 60 CNAME mx',
  'sub 60 NS ns.sub',
  'ns.sub 60 A 192.0.2.9',
  'h 60 HTTPS 1 . alpn=h2 ipv4hint=192.0.2.1',
]
const asked = (port: number): Asked => ({ address: LOOPBACK, port, key: wireKey(KEY) })

async function serialOf(port: number): Promise<number | undefined> {
  return askSoa(NAME, asked(port)).then(
    ({ serial }) => serial,
    () => undefined,
  )
}

/** Waits until the server at the port serves a serial. */
async function serves(port: number, serial: number, output: () => string): Promise<void> {
  for (
    const deadline = Date.now() + 20_000;
    Date.now() < deadline;
    await new Promise((resolve) => setTimeout(resolve, 50))
  )
    if ((await serialOf(port)) === serial) return
  throw new Error(`serial ${serial} did not come; it says:\n${output().slice(-3000)}`)
}

async function wholeZone(port: number): Promise<string[]> {
  const transferred = await fetchZone(NAME, asked(port), undefined)
  if (transferred.kind !== 'full') throw new Error(transferred.kind)
  return linesOf(transferred.model)
}

for (const name of Object.keys(PEERS)) {
  t.test(`${name} is our primary: whole, then by changes after its NOTIFY`, async (t) => {
    if (!installed(name)) return t.plan(0, `${name} is not installed`)
    const model = zone(1, LINES)
    const told: string[] = []
    let ours: ZoneModel | undefined
    const secondaries = createSecondaries({
      nowMs: () => Date.now(),
      random: () => 0,
      keys,
      saved: () => undefined,
      save: () => {},
      confirm: () => {},
      pending: () => {},
      changed: (_zone, model, changes) => {
        ours = model
        told.push(`${model.serial} ${changes === undefined ? 'whole' : 'changes'}`)
      },
      expired: () => {},
      log,
    })
    // Where its NOTIFY goes: our door.
    const door = await startPrimary(zone(1, [], 'door.'), {
      notified: (name, _serial, from) => secondaries.notified(name, from) ?? 'unknown',
    })
    const peer = await startPeer(name, 'primary', door.port, model)
    t.teardown(async () => {
      secondaries.stop()
      door.stop()
      await peer.stop()
    })
    await serves(peer.port, 1, () => peer.output)
    secondaries.declare([{ zone: 'example.', primaries: [{ address: LOOPBACK, port: peer.port, key: KEY.name }] }])
    await until(
      () => told.length === 1,
      `the first transfer; ${JSON.stringify(secondaries.zones)} ${peer.output.slice(-2000)}`,
    )
    t.strictSame(linesOf(ours!), linesOf(model))
    const next = change(model, ['n0 60 A 10.0.0.0', 't 60 TXT one two'], ['n0 60 A 10.9.9.9', 'new 60 SRV 1 2 3 mx'])
    peer.reload(next.model)
    await until(() => ours!.serial === 2, 'the change')
    t.strictSame(linesOf(ours!), linesOf(next.model))
    t.strictSame(told, ['1 whole', '2 changes'])
  })

  t.test(`${name} is our secondary: whole, then by changes after our NOTIFY`, async (t) => {
    if (!installed(name)) return t.plan(0, `${name} is not installed`)
    const model = zone(1, LINES)
    const primary = await startPrimary(model)
    const notifier = createNotifier({ nowSeconds, keys, log })
    const peer = await startPeer(name, 'secondary', primary.port, undefined)
    t.teardown(async () => {
      notifier.stop()
      primary.stop()
      await peer.stop()
    })
    await serves(peer.port, 1, () => peer.output)
    t.strictSame(await wholeZone(peer.port), linesOf(model))
    const next = change(model, ['n0 60 A 10.0.0.0', 't 60 TXT one two'], ['n0 60 A 10.9.9.9', 'new 60 SRV 1 2 3 mx'])
    primary.model = next.model
    primary.journal.add('example.', next.diff)
    primary.asked.length = 0
    const soa = { owner: NAME, type: TYPE.SOA, ttl: 3600, rdata: next.model.soa! }
    notifier.notify(soa, [{ address: LOOPBACK, port: peer.port, key: KEY.name }])
    await serves(peer.port, 2, () => peer.output)
    t.strictSame(await wholeZone(peer.port), linesOf(next.model))
    t.ok(
      primary.asked.some((each) => each.endsWith('IXFR')),
      primary.asked.join(),
    )
    t.notOk(
      primary.asked.some((each) => each.endsWith('AXFR')),
      primary.asked.join(),
    )
    await until(() => notifier.pending === 0, 'the answer to the NOTIFY')
  })
}
