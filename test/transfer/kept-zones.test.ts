import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import type { JournalEntry } from '../../src/control/index.ts'
import { createStore, createZoneArchive, openDatabase } from '../../src/store/index.ts'
import {
  createKeptZones,
  type Grant,
  grantProblem,
  type KeptZonePorts,
  refusedChange,
} from '../../src/transfer/index.ts'
import { CLASS, parseName, RCODE, TYPE } from '../../src/wire/index.ts'
import type { UpdateRecord, ZoneModel } from '../../src/zone/index.ts'
import { KEY, linesOf, startPrimary, zone, zoneRecord } from './house.ts'

const TEXT = Buffer.from(`$TTL 300
@ SOA ns1 hostmaster 10 7200 900 1209600 300
@ NS ns1
ns1 A 192.0.2.1
www A 192.0.2.2
`)
const ACME: Grant = { key: KEY.name, label: '_acme-challenge', types: ['TXT'] }
const FULL: Grant = { key: KEY.name }

function house(db = openDatabase(':memory:'), ports: Partial<KeptZonePorts> = {}) {
  const served = new Map<string, ZoneModel>()
  const store = createStore(db)
  const entries: JournalEntry[] = []
  const zones = createKeptZones({
    archive: createZoneArchive(db),
    nowMs: () => 1_800_000_000_000,
    keys: () => new Set([KEY.name, 'other.']),
    taken: (zone) => (zone === 'file.example.' ? 'is read from zones/file.example.zone' : undefined),
    steered: () => new Set(['www.example.']),
    changed: (zone, model) => served.set(zone, model),
    removed: (zone) => served.delete(zone),
    journal: (entry, work) => entries.push(...store.commit([], [entry], work)),
    log: { info: () => {}, warn: () => {} },
    ...ports,
  })
  return { db, zones, served, entries }
}
const by = (author: string) => ({ author, from: '192.0.2.99' })
const NAME = parseName('example.')!
const asker = (key: string | undefined = KEY.name) => ({ address: Uint8Array.of(192, 0, 2, 1), key })
const add = (text: string): UpdateRecord => ({ ...zoneRecord(text), class: CLASS.IN })
const drop = (text: string): UpdateRecord => ({ ...zoneRecord(text), ttl: 0, class: CLASS.NONE })

t.test('a zone is created from a master file, survives a restart, is replaced and removed', async (t) => {
  const { db, zones, served } = house()
  t.match(zones.put('example.', 'example.zone', TEXT, [FULL], by('alice')), { status: 'done', serial: 10 })
  t.equal(linesOf(served.get('example.')!).length, 4)
  const again = house(db)
  again.zones.start()
  t.strictSame(linesOf(again.served.get('example.')!), linesOf(served.get('example.')!))
  t.strictSame(again.zones.zones, [{ zone: 'example.', serial: 10, records: 4, grants: [FULL] }])
  const longer = Buffer.from(`${TEXT}more A 192.0.2.3\n`.replace('10 7200', '11 7200'))
  t.match(again.zones.put('example.', 'example.zone', longer, undefined, by('bob')), { status: 'done', serial: 11 })
  t.strictSame(again.zones.zones[0]!.grants, [FULL], 'what was granted stays')
  t.match(again.zones.remove('example.', by('bob')), { status: 'done' })
  t.equal(again.served.size, 0)
  t.match(again.zones.remove('example.', by('bob')), { status: 'unknown' })
  const empty = house(db)
  empty.zones.start()
  t.strictSame(empty.zones.zones, [])
})

t.test('what cannot be created is refused with every issue', async (t) => {
  const { zones } = house()
  t.match(zones.put('file.example.', 'x', TEXT, [], by('a')), {
    status: 'conflict',
    message: /zones\/file\.example\.zone/,
  })
  t.match(zones.put('example.', 'x', Buffer.from('@ A 192.0.2\n$INCLUDE /etc/passwd\n'), [], by('a')), {
    status: 'invalid',
  })
  const wrong = zones.put('example.', 'x', TEXT, [{ key: 'nosuch.' }, { key: KEY.name, types: ['NOSUCH'] }], by('a'))
  t.match(wrong, { status: 'invalid', issues: [{ message: /no TSIG key "nosuch\."/ }, { message: /NOSUCH/ }] })
  t.strictSame(zones.zones, [])
})

