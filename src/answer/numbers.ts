/** Numbers that are given once and never again while the process lives: counters keep their meaning over reloads. */
export class Numbers {
  readonly #ids = new Map<string, number>()

  get size(): number {
    return this.#ids.size
  }

  id(name: string): number {
    let id = this.#ids.get(name)
    if (id === undefined) {
      id = this.#ids.size
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
