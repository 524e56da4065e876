/**
 * Schemas of the journal.
 */
import { z } from '@hono/zod-openapi'
import { ENTRY_KINDS, type JournalEntry } from '../control/index.ts'
import { Moment, Name } from './schemas.ts'

export const EventsQuery = z.strictObject({
  since: Moment.optional(),
  until: Moment.optional(),
  after: z.coerce.number().int().min(0).optional(),
  node: Name.optional(),
  pool: Name.optional(),
  kind: z.enum(ENTRY_KINDS).optional(),
  author: Name.optional(),
  limit: z.coerce.number().int().min(1).max(10_000).default(1000),
})

export const EventSchema = z
  .object({
    id: z.number(),
    at: z.string(),
    kind: z.enum(ENTRY_KINDS),
    action: z.string(),
    node: z.string().optional(),
    pool: z.string().optional(),
    author: z.string(),
    from: z.string(),
    reason: z.string().optional(),
    before: z.unknown().optional(),
    after: z.unknown().optional(),
    message: z.string(),
  })
  .openapi('Event')
export type EventView = z.output<typeof EventSchema>

/** A journal entry as the API shows it: the moment as ISO 8601. */
export function viewEvent(entry: JournalEntry): EventView {
  const { id, atMs, ...rest } = entry
  return { id, at: new Date(atMs).toISOString(), ...rest }
}
