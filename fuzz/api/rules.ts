/**
 * What must hold of an exchange with the API, whatever was sent:
 * - nothing fails inside: no 5xx but a 503 that says why, no error in the log
 * - every error is application/problem+json of the documented shape, and short
 * - every 200 is what the OpenAPI document says of its operation
 * - who may not write changes nothing, and a limited token nothing outside its limits
 * - a write that was done raises the generation by one and is in the journal under its author; what was refused left nothing behind
 */
import { z } from '@hono/zod-openapi'
import { must } from '../target.ts'
import type { Contract } from './contract.ts'
import type { Asked, Exchange } from './exchange.ts'
import { type Reply, readReplies } from './replies.ts'
import type { ApiWorld, State } from './world.ts'

/** A problem tells a person what is wrong; more than this nobody reads. */
const MOST_PROBLEM_OCTETS = 128 * 1024
/** The state of these targets' world as JSON, or its metrics. */
const MOST_REPLY_OCTETS = 512 * 1024
const STATUSES = new Set([200, 400, 401, 403, 404, 405, 408, 409, 412, 413, 429, 431, 503])
const WRITERS = ['admin', 'operator', 'limited', 'zoned']
const PROBLEM_KEYS = new Set(['type', 'title', 'status', 'detail', 'advice', 'issues', 'harms', 'declared'])

type Check = (value: unknown) => string | undefined

export interface Rules {
  hold(exchange: Exchange, before: State): { readonly changed: boolean }
}

export function createRules(world: ApiWorld, document: unknown, contract: Contract): Rules {
  const fits = responseChecks(document, contract)
  return {
    hold({ asked, replied, settled }, before) {
      must(world.failures.length === 0, `the server failed: ${world.failures.splice(0)[0]}`)
      const replies = readReplies(replied)
      must(replies.length <= asked.length + 1, `${asked.length} requests and ${replies.length} replies`)
      for (const [i, reply] of replies.entries()) checkReply(reply, asked[i], fits)
      const after = world.state()
      const entries = world.entriesAfter(before.lastEntryId)
      const authors = new Set(asked.flatMap((one) => authorOf(world, one) ?? []))
      if (authors.size === 0) must(after.rows === before.rows, 'a request without the right to write changed the state')
      for (const entry of entries) {
        must(
          entry.kind !== 'write' || authors.has(entry.author),
          `${entry.author} wrote, and ${[...authors].join(', ')} asked`,
        )
        const outside = entry.node === 'md-1' || entry.pool === 'moldova'
        must(entry.author !== 'limited' || !outside, `a limited token reached outside: ${entry.message}`)
      }
      if (settled && replies.length === asked.length && replies.every(({ whole }) => whole))
        checkWrites(asked, replies, before, after, entries.filter(({ author }) => authors.has(author)).length)
      return { changed: after.rows !== before.rows }
    },
  }
}

/** @returns the token's word where the request may write */
function authorOf(world: ApiWorld, { method, authorization }: Asked): string | undefined {
  if (['GET', 'HEAD', 'OPTIONS', 'TRACE'].includes(method)) return undefined
  const text = /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1]
  return text === undefined ? undefined : WRITERS.find((word) => world.token(word) === text)
}

