/**
 * One name server in the lab: the fleet that serves, on virtual time, with probes that look at the truth.
 */
import { seededRandom } from '../base/index.ts'
import {
  createFleet,
  type Fleet,
  type FleetEffect,
  type HealthMemory,
  healthKey,
  type PoolMemory,
} from '../control/index.ts'
import type { Steering } from '../steer/index.ts'
import { LAB_CHECK } from './lab-world.ts'
import { ProbeQueue } from './probe-queue.ts'
import type { NodeTruth } from './truth.ts'

/** An answer takes this long; silence takes the timeout. */
const ANSWER_MS = 20
/** The name server writes its memory down this often. */
const PERSIST_MS = 1000

export class LabVantage {
  readonly name: string
  isolated = false
  fleet: Fleet
  readonly #seed: number
  #restarts = 0
  readonly #answers = new ProbeQueue(ANSWER_MS)
  readonly #silences: ProbeQueue
  readonly #truths: ReadonlyMap<string, NodeTruth>
  /** what is on disk; undefined: nobody will ask */
  readonly #disk: Map<string, HealthMemory> | undefined
  #diskOfPools: readonly PoolMemory[] = []
  #persistedMs = 0

  constructor(options: {
    readonly name: string
    readonly seed: number
    readonly timeoutMs: number
    readonly truths: ReadonlyMap<string, NodeTruth>
    readonly restarts: boolean
  }) {
    this.name = options.name
    this.#seed = options.seed
    this.#truths = options.truths
    this.#silences = new ProbeQueue(options.timeoutMs)
    this.#disk = options.restarts ? new Map() : undefined
    this.fleet = createFleet({ random: seededRandom(options.seed) })
  }

  nextMs(): number {
    return Math.min(this.fleet.nextDueMs(), this.#answers.nextMs(), this.#silences.nextMs())
  }

  /** Does what is due at this moment. @param wrongCheck the check in force is one that every node fails */
  step(nowMs: number, wrongCheck: boolean, effects: FleetEffect[]): void {
    this.#receive(this.#answers, nowMs, effects)
    this.#receive(this.#silences, nowMs, effects)
    for (const { node } of this.fleet.due(nowMs)) {
      const seen = this.isolated ? 'timeout' : this.#truths.get(node.name)!.look(nowMs)
      const evidence = seen === 'ok' && wrongCheck ? 'status' : seen
      const queue = evidence === 'timeout' ? this.#silences : this.#answers
      queue.push({ node: node.name, startedAtMs: nowMs, class: evidence })
    }
    if (this.fleet.nextDueMs() <= nowMs) effects.push(...this.fleet.apply({ kind: 'tick' }, nowMs))
    if (this.#disk !== undefined && nowMs - this.#persistedMs >= PERSIST_MS) {
      this.#persistedMs = nowMs
      for (const row of this.fleet.takeMemory()) this.#disk.set(healthKey(row.node, row.check), row)
      const pools = this.fleet.takePoolMemory()
      if (pools.length > 0) this.#diskOfPools = pools
    }
  }

  #receive(queue: ProbeQueue, nowMs: number, effects: FleetEffect[]): void {
    while (queue.nextMs() <= nowMs) {
      const { node, startedAtMs, class: evidence } = queue.take()
      const result = {
        node,
        check: LAB_CHECK,
        startedAtMs,
        durationMs: queue.durationMs,
        ok: evidence === 'ok' || evidence === 'slow',
        class: evidence,
        detail: evidence,
      }
      const told = this.fleet.apply({ kind: 'probe', result }, nowMs)
      if (told.length > 0) effects.push(...told)
    }
  }

  /** Stops and starts again: probes under way are lost, and so is what was not on disk. */
  restart(steering: Steering, nowMs: number): void {
    this.#restarts++
    this.#answers.clear()
    this.#silences.clear()
    this.fleet = createFleet({ random: seededRandom(this.#seed + 1_000_003 * this.#restarts) })
    this.fleet.remember([...(this.#disk?.values() ?? [])], this.#diskOfPools)
    this.fleet.apply({ kind: 'declare', steering }, nowMs)
  }
}
