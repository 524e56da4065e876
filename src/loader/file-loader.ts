/**
 * Loads all files off the main thread and keeps what did not change: the port that control reloads through. What it loaded it can
 * lay down in a folder and take up again after a restart.
 *
 *     request (what is known) ──▶ a thread of its own: read, check, compile ──▶ reply (what is new) ──▶ one LoadedFiles
 *
 * All files load, or none does. The value of an earlier load stays whole: whoever holds it can go back to it.
 */
import { createHash, randomUUID } from 'node:crypto'
import type { Worker } from 'node:worker_threads'
import type { CompiledRecord, LoadedZone, Structure } from '../answer/index.ts'
import { hasErrors, type Issue, sortIssues } from '../base/index.ts'
import type { KeptStates, LoadedFiles, Loader } from '../control/index.ts'
import type { Node } from '../steer/index.ts'
import { hasState, readState, retainStates, type State, writeState } from './kept-states.ts'
import type { DatabaseFile, GeoipFiles, LoadReply, LoadRequest, ReplySteering, ReplyZone } from './load-model.ts'

export interface FileLoaderOptions {
  /** absolute path of the folder with master and steering files */
  readonly zones: string
  /** the zones are to be served, not only checked: see ZoneSource */
  readonly serving?: boolean
  readonly geoip: GeoipFiles
  /** zones that come from elsewhere: absolute, lower case */
  readonly elsewhere?: () => readonly string[]
  /** a thread that runs load-thread.ts, for one load; it may have been started before it was needed */
  readonly startThread: () => Worker
  /** where states are laid down: a folder for nothing else, and which version of the program writes and reads them */
  readonly states?: { readonly folder: string; readonly version: string }
}

export interface FileLoader extends Loader {
  /** undefined: without a folder for them */
  readonly states: KeptStates | undefined
  /** absolute paths that the last load read beside what lies in the zones folder: included files, databases */
  readFiles(): readonly string[]
  /** the databases of the last load */
  databases(): readonly DatabaseFile[]
  /** how long the last load took in its thread, ms */
  lastMs(): number
}

type KeptZone = ReplyZone & { readonly image: SharedArrayBuffer; readonly issues: readonly Issue[] }

interface Kept {
  readonly zones: ReadonlyMap<string, KeptZone>
  readonly steering: ReplySteering
  readonly records: readonly (CompiledRecord | undefined)[]
  readonly files: LoadedFiles
}

/** What a state is made of; of what is only remembered to compile less the next time, nothing. */
type Made = Pick<Kept, 'zones'> & { readonly steering: Omit<ReplySteering, 'geo'> & { readonly geo?: unknown } }

/** What is laid down beside the buffers: images, maps, countries, in this order. */
interface Parcel {
  readonly zones: readonly Omit<KeptZone, 'image'>[]
  readonly steering: Omit<ReplySteering, 'geo' | 'maps' | 'countries'> & {
    readonly countries: readonly string[] | undefined
  }
  readonly maps: number
  readonly numbers: readonly string[]
  /** states of one line number the records alike */
  readonly line: string
}

