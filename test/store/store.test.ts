import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import t from 'tap'
import type { NewEntry } from '../../src/control/index.ts'
import { backupTo, createStore, openDatabase, openJournal, restoreFrom, StoreError } from '../../src/store/index.ts'
import { MIGRATIONS } from '../../src/store/migrations.ts'

const folder = mkdtempSync(join(tmpdir(), 'meridian-store-'))
t.teardown(() => rmSync(folder, { recursive: true }))
const at = (name: string): string => join(folder, name)

const entry = (atMs: number, more: Partial<NewEntry> = {}): NewEntry => ({
  atMs,
  kind: 'write',
  action: 'drain',
  author: 'ana',
  from: '192.0.2.9',
  message: 'drained',
  ...more,
})

/** The message that opening gives. */
function refusal(file: string): string {
  try {
    openDatabase(file).close()
    return ''
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    return error.message
  }
}

t.test('what cannot be a database is told in one sentence', async (t) => {
  t.match(refusal(at('missing/meridian.db')), /folder .* does not exist/)
  t.match(refusal(folder), /is a folder/)
  writeFileSync(at('text.db'), 'this is no database at all, but a long enough text to look at'.repeat(20))
  t.match(refusal(at('text.db')), /no Meridian database/)
  const future = new Database(at('future.db'))
  future.pragma(`user_version = ${MIGRATIONS.length + 1}`)
  future.close()
  t.match(refusal(at('future.db')), /from the future: it has version/)
})

t.test('nobody else may read the database: token hashes and the journal are in it', async (t) => {
  const file = at('mode.db')
  const db = openDatabase(file)
  db.exec('CREATE TABLE x (y)')
  for (const each of [file, `${file}-wal`]) t.equal(statSync(each).mode & 0o777, 0o600, each)
  db.close()
})

t.test('every older version is brought up to this one, with what it holds', async (t) => {
  for (let version = 0; version < MIGRATIONS.length; version++) {
    const file = at(`v${version}.db`)
    const old = new Database(file)
    for (const step of MIGRATIONS.slice(0, version)) old.exec(step)
    old.pragma(`user_version = ${version}`)
    if (version > 0)
      old.prepare('INSERT INTO intent VALUES (?, ?, ?, ?, ?, ?)').run('de-1', 'drain', 'disk', 'ana', 1, null)
    old.close()
    const db = openDatabase(file)
    t.equal(db.pragma('user_version', { simple: true }), MIGRATIONS.length)
    t.equal(db.pragma('journal_mode', { simple: true }), 'wal')
    t.equal(db.pragma('synchronous', { simple: true }), 2, 'FULL')
    t.equal(createStore(db).load().intents.size, version > 0 ? 1 : 0)
    db.close()
  }
})

t.test('what is committed is loaded', async (t) => {
  const file = at('load.db')
  const db = openDatabase(file)
  const store = createStore(db)
  const node = {
    name: 'de-4',
    a: [Uint8Array.of(192, 0, 2, 14)],
    aaaa: [Uint8Array.of(0x20, 1, 0xd, 0xb8, ...new Array<number>(11).fill(0), 1)],
    site: 'falkenstein',
    weight: 7,
    pools: ['germany', 'world'],
    by: 'ana',
    atMs: 5,
    leaseMs: 60_000,
    leaseUntilMs: 60_005,
  }
  const intent = { kind: 'drain', reason: 'disk', author: 'ana', sinceMs: 7, untilMs: 9 } as const
  const token = {
    id: 'a1',
    name: 'grafana',
    role: 'viewer',
    scope: { zones: ['portal.example'], pools: [], nodes: ['x'] },
    hash: 'ff',
    createdMs: 1,
    createdBy: 'ana',
    expiresMs: undefined,
  } as const
  const memory = {
    node: 'de-4',
    check: 'web',
    health: 'down',
    sinceMs: 3.5,
    badMs: 20.25,
    flaps: 0.5,
    flapsAtMs: 2,
    more: '{}',
  } as const
  store.commit(
    [
      { kind: 'put-node', node },
      { kind: 'intent', node: 'de-4', intent },
      { kind: 'weight', node: 'de-4', weight: 3 },
      { kind: 'standby', pool: 'germany', on: false },
      { kind: 'put-token', token },
      { kind: 'mark', key: 'schedule:night', value: '11' },
      { kind: 'generation', generation: 42 },
    ],
    [],
  )
  const pool = { pool: 'germany', more: '{}' }
  store.remember([memory], [pool])
  db.close()
  const again = openDatabase(file)
  const saved = createStore(again).load()
  t.same(saved, {
    generation: 42,
    nodes: [node],
    intents: new Map([['de-4', intent]]),
    weights: new Map([['de-4', 3]]),
    standby: new Map([['germany', false]]),
    tokens: [token],
    marks: new Map([['schedule:night', '11']]),
    memory: [memory],
    pools: [pool],
  })
  createStore(again).commit(
    [
      { kind: 'delete-node', node: 'de-4' },
      { kind: 'intent', node: 'de-4', intent: undefined },
      { kind: 'weight', node: 'de-4', weight: undefined },
      { kind: 'standby', pool: 'germany', on: undefined },
      { kind: 'delete-token', id: 'a1' },
    ],
    [],
  )
  const empty = createStore(again).load()
  t.same(
    [empty.nodes.length, empty.intents.size, empty.weights.size, empty.standby.size, empty.tokens.length],
    [0, 0, 0, 0, 0],
  )
  again.close()
})

