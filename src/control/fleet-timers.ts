/**
 * A heap of what comes due when. Rescheduling leaves the old entry behind; it is known as stale because its time is not the item's any more.
 */

export interface Timed {
  /** Infinity: not at all */
  dueMs: number
}

export class Timers<T extends Timed> {
  readonly #times: number[] = []
  readonly #items: T[] = []

  /** Makes `item` due at `atMs`, and at no other time. */
  schedule(item: T, atMs: number): void {
    if (item.dueMs === atMs) return
    item.dueMs = atMs
    if (atMs === Number.POSITIVE_INFINITY) return
    let at = this.#times.length
    this.#times.push(atMs)
    this.#items.push(item)
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (this.#times[parent]! <= atMs) break
      this.#move(parent, at)
      at = parent
    }
    this.#times[at] = atMs
    this.#items[at] = item
  }

  /** The earliest time at which something is due; Infinity: nothing is. */
  nextMs(): number {
    while (this.#times.length > 0 && this.#items[0]!.dueMs !== this.#times[0]!) this.#drop()
    return this.#times[0] ?? Number.POSITIVE_INFINITY
  }

  /** Takes one item that is due by `nowMs`; it is not scheduled any more. */
  take(nowMs: number): T | undefined {
    if (this.nextMs() > nowMs) return undefined
    const item = this.#items[0]!
    this.#drop()
    item.dueMs = Number.POSITIVE_INFINITY
    return item
  }

  #drop(): void {
    const time = this.#times.pop()!
    const item = this.#items.pop()!
    const size = this.#times.length
    if (size === 0) return
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= size) break
      if (child + 1 < size && this.#times[child + 1]! < this.#times[child]!) child++
      if (this.#times[child]! >= time) break
      this.#move(child, at)
      at = child
    }
    this.#times[at] = time
    this.#items[at] = item
  }

  #move(from: number, to: number): void {
    this.#times[to] = this.#times[from]!
    this.#items[to] = this.#items[from]!
  }
}
