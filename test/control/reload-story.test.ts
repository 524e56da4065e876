/** What a restart makes of reloads: of one that waits for its confirmation, and of files that take away too much. */
import t from 'tap'
import type { Control, KeptStates, LoadedFiles } from '../../src/control/index.ts'
import { openDatabase, type Sqlite } from '../../src/store/index.ts'
import { ANA, type Bench, bench, filesOf, PORTAL } from './bench-control.ts'

const MOVED = PORTAL.replace('de-2: { a: 192.0.2.12', 'de-2: { a: 192.0.2.13')
const many = (count: number): string =>
  `zone: portal.example\nnodes:\n${Array.from({ length: count }, (_, i) => `  n${i}: { a: 192.0.2.${i + 1} }\n`).join('')}` +
  `pools:\n  all: { nodes: [n0, n1], check: none }\nrecords:\n  www: all\n`

/** A disk: what was laid down and not removed. */
function disk(): KeptStates & {
  readonly files: Map<string, LoadedFiles>
  full: boolean
  readonly continued: string[]
} {
  const files = new Map<string, LoadedFiles>()
  const continued: string[] = []
  const self = {
    files,
    continued,
    full: false,
    keep: async (state: LoadedFiles) => {
      if (self.full) throw new Error('no space left on device')
      files.set(state.fingerprint, state)
    },
    recall: (fingerprint: string) => files.get(fingerprint),
    continueFrom: (state: LoadedFiles) => void continued.push(state.fingerprint),
    retain: async (wanted: () => readonly string[]) => {
      const names = wanted()
      for (const name of files.keys()) if (!names.includes(name)) files.delete(name)
    },
  }
  return self
}

/** Ends a run as kill -9 does, and begins another some time later, with these files in the folder. */
function restarted(b: Bench, db: Sqlite, states: KeptStates, files: string, afterMs: number): Bench {
  return bench({ db, states, files, startMs: b.nowMs() + afterMs })
}
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const lastAction = (control: Control): string | undefined =>
  control.events({ kind: 'reload', limit: 500 }).at(-1)?.action
const actions = (control: Control): string[] =>
  control.events({ kind: 'reload', limit: 500 }).map(({ action }) => action)

t.test('a reload that waits for its confirmation goes on waiting after a restart, and goes back in time', async (t) => {
  const db = openDatabase(':memory:')
  const states = disk()
  const first = bench({ db, states })
  first.files = MOVED
  await first.control.reload(ANA, { confirmWithinMs: 600_000 })
  const by = first.control.reloadState().confirmBy
  const second = restarted(first, db, states, MOVED, 200_000)
  t.same(second.control.node('de-2')?.a, ['192.0.2.13'], 'what was reloaded is in force')
  t.equal(second.control.reloadState().confirmBy, by, 'until the same moment')
  await settled()
  second.pass(390_000)
  t.same(second.control.node('de-2')?.a, ['192.0.2.13'])
  second.pass(20_000)
  t.same(second.control.node('de-2')?.a, ['192.0.2.12'], 'and back')
  t.equal(lastAction(second.control), 'went-back')
  await settled()
  const third = restarted(second, db, states, MOVED, 1000)
  t.same(third.control.node('de-2')?.a, ['192.0.2.12'], 'a start does not take up what nobody confirmed')
  t.match(third.control.health().reasons, [/nobody confirmed/])
  third.files = MOVED
  await third.control.reload(ANA)
  t.same(third.control.node('de-2')?.a, ['192.0.2.13'], 'an operator does')
  t.same(third.control.health().reasons, [])
  await settled()
  const fourth = restarted(third, db, states, MOVED, 1000)
  t.same(fourth.control.node('de-2')?.a, ['192.0.2.13'])
  t.same(fourth.control.reloadState().ok, true)
})

t.test('confirmed after the restart, it stays', async (t) => {
  const db = openDatabase(':memory:')
  const states = disk()
  const first = bench({ db, states })
  first.files = MOVED
  await first.control.reload(ANA, { confirmWithinMs: 600_000 })
  const second = restarted(first, db, states, MOVED, 1000)
  t.equal(second.control.confirmReload(ANA).status, 'done')
  await settled()
  const third = restarted(second, db, states, MOVED, 700_000)
  t.same(third.control.node('de-2')?.a, ['192.0.2.13'])
  t.equal(third.control.reloadState().confirmBy, null)
  t.notOk(actions(third.control).includes('went-back'))
})

