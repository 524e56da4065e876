/** A small world for tests of the query path: a zone from lines of text, steered records with fixed standings, one responder. */
import { decode, encode, type Packet } from 'dns-packet'
import {
  type CompiledRecord,
  Publisher,
  QueryResponder,
  type RateLimits,
  type ResponderSettings,
  type StructureMessage,
} from '../../src/answer/index.ts'
import { printIssue } from '../../src/base/index.ts'
import type { Node, PoolStanding, SteeredRecord, Steering } from '../../src/policy/index.ts'
import { loadZone } from '../../src/zone/index.ts'

export const SETTINGS: ResponderSettings = {
  nsid: 'ns1',
  version: 'Meridian test',
  udpLimit: 1232,
  keepalive: 100,
  cookieSecrets: [Uint8Array.from({ length: 16 }, (_, i) => i)],
}

export const NO_LIMITS: RateLimits = {
  rate: 0,
  burstSeconds: 1,
  slip: 2,
  ipv4PrefixLength: 24,
  ipv6PrefixLength: 56,
  entries: 16,
  exempt: [],
}

/** Compiles lines of a master file whose owners all have a TTL. */
export function imageOf(
  zone: string,
  lines: string,
  steered: ReadonlyMap<string, number> = new Map(),
): SharedArrayBuffer {
  const loaded = loadZone({ origin: zone, file: zone, steered, read: () => Buffer.from(`${lines.trim()}\n`) })
  if (loaded.image === undefined) throw new Error(loaded.issues.map(printIssue).join('\n'))
  return loaded.image
}

const origin = { kind: 'api', by: 'test', atMs: 0 } as const

export function nodeOf(name: string, a: string[], aaaa: Uint8Array[] = []): Node {
  return {
    name,
    a: a.map((text) => Uint8Array.from(text.split('.'), Number)),
    aaaa,
    site: undefined,
    weight: 100,
    origin,
  }
}

/** A pool whose members are all fit, but for those named. */
export function standingOf(pool: string, nodes: readonly string[], out: readonly string[] = []): PoolStanding {
  const fit = nodes.filter((node) => !out.includes(node))
  return {
    pool,
    condition: fit.length === 0 ? 'all-down' : 'normal',
    members: nodes.map((node) => ({
      node,
      health: out.includes(node) ? 'down' : 'up',
      intent: 'auto',
      fit: !out.includes(node),
      inService: !out.includes(node),
      kept: false,
      share: 1,
      weight: 100,
      badMs: 0,
      why: 'test',
    })),
    unsettled: false,
    lastGood: nodes,
  }
}

export function recordOf(
  name: string,
  zone: string,
  pools: readonly string[],
  extra: Partial<SteeredRecord> = {},
): SteeredRecord {
  const match = { country: [], continent: [], subdivision: [], asn: [], net: [] }
  return {
    zone,
    name,
    rules: pools.map((pool) => ({ match, pool, origin })),
    pick: 'round-robin',
    answers: 8,
    strict: false,
    ttl: { maxSeconds: 60, minSeconds: 10 },
    origin,
    ...extra,
  }
}

export interface TestWorld {
  readonly publisher: Publisher
  /** as declared */
  readonly steering: Steering
  readonly standings: Map<string, PoolStanding>
  readonly messages: StructureMessage[]
  responder(thread: number, limits?: RateLimits): QueryResponder
  nowMs: number
  /** gets structure messages, beside the responders made here */
  post: ((message: StructureMessage) => void) | undefined
  /** puts other records in force */
  declare(records: readonly CompiledRecord[]): void
}

export function worldOf(
  zones: readonly { readonly name: string; readonly image: SharedArrayBuffer; readonly expired?: boolean }[],
  records: readonly CompiledRecord[] = [],
  nodes: readonly Node[] = [],
  standings: readonly PoolStanding[] = [],
  maps: readonly SharedArrayBuffer[] = [],
  limits: RateLimits = NO_LIMITS,
): TestWorld {
  const known = new Map(standings.map((standing) => [standing.pool, standing]))
  const queues: StructureMessage[][] = []
  const messages: StructureMessage[] = []
  const publisher = new Publisher(
    { threads: 4, settings: SETTINGS, limits, seed: 1 },
    {
      standing: (pool) => known.get(pool),
      post: (message) => {
        messages.push(message)
        world?.post?.(message)
        for (const queue of queues) queue.push(message)
      },
    },
  )
  const steering: Steering = {
    nodes: new Map(nodes.map((node) => [node.name, node])),
    sites: new Map(),
    checks: new Map(),
    pools: new Map(
      standings.map(({ pool, members }) => [
        pool,
        {
          name: pool,
          zone: undefined,
          members: members.map(({ node }) => ({ node, weight: undefined, standby: false, origin })),
          check: undefined,
          minInService: { nodes: 1 },
          allDown: 'all',
          fallback: undefined,
          warmUpMs: 0,
          removalShare: 1,
          removalWindowMs: 60_000,
          loadAware: false,
          standby: { joinAbove: 0.8, joinAfterMs: 300_000, leaveBelow: 0.3 },
          origin,
        },
      ]),
    ),
    records: new Map(records.map(({ record }) => [record.name, record])),
    schedules: new Map(),
  }
  let world: TestWorld | undefined
  const made: TestWorld = {
    post: undefined,
    declare: (now) => declare(now),
    publisher,
    steering,
    standings: known,
    messages,
    nowMs: 1_800_000_000_000,
    responder: (thread) => {
      const queue: StructureMessage[] = []
      queues.push(queue)
      return new QueryResponder(publisher.init(thread), { nowMs: () => made.nowMs, take: () => queue.shift() })
    },
  }
  const declare = (now: readonly CompiledRecord[]): void =>
    publisher.declare(
      { zones: zones.map((zone) => ({ expired: false, ...zone })), maps, records: now, countries: undefined },
      { ...steering, records: new Map(now.map(({ record }) => [record.name, record])) },
    )
  declare(records)
  world = made
  return made
}

export interface Asking {
  readonly transport?: 0 | 1 | 2
  readonly peer?: Uint8Array
  readonly packet?: Packet
  readonly bytes?: Uint8Array
}

const LOCAL = Uint8Array.of(198, 51, 100, 1)

/** @returns the response's octets; undefined: silence; -1: handed over */
export function ask(responder: QueryResponder, query: Uint8Array, asking: Asking = {}): Uint8Array | -1 | undefined {
  const at = 3
  const buffer = new Uint8Array(66_000)
  buffer.set(query, at)
  const peer = asking.peer ?? LOCAL
  const transport = asking.transport ?? 0
  responder.enter()
  const length = responder.answer(
    buffer,
    at,
    query.length,
    transport === 0 ? 4096 : 65_535,
    transport,
    peer,
    0,
    peer.length as 4 | 16,
    5353,
  )
  responder.leave()
  if (length < 0) return -1
  return length === 0 ? undefined : buffer.slice(at, at + length)
}

/** Asks an ordinary question. */
export function question(name: string, type: string, extra: Partial<Packet> = {}): Uint8Array {
  return encode({
    type: 'query',
    id: 77,
    flags: 0x0100,
    questions: [{ name, type: type as 'A' }],
    ...extra,
  })
}

export { decode }