t.test('who may update what', async (t) => {
  const change = (text: string): UpdateRecord => add(text)
  const any: UpdateRecord = { ...add('x 60 A 192.0.2.1'), type: TYPE.ANY, class: CLASS.ANY, rdata: new Uint8Array(0) }
  const rows: [string, Grant[], UpdateRecord, RegExp | undefined][] = [
    ['everything', [FULL], change('x 60 A 192.0.2.1'), undefined],
    ['nothing', [{ key: 'other.' }], change('x 60 A 192.0.2.1'), /may not update this zone/],
    ['a challenge', [ACME], change('_acme-challenge.www 60 TXT x'), undefined],
    ['a challenge in another case', [ACME], change('_ACME-Challenge.www 60 TXT x'), undefined],
    ['another name', [ACME], change('www 60 TXT x'), /this name/],
    ['a longer label', [ACME], change('_acme-challenge2.www 60 TXT x'), /this name/],
    ['the label further up', [ACME], change('x._acme-challenge.www 60 TXT x'), /this name/],
    ['another type', [ACME], change('_acme-challenge.www 60 A 192.0.2.1'), /this type/],
    ['all types, granted one', [ACME], { ...any, owner: parseName('_acme-challenge.example.')! }, /this type/],
    ['all types', [FULL], any, undefined],
    ['below', [{ key: KEY.name, under: 'dyn.example.' }], change('a.dyn 60 A 192.0.2.1'), undefined],
    ['not below', [{ key: KEY.name, under: 'dyn.example.' }], change('adyn 60 A 192.0.2.1'), /this name/],
    ['one of two grants', [ACME, { key: KEY.name, under: 'dyn.example.' }], change('dyn 60 A 192.0.2.1'), undefined],
  ]
  for (const [title, grants, update, why] of rows) {
    const refused = refusedChange(grants, KEY.name, update)
    if (why === undefined) t.equal(refused, undefined, title)
    else t.match(refused, why, title)
  }
  for (const grant of [
    { ...FULL, under: 'a..b' },
    { ...FULL, label: 'a.b' },
    { ...FULL, label: '' },
    { ...FULL, types: ['SOA'] },
  ])
    t.type(grantProblem(grant, new Set([KEY.name])), 'string', JSON.stringify(grant))
})

t.test('updates: refused, done and durable, or not done at all', async (t) => {
  const { db, zones, served } = house()
  zones.put('example.', 'example.zone', TEXT, [ACME, { key: 'other.' }], by('alice'))
  const update = (updates: UpdateRecord[], key: string | undefined = KEY.name, prerequisites: UpdateRecord[] = []) =>
    zones.update(NAME, prerequisites, updates, { ...asker(), key })
  t.equal(zones.update(parseName('nosuch.')!, [], [], asker()), undefined)
  t.match(zones.update(NAME, [], [add('_acme-challenge 60 TXT x')], { ...asker(), key: undefined }), {
    rcode: RCODE.REFUSED,
    why: /signed/,
  })
  t.match(
    update([], 'third.', [add('www 0 A 192.0.2.2')]),
    { rcode: RCODE.REFUSED },
    'prerequisites are for those who may update',
  )
  t.match(update([add('www 60 TXT x')]), { rcode: RCODE.REFUSED, why: /this name/ })
  t.match(update([add('www 60 A 192.0.2.9')], 'other.'), { rcode: RCODE.REFUSED }, 'a steered name keeps its addresses')
  t.match(update([add('www.elsewhere. 60 TXT x')], 'other.'), { rcode: RCODE.NOTZONE })
  t.equal(served.get('example.')!.serial, 10)
  t.strictSame(update([add('_ACME-challenge.WWW 60 TXT token')]), { rcode: RCODE.NOERROR })
  t.equal(served.get('example.')!.serial, 11)
  t.strictSame(update([add('_acme-challenge.www 60 TXT token')]), { rcode: RCODE.NOERROR }, 'so already')
  t.equal(served.get('example.')!.serial, 11)
  const restarted = house(db)
  restarted.zones.start()
  t.strictSame(linesOf(restarted.served.get('example.')!), linesOf(served.get('example.')!))
  t.strictSame(update([drop('_acme-challenge.www 60 TXT token')]), { rcode: RCODE.NOERROR })
  const third = house(db)
  third.zones.start()
  t.equal(linesOf(third.served.get('example.')!).length, 4)
  db.close()
  t.strictSame(update([add('_acme-challenge 60 TXT late')]), { rcode: RCODE.SERVFAIL }, 'the disk is gone')
  t.equal(zones.model('example.')!.serial, 12, 'and nothing happened')
})

