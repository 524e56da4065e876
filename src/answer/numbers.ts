/** Numbers that are given once and never again while the process lives: counters keep their meaning over reloads. */
export class Numbers {
  readonly #ids = new Map<string, number>()
  #end = 0

  /** one more than the highest number */
  get size(): number {
    return this.#end
  }

  /** Takes over a number that somebody else gave. */
  assign(name: string, id: number): void {
    this.#ids.set(name, id)
    this.#end = Math.max(this.#end, id + 1)
  }

  id(name: string): number {
    let id = this.#ids.get(name)
    if (id === undefined) {
      id = this.#end++
      this.#ids.set(name, id)
    }
    return id
  }

  peek(name: string): number | undefined {
    return this.#ids.get(name)
  }

  entries(): IterableIterator<[string, number]> {
    return this.#ids.entries()
  }
}
