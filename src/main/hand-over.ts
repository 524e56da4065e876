/**
 * A new process takes over from a running one (`--replace`): first what operators did, then the queries.
 *
 *     new: files load ─▶ SIGUSR2 ─▶ waits for the pid file to go ─▶ opens the database ─▶ serves ─▶ SIGTERM to the old one
 *     old:                 └─▶ API closed, database written and closed, pid file removed; goes on answering ──────────┘
 *
 * So no write is acknowledged by the old process that the new one does not find, and no query is lost.
 */
import { readFileSync, unlinkSync, writeFileSync } from 'node:fs'
import type { Settings } from '../loader/index.ts'
import { pidFile } from './places.ts'

/** The old one closes a database and a listener; more than this is a process that does not listen any more. */
const MOST_WAIT_MS = 10_000
const LOOK_MS = 10

export const HAND_OVER_SIGNAL = 'SIGUSR2'

/** Says that this process holds the database. */
export function writePid(settings: Settings): void {
  writeFileSync(pidFile(settings), `${process.pid}\n`)
}

/** @returns only where the file is this process's own */
export function removePid(settings: Settings): void {
  if (readPid(settings) === process.pid) unlinkSync(pidFile(settings))
}

/**
 * A start by mistake beside a running server must not touch its database: it would write a start that never was, and take the pid file
 * with it when it finds the port in use. Throws a sentence.
 */
export function requireAlone(settings: Settings): void {
  const pid = readPid(settings)
  if (pid === undefined || pid === process.pid || !isServer(pid)) return
  throw new Error(
    `Meridian is running on the data folder ${settings.data} already (process ${pid}). ` +
      'Stop it, name another folder with --data, or take over with --replace.',
  )
}

/** A pid file outlives a power cut, and its number may belong to another program by then. */
function isServer(pid: number): boolean {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
    return words.includes('serve') && words.some((word) => /(^|\/)(meridian|main\.js)$/.test(word))
  } catch {
    return false
  }
}

/** Asks the running server for the database. @returns once it has let go, or where none runs. Throws a sentence where it does not */
export async function takeOver(settings: Settings): Promise<void> {
  const pid = readPid(settings)
  if (pid === undefined || pid === process.pid || !isAlive(pid)) return
  process.kill(pid, HAND_OVER_SIGNAL)
  const deadline = performance.now() + MOST_WAIT_MS
  while (readPid(settings) === pid && isAlive(pid)) {
    if (performance.now() > deadline)
      throw new Error(
        `The running server (pid ${pid}) does not hand over. Stop it, and start this one without --replace.`,
      )
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
}

function readPid(settings: Settings): number | undefined {
  try {
    const pid = Number(readFileSync(pidFile(settings), 'utf8').trim())
    return Number.isInteger(pid) && pid > 1 ? pid : undefined
  } catch {
    return undefined
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
