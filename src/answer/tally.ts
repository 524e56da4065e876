/**
 * The counters of all threads over the life of the process: buffers that grow with the names they count, and their sums.
 *
 * A buffer that became too small is kept: threads move to the larger one when they take up the structure, and the sums go
 * over all buffers, so nothing that was counted is lost. Each one is twice as wide as the one before: there are few.
 */
import {
  type CounterLayout,
  counterLayout,
  createCounters,
  latestInColumn,
  QTYPE_COLUMNS,
  RCODE_COLUMNS,
  SCALAR,
  sumColumn,
} from './counters.ts'
import { Numbers } from './numbers.ts'

/** Sums since the start of the process. */
export interface CounterReport {
  readonly scalars: Readonly<Record<keyof typeof SCALAR, number>>
  /** by rcode number */
  readonly rcodes: ReadonlyMap<number, number>
  /** by type number; 256: all above 255 */
  readonly qtypes: ReadonlyMap<number, number>
  readonly zones: ReadonlyMap<string, number>
  /** steered answers by record and by the pool whose nodes were answered */
  readonly answers: readonly { readonly record: string; readonly pool: string; readonly count: number }[]
  readonly nodes: ReadonlyMap<string, number>
  /** by ISO 3166-1 code; '' where the place is not known */
  readonly countries: ReadonlyMap<string, number>
}

const SMALLEST = { zones: 16, pairs: 64, nodes: 64, countries: 300 }

export class Tally {
  readonly zones = new Numbers()
  /** by record and pool, a newline between them */
  readonly pairs = new Numbers()
  readonly nodes = new Numbers()
  readonly countries = new Numbers()
  readonly #threads: number
  readonly #buffers: { readonly counters: SharedArrayBuffer; readonly layout: CounterLayout }[] = []

  constructor(threads: number) {
    this.#threads = threads
    this.#grow(SMALLEST)
  }

  get current(): { readonly counters: SharedArrayBuffer; readonly layout: CounterLayout } {
    return this.#buffers[this.#buffers.length - 1]!
  }

  /** Makes room for all numbers that have been given. @returns true where there is a new buffer that threads must take up */
  fit(): boolean {
    const { layout } = this.current
    const wanted = {
      zones: this.zones.size,
      pairs: this.pairs.size,
      nodes: this.nodes.size,
      countries: this.countries.size,
    }
    const keys = Object.keys(SMALLEST) as (keyof typeof SMALLEST)[]
    if (keys.every((key) => wanted[key] <= layout[key])) return false
    const sizes = { ...SMALLEST }
    for (const key of keys) sizes[key] = wanted[key] <= layout[key] ? layout[key] : 2 * wanted[key]
    this.#grow(sizes)
    return true
  }

  #grow(sizes: typeof SMALLEST): void {
    const layout = counterLayout({ threads: this.#threads, ...sizes })
    this.#buffers.push({ layout, counters: createCounters(layout) })
  }

  #sum(column: (layout: CounterLayout) => number | undefined): number {
    let sum = 0
    for (const { counters, layout } of this.#buffers) {
      const at = column(layout)
      if (at !== undefined) sum += sumColumn(counters, layout, at)
    }
    return sum
  }

  #byName(
    names: Numbers,
    base: 'zonesAt' | 'pairsAt' | 'nodesAt' | 'countriesAt',
    size: keyof typeof SMALLEST,
  ): Map<string, number> {
    const sums = new Map<string, number>()
    for (const [name, id] of names.entries()) {
      sums.set(
        name,
        this.#sum((layout) => (id < layout[size] ? layout[base] + id : undefined)),
      )
    }
    return sums
  }

  /** The latest moment an answer with this node was given, epoch ms; undefined: never by this process */
  lastAnsweredMs(node: string): number | undefined {
    const id = this.nodes.peek(node)
    if (id === undefined) return undefined
    let latest = 0
    for (const { counters, layout } of this.#buffers) {
      if (id < layout.nodes) latest = Math.max(latest, latestInColumn(counters, layout, layout.lastAnsweredAt + id))
    }
    return latest > 0 ? latest : undefined
  }

  report(): CounterReport {
    const scalars = {} as Record<keyof typeof SCALAR, number>
    for (const key of Object.keys(SCALAR) as (keyof typeof SCALAR)[]) scalars[key] = this.#sum(() => SCALAR[key])
    return {
      scalars,
      rcodes: nonZero(RCODE_COLUMNS, (i) => this.#sum((layout) => layout.rcodesAt + i)),
      qtypes: nonZero(QTYPE_COLUMNS, (i) => this.#sum((layout) => layout.qtypesAt + i)),
      zones: this.#byName(this.zones, 'zonesAt', 'zones'),
      answers: [...this.#byName(this.pairs, 'pairsAt', 'pairs')].map(([pair, count]) => {
        const [record, pool] = pair.split('\n') as [string, string]
        return { record, pool, count }
      }),
      nodes: this.#byName(this.nodes, 'nodesAt', 'nodes'),
      countries: this.#byName(this.countries, 'countriesAt', 'countries'),
    }
  }
}

function nonZero(count: number, sum: (i: number) => number): Map<number, number> {
  const sums = new Map<number, number>()
  for (let i = 0; i < count; i++) {
    const value = sum(i)
    if (value > 0) sums.set(i, value)
  }
  return sums
}
