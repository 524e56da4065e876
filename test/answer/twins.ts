/** Two responders over two equal worlds, one with the quick path and one without it, that are asked the same. */
import type { QueryResponder, RateLimits } from '../../src/answer/index.ts'
import { QueryScan } from '../../src/wire/index.ts'
import { richWorld } from './rich-world.ts'
import type { TestWorld } from './world.ts'

const UDP_CAPACITY = 4096
const AT = 64
const MEMORY_OCTETS = AT + UDP_CAPACITY + 64
/** Octets that neither twin may touch. */
const EDGE = 0xa5

const isEdge = (octet: number): boolean => octet === EDGE

export interface Twins {
  readonly plain: TestWorld
  readonly quick: TestWorld
  /** Asks both. @throws Error where they differ: in octets, in length, or in what they leave behind the response */
  ask(
    query: Uint8Array,
    peer: Uint8Array,
  ): { readonly response: Uint8Array; readonly length: number; readonly wasQuick: boolean }
  /** @throws Error where the counters of the two differ */
  compareCounters(): void
  setNow(nowMs: number): void
}

export function twins(limits?: RateLimits, make: typeof richWorld = richWorld): Twins {
  const worlds = [make(limits), make(limits)] as const
  const memories = worlds.map(() => new Uint8Array(new SharedArrayBuffer(MEMORY_OCTETS)))
  const [plain, quick] = worlds
  quick.responder.answerIn(memories[1]!)
  const answer = (responder: QueryResponder, memory: Uint8Array, query: Uint8Array, peer: Uint8Array): number => {
    memory.fill(EDGE)
    memory.set(query, AT)
    responder.enter()
    const length = responder.answer(memory, AT, query.length, UDP_CAPACITY, 0, peer, 0, peer.length as 4 | 16, 53)
    responder.leave()
    return length
  }
  const hex = (octets: Uint8Array): string => Buffer.from(octets).toString('hex')
  return {
    plain: plain.world,
    quick: quick.world,
    ask: (query, peer) => {
      const scans = countScans(() => answer(quick.responder, memories[1]!, query, peer))
      const length = answer(plain.responder, memories[0]!, query, peer)
      const [a, b] = memories.map((memory) => memory.slice(AT, AT + Math.max(length, query.length)))
      const told = (): string =>
        `query ${hex(query)}, from ${peer.join('.')}: without the quick path ${length} ${hex(a!)}, with it ${scans.length} ${hex(b!)}`
      if (length !== scans.length) throw new Error(`the lengths differ: ${told()}`)
      if (length > 0 && Buffer.compare(a!.subarray(0, length), b!.subarray(0, length)) !== 0)
        throw new Error(`the octets differ: ${told()}`)
      if (!memories[1]!.subarray(0, AT).every(isEdge) || !memories[1]!.subarray(AT + UDP_CAPACITY).every(isEdge))
        throw new Error(`octets outside of the message were written: ${told()}`)
      return { response: a!.subarray(0, Math.max(0, length)), length, wasQuick: scans.count === 0 }
    },
    compareCounters: () => {
      const [a, b] = worlds.map(({ world }) => new Float64Array(world.publisher.init(1).parts.counters))
      for (let i = 0; i < a!.length; i++)
        if (a![i] !== b![i]) throw new Error(`counter ${i} is ${a![i]} without the quick path and ${b![i]} with it`)
    },
    setNow: (nowMs) => {
      for (const { world } of worlds) world.nowMs = nowMs
    },
  }
}

/** The whole path begins with a scan, the quick one has none. */
function countScans(run: () => number): { readonly length: number; readonly count: number } {
  const { scan } = QueryScan.prototype
  let count = 0
  QueryScan.prototype.scan = function (...args) {
    count++
    return scan.apply(this, args)
  }
  try {
    return { length: run(), count }
  } finally {
    QueryScan.prototype.scan = scan
  }
}
