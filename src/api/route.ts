/**
 * One way to declare a route: the schema that validates is the schema that documents. What comes in is read as JSON whatever
 * the content type says (curl -d), unknown keys are errors, and every issue is told at once.
 */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { type Issue, nearestName } from '../base/index.ts'
import type { Role } from '../control/index.ts'
import { type Env, type Identity, identify } from './access.ts'
import type { ApiPorts } from './ports.ts'
import { Problem, requestIssue } from './problem.ts'
import { sendJson } from './response.ts'
import { IssueSchema } from './schemas.ts'
import type { Throttle } from './throttle.ts'

export interface Call<P, Q, B> {
  readonly params: P
  readonly query: Q
  readonly body: B
  readonly identity: Identity
  readonly c: Context<Env>
}

export interface RouteSpec<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> {
  readonly method: 'get' | 'put' | 'post' | 'patch' | 'delete'
  /** with {name} for parameters */
  readonly path: `/${string}`
  readonly role: Role
  readonly tag: string
  readonly summary: string
  readonly params?: P
  readonly query?: Q
  readonly body?: B
  /** most octets of a body, where a node and its pools are not the measure */
  readonly bodyOctets?: number
  /** what 200 holds */
  readonly returns: z.ZodType
  /** the content type of 200 where it is not JSON */
  readonly media?: string
}

export interface Router {
  readonly app: OpenAPIHono<Env>
  readonly ports: ApiPorts
  readonly throttle: Throttle
  /** path patterns and their methods, for 405 */
  readonly known: { readonly pattern: RegExp; readonly path: string; readonly methods: Set<string> }[]
}

const NOTHING = z.strictObject({})

/** Declares a route; the handler returns a value to be sent as JSON, or a Response. */
export function route<
  P extends z.ZodType = typeof NOTHING,
  Q extends z.ZodType = typeof NOTHING,
  B extends z.ZodType = typeof NOTHING,
>(
  router: Router,
  spec: RouteSpec<P, Q, B>,
  handle: (call: Call<z.output<P>, z.output<Q>, z.output<B>>) => unknown,
): void {
  const { app, ports } = router
  const documented = createRoute({
    method: spec.method,
    path: spec.path,
    summary: spec.summary,
    tags: [spec.tag],
    security: [{ bearer: [] }],
    request: {
      ...(spec.params === undefined ? {} : { params: spec.params as unknown as z.ZodObject }),
      ...(spec.query === undefined ? {} : { query: spec.query as unknown as z.ZodObject }),
      ...(spec.body === undefined ? {} : { body: { content: { 'application/json': { schema: spec.body } } } }),
    },
    responses: {
      200: { description: 'Done', content: { [spec.media ?? 'application/json']: { schema: spec.returns } } },
      default: {
        description: 'A problem (RFC 9457)',
        content: { 'application/problem+json': { schema: ProblemSchema } },
      },
    },
  })
  app.openAPIRegistry.registerPath(documented)
  remember(router, spec.path, spec.method.toUpperCase())
  app.on(spec.method.toUpperCase(), documented.getRoutingPath(), async (c) => {
    const identity = await identify(c, ports, router.throttle, spec.role)
    const issues: Issue[] = []
    const params = read(spec.params ?? NOTHING, c.req.param(), 'path', issues)
    const query = read(spec.query ?? NOTHING, queryOf(c), 'query', issues)
    const body =
      spec.method === 'get' ? undefined : read(spec.body ?? NOTHING, await bodyOf(c, spec.bodyOctets), '', issues)
    if (issues.length > 0)
      throw new Problem(
        'invalid',
        `${issues.length} thing${issues.length === 1 ? ' is' : 's are'} wrong with the request.`,
        { issues },
      )
    // After the last wait: from here to the write nobody else comes in between.
    requireGeneration(c, ports)
    const value = await handle({
      params: params as z.output<P>,
      query: query as z.output<Q>,
      body: body as z.output<B>,
      identity,
      c,
    })
    if (value instanceof Response) return value
    return sendJson(c.env.outgoing, value, ports.control.generation())
  })
}

