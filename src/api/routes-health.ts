/**
 * Health for monitoring, status for operators; livez and readyz for whoever restarts processes.
 */
import { z } from '@hono/zod-openapi'
import { Problem } from './problem.ts'
import { sendJson } from './response.ts'
import { type Router, remember, route } from './route.ts'
import { HealthSchema, ReloadStateSchema } from './schemas-health.ts'
import { NodeHealthSchema, NodeParams } from './schemas-nodes.ts'
import { iso, viewNodeWord } from './words.ts'

export const StatusSchema = z
  .object({
    version: z.string(),
    now: z.string(),
    generation: z.number(),
    worldGeneration: z.number(),
    ready: z.boolean(),
    notReady: z.string().nullable(),
    status: z.enum(['ok', 'degraded', 'critical']),
    reasons: z.array(z.string()).readonly(),
    counts: z.object({
      zones: z.number(),
      records: z.number(),
      pools: z.number(),
      nodes: z.number(),
      inService: z.number(),
      /** nodes by health */
      health: z.record(z.string(), z.number()),
      /** nodes by intent */
      intents: z.record(z.string(), z.number()),
    }),
    reload: ReloadStateSchema,
    facts: z.record(z.string(), z.unknown()),
  })
  .openapi('Status')

export function healthRoutes(router: Router): void {
  const { app, ports } = router
  const { control } = ports
  const startedMs = ports.now()

  remember(router, '/livez', 'GET')
  remember(router, '/readyz', 'GET')
  app.get('/livez', (c) => c.text('ok\n'))
  app.get('/readyz', (c) => {
    const why = ports.notReady()
    return why === undefined ? c.text('ready\n') : new Problem('not-ready', why).response()
  })

  route(
    router,
    {
      method: 'get',
      path: '/v1/health',
      role: 'viewer',
      tag: 'health',
      summary: 'Health of everything; 503 when critical',
      returns: HealthSchema,
    },
    ({ c }) => {
      const health = control.health()
      const view = {
        ...ports.facts(),
        ...health,
        version: ports.version,
        uptimeSeconds: Math.round((ports.now() - startedMs) / 1000),
        worldGeneration: ports.answers.generation(),
      }
      return sendJson(c.env.outgoing, view, health.generation, health.status === 'critical' ? 503 : 200)
    },
  )
  route(
    router,
    {
      method: 'get',
      path: '/v1/health/nodes',
      role: 'viewer',
      tag: 'health',
      summary: 'Health of all nodes',
      returns: z.array(NodeHealthSchema),
    },
    () => control.nodes().map((node) => control.node(node.name)),
  )
  route(
    router,
    {
      method: 'get',
      path: '/v1/health/nodes/{node}',
      role: 'viewer',
      tag: 'health',
      summary: 'Health of a node: per check, with its last probes',
      params: NodeParams,
      returns: NodeHealthSchema,
    },
    ({ params }) => viewNodeWord(control, params.node),
  )
  route(
    router,
    {
      method: 'get',
      path: '/v1/status',
      role: 'viewer',
      tag: 'health',
      summary: 'What an operator wants to know first',
      returns: StatusSchema,
    },
    () => {
      const health = control.health()
      const nodes = Object.values(health.nodes)
      const count = (words: readonly string[]): Record<string, number> => {
        const counts: Record<string, number> = {}
        for (const word of words) counts[word] = (counts[word] ?? 0) + 1
        return counts
      }
      const notReady = ports.notReady() ?? null
      return {
        version: ports.version,
        now: iso(ports.now()),
        generation: health.generation,
        worldGeneration: ports.answers.generation(),
        ready: notReady === null,
        notReady,
        status: health.status,
        reasons: health.reasons,
        counts: {
          zones: control.zones().length,
          records: control.steering().records.size,
          pools: control.steering().pools.size,
          nodes: nodes.length,
          inService: nodes.filter((node) => node.inService).length,
          health: count(nodes.map((node) => node.health)),
          intents: count(nodes.map((node) => node.intent)),
        },
        reload: health.reload,
        facts: ports.facts(),
      } satisfies z.input<typeof StatusSchema>
    },
  )
}
