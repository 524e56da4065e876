/**
 * The journal: read, follow, and the log of probes for the lab.
 */

import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { z } from '@hono/zod-openapi'
import type { JournalFilter } from '../control/index.ts'
import { Problem } from './problem.ts'
import { type Router, route } from './route.ts'
import { Moment, Name } from './schemas.ts'
import { EventSchema, EventsQuery, viewEvent } from './schemas-events.ts'
import type { Streams } from './streams.ts'

export function eventRoutes(router: Router, streams: Streams): void {
  const { control, probeLog, now } = router.ports
  const tag = 'events'
  route(
    router,
    {
      method: 'get',
      path: '/v1/events',
      role: 'viewer',
      tag,
      summary: 'The journal, oldest first',
      query: EventsQuery,
      returns: z.array(EventSchema),
    },
    ({ query }) => control.events({ ...filterOf(query), limit: query.limit }).map(viewEvent),
  )
  route(
    router,
    {
      method: 'get',
      path: '/v1/events/stream',
      role: 'viewer',
      tag,
      summary: 'The journal as it is written (server-sent events); resumes by Last-Event-ID',
      query: EventsQuery,
      returns: EventSchema,
      media: 'text/event-stream',
    },
    ({ query, c, identity }) => {
      const header = c.req.header('last-event-id')
      if (header !== undefined && !/^\d{1,15}$/.test(header))
        throw new Problem('invalid', 'Last-Event-ID is the number of an event.')
      // Who asks for the head only does not stay.
      if (c.req.method === 'HEAD') return new Response(null, { headers: { 'content-type': 'text/event-stream' } })
      const { afterId, untilMs: _, ...filter } = filterOf(query)
      const from = header !== undefined ? Number(header) : (afterId ?? (filter.sinceMs === undefined ? undefined : 0))
      const { token } = identity
      const mayStay = (): boolean =>
        token === undefined ||
        (control.token(token.id) === token && (token.expiresMs === undefined || token.expiresMs > now()))
      if (!streams.open(c.env.outgoing, filter, from, mayStay))
        throw new Problem('busy', 'Too many event streams are open.', {}, { 'retry-after': '10' })
      return RESPONSE_ALREADY_SENT
    },
  )
  route(
    router,
    {
      method: 'get',
      path: '/v1/probes',
      role: 'viewer',
      tag,
      summary: 'Recorded probe results as JSON lines, for lab --probes',
      query: z.strictObject({
        node: Name.optional(),
        check: Name.optional(),
        since: Moment.optional(),
        until: Moment.optional(),
      }),
      returns: z.string(),
      media: 'application/x-ndjson',
    },
    ({ query }) => {
      const lines = probeLog({
        node: query.node,
        check: query.check,
        sinceMs: query.since ?? now() - 86_400_000,
        untilMs: query.until ?? now(),
      })[Symbol.iterator]()
      const encoder = new TextEncoder()
      const stream = new ReadableStream<Uint8Array>({
        pull(controller) {
          let chunk = ''
          while (chunk.length < 65_536) {
            const next = lines.next()
            if (next.done === true) {
              if (chunk !== '') controller.enqueue(encoder.encode(chunk))
              controller.close()
              return
            }
            chunk += `${next.value}\n`
          }
          controller.enqueue(encoder.encode(chunk))
        },
      })
      return new Response(stream, { headers: { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' } })
    },
  )
}

function filterOf(query: z.output<typeof EventsQuery>): Omit<JournalFilter, 'limit'> {
  return {
    ...(query.after === undefined ? {} : { afterId: query.after }),
    ...(query.since === undefined ? {} : { sinceMs: query.since }),
    ...(query.until === undefined ? {} : { untilMs: query.until }),
    ...(query.node === undefined ? {} : { node: query.node }),
    ...(query.pool === undefined ? {} : { pool: query.pool }),
    ...(query.kind === undefined ? {} : { kind: query.kind }),
    ...(query.author === undefined ? {} : { author: query.author }),
  }
}
