/**
 * Server-sent events (WHATWG HTML 9.2): the journal as it is written, to many followers at once. Each event is encoded once
 * for all of them, and what happens within 20 ms is one write. Who was away sends Last-Event-ID and gets what it missed, from
 * the journal, without a gap: reading the last page and joining the followers happen in one turn of the event loop.
 *
 * Who reads too slowly is cut off, and comes back with its Last-Event-ID.
 */
import type { ServerResponse } from 'node:http'
import { type Control, entryMatches, type JournalEntry, type JournalFilter } from '../control/index.ts'
import { neverEnds } from './connections.ts'
import { SECURE_HEADERS } from './response.ts'
import { viewEvent } from './schemas-events.ts'

const PAGE = 500
const HEARTBEAT_MS = 15_000
/** What happens within this time is one write for each follower: a burst costs a thousand followers one write, not hundreds. */
const GATHER_MS = 20
/** Octets that may wait for a follower before it is cut off. */
const MOST_WAITING = 1 << 20
export const MOST_STREAMS = 4000

export type StreamFilter = Omit<JournalFilter, 'limit' | 'afterId' | 'untilMs'>

export interface Streams {
  /** Takes over a response and follows from after this id; undefined: from now on. @returns false: there are too many */
  open(
    response: ServerResponse,
    filter: StreamFilter,
    afterId: number | undefined,
    /** asked every now and then: a token that was revoked or ended closes its streams */
    mayStay: () => boolean,
  ): boolean
  count(): number
  close(): void
}

interface Follower {
  readonly response: ServerResponse
  readonly filter: StreamFilter
  /** the filter as text: followers that ask for the same get the same octets */
  readonly key: string
  /** the last entry that it was given, or passed over */
  lastId: number
}

export function createStreams(control: Control): Streams {
  const followers = new Set<Follower>()
  const open = new Map<ServerResponse, () => boolean>()
  let waiting: JournalEntry[] = []
  let timer: NodeJS.Timeout | undefined
  const flush = (): void => {
    timer = undefined
    const entries = waiting
    waiting = []
    const texts = new Map<string, string>()
    const encoded = entries.map(encode)
    for (const follower of followers) {
      // Who joined in between has some of them from the journal already.
      const first = entries.findIndex((entry) => entry.id > follower.lastId)
      if (first < 0) continue
      const key = `${first} ${follower.key}`
      let text = texts.get(key)
      if (text === undefined) {
        text = encoded.filter((_, i) => i >= first && entryMatches(entries[i]!, follower.filter)).join('')
        texts.set(key, text)
      }
      follower.lastId = entries.at(-1)!.id
      if (text !== '') send(follower.response, text)
    }
  }
  const end = control.subscribe((entry) => {
    if (open.size === 0) return
    waiting.push(entry)
    timer ??= setTimeout(flush, GATHER_MS)
  })
  const heartbeat = setInterval(() => {
    for (const [response, mayStay] of open)
      if (mayStay()) send(response, ': still here\n\n')
      else response.end()
  }, HEARTBEAT_MS)
  heartbeat.unref()
  return {
    open(response, filter, afterId, mayStay) {
      if (open.size >= MOST_STREAMS) return false
      // The client left while its token was looked at: nobody would tell of it again.
      if (!neverEnds(response)) return true
      open.set(response, mayStay)
      const follower: Follower = { response, filter, key: JSON.stringify(filter), lastId: 0 }
      response.on('close', () => {
        open.delete(response)
        followers.delete(follower)
      })
      response.on('error', () => response.destroy())
      response.writeHead(200, {
        ...SECURE_HEADERS,
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
        // RFC 9112 9.6: no other request is answered on this connection.
        connection: 'close',
      })
      response.write('retry: 2000\n\n')
      const last = control.lastEntryId()
      const oldest = control.firstEntryId()
      // What was pruned, or a journal that was restored to an earlier time: say so instead of passing over it.
      if (afterId !== undefined && (afterId > last || (oldest > 0 && afterId < oldest - 1)))
        response.write(`event: gap\ndata: ${JSON.stringify({ after: afterId, oldest, last })}\n\n`)
      void catchUp(control, follower, afterId === undefined || afterId > last ? last : afterId, () =>
        followers.add(follower),
      )
      return true
    },
    count: () => open.size,
    close() {
      end()
      clearInterval(heartbeat)
      clearTimeout(timer)
      for (const response of open.keys()) response.end()
    },
  }
}

async function catchUp(control: Control, follower: Follower, afterId: number, join: () => void): Promise<void> {
  const { response, filter } = follower
  let at = afterId
  while (!response.destroyed) {
    const page = control.events({ ...filter, afterId: at, limit: PAGE })
    for (const entry of page) response.write(encode(entry))
    at = page.at(-1)?.id ?? at
    if (page.length < PAGE) {
      follower.lastId = at
      join()
      return
    }
    if (response.writableNeedDrain)
      await new Promise<void>((resolve) => {
        const go = (): void => {
          response.off('drain', go)
          response.off('close', go)
          resolve()
        }
        response.on('drain', go)
        response.on('close', go)
      })
    else await new Promise((resolve) => setImmediate(resolve))
  }
}

function send(response: ServerResponse, text: string): void {
  // Not the answer alone: one that waits behind another has no connection yet, and none would be closed.
  if (response.writableLength > MOST_WAITING) response.req.socket.destroy()
  else response.write(text)
}

function encode(entry: JournalEntry): string {
  return `id: ${entry.id}\nevent: ${entry.kind}\ndata: ${JSON.stringify(viewEvent(entry))}\n\n`
}
