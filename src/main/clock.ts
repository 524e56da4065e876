/**
 * The one clock: epoch milliseconds that do not jump when somebody sets the machine's time by a little, and follow when it is
 * set by a lot or the machine slept.
 */

/** Beyond this the machine's own time is believed. */
const MOST_DRIFT_MS = 2000

export class Clock {
  #offsetMs = Date.now() - performance.now()

  readonly now = (): number => Math.round(performance.now() + this.#offsetMs)

  /** Call now and then. @returns by how many ms the clock was set, 0: not at all */
  follow(): number {
    const driftMs = Date.now() - this.now()
    if (Math.abs(driftMs) <= MOST_DRIFT_MS) return 0
    this.#offsetMs += driftMs
    return driftMs
  }
}