t.test('a commit that fails half-way leaves nothing behind', async (t) => {
  const db = openDatabase(':memory:')
  const store = createStore(db)
  db.exec(`CREATE TRIGGER stop BEFORE INSERT ON journal BEGIN SELECT RAISE(ABORT, 'no space'); END`)
  t.throws(() => store.commit([{ kind: 'weight', node: 'de-1', weight: 3 }], [entry(1)]), /no space/)
  t.equal(store.load().weights.size, 0)
  db.close()
})

t.test('the journal: ids are never used twice, filters hold together, pruning takes the old only', async (t) => {
  const db = openDatabase(':memory:')
  const store = createStore(db)
  const journal = openJournal(db)
  store.commit(
    [],
    Array.from({ length: 100 }, (_, i) =>
      entry(i * 1000, { node: i % 2 === 0 ? 'a' : 'b', kind: i % 3 === 0 ? 'health' : 'write', after: { i } }),
    ),
  )
  t.equal(store.lastEntryId(), 100)
  t.same(
    store.journal({ node: 'a', kind: 'health', sinceMs: 50_000, limit: 3 }).map((one) => one.id),
    [85, 91, 97],
  )
  t.same(
    store.journal({ afterId: 10, node: 'b', limit: 2 }).map((one) => one.id),
    [12, 14],
  )
  t.same(store.journal({ limit: 1 })[0]?.after, { i: 99 })
  t.equal(journal.prune(40_000, 1000), 40)
  t.equal(store.firstEntryId(), 41)
  t.equal(journal.prune(Number.MAX_SAFE_INTEGER, 1000), 60)
  store.commit([], [entry(1)])
  t.equal(store.lastEntryId(), 101)
  db.close()
})

t.test('a backup is taken while writes go on, and a restore puts it back', async (t) => {
  const file = at('live.db')
  const db = openDatabase(file)
  const store = createStore(db)
  for (let i = 0; i < 500; i++) store.commit([{ kind: 'weight', node: `n-${i}`, weight: i }], [entry(i)])
  const copying = backupTo(db, at('copy.db'))
  for (let i = 500; i < 600; i++) {
    store.commit([{ kind: 'weight', node: `n-${i}`, weight: i }], [entry(i)])
    await new Promise((resolve) => setImmediate(resolve))
  }
  const { octets } = await copying
  t.equal(octets, readFileSync(at('copy.db')).length)
  const copy = openDatabase(at('copy.db'))
  const weights = createStore(copy).load().weights
  t.ok(weights.size >= 500)
  t.equal(createStore(copy).lastEntryId(), weights.size, 'one moment: as many entries as weights')
  copy.close()
  await t.rejects(backupTo(db, at('copy.db')), /exists already/)

  t.throws(() => restoreFrom(at('copy.db'), file), /in use/)
  db.close()
  writeFileSync(at('bad.db'), 'x'.repeat(5000))
  t.throws(() => restoreFrom(at('bad.db'), file), /no backup/)
  t.throws(() => restoreFrom(at('none.db'), file), /no file/)
  restoreFrom(at('copy.db'), file)
  const restored = openDatabase(file)
  t.equal(createStore(restored).load().weights.size, weights.size)
  restored.close()
  const kept = openDatabase(`${file}.before-restore`)
  t.equal(createStore(kept).load().weights.size, 600)
  kept.close()
})