function checkReply(reply: Reply, asked: Asked | undefined, fits: (asked: Asked) => Check | undefined): void {
  const { status, headers, body, whole } = reply
  const what = asked === undefined ? 'octets that are no request' : `${asked.method} ${asked.url.slice(0, 100)}`
  must(STATUSES.has(status), `${what}: status ${status}`)
  // Ready it is, and no stream outlives its connection: only critical health is told so.
  must(status !== 503 || asked?.url.startsWith('/v1/health') === true, `${what}: status 503`)
  if (!whole || body.length === 0) {
    must(!whole || asked?.method === 'HEAD', `${what}: a ${status} without a body`)
    return
  }
  must(body.length <= MOST_REPLY_OCTETS, `${what}: a reply of ${body.length} octets`)
  if (status === 200 && headers.get('content-type') !== 'application/json') return
  let value: unknown
  try {
    value = JSON.parse(body.toString())
  } catch {
    throw new Error(`${what}: the body of a ${status} is no JSON: ${body.toString('latin1', 0, 80)}`)
  }
  const health =
    status === 503 && headers.get('content-type') === 'application/json' && asked?.url.startsWith('/v1/health')
  if (status === 200 || health === true) {
    const wrong = asked === undefined ? 'nothing was asked' : fits(asked)?.(value)
    must(wrong === undefined, `${what}: the reply is not what the document says: ${wrong}`)
    return
  }
  must(
    headers.get('content-type') === 'application/problem+json',
    `${what}: a ${status} is ${headers.get('content-type')}`,
  )
  must(body.length <= MOST_PROBLEM_OCTETS, `${what}: a problem of ${body.length} octets`)
  const problem = value as { type: unknown; title: unknown; status: unknown; detail: unknown }
  must(
    Object.keys(problem).every((key) => PROBLEM_KEYS.has(key)) &&
      /^urn:meridian:problem:[a-z-]+$/.test(String(problem.type)) &&
      typeof problem.title === 'string' &&
      problem.status === status &&
      typeof problem.detail === 'string' &&
      problem.detail !== '',
    `${what}: no problem as documented: ${body.toString('utf8', 0, 200)}`,
  )
}

function checkWrites(
  asked: readonly Asked[],
  replies: readonly Reply[],
  before: State,
  after: State,
  entries: number,
): void {
  let generations = 0
  let done = 0
  for (const [i, { method, url }] of asked.entries()) {
    const { status, body } = replies[i]!
    if (status !== 200 || ['GET', 'HEAD', 'OPTIONS', 'TRACE'].includes(method)) continue
    const path = pathOf(url)
    const value = JSON.parse(body.toString()) as { status?: string; token?: string }
    if (value.status !== 'done' && value.token === undefined) continue
    done++
    if (!/\/kept-zones\//.test(path)) generations++
  }
  must(done > 0 || after.rows === before.rows, 'what was refused, or changed nothing, wrote all the same')
  must(
    after.generation - before.generation === generations,
    `${generations} writes were done, and the generation went from ${before.generation} to ${after.generation}`,
  )
  must(entries >= done, `${done} writes were done, and ${entries} are in the journal`)
}

/** The path as the server takes it: dots are gone, the query and the host too. */
function pathOf(url: string): string {
  try {
    return new URL(url, 'http://localhost').pathname
  } catch {
    return url
  }
}

/** Checks of what 200 holds, from the document's own schemas. */
function responseChecks(document: unknown, contract: Contract): (asked: Asked) => Check | undefined {
  const { paths, components } = document as {
    paths: Record<
      string,
      Record<string, { responses: Record<string, { content: Record<string, { schema: object }> }> }>
    >
    components: { schemas: object }
  }
  const local = (value: object): object =>
    JSON.parse(JSON.stringify(value).replaceAll('#/components/schemas/', '#/$defs/')) as object
  const $defs = local(components.schemas)
  const checks = contract.operations.flatMap(({ method, path }) => {
    const schema = paths[path]?.[method.toLowerCase()]?.responses['200']?.content['application/json']?.schema
    if (schema === undefined) return []
    const type = z.fromJSONSchema({ ...local(schema), $defs } as Parameters<typeof z.fromJSONSchema>[0])
    const pattern = new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`)
    const check: Check = (value) => {
      const read = type.safeParse(value)
      return read.success ? undefined : JSON.stringify(read.error.issues.slice(0, 3))
    }
    return [{ method, pattern, check }]
  })
  return ({ method, url }) => {
    const path = pathOf(url)
    return checks.find((one) => one.method === method && one.pattern.test(path))?.check
  }
}
