/**
 * Zones and records; explain and geo.
 */
import { z } from '@hono/zod-openapi'
import { Problem } from './problem.ts'
import { type Router, route } from './route.ts'
import { ZoneParams } from './schemas.ts'
import {
  ExplainQuery,
  ExplanationSchema,
  PlaceSchema,
  RecordSchema,
  ZoneDetailSchema,
  ZoneSchema,
} from './schemas-zones.ts'
import { unknownName } from './words.ts'

export function zoneRoutes(router: Router): void {
  const { control, answers } = router.ports
  const tag = 'zones'
  route(
    router,
    { method: 'get', path: '/v1/zones', role: 'viewer', tag, summary: 'All zones', returns: z.array(ZoneSchema) },
    () => control.zones(),
  )
  route(
    router,
    {
      method: 'get',
      path: '/v1/zones/{zone}',
      role: 'viewer',
      tag,
      summary: 'A zone: its steered records and pools, with what is in force',
      params: ZoneParams,
      returns: ZoneDetailSchema,
    },
    ({ params }) => {
      const zone = control.zone(params.zone)
      if (zone === undefined)
        throw unknownName(
          'zone',
          params.zone,
          control.zones().map((one) => one.name),
        )
      return zone
    },
  )
  route(
    router,
    {
      method: 'get',
      path: '/v1/records',
      role: 'viewer',
      tag,
      summary: 'All steered records',
      returns: z.array(RecordSchema),
    },
    () => control.records(),
  )
  route(
    router,
    {
      method: 'get',
      path: '/v1/explain',
      role: 'viewer',
      tag,
      summary: 'Why a client gets the answer it gets, every step',
      query: ExplainQuery,
      returns: ExplanationSchema,
    },
    ({ query }) => {
      const explanation = answers.explain({ name: query.name, type: query.type.toUpperCase(), client: query.client })
      if ('problem' in explanation) throw new Problem('invalid', explanation.problem)
      return explanation
    },
  )
  route(
    router,
    {
      method: 'get',
      path: '/v1/geo',
      role: 'viewer',
      tag,
      summary: 'Where an address is',
      query: z.strictObject({ address: z.string().min(2).max(64) }),
      returns: PlaceSchema,
    },
    ({ query }) => {
      const place = answers.place(query.address)
      if (place === undefined) throw new Problem('invalid', `"${query.address}" is no address.`)
      return place
    },
  )
}
