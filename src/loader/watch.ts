/**
 * Notices that files have changed: those of a folder, and single files that are replaced now and then.
 *
 *     fs.watch says "something" ─┐
 *                                ├─▶ take a census ─▶ differs from the last? ─▶ wait until it is steady ─▶ changed(paths)
 *     every pollMs, to be sure ──┘
 *
 * fs.watch alone would not do: network and container file systems say nothing, and an editor's rename ends the watch of a
 * file. The census alone would do, a little later. Nothing is told while the census still moves: a file that is being written is
 * not read half.
 */
import { type FSWatcher, readdirSync, statSync, watch } from 'node:fs'
import { dirname, join } from 'node:path'
import { isEditors } from './discover.ts'

export interface WatchOptions {
  /** folders whose files (by `endings`) are watched, not those of their folders */
  readonly folders: readonly string[]
  /** such as ['.zone', '.yaml'] */
  readonly endings: readonly string[]
  /** single files, asked each time: what a zone file includes may change with it */
  files(): readonly string[]
  /** absolute paths that are new, gone or different; called one at a time, and a change meanwhile is told after it */
  changed(paths: readonly string[]): void | Promise<void>
  /** the census at least this often (default 1000 ms) */
  readonly pollMs?: number
  /** how long the census must stay the same (default 150 ms) */
  readonly steadyMs?: number
}

export interface Watcher {
  /** Looks now instead of at the next sign; resolves when what was found has been told. */
  look(): Promise<void>
  close(): void
}

/** path -> what stat says of it; a file replaced by another of the same size and time still has another inode */
type Census = ReadonlyMap<string, string>

/** Watches from now on: what is there already is not told. */
export function watchFiles(options: WatchOptions): Watcher {
  const pollMs = options.pollMs ?? 1000
  const steadyMs = options.steadyMs ?? 150
  let censusMs = 0
  let told = takeCensus(options)
  let closed = false
  let busy: Promise<void> | undefined
  let again = false
  let soon: NodeJS.Timeout | undefined
  const watchers = new Map<string, FSWatcher>()

  const look = (): Promise<void> => {
    if (busy !== undefined) {
      again = true
      return busy
    }
    busy = round().finally(() => {
      busy = undefined
    })
    return busy
  }

  const round = async (): Promise<void> => {
    do {
      again = false
      const startedMs = performance.now()
      let seen = takeCensus(options)
      censusMs = performance.now() - startedMs
      if (differences(told, seen).length === 0) continue
      for (;;) {
        await new Promise((resolve) => setTimeout(resolve, steadyMs))
        if (closed) return
        const next = takeCensus(options)
        if (differences(seen, next).length === 0) break
        seen = next
      }
      const paths = differences(told, seen)
      told = seen
      followFolders()
      if (paths.length > 0) await options.changed(paths)
    } while (again && !closed)
  }

  /** One watcher for each folder: recursive watching is not to be had on every platform and Node. */
  const followFolders = (): void => {
    const folders = new Set([...options.files().map((file) => dirname(file)), ...options.folders])
    for (const [folder, watcher] of watchers)
      if (!folders.has(folder)) {
        watcher.close()
        watchers.delete(folder)
      }
    for (const folder of folders) {
      if (watchers.has(folder)) continue
      try {
        const watcher = watch(folder, { persistent: false }, () => {
          soon ??= setTimeout(() => {
            soon = undefined
            void look()
          }, 20)
        })
        // A folder that goes away: the census will tell, and a new one is watched again.
        watcher.on('error', () => {
          watcher.close()
          watchers.delete(folder)
        })
        watchers.set(folder, watcher)
      } catch {
        // No such folder yet, or no watches left (ENOSPC): the census goes on without.
      }
    }
  }

  followFolders()
  let timer: NodeJS.Timeout | undefined
  const poll = (): void => {
    // A census of very many files takes its time; it may have a fiftieth of the thread.
    timer = setTimeout(
      () => {
        followFolders()
        void look().finally(() => {
          if (!closed) poll()
        })
      },
      Math.max(pollMs, 50 * censusMs),
    )
    timer.unref()
  }
  poll()
  return {
    look,
    close() {
      closed = true
      if (timer !== undefined) clearTimeout(timer)
      if (soon !== undefined) clearTimeout(soon)
      for (const watcher of watchers.values()) watcher.close()
      watchers.clear()
    },
  }
}

function takeCensus(options: WatchOptions): Census {
  const census = new Map<string, string>()
  for (const folder of options.folders)
    for (const path of filesIn(folder, options.endings)) census.set(path, fingerprint(path))
  for (const path of options.files()) census.set(path, fingerprint(path))
  return census
}

function fingerprint(path: string): string {
  try {
    const { ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true })
    return `${ino} ${size} ${mtimeNs} ${ctimeNs}`
  } catch {
    return 'gone'
  }
}

function differences(before: Census, now: Census): string[] {
  const paths = [...now.keys()].filter((path) => before.get(path) !== now.get(path))
  return [...paths, ...[...before.keys()].filter((path) => !now.has(path))]
}

/** The files directly in a folder whose names have one of the endings, sorted; a folder that is not there has none. */
function filesIn(folder: string, endings: readonly string[]): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => !isEditors(name) && endings.some((ending) => name.endsWith(ending)))
      .sort()
      .map((name) => join(folder, name))
  } catch {
    return []
  }
}
