/**
 * Opens the database: WAL, every commit on disk before it returns, migrated to this version's shape.
 * What can be wrong with a file is told in one sentence.
 */
import { accessSync, chmodSync, constants, existsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import Database from 'better-sqlite3'
import { MIGRATIONS } from './migrations.ts'

export type Sqlite = Database.Database

/** The file cannot be used; the message is one clear sentence for the operator. */
export class StoreError extends Error {
  override readonly name = 'StoreError'
}

/**
 * Opens (makes) and migrates a database file; `:memory:` for tests.
 * @throws StoreError where the file cannot be used
 */
export function openDatabase(file: string): Sqlite {
  if (file !== ':memory:') checkPlace(file)
  let db: Sqlite | undefined
  try {
    db = new Database(file, { timeout: 5000 })
    // The first statement that reads the file: a file that is no database fails here.
    const version = Number(db.pragma('user_version', { simple: true }))
    if (version > MIGRATIONS.length)
      throw new StoreError(
        `${file} is a data file from the future: it has version ${version}, and this Meridian knows versions up to ` +
          `${MIGRATIONS.length}. Start the newer Meridian, or move the file away.`,
      )
    // The hashes of tokens and the journal are nobody else's; SQLite gives its side files the same mode.
    if (version === 0 && file !== ':memory:') chmodSync(file, 0o600)
    db.pragma('journal_mode = WAL')
    // FULL: a commit is on disk when it returns; NORMAL could lose the last ones when the machine stops.
    db.pragma('synchronous = FULL')
    migrate(db, version)
    return db
  } catch (error) {
    db?.close()
    if (error instanceof StoreError) throw error
    throw new StoreError(explain(file, error))
  }
}

function checkPlace(file: string): void {
  const folder = dirname(file)
  if (!existsSync(folder)) throw new StoreError(`The folder ${folder} for the database does not exist.`)
  if (existsSync(file)) {
    if (statSync(file).isDirectory()) throw new StoreError(`${file} is a folder, not a database.`)
    try {
      accessSync(file, constants.R_OK | constants.W_OK)
    } catch {
      throw new StoreError(`The database ${file} may not be read and written by this user.`)
    }
  }
  try {
    accessSync(folder, constants.W_OK)
  } catch {
    throw new StoreError(`The folder ${folder} may not be written by this user; the database needs it.`)
  }
}

function migrate(db: Sqlite, from: number): void {
  for (let version = from; version < MIGRATIONS.length; version++)
    db.transaction(() => {
      db.exec(MIGRATIONS[version]!)
      db.pragma(`user_version = ${version + 1}`)
    }).immediate()
}

function explain(file: string, error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
  if (code === 'SQLITE_NOTADB') return `${file} is no Meridian database (it is not SQLite at all). Move it away.`
  if (code.startsWith('SQLITE_CORRUPT'))
    return `The database ${file} is damaged. Restore a backup: meridian restore FILE.`
  if (code.startsWith('SQLITE_BUSY'))
    return `The database ${file} is held by another process. Is Meridian running already?`
  if (code === 'SQLITE_FULL') return `There is no space left for the database ${file}.`
  return `The database ${file} cannot be opened: ${error instanceof Error ? error.message : String(error)}.`
}
