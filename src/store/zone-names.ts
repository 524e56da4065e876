/**
 * The names of the zones that live in the database, read without opening it for writing: the files are loaded while another
 * server may still hold it.
 */
import { existsSync } from 'node:fs'
import Database from 'better-sqlite3'

/** @returns absolute names; none where there is no database, or none that this version can read */
export function zoneNames(file: string): readonly string[] {
  if (!existsSync(file)) return []
  try {
    const db = new Database(file, { readonly: true, timeout: 1000 })
    try {
      return db
        .prepare<[], { name: string }>('SELECT name FROM zone')
        .all()
        .map(({ name }) => name)
    } finally {
      db.close()
    }
  } catch {
    return []
  }
}