/** Notes a path for 405 and its Allow header. */
export function remember(router: Router, path: string, method: string): void {
  const known = router.known.find((one) => one.path === path)
  if (known !== undefined) known.methods.add(method)
  else
    router.known.push({
      path,
      pattern: new RegExp(`^${path.replace(/[.]/g, '\\.').replace(/\{[^}]+\}/g, '[^/]+')}$`),
      methods: new Set([method]),
    })
}

/** If-Match on the generation (RFC 9110 13.1.1): a write only if nobody wrote since. @throws Problem 412 */
function requireGeneration(c: Context<Env>, ports: ApiPorts): void {
  const wanted = c.req.header('if-match')
  if (wanted === undefined || wanted.trim() === '*' || c.req.method === 'GET') return
  const present = `"${ports.control.generation()}"`
  if (!wanted.split(',').some((tag) => tag.trim() === present))
    throw new Problem(
      'moved',
      `The generation is ${present}, and the request wants ${wanted}: somebody wrote in between.`,
      {
        advice: 'Read again, look, and send the write with the new ETag.',
      },
    )
}

function queryOf(c: Context<Env>): Record<string, string> {
  // From the text: a Host that is nobody's name would make no URL. The last of several holds; and not by assignment: "__proto__" is a
  // key that nobody knows, like any other.
  const query = /\?([^#]*)/.exec(c.req.url)?.[1] ?? ''
  return Object.fromEntries(new URLSearchParams(query))
}

/** No request says more than a node and its pools. */
const BODY_OCTETS = 256 * 1024

async function bodyOf(c: Context<Env>, most = BODY_OCTETS): Promise<unknown> {
  const chunks: Buffer[] = []
  let octets = 0
  try {
    for await (const chunk of c.env.incoming) {
      octets += (chunk as Buffer).length
      if (octets > most) break
      chunks.push(chunk as Buffer)
    }
  } catch {
    throw new Problem('bad-request', 'The body broke off.')
  }
  if (octets > most)
    throw new Problem('too-large', `A request holds ${most} octets at the most.`, {}, { connection: 'close' })
  let text: string
  try {
    // RFC 8259 8.1: JSON is UTF-8; what is not would be journalled as something that nobody wrote.
    text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
  } catch {
    throw new Problem('bad-request', 'The body is no UTF-8.')
  }
  if (text.trim() === '') return {}
  try {
    return JSON.parse(text) as unknown
  } catch (error) {
    throw new Problem(
      'bad-request',
      `The body is no JSON: ${error instanceof Error ? error.message : 'it cannot be read'}.`,
    )
  }
}

/** An unknown key is told in a sentence. */
const LONGEST_KEY = 80

function read(schema: z.ZodType, value: unknown, where: string, issues: Issue[]): unknown {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  for (const issue of parsed.error.issues) {
    const at = [where, ...issue.path.map(String)].filter((part) => part !== '').join('.')
    if (issue.code === 'unrecognized_keys') {
      const known = schema instanceof z.ZodObject ? Object.keys(schema.shape) : []
      for (const long of issue.keys) {
        const key = long.length > LONGEST_KEY ? `${long.slice(0, LONGEST_KEY)}...` : long
        const near = nearestName(key, known)
        const advice =
          near !== undefined ? `Did you mean "${near}"?` : known.length > 0 ? `Known: ${known.join(', ')}.` : undefined
        issues.push(requestIssue(at, 'unknown-key', `there is no "${key}" here.`, advice))
      }
    } else issues.push(requestIssue(at, issue.code.replaceAll('_', '-'), issue.message))
  }
  return undefined
}

const ProblemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    advice: z.string().optional(),
    issues: z.array(IssueSchema).optional(),
    harms: z.array(z.object({ code: z.string(), pool: z.string().optional(), message: z.string() })).optional(),
    declared: z.string().optional(),
  })
  .openapi('Problem')
