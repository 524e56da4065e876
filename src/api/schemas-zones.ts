/**
 * Schemas of pools, steered records and zones; of explanations and places.
 */
import { z } from '@hono/zod-openapi'
import type { PoolView, RecordView, ZoneDetail, ZoneView } from '../control/index.ts'
import { ClientClassSchema, ConditionWord, Name } from './schemas.ts'

export const PoolParams = z.object({ pool: Name })

export const StandbyBody = z.strictObject({ on: z.boolean().nullable() }).openapi('StandbyBody')

export const ExplainQuery = z.strictObject({
  name: Name,
  type: z.string().min(1).max(16).default('A'),
  client: z.string().max(64).optional(),
})

const HysteresisSchema = z.object({
  profile: z.string(),
  intervalSeconds: z.number(),
  suspectIntervalSeconds: z.number(),
  downIntervalSeconds: z.number(),
  removeAfterSeconds: z.number(),
  restoreAfterSeconds: z.number(),
  drain: z.number(),
  adaptive: z.boolean(),
  timeoutSeconds: z.number(),
})

export const PoolSchema = z
  .object({
    name: z.string(),
    zone: z.string().nullable(),
    condition: ConditionWord,
    check: z.string().nullable(),
    hysteresis: HysteresisSchema.nullable(),
    fallback: z.string().nullable(),
    allDown: z.string(),
    floor: z.number(),
    fit: z.number(),
    inService: z.number(),
    members: z
      .array(
        z.object({
          node: z.string(),
          health: z.string(),
          intent: z.string(),
          fit: z.boolean(),
          inService: z.boolean(),
          kept: z.boolean(),
          share: z.number(),
          weight: z.number(),
          badSeconds: z.number(),
          why: z.string(),
          standby: z.boolean(),
        }),
      )
      .readonly(),
    clients: z.array(ClientClassSchema).readonly(),
    origin: z.string(),
  })
  .openapi('Pool') satisfies z.ZodType<PoolView>

export const RecordSchema = z
  .object({
    name: z.string(),
    zone: z.string(),
    pick: z.string(),
    answers: z.number(),
    strict: z.boolean(),
    ttl: z.object({ maxSeconds: z.number(), minSeconds: z.number() }),
    rules: z
      .array(
        z.object({
          clients: z.string(),
          pool: z.string(),
          condition: ConditionWord,
          nodes: z.array(z.string()).readonly(),
        }),
      )
      .readonly(),
    origin: z.string(),
  })
  .openapi('Record') satisfies z.ZodType<RecordView>

const zoneShape = {
  name: z.string(),
  serial: z.number(),
  source: z.enum(['file', 'copy', 'database']),
  staticRecords: z.number(),
  steeredRecords: z.number(),
}

export const ZoneSchema = z.object(zoneShape).openapi('Zone') satisfies z.ZodType<ZoneView>

export const ZoneDetailSchema = z
  .object({ ...zoneShape, records: z.array(RecordSchema).readonly(), pools: z.array(PoolSchema).readonly() })
  .openapi('ZoneDetail') satisfies z.ZodType<ZoneDetail>

export const PlaceSchema = z
  .object({
    address: z.string(),
    country: z.string().nullable(),
    subdivision: z.string().nullable(),
    continent: z.string().nullable(),
    asn: z.number().nullable(),
    latitude: z.number().nullable(),
    longitude: z.number().nullable(),
    database: z.string().nullable(),
    network: z.string().nullable(),
  })
  .openapi('Place')

export const ExplanationSchema = z
  .object({
    name: z.string(),
    type: z.string(),
    client: z.string().nullable(),
    generation: z.number(),
    zone: z.string().nullable(),
    outcome: z.string(),
    rcode: z.string(),
    record: z.object({ name: z.string(), pick: z.string(), strict: z.boolean() }).nullable(),
    place: PlaceSchema.nullable(),
    rules: z
      .array(z.object({ clients: z.string(), pool: z.string(), matched: z.boolean(), why: z.string() }))
      .readonly(),
    pool: z.string().nullable(),
    nodes: z
      .array(
        z.object({
          node: z.string(),
          pool: z.string(),
          answered: z.boolean(),
          intent: z.string(),
          health: z.string(),
          badSeconds: z.number(),
          flaps: z.number(),
          nextChange: z.string().nullable(),
          contract: z.string().nullable(),
          share: z.number(),
          weight: z.number(),
          why: z.string(),
        }),
      )
      .readonly(),
    answers: z.array(z.string()).readonly(),
    ttl: z.number().nullable(),
    ttlWhy: z.string(),
    scope: z.number().nullable(),
    steps: z.array(z.string()).readonly(),
  })
  .openapi('Explanation')