t.test('the time to confirm passed while the server was down: it goes back at the start, and says so', async (t) => {
  const db = openDatabase(':memory:')
  const states = disk()
  const first = bench({ db, states })
  first.files = MOVED
  await first.control.reload(ANA, { confirmWithinMs: 600_000 })
  const second = restarted(first, db, states, MOVED, 3_600_000)
  t.same(second.control.node('de-2')?.a, ['192.0.2.12'])
  t.same(actions(second.control).slice(-2), ['went-back', 'start'])
  t.match(second.control.health(), { status: 'degraded', reload: { ok: false, confirmBy: null } })
  t.same(states.continued, [filesOf(PORTAL).fingerprint], 'later loads fit to what is in force')
  await settled()
  t.same([...states.files.keys()], [filesOf(PORTAL).fingerprint], 'what nobody wants any more is removed')
})

t.test('what cannot be gone back to is told, and the files are taken up', async (t) => {
  const db = openDatabase(':memory:')
  const states = disk()
  const first = bench({ db, states })
  first.files = MOVED
  await first.control.reload(ANA, { confirmWithinMs: 600_000 })
  states.files.clear()
  const second = restarted(first, db, states, MOVED, 1000)
  t.same(second.control.node('de-2')?.a, ['192.0.2.13'])
  t.equal(lastAction(second.control), 'reload-unconfirmed')
})

t.test('without room for the way back there is no reload to be confirmed', async (t) => {
  const states = disk()
  const b = bench({ states })
  states.full = true
  b.files = MOVED
  await t.rejects(b.control.reload(ANA, { confirmWithinMs: 600_000 }), /no space/)
  t.same(b.control.node('de-2')?.a, ['192.0.2.12'], 'nothing changed')
  t.equal(b.control.reloadState().confirmBy, null)
  await b.control.reload(ANA)
  await settled()
  t.same(b.control.node('de-2')?.a, ['192.0.2.13'], 'a plain one needs none')
  t.match(b.troubles, [/cannot be laid down/])
})

t.test('a start holds what a reload would hold: what ran last goes on until an operator insists', async (t) => {
  const db = openDatabase(':memory:')
  const states = disk()
  const first = bench({ db, states, files: many(12) })
  await settled()
  const second = restarted(first, db, states, many(4), 1000)
  t.equal(second.control.nodes().length, 12)
  t.match(second.control.reloadState(), { ok: false, held: [{ code: 'brake-nodes' }] })
  t.same(actions(second.control).slice(-2), ['start', 'reload-held'])
  await settled()
  const third = restarted(second, db, states, many(4), 1000)
  t.equal(third.control.nodes().length, 12, 'and after one more restart')
  t.equal((await third.control.reload(ANA)).status, 'refused')
  t.equal((await third.control.reload(ANA, { force: true })).status, 'done')
  t.equal(third.control.nodes().length, 4)
  // At once, before anything is laid down: what was acknowledged holds all the same.
  const fourth = restarted(third, db, disk(), many(4), 1000)
  t.equal(fourth.control.nodes().length, 4)
  t.equal(fourth.control.reloadState().ok, true)
})

t.test('a start takes up files that take away less, and files of before there were states', async (t) => {
  const db = openDatabase(':memory:')
  const states = disk()
  const first = bench({ db, states, files: many(12) })
  await settled()
  const second = restarted(first, db, states, many(10), 1000)
  t.equal(second.control.nodes().length, 10)
  await settled()
  t.same([...states.files.keys()], [filesOf(many(10)).fingerprint])
  const third = restarted(second, db, disk(), many(2), 1000)
  t.equal(third.control.nodes().length, 2, 'the state is not there: the files are')
})

t.test('a second reload to be confirmed goes back to what somebody stood by, over a restart too', async (t) => {
  const db = openDatabase(':memory:')
  const states = disk()
  const first = bench({ db, states })
  first.files = MOVED
  await first.control.reload(ANA, { confirmWithinMs: 600_000 })
  first.files = MOVED.replace('192.0.2.13', '192.0.2.14')
  await first.control.reload(ANA, { confirmWithinMs: 600_000 })
  await settled()
  const second = restarted(first, db, states, first.files, 1000)
  t.same(second.control.node('de-2')?.a, ['192.0.2.14'])
  second.pass(610_000)
  t.same(second.control.node('de-2')?.a, ['192.0.2.12'])
})
