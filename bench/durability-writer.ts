/**
 * The victim of bench/durability.ts: writes through control, and by dynamic update, into a database file, one write after the other, and says the
 * number of each once it was acknowledged. Somebody kills it.
 *
 *     node build/bench/durability-writer.js FILE
 */
import { writeSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { seededRandom } from '../src/base/index.ts'
import { BY_ITSELF, type By, type Control, createControl, createFleet, type LoadedFiles } from '../src/control/index.ts'
import { readSteering } from '../src/steer/index.ts'
import { createStore, createZoneArchive, openDatabase } from '../src/store/index.ts'
import { createKeptZones, type KeptZones } from '../src/transfer/index.ts'
import { CLASS, parseName, RCODE, TYPE } from '../src/wire/index.ts'
import type { ZoneRecord } from '../src/zone/index.ts'

export const NODES = 20
const BY: By = { author: 'bench', from: '-' }
const KEY = 'bench.'
const ZONE = 'kept.example.'
const ZONE_FILE = '@ 300 SOA ns1 hostmaster 1 7200 900 1209600 300\n@ 300 NS ns1\nns1 300 A 192.0.2.1\n'
const OWNER = parseName(`last.${ZONE}`)!

const STEERING = `
zone: portal.example
nodes:
${Array.from({ length: NODES }, (_, i) => `  n-${i}: { a: 192.0.2.${i + 1} }`).join('\n')}
pools:
  all: { nodes: [${Array.from({ length: NODES }, (_, i) => `n-${i}`).join(', ')}] }
records:
  www: all
`

export interface Written {
  readonly control: Control
  readonly kept: KeptZones
  readonly close: () => void
}

/** Write number i, always a change: a weight; every third time a node that is new or differs, every fifth an intent, every seventh a dynamic update. */
export function writeNumber({ control, kept }: Written, i: number): void {
  if (i % 7 === 0) {
    const all = { owner: OWNER, type: TYPE.TXT, class: CLASS.ANY, ttl: 0, rdata: new Uint8Array(0) }
    const asker = { address: Uint8Array.of(127, 0, 0, 1), key: KEY }
    const done = kept.update(parseName(ZONE)!, [], [all, { ...lastRecord(i), class: CLASS.IN }], asker)
    if (done?.rcode !== RCODE.NOERROR) throw new Error(`update ${i} was answered ${done?.rcode}`)
  } else if (i % 3 === 0)
    control.putNode(BY, `x-${i % 10}`, {
      a: [`203.0.113.${i % 200}`],
      aaaa: [],
      site: undefined,
      weight: i % 60_000,
      pools: ['all'],
      leaseMs: undefined,
    })
  else if (i % 5 === 0)
    control.setIntent(BY, { node: `n-${i % NODES}` }, 'drain', { reason: `write ${i}`, force: true })
  else control.setWeight(BY, { node: `n-${i % NODES}` }, i % 65_536)
}

/** What update number i leaves in the zone: its number as text. */
function lastRecord(i: number): ZoneRecord {
  const text = Buffer.from(String(i))
  return { owner: OWNER, type: TYPE.TXT, ttl: 60, rdata: Uint8Array.of(text.length, ...text) }
}

/** The number of the last update that is in the zone; undefined: none is. */
export function lastUpdate({ kept }: Written): number | undefined {
  const rdata = kept.model(ZONE)?.set(OWNER, TYPE.TXT)?.rdatas[0]
  return rdata === undefined ? undefined : Number(Buffer.from(rdata.subarray(1)).toString())
}

export function openWritten(file: string): Written {
  const db = openDatabase(file)
  const files: LoadedFiles = {
    steering: readSteering([{ file: 'bench.yaml', text: STEERING }]).steering,
    issues: [],
    zones: [],
    image: undefined,
    fingerprint: 'bench',
  }
  const control = createControl({
    store: createStore(db),
    loader: { load: async () => ({ ok: true, files }) },
    publisher: { declare: () => undefined, publish: () => undefined, lastAnswered: () => undefined },
    fleet: createFleet({ random: seededRandom(1) }),
    now: Date.now,
    soon: setImmediate,
    trouble: (message) => {
      throw new Error(message)
    },
  })
  control.start(files)
  const kept = createKeptZones({
    archive: createZoneArchive(db),
    nowMs: Date.now,
    keys: () => new Set([KEY]),
    taken: () => undefined,
    steered: () => new Set(),
    changed: () => undefined,
    removed: () => undefined,
    journal: (entry, work) => control.writeBeside(entry, work),
    log: { info: () => undefined, warn: () => undefined },
  })
  kept.start()
  if (kept.zones.length === 0) kept.put(ZONE, ZONE, Buffer.from(ZONE_FILE), [{ key: KEY }], BY_ITSELF)
  return { control, kept, close: () => db.close() }
}

/** The number of the last write that the journal holds. */
export function lastWrite({ control }: Written): number {
  const entries = control.events({ kind: 'write', limit: 1_000_000 })
  return entries.filter(({ author }) => author !== BY_ITSELF.author).length
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const file = process.argv[2]
  if (file === undefined) throw new Error('usage: durability-writer FILE')
  const written = openWritten(file)
  for (let i = lastWrite(written) + 1; ; i++) {
    writeNumber(written, i)
    writeSync(1, `${i}\n`)
  }
}
