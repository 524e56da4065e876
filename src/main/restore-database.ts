/**
 * `meridian restore`: puts a backup in the place of the database, while no server runs on it.
 */
import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { printIssue } from '../base/index.ts'
import type { RestoreOptions } from '../cli/index.ts'
import { readSettings } from '../loader/index.ts'
import { checkBackup, restoreFrom } from '../store/index.ts'
import { databaseFile } from './places.ts'

/** @throws Error with a sentence for the operator */
export async function restoreDatabase(options: RestoreOptions): Promise<string> {
  const { settings, issues } = readSettings({ config: options.config })
  if (settings === undefined) throw new Error(issues.map(printIssue).join('\n'))
  const database = databaseFile(settings)
  checkBackup(options.file)
  if (existsSync(database) && !options.force)
    throw new Error(`${database} exists. Add --force to replace it; what it holds now is lost then.`)
  mkdirSync(dirname(database), { recursive: true })
  restoreFrom(options.file, database)
  return `${database} now holds what ${options.file} held.`
}
