/**
 * The store behind control's port: commits of operators, observations, the journal. Synchronous; one transaction each.
 */
import type { Change, HealthMemory, JournalEntry, NewEntry, PoolMemory, Store } from '../control/index.ts'
import { changeWriter } from './changes.ts'
import type { Sqlite } from './database.ts'
import { openJournal } from './journal.ts'
import { readSaved } from './saved.ts'

/** Makes control's store over an open database. */
export function createStore(db: Sqlite): Store {
  const journal = openJournal(db)
  const write = changeWriter(db)
  const commit = db.transaction(
    (changes: readonly Change[], entries: readonly NewEntry[], also?: () => void): JournalEntry[] => {
      for (const change of changes) write(change)
      // Transactions of its own become savepoints of this one.
      also?.()
      return entries.map((entry) => journal.append(entry))
    },
  )
  const putHealth = db.prepare('INSERT OR REPLACE INTO health VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
  const putPool = db.prepare('INSERT OR REPLACE INTO pool_memory VALUES (?, ?)')
  const remember = db.transaction((rows: readonly HealthMemory[], pools: readonly PoolMemory[]): void => {
    for (const row of pools) putPool.run(row.pool, row.more)
    for (const row of rows)
      putHealth.run(row.node, row.check, row.health, row.sinceMs, row.badMs, row.flaps, row.flapsAtMs, row.more)
  })
  return {
    load: () => readSaved(db),
    commit: (changes, entries, also) => commit.immediate(changes, entries, also),
    remember: (rows, pools) => remember.immediate(rows, pools),
    journal: journal.select,
    lastEntryId: journal.lastId,
    firstEntryId: journal.firstId,
  }
}
