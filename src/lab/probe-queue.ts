/**
 * Probes under way: a queue for each duration, so that the earliest result is always at a head.
 */
import type { EvidenceClass } from '../health/index.ts'

export interface UnderWay {
  readonly node: string
  readonly startedAtMs: number
  readonly class: EvidenceClass
}

export class ProbeQueue {
  readonly durationMs: number
  #items: UnderWay[] = []
  #head = 0

  constructor(durationMs: number) {
    this.durationMs = durationMs
  }

  push(item: UnderWay): void {
    this.#items.push(item)
  }

  /** when the earliest result comes; Infinity: none is under way */
  nextMs(): number {
    const item = this.#items[this.#head]
    return item === undefined ? Number.POSITIVE_INFINITY : item.startedAtMs + this.durationMs
  }

  take(): UnderWay {
    const item = this.#items[this.#head++]!
    if (this.#head === this.#items.length) this.clear()
    else if (this.#head > 1024) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return item
  }

  clear(): void {
    this.#items.length = 0
    this.#head = 0
  }
}
