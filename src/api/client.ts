/**
 * The typed client of the HTTP API: what the CLI and tests use. TCP, TLS and unix sockets.
 */
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { z } from '@hono/zod-openapi'
import type {
  Accepted,
  DrainProof,
  HealthView,
  NodeHealth,
  NodeView,
  Plan,
  PoolView,
  RecordView,
  Safety,
  ZoneDetail,
  ZoneView,
} from '../control/index.ts'
import type { Explanation, PlaceView } from './ports.ts'
import type { ProblemBody } from './problem.ts'
import type { StatusSchema } from './routes-health.ts'
import type { EventView, NodeBody, PoolNodeBody, TokenBody, TokenSchema } from './schemas.ts'

export interface ClientOptions {
  /** http://127.0.0.1:8053, https://..., or unix:/path */
  readonly url: string
  readonly token?: string | undefined
  /** PEM of the authority that signed the API's certificate */
  readonly ca?: string | undefined
  readonly timeoutMs?: number
}

/** The API said no; `body` says why, and `exitCode` what a command should end with. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem'
  readonly body: ProblemBody

  constructor(body: ProblemBody) {
    super(body.detail)
    this.body = body
  }

  /** 3: refused by a safety rule; 1: failed */
  get exitCode(): 1 | 3 {
    return this.body.type === 'urn:meridian:problem:unsafe' ? 3 : 1
  }
}

/** The API could not be reached, or what answered is not Meridian. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable'
}

export type StatusView = z.output<typeof StatusSchema>
export type TokenView = z.output<typeof TokenSchema>
export type IntentVerb = 'drain' | 'resume' | 'disable' | 'force-up' | 'force-down'

export interface IntentRequest {
  readonly reason?: string | undefined
  /** 2h, 90s */
  readonly for?: string | undefined
  readonly force?: boolean | undefined
}

export interface EventsRequest {
  /** 1h, an ISO 8601 moment or epoch seconds */
  readonly since?: string | undefined
  readonly until?: string | undefined
  readonly after?: number | undefined
  readonly node?: string | undefined
  readonly pool?: string | undefined
  readonly kind?: string | undefined
  readonly author?: string | undefined
  readonly limit?: number | undefined
}

type Query = Readonly<Record<string, string | number | undefined>>

export type Client = ReturnType<typeof createClient>

/** Every method rejects with ApiProblem or Unreachable. */
export function createClient(options: ClientOptions) {
  const call = async <T>(method: string, path: string, body?: object, query: Query = {}): Promise<T> => {
    const response = await send(options, method, path, query, body)
    const text = await readText(response)
    const value = parse(text)
    const status = response.statusCode ?? 0
    // A critical health is an answer, not a problem.
    if (status < 400 || (status === 503 && path === '/v1/health' && isHealth(value))) return value as T
    throw isProblem(value)
      ? new ApiProblem(value)
      : new Unreachable(`${options.url} answers ${status}, and not as Meridian does.`)
  }
  const segment = encodeURIComponent
  return {
    status: () => call<StatusView>('GET', '/v1/status'),
    health: () => call<HealthView>('GET', '/v1/health'),
    healthOfNodes: () => call<NodeHealth[]>('GET', '/v1/health/nodes'),
    nodes: () => call<NodeView[]>('GET', '/v1/nodes'),
    node: (node: string) => call<NodeHealth>('GET', `/v1/nodes/${segment(node)}`),
    pools: () => call<PoolView[]>('GET', '/v1/pools'),
    pool: (pool: string) => call<PoolView>('GET', `/v1/pools/${segment(pool)}`),
    records: () => call<RecordView[]>('GET', '/v1/records'),
    zones: () => call<ZoneView[]>('GET', '/v1/zones'),
    zone: (zone: string) => call<ZoneDetail>('GET', `/v1/zones/${segment(zone)}`),
    putNode: (node: string, body: z.input<typeof NodeBody>) =>
      call<Accepted>('PUT', `/v1/nodes/${segment(node)}`, body),
    addToPool: (zone: string, pool: string, body: z.input<typeof PoolNodeBody>) =>
      call<Accepted>('POST', `/v1/zones/${segment(zone)}/pools/${segment(pool)}/nodes`, body),
    removeNode: (node: string, force = false) =>
      call<Accepted>('DELETE', `/v1/nodes/${segment(node)}`, undefined, force ? { force: 'true' } : {}),
    /** @param weight null: the declared one again */
    weigh: (node: string, weight: number | null, reason?: string) =>
      call<Accepted>('PATCH', `/v1/nodes/${segment(node)}`, { weight, ...(reason === undefined ? {} : { reason }) }),
    weighSite: (site: string, weight: number | null, reason?: string) =>
      call<Accepted>('PATCH', `/v1/sites/${segment(site)}`, { weight, ...(reason === undefined ? {} : { reason }) }),
    intent: (verb: IntentVerb, node: string, request: IntentRequest = {}) =>
      call<Accepted>('POST', `/v1/nodes/${segment(node)}/${verb}`, request),
    siteIntent: (verb: 'drain' | 'resume' | 'disable', site: string, request: IntentRequest = {}) =>
      call<Accepted>('POST', `/v1/sites/${segment(site)}/${verb}`, request),
    standby: (pool: string, on: boolean | null) => call<Accepted>('POST', `/v1/pools/${segment(pool)}/standby`, { on }),
    canDrain: (node: string) =>
      call<Safety & { readonly proof: DrainProof }>('GET', `/v1/nodes/${segment(node)}/can-drain`),
    canDrainSite: (site: string) => call<Safety>('GET', `/v1/sites/${segment(site)}/can-drain`),
    explain: (name: string, type?: string, client?: string) =>
      call<Explanation>('GET', '/v1/explain', undefined, { name, type, client }),
    geo: (address: string) => call<PlaceView>('GET', '/v1/geo', undefined, { address }),
    events: (request: EventsRequest = {}) => call<EventView[]>('GET', '/v1/events', undefined, { ...request }),
    /** Follows the journal; goes on after a broken connection where it left off, until `signal` ends it. */
    follow: (request: EventsRequest, onEvent: (event: EventView) => void, signal: AbortSignal) =>
      follow(options, request, onEvent, signal),
    reload: (request: { readonly force?: boolean | undefined; readonly confirm_within?: string | undefined } = {}) =>
      call<Accepted>('POST', '/v1/reload', request),
    confirmReload: () => call<Accepted>('POST', '/v1/reload/confirm'),
    plan: () => call<Plan>('GET', '/v1/plan'),
    backup: (file: string) => call<{ file: string; octets: number }>('POST', '/v1/backup', { file }),
    tokens: () => call<TokenView[]>('GET', '/v1/tokens'),
    createToken: (body: z.input<typeof TokenBody>) =>
      call<TokenView & { readonly token: string }>('POST', '/v1/tokens', body),
    revokeToken: (token: string) => call<Accepted>('DELETE', `/v1/tokens/${segment(token)}`),
    /** @returns the text as it came: YAML, JSON lines, metrics */
    text: async (path: string, query: Query = {}): Promise<string> => {
      const response = await send(options, 'GET', path, query, undefined)
      const text = await readText(response)
      if ((response.statusCode ?? 0) < 400) return text
      const value = parse(text)
      throw isProblem(value) ? new ApiProblem(value) : new Unreachable(`${options.url} answers ${response.statusCode}.`)
    },
  }
}

