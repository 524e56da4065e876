/**
 * The victim of bench/durability.ts: writes through control into a database file, one write after the other, and says the
 * number of each once it was acknowledged. Somebody kills it.
 *
 *     node build/bench/durability-writer.js FILE
 */
import { writeSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { seededRandom } from '../src/base/index.ts'
import { type By, type Control, createControl, createFleet, type LoadedFiles } from '../src/control/index.ts'
import { readSteering } from '../src/steer/index.ts'
import { createStore, openDatabase } from '../src/store/index.ts'

export const NODES = 20
const BY: By = { author: 'bench', from: '-' }

const STEERING = `
zone: portal.example
nodes:
${Array.from({ length: NODES }, (_, i) => `  n-${i}: { a: 192.0.2.${i + 1} }`).join('\n')}
pools:
  all: { nodes: [${Array.from({ length: NODES }, (_, i) => `n-${i}`).join(', ')}] }
records:
  www: all
`

/** Write number i, always a change: a weight; every third time also a node that is new or differs, every fifth an intent. */
export function writeNumber(control: Control, i: number): void {
  if (i % 3 === 0)
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

export function openControl(file: string): { readonly control: Control; readonly close: () => void } {
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
  return { control, close: () => db.close() }
}

/** The number of the last write that the journal holds. */
export function lastWrite(control: Control): number {
  return control.events({ kind: 'write', author: BY.author, limit: 1_000_000 }).length
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const file = process.argv[2]
  if (file === undefined) throw new Error('usage: durability-writer FILE')
  const { control } = openControl(file)
  for (let i = lastWrite(control) + 1; ; i++) {
    writeNumber(control, i)
    writeSync(1, `${i}\n`)
  }
}
