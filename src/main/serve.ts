/**
 * The conductor of the running server: wires ports to rooms, holds the clock, and brings everything up and down in order.
 *
 *     settings ─▶ files (a thread of their own) ─┐
 *            └──▶ database, fleet, control ──────┴─▶ answers published ─▶ sockets ─▶ API ─▶ "ready"
 *
 * What can be wrong at a start is one clear sentence and exit 1; what goes wrong later is told in the log, the journal and the API.
 */
import { mkdirSync } from 'node:fs'
import { printIssue } from '../base/index.ts'
import { type ServeOptions, VERSION } from '../cli/index.ts'
import type { LoadedFiles } from '../control/index.ts'
import { createFileLoader, type FileLoader, readSettings, type Settings } from '../loader/index.ts'
import { createServiceManager } from '../serve/index.ts'
import { zoneNames } from '../store/index.ts'
import { takeLoadThread } from './early-thread.ts'
import { requireAlone, takeOver } from './hand-over.ts'
import { createLog, type Log, logIssues } from './log.ts'
import { databaseFile, statesFolder } from './places.ts'

/** Runs the name server until it is told to stop. @returns the exit code */
export async function serve(options: ServeOptions): Promise<number> {
  const { settings, issues } = readSettings({ config: options.config, flags: options.flags })
  if (settings === undefined) {
    process.stderr.write(`${issues.map(printIssue).join('\n')}\n`)
    return 1
  }
  const log = createLog(settings.log.level)
  logIssues(log, issues)
  try {
    return await run(settings, options.replace, log)
  } catch (error) {
    log.fatal({ error: describe(error) }, sentenceOf(error))
    await log.flushed()
    process.stderr.write(`${sentenceOf(error)}\n`)
    return 1
  }
}

async function run(settings: Settings, replace: boolean, log: Log): Promise<number> {
  // The files first: their thread works while this one opens everything else.
  const loader = createFileLoader({
    zones: settings.zones,
    serving: true,
    geoip: settings.geoip,
    startThread: takeLoadThread,
    states: { folder: statesFolder(settings), version: `${VERSION} ${process.versions.v8}` },
    elsewhere: () => [...settings.secondary.keys(), ...zoneNames(databaseFile(settings))],
  })
  const loading = loader.load()
  loading.catch(() => undefined)
  makeFolder(settings.data)
  // A new server that cannot load its files must leave the running one alone.
  if (replace) {
    filesOf(await loading, log)
    await takeOver(settings)
  } else requireAlone(settings)
  const manager = createServiceManager()
  // Most of the program is read while the files are.
  const { RunningServer } = await import('./running-server.ts')
  const server = new RunningServer(settings, loader, log, manager)
  try {
    const files = filesOf(await loading, log)
    await server.start(files, replace)
    manager.ready(server.summary(), () => server.isWell())
    return await server.untilStopped()
  } finally {
    manager.stopping()
    await server.stop()
    await log.flushed()
  }
}

/** Throws where there are none, once the issues are told. */
function filesOf(loaded: Awaited<ReturnType<FileLoader['load']>>, log: Log): LoadedFiles {
  if (loaded.ok) return loaded.files
  logIssues(log, loaded.issues)
  const errors = loaded.issues.filter(({ severity }) => severity === 'error').length
  throw new Error(
    `The files do not load: ${errors} error${errors === 1 ? '' : 's'}, told above. Mend them and start again; meridian check shows them, too.`,
  )
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o750 })
  } catch (error) {
    throw new Error(
      `The data folder ${path} cannot be made: ${describe(error)}. Make it, or name another with --data FOLDER.`,
    )
  }
}

/** What an operator reads. Errors of the rooms carry a sentence, and some an advice. */
function sentenceOf(error: unknown): string {
  const message = describe(error)
  const advice = typeof error === 'object' && error !== null && 'advice' in error ? ` ${String(error.advice)}` : ''
  return `${message}${advice}`
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
