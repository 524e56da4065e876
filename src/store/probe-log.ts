/**
 * The history of probes: what `lab --probes` and `tune` replay. Results wait in memory and are written as blocks: some
 * hours of one (node, check), or a minute after a failure, a few at a time. A crash loses what waits: at most four hours of calm.
 */
import type { ProbeResult } from '../health/index.ts'
import type { Sqlite } from './database.ts'
import { BlockWriter, readBlock } from './probe-block.ts'

export interface ProbeLogFilter {
  readonly node: string | undefined
  readonly check: string | undefined
  readonly sinceMs: number
  readonly untilMs: number
}

export interface ProbeLog {
  record(result: ProbeResult): void
  /** Writes blocks that are due; call about once a second. */
  tick(nowMs: number): void
  /** Writes everything that waits; call before the end. */
  flush(): void
  /** Lines of JSON for the lab, oldest first: {"t","node","check","ok","class","ms"}; t counts seconds from `sinceMs`. */
  lines(filter: ProbeLogFilter): Generator<string>
  /** Removes what is older, or does not fit into the size; at most so many blocks. @returns how many went */
  prune(beforeMs: number, most: number): number
}

const HOUR_MS = 3_600_000
const BLOCK_MS = 4 * HOUR_MS
const AFTER_FAILURE_MS = 60_000
/** A second's writes stay below some milliseconds. */
const BLOCKS_A_TICK = 200
/** Octets of packed blocks: some 250 MB with their rows; at 10,000 nodes about a fortnight. */
const MOST_OCTETS = 200 * 1024 * 1024

interface Waiting {
  readonly node: string
  readonly check: string
  writer: BlockWriter
  dueMs: number
}

export function createProbeLog(db: Sqlite, options: { readonly mostOctets?: number } = {}): ProbeLog {
  const waiting = new Map<string, Waiting>()
  const insert = db.prepare(
    'INSERT INTO probe_block (node, "check", from_ms, to_ms, results, packed) VALUES (?, ?, ?, ?, ?, ?)',
  )
  const write = db.transaction((blocks: readonly Waiting[]): void => {
    for (const { node, check, writer } of blocks)
      insert.run(node, check, writer.fromMs, writer.toMs, writer.results, writer.finish())
  })
  const writeAll = (blocks: readonly Waiting[]): void => {
    if (blocks.length === 0) return
    write.immediate(blocks)
    for (const { node, check } of blocks) waiting.delete(`${node}\n${check}`)
  }
  const removeOld = db.prepare(
    'DELETE FROM probe_block WHERE id IN (SELECT id FROM probe_block WHERE to_ms < ? ORDER BY to_ms LIMIT ?)',
  )
  const removeOldest = db.prepare(
    'DELETE FROM probe_block WHERE id IN (SELECT id FROM probe_block ORDER BY to_ms LIMIT ?)',
  )
  const size = db.prepare<[], { octets: number | null }>('SELECT sum(length(packed) + 120) AS octets FROM probe_block')
  return {
    record(result) {
      // Our own fault says nothing of the node, and a replay would not count it either.
      if (result.class === 'local') return
      const key = `${result.node}\n${result.check}`
      let one = waiting.get(key)
      if (one === undefined) {
        // Blocks of many nodes that began together are not all due together.
        const spread = BLOCK_MS * (0.5 + Math.random() / 2)
        one = {
          node: result.node,
          check: result.check,
          writer: new BlockWriter(result.startedAtMs),
          dueMs: result.startedAtMs + spread,
        }
        waiting.set(key, one)
      }
      one.writer.add({ atMs: result.startedAtMs, class: result.class, ms: result.durationMs })
      if (!result.ok) one.dueMs = Math.min(one.dueMs, result.startedAtMs + AFTER_FAILURE_MS)
    },
    tick(nowMs) {
      const due: Waiting[] = []
      for (const one of waiting.values()) {
        if (one.dueMs > nowMs) continue
        due.push(one)
        if (due.length === BLOCKS_A_TICK) break
      }
      writeAll(due)
    },
    flush: () => writeAll([...waiting.values()]),
    *lines(filter) {
      // Who asks for the past means the last minutes too.
      writeAll([...waiting.values()])
      yield* linesOf(db, filter)
    },
    prune(beforeMs, most) {
      const gone = removeOld.run(Math.round(beforeMs), most).changes
      if (gone > 0) return gone
      return (size.get()?.octets ?? 0) > (options.mostOctets ?? MOST_OCTETS) ? removeOldest.run(most).changes : 0
    },
  }
}

/** Hour by hour, so that memory stays small however long the history is. */
function* linesOf(db: Sqlite, filter: ProbeLogFilter): Generator<string> {
  const { node, check, sinceMs } = filter
  const which = `${node === undefined ? '' : ' AND node = ?'}${check === undefined ? '' : ' AND "check" = ?'}`
  const named = [node, check].filter((one) => one !== undefined)
  const bounds = db
    .prepare<(string | number)[], { from: number | null; to: number | null }>(
      `SELECT min(from_ms) AS "from", max(to_ms) AS "to" FROM probe_block WHERE to_ms >= ? AND from_ms <= ?${which}`,
    )
    .get(Math.floor(sinceMs), Math.ceil(filter.untilMs), ...named)
  if (bounds === undefined || bounds.from === null || bounds.to === null) return
  const select = db.prepare<(string | number)[], { node: string; check: string; from_ms: number; packed: Uint8Array }>(
    `SELECT node, "check", from_ms, packed FROM probe_block WHERE to_ms >= ? AND from_ms < ?${which}`,
  )
  const endMs = Math.min(filter.untilMs, bounds.to)
  for (let fromMs = Math.max(sinceMs, bounds.from); fromMs <= endMs; fromMs += HOUR_MS) {
    const toMs = fromMs + HOUR_MS
    const found: { atMs: number; line: string }[] = []
    for (const row of select.all(Math.floor(fromMs), Math.ceil(toMs), ...named))
      for (const probe of readBlock(row.packed, row.from_ms)) {
        if (probe.atMs < fromMs || probe.atMs >= toMs || probe.atMs > endMs) continue
        const ok = probe.class === 'ok' || probe.class === 'slow'
        found.push({
          atMs: probe.atMs,
          line: JSON.stringify({
            t: Number(((probe.atMs - sinceMs) / 1000).toFixed(3)),
            node: row.node,
            check: row.check,
            ok,
            class: probe.class,
            ms: probe.ms,
          }),
        })
      }
    found.sort((a, b) => a.atMs - b.atMs)
    for (const { line } of found) yield line
  }
}
