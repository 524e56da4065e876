/**
 * Loads all files off the main thread and keeps what did not change: the port that control reloads through.
 *
 *     request (what is known) ──▶ a thread of its own: read, check, compile ──▶ reply (what is new) ──▶ one LoadedFiles
 *
 * All files load, or none does. The value of an earlier load stays whole: whoever holds it can go back to it.
 */
import { createHash } from 'node:crypto'
import type { Worker } from 'node:worker_threads'
import type { CompiledRecord, LoadedZone, Structure } from '../answer/index.ts'
import { hasErrors, type Issue, sortIssues } from '../base/index.ts'
import type { LoadedFiles, Loader } from '../control/index.ts'
import type { Node } from '../steer/index.ts'
import type { DatabaseFile, GeoipFiles, LoadReply, LoadRequest, ReplySteering, ReplyZone } from './load-model.ts'

export interface FileLoaderOptions {
  /** absolute path of the folder with master and steering files */
  readonly zones: string
  readonly geoip: GeoipFiles
  /** zones that come from elsewhere: absolute, lower case */
  readonly elsewhere?: () => readonly string[]
  /** a thread that runs load-thread.ts, for one load; it may have been started before it was needed */
  readonly startThread: () => Worker
}

export interface FileLoader extends Loader {
  /** absolute paths that the last load read beside what lies in the zones folder: included files, databases */
  readFiles(): readonly string[]
  /** the databases of the last load */
  databases(): readonly DatabaseFile[]
  /** how long the last load took in its thread, ms */
  lastMs(): number
}

interface Kept {
  readonly zones: ReadonlyMap<
    string,
    ReplyZone & { readonly image: SharedArrayBuffer; readonly issues: readonly Issue[] }
  >
  readonly steering: ReplySteering
  readonly records: readonly (CompiledRecord | undefined)[]
  readonly files: LoadedFiles
}

export function createFileLoader(options: FileLoaderOptions): FileLoader {
  let kept: Kept | undefined
  let numbers: readonly string[] = []
  let lastMs = 0

  const loadNow = async (): Promise<
    { readonly ok: true; readonly files: LoadedFiles } | { readonly ok: false; readonly issues: readonly Issue[] }
  > => {
    const startedMs = performance.now()
    const request: LoadRequest = {
      zones: options.zones,
      geoip: options.geoip,
      elsewhere: options.elsewhere?.() ?? [],
      numbers,
      knownZones: [...(kept?.zones.values() ?? [])].map(({ name, file, key, includes }) => ({
        name,
        file,
        key,
        includes,
      })),
      steeringKey: kept?.steering.key ?? '',
      geo: kept?.steering.geo,
    }
    const reply = await runThread(request, options.startThread())
    lastMs = performance.now() - startedMs
    if (!reply.ok) return { ok: false, issues: sortIssues(reply.issues) }
    numbers = reply.numbers
    kept = merge(kept, reply)
    return { ok: true, files: kept.files }
  }

  // One load at a time: each builds on what the one before it found.
  let queue: Promise<unknown> = Promise.resolve()
  return {
    load() {
      const run = queue.then(loadNow)
      queue = run.catch(() => undefined)
      return run
    },
    readFiles: () => [
      ...[...(kept?.zones.values() ?? [])].flatMap((zone) => zone.includes),
      ...(kept?.steering.databases.map(({ file }) => file) ?? []),
    ],
    databases: () => kept?.steering.databases ?? [],
    lastMs: () => lastMs,
  }
}

function runThread(request: LoadRequest, thread: Worker): Promise<LoadReply> {
  return new Promise((resolve, reject) => {
    thread.ref()
    thread.once('message', (reply: LoadReply) => {
      // It ends by itself; nobody waits for it to give its tables back.
      thread.unref()
      resolve(reply)
    })
    thread.once('error', reject)
    thread.once('exit', (code) => reject(new Error(`the thread that loads files ended (exit ${code}) without a word`)))
    thread.postMessage(request)
  })
}

function merge(before: Kept | undefined, reply: LoadReply & { readonly ok: true }): Kept {
  const zones = new Map<string, ReplyZone & { image: SharedArrayBuffer; issues: readonly Issue[] }>()
  let changed = before === undefined || before.zones.size !== reply.zones.length
  for (const zone of reply.zones) {
    if (zone.image === undefined) {
      zones.set(zone.name, before!.zones.get(zone.name)!)
      continue
    }
    changed = true
    zones.set(zone.name, { ...zone, image: zone.image, issues: zone.issues ?? [] })
  }
  const steering = reply.steering ?? before!.steering
  if (reply.steering === undefined && !changed && before !== undefined) return before
  const records = reply.steering === undefined ? before!.records : compiledRecords(reply.steering)
  const structure: Structure = {
    zones: [...zones.values()].map(({ name, image }): LoadedZone => ({ name, image, expired: false })),
    maps: steering.maps,
    records,
    countries: steering.countries,
  }
  const files: LoadedFiles = {
    steering: steering.steering,
    issues: sortIssues([...steering.issues, ...[...zones.values()].flatMap(({ issues }) => issues)]).filter(
      (issue) => !hasErrors([issue]),
    ),
    zones: [...zones.values()].map(({ name, serial, records }) => ({ name, serial, records })),
    image: structure,
    fingerprint: fingerprintOf([steering.key, ...[...zones.values()].map(({ name, key }) => `${name} ${key}`)]),
  }
  return { zones, steering, records, files }
}

function fingerprintOf(keys: readonly string[]): string {
  const hash = createHash('sha256')
  for (const key of keys) hash.update(key).update('\0')
  return hash.digest('hex')
}

function compiledRecords({ steering, records }: ReplySteering): (CompiledRecord | undefined)[] {
  return records.map((reply) => {
    const record = reply === undefined ? undefined : steering.records.get(reply.name)
    if (reply === undefined || record === undefined) return undefined
    return {
      record,
      map: reply.map,
      classes: reply.classes.map(({ rule, sites }) => ({
        rule,
        order: sites === undefined ? undefined : (nodes) => nodesBySite(nodes, sites),
      })),
    }
  })
}

/** Node names in the order of their sites; a node that was added since stands where its site does. */
function nodesBySite(nodes: ReadonlyMap<string, Node>, sites: readonly string[]): readonly string[] {
  const rank = new Map(sites.map((site, i) => [site, i]))
  const of = ({ site }: Node): number => (site === undefined ? undefined : rank.get(site)) ?? sites.length
  return [...nodes.values()].sort((a, b) => of(a) - of(b)).map(({ name }) => name)
}
