/**
 * Backup while the server runs (SQLite's online backup), and restore of such a file.
 */
import { copyFileSync, existsSync, renameSync, rmSync, statSync } from 'node:fs'
import Database from 'better-sqlite3'
import { openDatabase, type Sqlite, StoreError } from './database.ts'

/**
 * Copies the live database into a new file, consistent as of one moment.
 * @throws StoreError where the file exists or cannot be written
 */
export async function backupTo(db: Sqlite, file: string): Promise<{ readonly file: string; readonly octets: number }> {
  if (existsSync(file)) throw new StoreError(`${file} exists already; a backup overwrites nothing.`)
  const partial = `${file}.partial`
  try {
    rmSync(partial, { force: true })
    await db.backup(partial)
    checkBackup(partial)
    // The name appears only when the whole file stands behind it.
    renameSync(partial, file)
    return { file, octets: statSync(file).size }
  } catch (error) {
    rmSync(partial, { force: true })
    if (error instanceof StoreError) throw error
    const why = error instanceof Error ? error.message : String(error)
    throw new StoreError(`The backup ${file} cannot be written: ${why}.`)
  }
}

/** @throws StoreError where the file is no sound backup; @returns its version */
export function checkBackup(file: string): number {
  if (!existsSync(file)) throw new StoreError(`There is no file ${file}.`)
  let db: Sqlite | undefined
  try {
    db = new Database(file, { readonly: true })
    const verdict = String(db.pragma('integrity_check', { simple: true }))
    if (verdict !== 'ok') throw new StoreError(`${file} is damaged: ${verdict}.`)
    const tables = db.prepare(`SELECT name FROM sqlite_master WHERE name IN ('journal', 'intent', 'node')`).all()
    if (tables.length !== 3) throw new StoreError(`${file} is no backup of Meridian.`)
    return Number(db.pragma('user_version', { simple: true }))
  } catch (error) {
    if (error instanceof StoreError) throw error
    throw new StoreError(`${file} is no backup of Meridian.`)
  } finally {
    db?.close()
  }
}

/**
 * Puts a backup in the place of the database; the server must not run. The present one is kept as FILE.before-restore.
 * @throws StoreError where the backup is not sound or from the future, or the database in use; the present one stays then
 */
export function restoreFrom(backup: string, database: string): void {
  checkBackup(backup)
  const incoming = `${database}.incoming`
  rmSync(incoming, { force: true })
  copyFileSync(backup, incoming)
  try {
    // Opening migrates it, and refuses one from the future.
    openDatabase(incoming).close()
    if (existsSync(database)) {
      requireUnused(database)
      renameSync(database, `${database}.before-restore`)
    }
    for (const rest of [`${database}-wal`, `${database}-shm`]) rmSync(rest, { force: true })
    renameSync(incoming, database)
  } finally {
    rmSync(incoming, { force: true })
  }
}

/** Takes all locks for a moment: only who is alone with the file can. */
function requireUnused(database: string): void {
  const present = new Database(database, { timeout: 500 })
  try {
    present.pragma('wal_checkpoint(TRUNCATE)')
    // Leaving WAL needs the file for oneself, so a running server makes this fail.
    if (String(present.pragma('journal_mode = DELETE', { simple: true })) !== 'delete') throw new Error('in use')
  } catch {
    throw new StoreError(`The database ${database} is in use. Stop the server first: a restore replaces what it holds.`)
  } finally {
    present.close()
  }
}