export function createFileLoader(options: FileLoaderOptions): FileLoader {
  let kept: Kept | undefined
  let numbers: readonly string[] = []
  // States of one line number the records alike: only they can follow one another in the answers.
  let line = randomUUID() as string
  let anew = false
  const made = new WeakMap<LoadedFiles, Made>()
  let lastMs = 0

  const loadNow = async (): Promise<
    { readonly ok: true; readonly files: LoadedFiles } | { readonly ok: false; readonly issues: readonly Issue[] }
  > => {
    const startedMs = performance.now()
    const request: LoadRequest = {
      zones: options.zones,
      serving: options.serving ?? false,
      geoip: options.geoip,
      elsewhere: options.elsewhere?.() ?? [],
      numbers,
      knownZones: [...(anew ? [] : (kept?.zones.values() ?? []))].map(({ name, file, key, includes }) => ({
        name,
        file,
        key,
        includes,
      })),
      steeringKey: anew ? '' : (kept?.steering.key ?? ''),
      geo: kept?.steering.geo,
    }
    const reply = await runThread(request, options.startThread())
    lastMs = performance.now() - startedMs
    if (!reply.ok) return { ok: false, issues: sortIssues(reply.issues) }
    numbers = reply.numbers
    kept = merge(anew ? undefined : kept, reply)
    anew = false
    made.set(kept.files, kept)
    return { ok: true, files: kept.files }
  }

  const statesIn = ({ folder, version }: NonNullable<FileLoaderOptions['states']>): KeptStates => {
    const onDisk = new Set<string>()
    const recalled = new WeakMap<LoadedFiles, Parcel>()
    const keepNow = async (files: LoadedFiles): Promise<void> => {
      if (onDisk.has(files.fingerprint) && (await hasState(folder, files.fingerprint))) return
      const whole = made.get(files)
      if (whole === undefined) return
      await writeState(folder, files.fingerprint, version, packed(whole, numbers, line))
      onDisk.add(files.fingerprint)
    }
    // One after the other: nothing is removed while it is written.
    let last: Promise<unknown> = Promise.resolve()
    const inTurn = (work: () => Promise<void> | void): Promise<void> => {
      const done = last.then(work)
      last = done.catch(() => undefined)
      return done
    }
    return {
      keep: (files) => inTurn(() => keepNow(files)),
      recall(fingerprint) {
        const state = readState<Parcel>(folder, fingerprint, version)
        if (state === undefined) return undefined
        const whole = unpacked(state)
        const files = { ...filesOf(whole.zones, whole.steering, compiledRecords(whole.steering)), fingerprint }
        made.set(files, whole)
        recalled.set(files, state.value)
        return files
      },
      continueFrom(files) {
        const parcel = recalled.get(files)
        if (parcel === undefined) return
        if (parcel.line !== line || parcel.numbers.length > numbers.length) numbers = parcel.numbers
        line = parcel.line
        onDisk.add(files.fingerprint)
        // What was loaded already numbers the records in its own way.
        anew = true
      },
      retain: (fingerprints) => inTurn(() => retainStates(folder, new Set(fingerprints()))),
    }
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
    states: options.states === undefined ? undefined : statesIn(options.states),
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
  return { zones, steering, records, files: filesOf(zones, steering, records) }
}

function filesOf(
  zones: Kept['zones'],
  steering: Omit<ReplySteering, 'geo'>,
  records: readonly (CompiledRecord | undefined)[],
): LoadedFiles {
  const structure: Structure = {
    zones: [...zones.values()].map(({ name, image }): LoadedZone => ({ name, image, expired: false })),
    maps: steering.maps,
    records,
    countries: steering.countries,
  }
  return {
    steering: steering.steering,
    issues: sortIssues([...steering.issues, ...[...zones.values()].flatMap(({ issues }) => issues)]).filter(
      (issue) => !hasErrors([issue]),
    ),
    zones: [...zones.values()].map(({ name, serial, records }) => ({ name, serial, records })),
    image: structure,
    fingerprint: fingerprintOf([steering.key, ...[...zones.values()].map(({ name, key }) => `${name} ${key}`)]),
  }
}

function packed({ zones, steering }: Made, numbers: readonly string[], line: string): State<Parcel> {
  const { geo: _, maps, countries, ...rest } = steering
  return {
    value: {
      zones: [...zones.values()].map(({ image: __, ...zone }) => zone),
      steering: { ...rest, countries: countries?.names },
      maps: maps.length,
      numbers,
      line,
    },
    buffers: [
      ...[...zones.values()].map(({ image }) => image),
      ...maps,
      ...(countries === undefined ? [] : [countries.map]),
    ],
  }
}

function unpacked({ value, buffers }: State<Parcel>): Made {
  const count = value.zones.length
  const { countries, ...steering } = value.steering
  return {
    zones: new Map(value.zones.map((zone, i) => [zone.name, { ...zone, image: buffers[i]! }])),
    steering: {
      ...steering,
      maps: buffers.slice(count, count + value.maps),
      countries: countries === undefined ? undefined : { map: buffers[count + value.maps]!, names: countries },
    },
  }
}

function fingerprintOf(keys: readonly string[]): string {
  const hash = createHash('sha256')
  for (const key of keys) hash.update(key).update('\0')
  return hash.digest('hex')
}

function compiledRecords({ steering, records }: Omit<ReplySteering, 'geo'>): (CompiledRecord | undefined)[] {
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
