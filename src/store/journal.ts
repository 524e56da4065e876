/**
 * The journal's table: append, select, prune by age.
 */
import type { EntryKind, JournalEntry, JournalFilter, NewEntry } from '../control/index.ts'
import type { Sqlite } from './database.ts'

interface Row {
  id: number
  at_ms: number
  kind: string
  action: string
  node: string | null
  pool: string | null
  author: string
  source: string
  reason: string | null
  before: string | null
  after: string | null
  message: string
}

export interface Journal {
  /** Appends; call inside a transaction. */
  readonly append: (entry: NewEntry) => JournalEntry
  readonly select: (filter: JournalFilter) => JournalEntry[]
  readonly lastId: () => number
  readonly firstId: () => number
  /** Removes entries older than this, the oldest first, at most `most`. @returns how many */
  readonly prune: (beforeMs: number, most: number) => number
}

export function openJournal(db: Sqlite): Journal {
  const insert = db.prepare(
    `INSERT INTO journal (at_ms, kind, action, node, pool, author, source, reason, before, after, message)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const last = db.prepare<[], { id: number | null }>('SELECT max(id) AS id FROM journal')
  const first = db.prepare<[], { id: number | null }>('SELECT min(id) AS id FROM journal')
  const remove = db.prepare(
    'DELETE FROM journal WHERE id IN (SELECT id FROM journal WHERE at_ms < ? ORDER BY id LIMIT ?)',
  )
  const firstSince = db.prepare<[number], { id: number }>(
    'SELECT id FROM journal WHERE at_ms >= ? ORDER BY at_ms LIMIT 1',
  )
  const lastUntil = db.prepare<[number], { id: number }>(
    'SELECT id FROM journal WHERE at_ms <= ? ORDER BY at_ms DESC LIMIT 1',
  )
  const bounds: Bounds = {
    from: (sinceMs) => firstSince.get(sinceMs)?.id ?? Number.MAX_SAFE_INTEGER,
    to: (untilMs) => lastUntil.get(untilMs)?.id ?? 0,
  }
  const json = (value: unknown): string | null => (value === undefined ? null : JSON.stringify(value))
  return {
    append(entry) {
      const done = insert.run(
        Math.round(entry.atMs),
        entry.kind,
        entry.action,
        entry.node ?? null,
        entry.pool ?? null,
        entry.author,
        entry.from,
        entry.reason ?? null,
        json(entry.before),
        json(entry.after),
        entry.message,
      )
      return { ...entry, id: Number(done.lastInsertRowid) }
    },
    select: (filter) => select(db, filter, bounds),
    lastId: () => last.get()?.id ?? 0,
    firstId: () => first.get()?.id ?? 0,
    prune: (beforeMs, most) => remove.run(Math.round(beforeMs), most).changes,
  }
}

/** Entries are written in the order of time, but for a clock that was set: a moment is a place in the order of ids. */
interface Bounds {
  readonly from: (sinceMs: number) => number
  readonly to: (untilMs: number) => number
}

function select(db: Sqlite, filter: JournalFilter, bounds: Bounds): JournalEntry[] {
  const where: string[] = []
  const values: (string | number)[] = []
  const ask = (clause: string, value: string | number | undefined): void => {
    if (value === undefined) return
    where.push(clause)
    values.push(value)
  }
  // One bound, not two: SQLite would begin at the first of them.
  const since = filter.sinceMs === undefined ? undefined : bounds.from(filter.sinceMs) - 1
  ask('id > ?', since === undefined ? filter.afterId : Math.max(since, filter.afterId ?? 0))
  ask('id <= ?', filter.untilMs === undefined ? undefined : bounds.to(filter.untilMs))
  ask('node = ?', filter.node)
  ask('pool = ?', filter.pool)
  ask('kind = ?', filter.kind)
  // The second half is what lets the partial index be used.
  ask(filter.author === 'meridian' ? 'author = ?' : `author = ? AND author <> 'meridian'`, filter.author)
  // Who follows wants the oldest first; who looks back wants the newest, in the order they happened.
  const follows = filter.afterId !== undefined
  const which = where.length > 0 ? `WHERE ${where.join(' AND ')}` : ''
  const rows = db
    .prepare<(string | number)[], Row>(`SELECT * FROM journal ${which} ORDER BY id ${follows ? 'ASC' : 'DESC'} LIMIT ?`)
    .all(...values, filter.limit)
  return (follows ? rows : rows.reverse()).map(readRow)
}

function readRow(row: Row): JournalEntry {
  return {
    id: row.id,
    atMs: row.at_ms,
    kind: row.kind as EntryKind,
    action: row.action,
    ...(row.node === null ? {} : { node: row.node }),
    ...(row.pool === null ? {} : { pool: row.pool }),
    author: row.author,
    from: row.source,
    ...(row.reason === null ? {} : { reason: row.reason }),
    ...(row.before === null ? {} : { before: JSON.parse(row.before) as unknown }),
    ...(row.after === null ? {} : { after: JSON.parse(row.after) as unknown }),
    message: row.message,
  }
}
