/**
 * Counters in shared memory: one row of 64-bit floats for each thread, which alone writes it with a plain add; summed when
 * somebody asks. A float counts exactly to 2^53; a reader may be a query behind, never torn on a 64-bit machine.
 *
 *     row = [ scalars | rcodes | qtypes | zones | (record, pool) pairs | nodes | last answered (epoch ms) by node | countries ]
 */

/** Fixed columns at the start of each row. */
export const SCALAR = {
  udp: 0,
  tcp: 1,
  tls: 2,
  responses: 3,
  truncated: 4,
  dropped: 5,
  limited: 6,
  slipped: 7,
  clientSubnet: 8,
  steered: 9,
  handedOver: 10,
  malformed: 11,
  badCookie: 12,
  goodCookie: 13,
} as const

const RCODES_AT = 16
export const RCODE_COLUMNS = 24
const QTYPES_AT = RCODES_AT + RCODE_COLUMNS
/** types 0..255 each have a column; what is above shares the last one */
export const QTYPE_COLUMNS = 257
const SETS_AT = QTYPES_AT + QTYPE_COLUMNS

export interface CounterSizes {
  readonly threads: number
  readonly zones: number
  readonly pairs: number
  readonly nodes: number
  readonly countries: number
}

export interface CounterLayout extends CounterSizes {
  readonly rowLength: number
  readonly rcodesAt: number
  readonly qtypesAt: number
  readonly zonesAt: number
  readonly pairsAt: number
  readonly nodesAt: number
  readonly lastAnsweredAt: number
  readonly countriesAt: number
}

export function counterLayout(sizes: CounterSizes): CounterLayout {
  const zonesAt = SETS_AT
  const pairsAt = zonesAt + sizes.zones
  const nodesAt = pairsAt + sizes.pairs
  const lastAnsweredAt = nodesAt + sizes.nodes
  const countriesAt = lastAnsweredAt + sizes.nodes
  // Rows end on a cache line of their own: two threads never write one line.
  const rowLength = (countriesAt + sizes.countries + 15) & ~7
  return {
    ...sizes,
    rcodesAt: RCODES_AT,
    qtypesAt: QTYPES_AT,
    zonesAt,
    pairsAt,
    nodesAt,
    lastAnsweredAt,
    countriesAt,
    rowLength,
  }
}

export function createCounters(layout: CounterLayout): SharedArrayBuffer {
  return new SharedArrayBuffer(8 * layout.rowLength * layout.threads)
}

/** The row that a thread writes. */
export function counterRow(buffer: SharedArrayBuffer, layout: CounterLayout, thread: number): Float64Array {
  return new Float64Array(buffer, 8 * layout.rowLength * thread, layout.rowLength)
}

/** One column over all threads. */
export function sumColumn(buffer: SharedArrayBuffer, layout: CounterLayout, column: number): number {
  const all = new Float64Array(buffer)
  let sum = 0
  for (let thread = 0; thread < layout.threads; thread++) sum += all[thread * layout.rowLength + column]!
  return sum
}

/** The latest moment in a column of moments, over all threads; 0: never. */
export function latestInColumn(buffer: SharedArrayBuffer, layout: CounterLayout, column: number): number {
  const all = new Float64Array(buffer)
  let latest = 0
  for (let thread = 0; thread < layout.threads; thread++) {
    latest = Math.max(latest, all[thread * layout.rowLength + column]!)
  }
  return latest
}
