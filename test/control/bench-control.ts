/**
 * A control plane to try things on: real fleet, real store in memory, real steering files as text; virtual time, and a
 * publisher that notes what it is told.
 */
import { seededRandom } from '../../src/base/index.ts'
import {
  type By,
  type Control,
  createControl,
  createFleet,
  type KeptStates,
  type LoadedFiles,
  type Loader,
  type Store,
} from '../../src/control/index.ts'
import type { EvidenceClass } from '../../src/health/index.ts'
import { readSteering } from '../../src/steer/index.ts'
import { createStore, openDatabase, type Sqlite } from '../../src/store/index.ts'

export const ANA: By = { author: 'ana', from: '192.0.2.99' }

export const PORTAL = `
zone: portal.example
defaults: { ttl: { max: 60s, min: 10s }, check: web }
checks:
  web: { http: { path: /health, port: 80, host: www.portal.example, expect: 200 }, timeout: 2s, hysteresis: normal }
sites:
  falkenstein: { country: DE, at: [50.48, 12.37] }
  chisinau: { country: MD, at: [47.01, 28.86] }
nodes:
  de-1: { a: 192.0.2.11, aaaa: "2001:db8::11", site: falkenstein, weight: 100 }
  de-2: { a: 192.0.2.12, site: falkenstein }
  md-1: { a: 198.51.100.7, site: chisinau }
pools:
  germany: { nodes: [de-1, de-2], min_in_service: 50% }
  moldova: { nodes: [md-1], fallback: germany }
records:
  www: germany
  video:
    rules:
      - { country: [MD], pool: moldova }
      - { pool: germany }
`

export interface Bench {
  readonly control: Control
  readonly db: Sqlite
  readonly store: Store
  /** what the publisher was told: declare, or the pools */
  readonly published: (readonly string[] | 'declare')[]
  readonly answered: Map<string, number>
  readonly troubles: string[]
  nowMs(): number
  /** Lets time pass: ticks and probes that are due, each second; nodes named here fail. */
  pass(ms: number, failing?: ReadonlyMap<string, EvidenceClass>): void
  /** the text that the next load reads; undefined: a file with an issue */
  files: string | undefined
  /** static records of the zone that the next load reports */
  staticRecords: number
  /** the nodes in the answers of a pool */
  inService(pool: string): string[]
}

/** Reads steering text as loaded files. */
export function filesOf(text: string, records = 20): LoadedFiles {
  const reading = readSteering([{ file: 'zones/portal.yaml', text }])
  const wrong = reading.issues.filter((issue) => issue.severity === 'error')
  if (wrong.length > 0) throw new Error(`the bench's file is wrong: ${JSON.stringify(wrong)}`)
  return {
    steering: reading.steering,
    issues: reading.issues,
    zones: [{ name: 'portal.example.', serial: 1, records }],
    image: {},
    fingerprint: `${text}${records}`,
  }
}

export interface BenchOptions {
  readonly db?: Sqlite
  readonly startMs?: number
  readonly files?: string
  /** already loaded, instead of `files` */
  readonly loaded?: LoadedFiles
  /** what the last run laid down; it outlives this one */
  readonly states?: KeptStates
}

export function bench(options: BenchOptions = {}): Bench {
  let now = options.startMs ?? 1_800_000_000_000
  const db = options.db ?? openDatabase(':memory:')
  const store = createStore(db)
  const published: Bench['published'] = []
  const answered = new Map<string, number>()
  const troubles: string[] = []
  const fleet = createFleet({ random: seededRandom(7) })
  const loader: Loader = {
    load: async () =>
      self.files === undefined
        ? {
            ok: false,
            issues: [
              {
                severity: 'error',
                code: 'steer/unknown-pool',
                file: 'zones/portal.yaml',
                line: 14,
                column: 9,
                message: 'no.',
              },
            ],
          }
        : { ok: true, files: filesOf(self.files, self.staticRecords) },
  }
  const control = createControl({
    store,
    loader,
    ...(options.states === undefined ? {} : { states: options.states }),
    fleet,
    publisher: {
      declare: () => published.push('declare'),
      publish: (pools) => published.push(pools),
      lastAnswered: (node) => answered.get(node),
    },
    now: () => now,
    soon: (work) => work(),
    trouble: (message) => troubles.push(message),
  })
  const self: Bench = {
    control,
    db,
    store,
    published,
    answered,
    troubles,
    nowMs: () => now,
    pass(ms, failing = new Map()) {
      const end = now + ms
      while (now < end) {
        now = Math.min(end, now + 500)
        control.tick()
        for (const target of control.due()) {
          const failure = failing.get(target.node.name)
          control.observe({
            node: target.node.name,
            check: target.check.name,
            startedAtMs: now,
            durationMs: 3,
            ok: failure === undefined,
            class: failure ?? 'ok',
            detail: failure ?? 'status 200',
          })
        }
      }
    },
    files: options.files ?? PORTAL,
    staticRecords: 20,
    inService: (pool) =>
      (fleet.standing(pool)?.members ?? []).filter((member) => member.inService).map((member) => member.node),
  }
  control.start(options.loaded ?? filesOf(options.files ?? PORTAL))
  return self
}
