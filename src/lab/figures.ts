/**
 * The figures of a run: how often a sound node was removed, and how soon a sick one.
 */

export interface Figures {
  readonly node_days: number
  readonly false_removals: number
  readonly false_removals_per_node_day: number
  readonly detect_s: { readonly p50: number | null; readonly p95: number | null; readonly max: number | null }
  /** changes of the set of nodes answered, in each hour */
  readonly answer_changes_per_hour: readonly number[]
  readonly empty_answers: number
  /** outages that were answered by a removal */
  readonly detections: number
  /** outages that lasted longer than any detection should take, and were not noticed: nodes that are kept although down are */
  readonly undetected: number
}

export interface Detection {
  readonly node: string
  readonly sinceMs: number
  readonly atMs: number
}

export class Tally {
  falseRemovals = 0
  emptyAnswers = 0
  undetected = 0
  readonly detections: Detection[] = []
  /** outages whose node was found down, whether or not floor, budget or all_down then let it go */
  readonly findings: Detection[] = []
  readonly #changes: number[]
  readonly #nodeDays: number

  readonly #fromMs: number

  constructor(nodes: number, fromMs: number, untilMs: number) {
    this.#fromMs = fromMs
    this.#nodeDays = (nodes * (untilMs - fromMs)) / 86_400_000
    this.#changes = new Array<number>(Math.max(1, Math.ceil((untilMs - fromMs) / 3_600_000))).fill(0)
  }

  changed(atMs: number): void {
    const hour = Math.min(this.#changes.length - 1, Math.floor((atMs - this.#fromMs) / 3_600_000))
    this.#changes[hour] = this.#changes[hour]! + 1
  }

  detected(node: string, sinceMs: number, atMs: number): void {
    this.detections.push({ node, sinceMs, atMs })
  }

  figures(): Figures {
    const sorted = this.detections.map(({ sinceMs, atMs }) => atMs - sinceMs).sort((a, b) => a - b)
    const quantile = (q: number): number | null =>
      sorted.length === 0 ? null : round(sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)]! / 1000)
    return {
      node_days: round(this.#nodeDays),
      false_removals: this.falseRemovals,
      false_removals_per_node_day: this.#nodeDays === 0 ? 0 : round(this.falseRemovals / this.#nodeDays),
      detect_s: { p50: quantile(0.5), p95: quantile(0.95), max: quantile(1) },
      answer_changes_per_hour: this.#changes,
      empty_answers: this.emptyAnswers,
      detections: sorted.length,
      undetected: this.undetected,
    }
  }
}

export function round(value: number): number {
  return Math.round(value * 1000) / 1000
}