function send(
  options: ClientOptions,
  method: string,
  path: string,
  query: Query,
  body: object | undefined,
  more: {
    readonly headers?: Readonly<Record<string, string>>
    readonly signal?: AbortSignal
    readonly endless?: boolean
  } = {},
): Promise<IncomingMessage> {
  const asked = Object.entries(query).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key}=${encodeURIComponent(value)}`],
  )
  const target = asked.length === 0 ? path : `${path}?${asked.join('&')}`
  const payload = body === undefined ? undefined : JSON.stringify(body)
  const common = {
    method,
    headers: {
      accept: 'application/json',
      ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
      ...(payload === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }),
      ...more.headers,
    },
    ...(more.signal === undefined ? {} : { signal: more.signal }),
  }
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException): void => reject(new Unreachable(unreachable(options.url, error)))
    try {
      const unix = /^unix:(.+)$/.exec(options.url)?.[1]
      const request =
        unix !== undefined
          ? httpRequest({ ...common, socketPath: unix, path: target }, resolve)
          : options.url.startsWith('https:')
            ? httpsRequest(
                new URL(target, options.url),
                { ...common, ...(options.ca === undefined ? {} : { ca: options.ca }) },
                resolve,
              )
            : httpRequest(new URL(target, options.url), common, resolve)
      request.on('error', fail)
      if (more.endless !== true)
        request.setTimeout(options.timeoutMs ?? 30_000, () => request.destroy(new Error('it does not answer in time')))
      request.end(payload)
    } catch (error) {
      fail(error as NodeJS.ErrnoException)
    }
  })
}

async function readText(response: IncomingMessage): Promise<string> {
  response.setEncoding('utf8')
  let text = ''
  try {
    for await (const chunk of response) text += String(chunk)
  } catch (error) {
    throw new Unreachable(`The answer broke off: ${error instanceof Error ? error.message : String(error)}.`)
  }
  return text
}

async function follow(
  options: ClientOptions,
  request: EventsRequest,
  onEvent: (event: EventView) => void,
  signal: AbortSignal,
): Promise<void> {
  let lastId: string | undefined
  while (!signal.aborted) {
    try {
      const response = await send(options, 'GET', '/v1/events/stream', { ...request }, undefined, {
        headers: { accept: 'text/event-stream', ...(lastId === undefined ? {} : { 'last-event-id': lastId }) },
        signal,
        endless: true,
      })
      if (response.statusCode !== 200) {
        const value = parse(await readText(response))
        throw isProblem(value)
          ? new ApiProblem(value)
          : new Unreachable(`${options.url} answers ${response.statusCode}.`)
      }
      response.setEncoding('utf8')
      let rest = ''
      for await (const chunk of response) {
        const blocks = (rest + String(chunk)).split('\n\n')
        rest = blocks.pop() ?? ''
        for (const block of blocks) {
          const fields = new Map(
            block
              .split('\n')
              .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]),
          )
          const value = parse(fields.get('data') ?? '')
          if (fields.get('event') === 'gap' || value === undefined) continue
          lastId = fields.get('id') ?? lastId
          onEvent(value as EventView)
        }
      }
    } catch (error) {
      if (signal.aborted) return
      // Before anything was followed a failure is told; later the server may only be restarting.
      if (error instanceof ApiProblem || lastId === undefined) throw error
    }
    if (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, 1000))
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

function isProblem(value: unknown): value is ProblemBody {
  return typeof value === 'object' && value !== null && 'detail' in value && 'status' in value && 'type' in value
}

function isHealth(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'nodes' in value
}

function unreachable(url: string, error: NodeJS.ErrnoException): string {
  if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT')
    return `Nobody listens at ${url}. Is the server running? Start it with: meridian serve`
  if (error.code === 'EACCES') return `This user may not use ${url}.`
  return `${url} cannot be reached: ${error.message}.`
}
