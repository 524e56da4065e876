/**
 * What steering needs to know of places: for every distinct set of rules the map from a client's address to its class. First what
 * is missing is written down as a job, then the job is done, here or in a thread of its own, then all is put together.
 */
import { assert, hasErrors, type Issue } from '../base/index.ts'
import { checkKnowledge, matchesEveryone, nearestSites, type SteeredRecord, type Steering } from '../steer/index.ts'
import { compilePlaces, type Places, type PlacesJob, type WantedMap } from './compile-places.ts'
import type { DatabasePath, GeoMemory, KnownMap, ReplyRecord } from './load-model.ts'

export interface CompiledRules {
  /** of the databases, and of rules that ask what no database knows */
  readonly issues: readonly Issue[]
  readonly records: readonly (ReplyRecord | undefined)[]
  readonly maps: readonly SharedArrayBuffer[]
  readonly geo: GeoMemory
}

export interface RulesPlan {
  /** undefined: an earlier load left all that is needed */
  readonly job: PlacesJob | undefined
  /** @param places what came of the job */
  finish(places: Places | undefined): CompiledRules
}

/** Plans and compiles here and now; the arguments are planRules'. */
export function compileRules(...of: Parameters<typeof planRules>): CompiledRules {
  const { job, finish } = planRules(...of)
  return finish(job === undefined ? undefined : compilePlaces(job))
}

/**
 * @param key    paths and stamps of the databases
 * @param before what the last load kept; used where the databases are the same
 */
export function planRules(
  steering: Steering,
  numbers: readonly string[],
  paths: readonly DatabasePath[],
  key: string,
  before: GeoMemory | undefined,
): RulesPlan {
  const memory = before?.key === key ? before : undefined
  const steered = numbers.map((name) => steering.records.get(name))
  // Records with the same rules share a map.
  const keys = steered.map((record) => (record === undefined || isForEveryone(record) ? '' : keyOf(record, steering)))
  const missing = new Map<string, WantedMap>()
  for (const [i, mapKey] of keys.entries())
    if (mapKey !== '' && memory?.maps.has(mapKey) !== true && !missing.has(mapKey))
      missing.set(mapKey, { key: mapKey, ...matchedBy(steered[i]!, steering) })
  const countries =
    memory?.countries === undefined &&
    memory?.databases.length !== 0 &&
    [...steering.records.values()].some((record) => !isForEveryone(record))
  // What was examined in an earlier load is only opened again, and only for rules that are new.
  const job: PlacesJob | undefined =
    memory !== undefined && missing.size === 0 && !countries
      ? undefined
      : { paths, examineAtMs: memory === undefined ? Date.now() : undefined, maps: [...missing.values()], countries }
  return { job, finish: (places) => assemble(steering, { steered, keys }, key, memory, places) }
}

function assemble(
  steering: Steering,
  { steered, keys }: { steered: readonly (SteeredRecord | undefined)[]; keys: readonly string[] },
  key: string,
  memory: GeoMemory | undefined,
  places: Places | undefined,
): CompiledRules {
  const known = memory ?? places
  assert(known !== undefined, 'without a memory there is a job')
  const { databases, knows, issues } = known
  const images: SharedArrayBuffer[] = []
  const used = new Map<string, KnownMap>()
  const numberOf = new Map<string, number>()
  const records = steered.map((record, i): ReplyRecord | undefined => {
    const mapKey = keys[i]!
    if (record === undefined) return undefined
    if (mapKey === '') return { name: record.name, map: -1, classes: [{ rule: 0, sites: undefined }] }
    const map = (memory?.maps.get(mapKey) ?? places?.maps.get(mapKey))!
    if (!used.has(mapKey)) {
      used.set(mapKey, map)
      numberOf.set(mapKey, images.push(map.image) - 1)
    }
    return { name: record.name, map: numberOf.get(mapKey)!, classes: map.classes }
  })
  // A database that could not be read is missed, but that was said.
  const missed = hasErrors(issues) ? [] : checkKnowledge(steering, knows)
  return {
    issues: [...issues, ...missed],
    records,
    maps: images,
    geo: { key, databases, knows, issues, countries: memory?.countries ?? places?.countries, maps: used },
  }
}

/** One rule for everyone, and no order of sites: the client does not matter. */
function isForEveryone({ rules, pick }: SteeredRecord): boolean {
  return rules.length === 1 && pick !== 'nearest' && matchesEveryone(rules[0]!.match)
}

function matchedBy(record: SteeredRecord, steering: Steering): Pick<WantedMap, 'matchers' | 'sites'> {
  return {
    matchers: record.rules.map(({ match }) => match),
    sites: record.pick === 'nearest' ? record.rules.map((_, rule) => nearestSites(record, rule, steering)) : [],
  }
}

function keyOf(record: SteeredRecord, steering: Steering): string {
  const { matchers, sites } = matchedBy(record, steering)
  return JSON.stringify([
    sites,
    matchers.map((m) => ({ ...m, net: m.net.map(({ address, prefixLength }) => [...address, prefixLength]) })),
  ])
}
