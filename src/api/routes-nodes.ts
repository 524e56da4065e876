/**
 * Nodes, sites and pools: what there is, and what operators want of it.
 */
import { z } from '@hono/zod-openapi'
import type { NodeSpec } from '../control/index.ts'
import type { IntentKind } from '../health/index.ts'
import { requireScope, requireUnlimited } from './access.ts'
import { Problem, problemOf } from './problem.ts'
import { type Router, route } from './route.ts'
import { ForceQuery, Name, OutcomeSchema } from './schemas.ts'
import {
  CanDrainSchema,
  IntentBody,
  NodeBody,
  NodeHealthSchema,
  NodeParams,
  NodeSchema,
  PatchBody,
  PoolNodeBody,
  SafetySchema,
  SiteParams,
} from './schemas-nodes.ts'
import { PoolParams, PoolSchema, StandbyBody } from './schemas-zones.ts'
import { accepted, unknownName, viewNodeWord } from './words.ts'

const INTENT_VERBS = {
  drain: 'drain',
  resume: 'auto',
  disable: 'disabled',
  'force-up': 'force-up',
  'force-down': 'force-down',
} as const satisfies Record<string, IntentKind>

export function nodeRoutes(router: Router): void {
  const { control } = router.ports
  const tag = 'nodes'

  route(
    router,
    { method: 'get', path: '/v1/nodes', role: 'viewer', tag, summary: 'All nodes', returns: z.array(NodeSchema) },
    () => control.nodes(),
  )
  route(
    router,
    {
      method: 'get',
      path: '/v1/nodes/{node}',
      role: 'viewer',
      tag,
      summary: 'A node',
      params: NodeParams,
      returns: NodeHealthSchema,
    },
    ({ params }) => viewNodeWord(control, params.node),
  )
  route(
    router,
    {
      method: 'put',
      path: '/v1/nodes/{node}',
      role: 'operator',
      tag,
      summary: 'Create or replace a node; renews its lease',
      params: NodeParams,
      body: NodeBody,
      returns: OutcomeSchema,
    },
    ({ params, body, identity }) => {
      requireScope(control, identity, { pools: body.pools })
      if (control.steering().nodes.has(params.node)) requireScope(control, identity, { nodes: [params.node] })
      else if (body.pools.length === 0) requireUnlimited(identity)
      return accepted(control.putNode(identity.by, params.node, specOf(body), { force: body.force }))
    },
  )
  route(
    router,
    {
      method: 'patch',
      path: '/v1/nodes/{node}',
      role: 'operator',
      tag,
      summary: 'Give a node a weight, over the declared one; null: the declared one again',
      params: NodeParams,
      body: PatchBody,
      returns: OutcomeSchema,
    },
    ({ params, body, identity }) => {
      viewNodeWord(control, params.node)
      requireScope(control, identity, { nodes: [params.node] })
      return accepted(control.setWeight(identity.by, { node: params.node }, body.weight ?? undefined, body.reason))
    },
  )
  route(
    router,
    {
      method: 'delete',
      path: '/v1/nodes/{node}',
      role: 'operator',
      tag,
      summary: 'Remove a node that was added through the API',
      params: NodeParams,
      query: ForceQuery,
      returns: OutcomeSchema,
    },
    ({ params, query, identity }) => {
      viewNodeWord(control, params.node)
      requireScope(control, identity, { nodes: [params.node] })
      return accepted(control.removeNode(identity.by, params.node, { force: query.force === 'true' }))
    },
  )
  for (const [verb, kind] of Object.entries(INTENT_VERBS))
    route(
      router,
      {
        method: 'post',
        path: `/v1/nodes/{node}/${verb}`,
        role: 'operator',
        tag,
        summary: `${verb} a node`,
        params: NodeParams,
        body: IntentBody,
        returns: OutcomeSchema,
      },
      ({ params, body, identity }) => {
        viewNodeWord(control, params.node)
        requireScope(control, identity, { nodes: [params.node] })
        return accepted(
          control.setIntent(identity.by, { node: params.node }, kind, {
            reason: body.reason,
            forMs: body.for,
            force: body.force,
          }),
        )
      },
    )
  route(
    router,
    {
      method: 'get',
      path: '/v1/nodes/{node}/can-drain',
      role: 'viewer',
      tag,
      summary: 'What would stay of each pool, for which clients; and the proof of a drain',
      params: NodeParams,
      returns: CanDrainSchema,
    },
    ({ params }) => {
      const safety = control.canDrain({ node: params.node })
      if ('status' in safety) throw problemOf(safety)
      return { ...safety, proof: control.drainProof(params.node) }
    },
  )

  for (const verb of ['drain', 'resume', 'disable'] as const)
    route(
      router,
      {
        method: 'post',
        path: `/v1/sites/{site}/${verb}`,
        role: 'operator',
        tag,
        summary: `${verb} all nodes of a site`,
        params: SiteParams,
        body: IntentBody,
        returns: OutcomeSchema,
      },
      ({ params, body, identity }) => {
        requireScope(control, identity, { nodes: nodesOfSite(router, params.site) })
        return accepted(
          control.setIntent(identity.by, { site: params.site }, INTENT_VERBS[verb], {
            reason: body.reason,
            forMs: body.for,
            force: body.force,
          }),
        )
      },
    )
  route(
    router,
    {
      method: 'patch',
      path: '/v1/sites/{site}',
      role: 'operator',
      tag,
      summary: 'Give all nodes of a site a weight',
      params: SiteParams,
      body: PatchBody,
      returns: OutcomeSchema,
    },
    ({ params, body, identity }) => {
      requireScope(control, identity, { nodes: nodesOfSite(router, params.site) })
      return accepted(control.setWeight(identity.by, { site: params.site }, body.weight ?? undefined, body.reason))
    },
  )
  route(
    router,
    {
      method: 'get',
      path: '/v1/sites/{site}/can-drain',
      role: 'viewer',
      tag,
      summary: 'What would stay if a site were drained',
      params: SiteParams,
      returns: SafetySchema,
    },
    ({ params }) => {
      const safety = control.canDrain({ site: params.site })
      if ('status' in safety) throw problemOf(safety)
      return safety
    },
  )

  route(
    router,
    {
      method: 'get',
      path: '/v1/pools',
      role: 'viewer',
      tag: 'pools',
      summary: 'All pools',
      returns: z.array(PoolSchema),
    },
    () => control.pools(),
  )
  route(
    router,
    {
      method: 'get',
      path: '/v1/pools/{pool}',
      role: 'viewer',
      tag: 'pools',
      summary: 'A pool',
      params: PoolParams,
      returns: PoolSchema,
    },
    ({ params }) => {
      const pool = control.pool(params.pool)
      if (pool === undefined) throw unknownName('pool', params.pool, control.steering().pools.keys())
      return pool
    },
  )
  route(
    router,
    {
      method: 'post',
      path: '/v1/pools/{pool}/standby',
      role: 'operator',
      tag: 'pools',
      summary: 'Let standby nodes join (true), leave (false) or follow the load (null)',
      params: PoolParams,
      body: StandbyBody,
      returns: OutcomeSchema,
    },
    ({ params, body, identity }) => {
      if (control.pool(params.pool) === undefined)
        throw unknownName('pool', params.pool, control.steering().pools.keys())
      requireScope(control, identity, { pools: [params.pool] })
      return accepted(control.setStandby(identity.by, params.pool, body.on ?? undefined))
    },
  )
  route(
    router,
    {
      method: 'post',
      path: '/v1/zones/{zone}/pools/{pool}/nodes',
      role: 'operator',
      tag: 'pools',
      summary: 'Add a node to a pool of the zone',
      params: z.object({ zone: Name, pool: Name }),
      body: PoolNodeBody,
      returns: OutcomeSchema,
    },
    ({ params, body, identity }) => {
      const zone = control.zone(params.zone)
      if (zone === undefined)
        throw unknownName(
          'zone',
          params.zone,
          control.zones().map((one) => one.name),
        )
      if (!zone.pools.some((pool) => pool.name === params.pool)) {
        const elsewhere = control.pool(params.pool)
        if (elsewhere !== undefined)
          throw new Problem(
            'unknown',
            `Pool ${params.pool} serves no record of zone ${zone.name}; it belongs to ${elsewhere.zone ?? 'no zone'}.`,
          )
        throw unknownName(
          'pool',
          params.pool,
          zone.pools.map((pool) => pool.name),
        )
      }
      requireScope(control, identity, { pools: [params.pool] })
      if (control.steering().nodes.has(body.name)) requireScope(control, identity, { nodes: [body.name] })
      return accepted(control.addToPool(identity.by, params.pool, body.name, specOf(body)))
    },
  )
}

/** @throws Problem 404 */
function nodesOfSite(router: Router, site: string): string[] {
  const steering = router.ports.control.steering()
  if (!steering.sites.has(site)) throw unknownName('site', site, steering.sites.keys())
  return [...steering.nodes.values()].filter((node) => node.site === site).map((node) => node.name)
}

function specOf(body: z.output<typeof PoolNodeBody> | z.output<typeof NodeBody>): NodeSpec {
  return {
    a: body.a,
    aaaa: body.aaaa,
    site: body.site ?? undefined,
    weight: body.weight,
    pools: 'pools' in body ? body.pools : [],
    leaseMs: body.lease ?? undefined,
  }
}