t.test('changes through the API are checked as a file is', async (t) => {
  const { zones, served } = house()
  zones.put('example.', 'example.zone', TEXT, [], by('alice'))
  const put = zoneRecord('new 60 MX 10 ns1')
  t.match(zones.change('example.', { remove: [], add: [put] }, by('alice')), { status: 'done', serial: 11 })
  t.match(zones.change('example.', { remove: [], add: [put] }, by('alice')), { status: 'unchanged', serial: 11 })
  t.match(zones.change('example.', { remove: [put], add: [] }, by('alice')), { status: 'done', serial: 12 })
  t.match(zones.change('example.', { remove: [], add: [zoneRecord('a 60 A 192.0.2.1', 'other.')] }, by('alice')), {
    status: 'conflict',
  })
  t.match(zones.change('nosuch.', { remove: [], add: [] }, by('alice')), { status: 'unknown' })
  t.match(zones.grant('example.', [ACME], by('alice')), { status: 'done' })
  t.match(zones.grant('example.', [{ key: 'nosuch.' }], by('alice')), { status: 'invalid' })
  t.equal(served.get('example.')!.serial, 12)
})

t.test('a file that comes with the name has it; what is kept waits, and can be removed', async (t) => {
  let file = false
  const { zones } = house(undefined, { taken: () => (file ? 'is read from a file' : undefined) })
  zones.put('example.', 'example.zone', TEXT, [FULL], by('alice'))
  file = true
  t.match(zones.update(NAME, [], [add('x 60 TXT x')], asker()), { rcode: RCODE.REFUSED, why: /read from a file/ })
  t.match(zones.change('example.', { remove: [], add: [zoneRecord('x 60 TXT x')] }, by('alice')), {
    status: 'conflict',
  })
  t.match(zones.put('example.', 'example.zone', TEXT, [], by('alice')), { status: 'conflict' })
  t.match(zones.remove('example.', by('alice')), { status: 'done' })
})

