/**
 * A gate for what costs a process each: so many at a time, the others wait in line. Waiting is our own slowness and never held
 * against the node.
 */

export class Gate {
  readonly #most: number
  #inside = 0
  readonly #waiting = new Set<() => void>()

  constructor(most: number) {
    this.#most = most
  }

  /** Somebody waits in line. */
  get crowded(): boolean {
    return this.#waiting.size > 0
  }

  /** Calls `enter` as soon as there is room, perhaps at once. @returns what leaves the gate, or the line; callable twice */
  pass(enter: () => void): () => void {
    let place: 'line' | 'inside' | 'gone' = 'line'
    const goIn = (): void => {
      place = 'inside'
      this.#inside++
      enter()
    }
    if (this.#inside < this.#most) goIn()
    else this.#waiting.add(goIn)
    return () => {
      if (place === 'line') this.#waiting.delete(goIn)
      else if (place === 'inside') {
        this.#inside--
        const [next] = this.#waiting
        if (next !== undefined) {
          this.#waiting.delete(next)
          next()
        }
      }
      place = 'gone'
    }
  }
}
