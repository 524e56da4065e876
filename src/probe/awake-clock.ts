/**
 * The time in which this process was there to listen. A thread that was held up for two seconds (a large file compiled, a machine that
 * swaps) finds every timeout expired and the answers unread: counted as failures, our own stall would take healthy nodes out. So
 * timeouts and budgets of probes run on this clock, which stands still while nobody listens.
 *
 *   wall    ├────────┼────────┼──── stall ─────────────┼────────┤
 *   ticks   ┴        ┴        ┴                        ┴        ┴     every TICK_MS; what a tick is very late was a stall
 */

const TICK_MS = 20
/**
 * Shorter gaps are no stall: a busy thread that comes round every 50 ms reads every answer in its time, and one that counted them
 * would never again see a dead node.
 */
const STALL_MS = 100

export class AwakeClock {
  readonly #wallMs: () => number
  #stalledMs = 0
  #lastTickMs: number
  #timer: NodeJS.Timeout | undefined
  #users = 0

  /** @param wallMs a monotonic clock; default performance.now */
  constructor(wallMs: () => number = () => performance.now()) {
    this.#wallMs = wallMs
    this.#lastTickMs = wallMs()
  }

  /** Milliseconds awake since some moment; only differences between `enter` and `leave` mean anything. */
  nowMs(): number {
    const now = this.#wallMs()
    // The tick may be as late as its reader: what is overdue already counts.
    return now - this.#stalledMs - (this.#users > 0 ? lateness(now, this.#lastTickMs) : 0)
  }

  /** Begins to watch; while nobody uses the clock it does not tick. */
  enter(): void {
    if (this.#users++ > 0) return
    this.#lastTickMs = this.#wallMs()
    this.#timer = setInterval(() => this.tick(), TICK_MS)
    this.#timer.unref()
  }

  leave(): void {
    if (--this.#users > 0) return
    // A stall that no tick has seen yet must stay counted for those who compare across it.
    this.tick()
    clearInterval(this.#timer)
  }

  /** Called by the timer. */
  tick(): void {
    const now = this.#wallMs()
    this.#stalledMs += lateness(now, this.#lastTickMs)
    this.#lastTickMs = now
  }
}

/** How long nobody listened, where that was long enough to matter. */
function lateness(nowMs: number, lastTickMs: number): number {
  const late = nowMs - lastTickMs - TICK_MS
  return late >= STALL_MS ? late : 0
}