t.test('nsupdate does an ACME challenge', async (t) => {
  if (spawnSync('nsupdate', ['-V']).error !== undefined)
    return t.plan(0, 'nsupdate is not installed (Debian: bind9-dnsutils)')
  const folder = mkdtempSync(join(tmpdir(), 'kept-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const db = openDatabase(join(folder, 'meridian.db'))
  const { zones } = house(db)
  zones.put('example.', 'example.zone', TEXT, [ACME], by('alice'))
  const primary = await startPrimary(zone(1), {
    update: async (name, prerequisites, updates, from) =>
      zones.update(name, prerequisites, updates, from) ?? { rcode: RCODE.NOTAUTH },
  })
  t.teardown(() => {
    primary.stop()
    db.close()
  })
  const nsupdate = async (...lines: string[]): Promise<string> => {
    const secret = Buffer.from(KEY.secret).toString('base64')
    const child = spawn('nsupdate', ['-y', `${KEY.algorithm}:${KEY.name}:${secret}`])
    let output = ''
    child.stdout.on('data', (piece) => (output += piece))
    child.stderr.on('data', (piece) => (output += piece))
    child.stdin.end(`server 127.0.0.1 ${primary.port}\nzone example.\n${lines.join('\n')}\nsend\n`)
    await new Promise((resolve) => child.on('close', resolve))
    return output
  }
  t.equal(await nsupdate('update add _acme-challenge.www.example. 60 TXT "challenge"'), '')
  t.match(linesOf(zones.model('example.')!).join('\n'), /_acme-challenge\.www\.example\. 16 60/)
  t.equal(await nsupdate('update delete _acme-challenge.www.example. TXT'), '')
  t.notMatch(linesOf(zones.model('example.')!).join('\n'), /_acme/)
  t.match(await nsupdate('update add mail.example. 60 A 192.0.2.1'), /REFUSED/)
  t.match(await nsupdate('prereq yxdomain nosuch.example.', 'update add _acme-challenge.example. 60 TXT x'), /NXDOMAIN/)
})

t.test('every write that was done is told with its author, and no other', async (t) => {
  const { zones, entries } = house()
  const record = zoneRecord('new 60 TXT x')
  for (let i = 0; i < 2; i++) {
    zones.put('example.', 'example.zone', TEXT, [FULL], by('alice'))
    if (i === 0) zones.change('example.', { remove: [], add: [record] }, by('bob'))
    else t.equal(zones.change('example.', { remove: [record], add: [record] }, by('bob')).status, 'done')
    zones.grant('example.', [ACME], by('eve'))
    zones.grant('example.', [ACME], by('eve'))
  }
  zones.put('example.', 'example.zone', Buffer.from('@ SOA'), [], by('eve'))
  zones.remove('example.', by('bob'))
  zones.remove('example.', by('bob'))
  const { author, action, from } = entries[0]!
  t.same({ author, action, from }, { author: 'alice', action: 'zone-created', from: '192.0.2.99' })
  t.same(
    entries.map((entry) => `${entry.action} by ${entry.author}`),
    [
      'zone-created by alice',
      'zone-changed by bob',
      'zone-granted by eve',
      'zone-replaced by alice',
      'zone-changed by bob',
      'zone-granted by eve',
      'zone-removed by bob',
    ],
  )
})

t.test('a write is told with its reason, what was before and what is after', async (t) => {
  const { zones, entries } = house()
  zones.put('example.', 'example.zone', TEXT, [FULL], { ...by('alice'), reason: 'moved here' })
  t.match(entries.pop(), {
    reason: 'moved here',
    before: undefined,
    after: { serial: 10, records: 4, grants: [FULL] },
    message: 'zone example. was created by alice: 4 records, serial 10',
  })
  const record = zoneRecord('new 60 TXT x')
  zones.change('example.', { remove: [zoneRecord('www 300 A 192.0.2.2')], add: [] }, by('bob'))
  t.equal(entries.length, 0, 'a steered name keeps its addresses')
  zones.change('example.', { remove: [], add: [record] }, by('bob'))
  t.match(entries.pop(), {
    before: { serial: 10, removed: [] },
    after: { serial: 11, added: ['new.example. 60 IN TXT "x"'] },
    message: 'zone example. was changed by bob: 0 records went, 1 came, serial 10 to 11',
  })
  zones.put(
    'example.',
    'example.zone',
    Buffer.from(`${TEXT}b A 192.0.2.3\n`.replace('10 7', '12 7')),
    undefined,
    by('bob'),
  )
  t.match(entries.pop(), {
    before: { serial: 11, records: 5, removed: ['new.example. 60 IN TXT "x"'] },
    after: { serial: 12, records: 5, added: ['b.example. 300 IN A 192.0.2.3'] },
  })
  zones.grant('example.', [ACME], by('eve'))
  t.match(entries.pop(), { before: { grants: [FULL] }, after: { grants: [ACME] } })
  zones.remove('example.', by('eve'))
  t.match(entries.pop(), { before: { serial: 12, records: 5 }, after: undefined })
})

t.test('an accepted update is one entry under its key; what changed nothing is none', async (t) => {
  const { zones, entries } = house()
  zones.put('example.', 'example.zone', TEXT, [FULL], by('alice'))
  entries.length = 0
  const update = (...updates: UpdateRecord[]) => zones.update(NAME, [], updates, asker())
  const challenge = add('_acme-challenge.www 60 TXT token')
  update(challenge)
  update(challenge)
  update(add('www 60 A 192.0.2.9'))
  update(add('www.elsewhere. 60 TXT x'))
  zones.update(NAME, [], [add('x 60 TXT x')], { ...asker(), key: 'third.' })
  t.equal(entries.length, 1)
  t.match(entries.pop(), {
    kind: 'write',
    action: 'zone-updated',
    author: 'key:transfer.key',
    from: '192.0.2.1',
    before: { serial: 10, removed: [] },
    after: { serial: 11, added: ['_acme-challenge.www.example. 60 IN TXT "token"'] },
    message: 'zone example. was updated with key transfer.key: 0 records went, 1 came, serial 10 to 11',
  })
  const many = Array.from({ length: 25 }, (_, i) => add(`n${i} 60 TXT ${'x'.repeat(250)}`))
  update(...many, drop('_acme-challenge.www 60 TXT token'))
  const { before, after } = entries.pop() as unknown as {
    before: { removed: string[] }
    after: { added: string[] }
  }
  t.same(before.removed, ['_acme-challenge.www.example. 60 IN TXT "token"'])
  t.equal(after.added.length, 21)
  t.equal(after.added.at(-1), 'and 5 more')
  t.match(after.added[0], /^n0\.example\. 60 IN TXT "x{100,}\.\.\.$/)
  t.equal(after.added[0]?.length, 203)
  update(add('@ 300 SOA ns1 hostmaster 20 7200 900 1209600 60'))
  t.match(
    entries.pop(),
    { before: { serial: 12, removed: [/ SOA .* 300$/] }, after: { serial: 20, added: [/ SOA .* 60$/] } },
    'where the SOA alone changes, it is told',
  )
})

t.test('records and entry are on disk together, or neither', async (t) => {
  const writes: [string, (zones: ReturnType<typeof house>['zones']) => unknown][] = [
    ['a new zone', (zones) => zones.put('new.example.', 'x', TEXT, [], by('alice'))],
    ['another text', (zones) => zones.put('example.', 'x', Buffer.from(`${TEXT}b A 192.0.2.3\n`), [], by('alice'))],
    ['a change', (zones) => zones.change('example.', { remove: [], add: [zoneRecord('x 60 TXT x')] }, by('alice'))],
    ['grants', (zones) => zones.grant('example.', [ACME], by('alice'))],
    ['the end of it', (zones) => zones.remove('example.', by('alice'))],
    ['an update', (zones) => zones.update(NAME, [], [add('x 60 TXT x')], asker())],
  ]
  for (const [what, write] of writes)
    for (const table of ['journal', 'zone_record', 'zone']) {
      const { db, zones, entries } = house()
      zones.put('example.', 'example.zone', TEXT, [FULL], by('alice'))
      const rows = () =>
        ['zone', 'zone_record', 'journal'].map((name) => db.prepare(`SELECT * FROM ${name} ORDER BY 1, 2, 3`).all())
      const before = rows()
      for (const event of ['INSERT', 'UPDATE', 'DELETE'])
        db.exec(`CREATE TRIGGER no_${event} BEFORE ${event} ON ${table} BEGIN SELECT RAISE(ABORT, 'disk full'); END`)
      let told: unknown
      try {
        told = write(zones)
      } catch (error) {
        told = error
      }
      const failed = rows()
      // Not every write touches every table.
      const touched = entries.length === 1
      t.equal(
        touched,
        told instanceof Error || (told as { rcode?: number }).rcode === RCODE.SERVFAIL,
        `${what}: ${told}`,
      )
      if (touched) {
        t.strictSame(failed, before, `${what}, ${table} cannot be written: nothing is`)
        t.match(zones.zones, [{ zone: 'example.', serial: 10, records: 4, grants: [FULL] }])
      } else {
        t.not(table, 'journal', 'no write without its entry')
        t.equal(entries.length, 2)
      }
      db.close()
    }
})
