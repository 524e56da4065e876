/**
 * The journal: every write (who, from where, what, why, before and after) and every change that was observed.
 * One entry has four readers: the journal, the event stream, the metric and the webhook.
 */

export const ENTRY_KINDS = ['write', 'health', 'service', 'alert', 'reload', 'system'] as const
export type EntryKind = (typeof ENTRY_KINDS)[number]

/** Who asked, and from where: an operator through the API, a schedule, a lease, the server itself. */
export interface By {
  /** a token's name, or `key:NAME` (TSIG), `schedule:NAME`, `lease`, `meridian` */
  readonly author: string
  /** the source address as text, `unix`, or `-` where the server acted by itself */
  readonly from: string
}

/** The server's own doing. */
export const BY_ITSELF: By = { author: 'meridian', from: '-' }

/** A lease that nobody renewed. */
export const BY_LEASE: By = { author: 'lease', from: '-' }

export interface NewEntry {
  /** epoch ms */
  readonly atMs: number
  readonly kind: EntryKind
  /** what happened, one stable word: drain, add, health, out-of-service, alert-raised, reload-failed ... */
  readonly action: string
  readonly node?: string
  readonly pool?: string
  readonly author: string
  readonly from: string
  /** the reason the operator gave, or the evidence */
  readonly reason?: string
  /** JSON values */
  readonly before?: unknown
  readonly after?: unknown
  /** one sentence for people */
  readonly message: string
}

export interface JournalEntry extends NewEntry {
  /** from 1, growing, never used twice: what Last-Event-ID carries */
  readonly id: number
}

/** Which entries; all that is given must hold. */
export interface JournalFilter {
  readonly afterId?: number
  readonly sinceMs?: number
  readonly untilMs?: number
  readonly node?: string
  readonly pool?: string
  readonly kind?: EntryKind
  readonly author?: string
  /** at most so many, the newest of them; returned oldest first. With `afterId`: the oldest of them. */
  readonly limit: number
}

/** @returns true where the entry is one that the filter asks for (limit and times before it aside) */
export function entryMatches(entry: JournalEntry, filter: Omit<JournalFilter, 'limit'>): boolean {
  return (
    (filter.afterId === undefined || entry.id > filter.afterId) &&
    (filter.sinceMs === undefined || entry.atMs >= filter.sinceMs) &&
    (filter.untilMs === undefined || entry.atMs <= filter.untilMs) &&
    (filter.node === undefined || entry.node === filter.node) &&
    (filter.pool === undefined || entry.pool === filter.pool) &&
    (filter.kind === undefined || entry.kind === filter.kind) &&
    (filter.author === undefined || entry.author === filter.author)
  )
}
