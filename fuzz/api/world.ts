/**
 * What the API's fuzz targets ask: the whole API over a real control plane and a real store in memory, with tokens of every kind.
 * A round that wrote something is followed by a fresh world: what a round finds depends on its input alone.
 */
import { writeFileSync } from 'node:fs'
import type { Server } from 'node:http'
import { Explainer } from '../../src/answer/index.ts'
import { type Answers, createApi, EVERYTHING, makeToken } from '../../src/api/index.ts'
import { parseAddress, printAddress } from '../../src/base/index.ts'
import { BY_ITSELF, type JournalEntry, type Role, type Scope } from '../../src/control/index.ts'
import { createZoneArchive } from '../../src/store/index.ts'
import { createKeptZones, type KeptZones } from '../../src/transfer/index.ts'
import { imageOf, nodeOf, recordOf, standingOf, worldOf } from '../../test/answer/world.ts'
import { type Bench, bench, filesOf, PORTAL } from '../../test/control/bench-control.ts'

const KEPT_FILE = '$TTL 300\n@ SOA ns1 hostmaster 10 7200 900 1209600 300\n@ NS ns1\nns1 A 192.0.2.1\nwww A 192.0.2.2\n'

/** Tokens by the word that stands for them in an input: $admin, $operator ... */
const TOKENS: readonly (readonly [word: string, role: Role, scope: Partial<Scope>, expired?: boolean])[] = [
  ['admin', 'admin', {}],
  // no input has it: the look afterwards
  ['watcher', 'admin', {}],
  ['operator', 'operator', {}],
  ['limited', 'operator', { pools: ['germany'] }],
  ['zoned', 'operator', { zones: ['kept.example'] }],
  ['viewer', 'viewer', {}],
  ['ended', 'admin', {}, true],
]

/** What a write changes, to be compared. */
export interface State {
  readonly generation: number
  /** rows that the database has written since it was opened */
  readonly rows: number
  /** the newest journal entry */
  readonly lastEntryId: number
}

export interface ApiWorld {
  readonly server: Server
  /** the text of a token, by its word; undefined: there is no such word */
  token(word: string): string | undefined
  state(): State
  entriesAfter(id: number): readonly JournalEntry[]
  /** every 500 is told here with its stack */
  readonly failures: string[]
  /** Starts afresh: as if nobody ever wrote. */
  renew(): void
  close(): void
}

interface Present {
  readonly bench: Bench
  /** rows written since the database was opened */
  readonly rows: () => number
  readonly kept: KeptZones
}

