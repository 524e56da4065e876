/**
 * The thread that loads: reads the steering files, the databases and the master files, compiles what is new, and ends. The main
 * thread goes on answering and probing meanwhile.
 */
import { readFileSync, statSync } from 'node:fs'
import { parentPort, Worker } from 'node:worker_threads'
import { hasErrors, type Issue } from '../base/index.ts'
import { readSteering, type Steering } from '../steer/index.ts'
import { compilePlaces, type Places, type PlacesJob } from './compile-places.ts'
import { openDatabases } from './databases.ts'
import { type Discovered, discover } from './discover.ts'
import { planRules } from './load-geo.ts'
import type { LoadReply, LoadRequest, ReplySteering, ReplyZone } from './load-model.ts'
import { loadZoneFile, missingZone, numberRecords, stampOf } from './load-zones.ts'
import { shownPath } from './shown-path.ts'

/** With more to read than this, the places are compiled by another thread meanwhile; with less it would not have begun yet. */
const LARGE_OCTETS = 4_000_000

/** What a city database is while it is examined, and more. */
const PLACES_HEAP_MB = 4096

async function load(request: LoadRequest): Promise<LoadReply> {
  const found = discover(request.zones, shownPath(request.zones))
  const issues: Issue[] = [...found.issues]
  const texts = found.steering.map((path) => ({ file: shownPath(path), text: readText(path, issues) }))
  const databases = openDatabases(request.geoip)
  const geoKey = databases.map(({ path }) => `${path} ${stampOf(path)}`).join('\n')
  const key = [...found.steering.map((path, i) => `${path} ${texts[i]!.text}`), geoKey].join('\n')

  const numbers = [...request.numbers]
  // Read even when nothing changed: the zones below are checked against the steered names.
  const reading = readSteering(texts)
  issues.push(...reading.issues)
  const steered = numberRecords(reading.steering, numbers)
  const known = new Map(request.knownZones.map((zone) => [zone.name, zone]))
  const rules =
    key !== request.steeringKey && !hasErrors(issues)
      ? planRules(reading.steering, numbers, databases, geoKey, request.geo)
      : undefined
  const places =
    rules?.job === undefined
      ? undefined
      : newOctets(found, known) > LARGE_OCTETS
        ? compileBeside(rules.job)
        : compilePlaces(rules.job)

  const zones: ReplyZone[] = found.zones.map((file) =>
    loadZoneFile(file, steered.get(file.origin) ?? NOTHING_STEERED, known.get(file.origin), request.serving),
  )
  let steering: ReplySteering | undefined
  if (rules !== undefined) {
    const compiled = rules.finish(await places)
    issues.push(...compiled.issues)
    steering = {
      key,
      steering: reading.steering,
      issues: [...found.issues, ...reading.issues, ...compiled.issues],
      records: compiled.records,
      maps: compiled.maps,
      countries: compiled.geo.countries,
      databases: compiled.geo.databases,
      geo: compiled.geo,
    }
  }
  for (const zone of zones) issues.push(...(zone.issues ?? []))
  issues.push(
    ...steeredWithoutZone(
      reading.steering,
      new Set([...zones.map(({ name }) => name), ...request.elsewhere]),
      request.zones,
    ),
  )
  for (const zone of zones) if (request.elsewhere.includes(zone.name)) issues.push(twice(zone))
  if (hasErrors(issues)) return { ok: false, issues }
  return { ok: true, zones, steering, numbers }
}

const NOTHING_STEERED: ReadonlyMap<string, number> = new Map()

/** @returns octets of the master files that no earlier load has read */
function newOctets({ zones }: Discovered, known: ReadonlyMap<string, unknown>): number {
  let octets = 0
  for (const { origin, path } of zones)
    if (!known.has(origin)) octets += statSync(path, { throwIfNoEntry: false })?.size ?? 0
  return octets
}

function compileBeside(job: PlacesJob): Promise<Places> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(new URL('./places-thread.js', import.meta.url), {
      name: 'places',
      workerData: job,
      resourceLimits: { maxOldGenerationSizeMb: PLACES_HEAP_MB },
    })
    thread.once('message', resolve)
    thread.once('error', reject)
    thread.once('exit', (code) =>
      reject(new Error(`the thread that compiles places ended (exit ${code}) without a word`)),
    )
  })
}

function readText(path: string, issues: Issue[]): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    issues.push({
      severity: 'error',
      code: 'loader/unreadable',
      file: shownPath(path),
      line: 0,
      column: 0,
      message: `the file cannot be read (${code}).`,
      advice: 'Give the user that Meridian runs as the right to read it.',
    })
    return ''
  }
}

function twice({ name, file }: ReplyZone): Issue {
  return {
    severity: 'error',
    code: 'loader/zone-twice',
    file,
    line: 0,
    column: 0,
    message: `zone ${name} has this master file, but is a secondary zone by meridian.yaml.`,
    advice: 'Take the file away, or the zone out of the key secondary.',
  }
}

/** One issue for each zone, at the first record that steers it. */
function steeredWithoutZone(steering: Steering, zones: ReadonlySet<string>, folder: string): Issue[] {
  const missing = new Map<string, Issue>()
  for (const { zone, origin } of steering.records.values()) {
    if (zones.has(zone) || missing.has(zone)) continue
    const at =
      origin.kind === 'file'
        ? { file: origin.file, line: origin.line, column: origin.column }
        : { file: '', line: 0, column: 0 }
    missing.set(zone, missingZone(zone, folder, at))
  }
  return [...missing.values()]
}

// One request, one reply, then the end.
parentPort?.once('message', async (request: LoadRequest) => parentPort?.postMessage(await load(request)))
