/**
 * What is really so, and what a probe would see of it. Each node has a random sequence of its own: another detector on the same
 * seed meets the same bursts at the same times.
 */
import { type Random, seededRandom } from '../base/index.ts'
import type { EvidenceClass } from '../health/index.ts'
import type { Truth } from './scenario.ts'

export class NodeTruth {
  truth: Truth = { kind: 'up', loss: 0 }
  sinceMs = 0
  /** the burst that is running or comes next */
  #burstFromMs = Number.POSITIVE_INFINITY
  #burstToMs = Number.POSITIVE_INFINITY
  readonly #bursts: Random
  readonly #losses: Random

  constructor(seed: number, index: number) {
    this.#bursts = seededRandom(seed * 7919 + index * 2)
    this.#losses = seededRandom(seed * 7919 + index * 2 + 1)
  }

  become(truth: Truth, atMs: number): void {
    // A line that repeats what holds already is no news: an outage began when it began.
    if (truth.kind !== this.truth.kind) this.sinceMs = atMs
    this.truth = truth
    this.#burstFromMs = Number.POSITIVE_INFINITY
    this.#burstToMs = Number.POSITIVE_INFINITY
    if (truth.kind === 'bursts') this.#nextBurst(truth, atMs)
  }

  /** Sees the node at a moment; moments must not go back. */
  look(atMs: number): EvidenceClass {
    const { truth } = this
    switch (truth.kind) {
      case 'down':
        return truth.class
      case 'slow':
        return 'slow'
      case 'bursts':
        while (atMs >= this.#burstToMs) this.#nextBurst(truth, this.#burstToMs)
        if (atMs >= this.#burstFromMs) return 'timeout'
        return this.#lost(truth.loss)
      default:
        return this.#lost(truth.loss)
    }
  }

  /** It ought to be in the answers: hiccups are no outage. */
  get fit(): boolean {
    return this.truth.kind === 'up' || this.truth.kind === 'bursts'
  }

  #lost(loss: number): EvidenceClass {
    return loss > 0 && this.#losses.float() < loss ? 'timeout' : 'ok'
  }

  #nextBurst(truth: Extract<Truth, { kind: 'bursts' }>, fromMs: number): void {
    this.#burstFromMs = fromMs + this.#bursts.exponential(truth.everyMs)
    this.#burstToMs = this.#burstFromMs + this.#bursts.exponential(truth.meanMs)
  }
}
