/**
 * The HTTP API: routes over control, tokens, problems, metrics. `listen` opens the door; everything else is values.
 */
import type { Server } from 'node:http'
import { OpenAPIHono } from '@hono/zod-openapi'
import { HTTPException } from 'hono/http-exception'
import type { Env } from './access.ts'
import { createHttpServer, type Listening, type ListenOptions, listen } from './listen.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import type { ApiPorts } from './ports.ts'
import { Problem } from './problem.ts'
import { secure } from './response.ts'
import { type Router, remember } from './route.ts'
import { adminRoutes } from './routes-admin.ts'
import { eventRoutes } from './routes-events.ts'
import { healthRoutes } from './routes-health.ts'
import { keptZoneRoutes } from './routes-kept-zones.ts'
import { nodeRoutes } from './routes-nodes.ts'
import { zoneRoutes } from './routes-zones.ts'
import { createStreams } from './streams.ts'
import { createThrottle } from './throttle.ts'
import { createTraffic } from './traffic.ts'

export interface Api {
  /** The HTTP server without an address: whoever has a connection can hand it over. */
  server(): Server
  /** @throws ApiError: one clear sentence */
  listen(options: ListenOptions): Promise<Listening>
  readonly metrics: Metrics
  /** Ends event streams. Close what listens first. */
  close(): void
}

export function createApi(ports: ApiPorts): Api {
  const app = new OpenAPIHono<Env>()
  const router: Router = { app, ports, throttle: createThrottle(ports.now), known: [] }
  const streams = createStreams(ports.control)
  const metrics = createMetrics(ports, () => streams.count())
  const traffic = createTraffic(ports.answers)

  app.use(async (c, next) => {
    const done = metrics.request(c.req.method)
    await next()
    secure(c.res)
    done(c.req.path, c.env.outgoing.headersSent ? c.env.outgoing.statusCode : c.res.status)
  })
  healthRoutes(router)
  nodeRoutes(router)
  zoneRoutes(router)
  keptZoneRoutes(router)
  eventRoutes(router, streams)
  adminRoutes(router, traffic)
  remember(router, '/metrics', 'GET')
  app.get(
    '/metrics',
    async () => new Response(await metrics.print(), { headers: { 'content-type': metrics.contentType } }),
  )
  remember(router, '/v1/openapi.json', 'GET')
  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', { type: 'http', scheme: 'bearer' })
  app.doc31('/v1/openapi.json', {
    openapi: '3.1.0',
    info: {
      title: 'Meridian',
      version: ports.version,
      description: 'An authoritative Geo-DNS name server with a health checker.',
    },
  })

  app.notFound((c) => {
    const allowed = router.known.filter((one) => one.pattern.test(c.req.path)).flatMap((one) => [...one.methods])
    if (allowed.length === 0)
      return new Problem('unknown', `There is nothing at ${c.req.path}.`, {
        advice: 'See /v1/openapi.json.',
      }).response()
    const allow = [...new Set(allowed)].join(', ')
    return new Problem('method-not-allowed', `${c.req.path} takes ${allow}.`, {}, { allow }).response()
  })
  app.onError((error, c) => {
    if (error instanceof Problem) return error.response()
    if (error instanceof HTTPException) return new Problem('bad-request', error.message).response()
    ports.log('error', 'a request failed', {
      path: c.req.path,
      method: c.req.method,
      error: String(error.stack ?? error),
    })
    return new Problem(
      'internal',
      'The server failed at this request; nothing was changed half-way. Its log says more.',
    ).response()
  })

  const fetch = (request: Request, env: Env['Bindings']) => app.fetch(request, env)
  return {
    server: () => createHttpServer(fetch),
    listen: (options) => listen(fetch, options),
    metrics,
    close() {
      streams.close()
      traffic.stop()
    },
  }
}