export function createApiWorld(): ApiWorld {
  const files = filesOf(PORTAL)
  const tokens = new Map<string, string>()
  const kept = TOKENS.map(([word, role, scope, expired]) => {
    const made = makeToken({
      name: word,
      role,
      scope: { ...EVERYTHING, ...scope },
      createdBy: 'fuzz',
      nowMs: 0,
      expiresMs: expired === true ? 1 : undefined,
    })
    tokens.set(word, made.text)
    return made.token
  })
  const listeners = new Set<(entry: JournalEntry) => void>()
  const begin = (): Present => {
    const b = bench({ loaded: files })
    for (const token of kept) b.control.putToken(BY_ITSELF, token)
    const zones = createKeptZones({
      archive: createZoneArchive(b.db),
      nowMs: () => b.nowMs(),
      keys: () => new Set(['certbot.']),
      taken: (zone) => (zone === 'portal.example.' ? 'is read from a file: edit the file' : undefined),
      steered: () => new Set(['www.kept.example.']),
      changed: () => {},
      removed: () => {},
      journal: (entry, work) => b.control.writeBeside(entry, work),
      log: { info: () => {}, warn: () => {} },
    })
    zones.put('kept.example.', 'kept.example.', new TextEncoder().encode(KEPT_FILE), [], BY_ITSELF)
    b.control.putNode(BY_ITSELF, 'added-1', {
      a: ['192.0.2.77'],
      aaaa: [],
      site: 'chisinau',
      weight: 10,
      pools: ['germany'],
      leaseMs: undefined,
    })
    b.control.flush()
    b.control.subscribe((entry) => {
      for (const listener of listeners) listener(entry)
    })
    const rows = b.db.prepare('SELECT total_changes()').pluck()
    return { bench: b, kept: zones, rows: () => rows.get() as number }
  }
  let present = begin()
  const failures: string[] = []
  const api = createApi({
    control: presentOf(() => ({
      ...present.bench.control,
      // Metrics and event streams listen for good; they outlive a world.
      subscribe: (listener: (entry: JournalEntry) => void) => {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
    })),
    keptZones: presentOf(() => present.kept),
    answers: answersOfOneZone(),
    version: '0.0.0-fuzz',
    openReads: false,
    now: () => present.bench.nowMs(),
    notReady: () => undefined,
    facts: () => ({ databases: [] }),
    // Whatever file is named, nothing on the disk is touched but the folder that a download makes for itself.
    backup: async (file) => {
      if (!/\/meridian-backup-\w{6}\/meridian\.db$/.test(file))
        return { ok: false, message: `${file} cannot be written.` }
      writeFileSync(file, 'a database')
      return { ok: true, value: { file, octets: 10 } }
    },
    probeLog: () => ['{"t":1.5,"node":"de-1","ok":true,"class":"ok","ms":3}'],
    log: (level, message, fields) => {
      if (level === 'error') failures.push(`${message}: ${JSON.stringify(fields)}`)
    },
  })
  return {
    server: api.server(),
    token: (word) => tokens.get(word),
    state() {
      const { control } = present.bench
      control.flush()
      return {
        generation: control.generation(),
        rows: present.rows(),
        lastEntryId: control.lastEntryId(),
      }
    },
    entriesAfter: (id) => present.bench.control.events({ afterId: id, limit: 10_000 }),
    failures,
    renew() {
      present.bench.db.close()
      present = begin()
    },
    close() {
      api.close()
      present.bench.db.close()
    },
  }
}

/** An object whose members are always the present one's. */
function presentOf<T extends object>(of: () => T): T {
  return new Proxy({} as T, { get: (_, key) => Reflect.get(of(), key) })
}

/** Real explanations, of a small zone that stays as it is. */
function answersOfOneZone(): Answers {
  const record = recordOf('www.portal.example.', 'portal.example.', ['germany'])
  const lines = '@ 60 SOA ns1 h 1 2 3 4 5\n@ 60 NS ns1\nns1 60 A 192.0.2.1\nalias 60 CNAME www\n*.wild 60 TXT "x"'
  const image = imageOf('portal.example.', lines, new Map([[record.name, 0]]))
  const world = worldOf(
    [{ name: 'portal.example.', image }],
    [{ record, map: -1, classes: [{ rule: 0, order: undefined }] }],
    [nodeOf('de-1', ['192.0.2.11']), nodeOf('de-2', ['192.0.2.12'])],
    [standingOf('germany', ['de-1', 'de-2'])],
  )
  const nowhere = { country: null, subdivision: null, continent: null, asn: null, latitude: null, longitude: null }
  const place = (address: Uint8Array) => ({ address: printAddress(address), ...nowhere, database: null, network: null })
  const explainer = new Explainer({
    publisher: world.publisher,
    steering: () => world.steering,
    standing: (pool) => world.standings.get(pool),
    health: () => [],
    place,
    nowMs: () => world.nowMs,
  })
  return {
    explain: (question) => explainer.explain(question),
    place: (text) => {
      const address = parseAddress(text)
      return address === undefined ? undefined : place(address)
    },
    counters: () => ({ queries: [], responses: [], answers: [], nodes: [], countries: [], silent: [], workers: [] }),
    generation: () => 1,
  }
}
