/**
 * Schemas of nodes: how they are put and weighed, what operators want of them, how they stand, and the proof of a drain.
 */
import { z } from '@hono/zod-openapi'
import type { CheckView, DrainProof, NodeHealth, NodeView } from '../control/index.ts'
import { ClientClassSchema, Duration, Name, Reason } from './schemas.ts'

const Addresses = z
  .union([z.string().max(64), z.array(z.string().max(64)).max(32)])
  .transform((one) => (typeof one === 'string' ? [one] : one))

const Weight = z.number().int().min(0).max(65535)

export const NodeParams = z.object({ node: Name })

export const SiteParams = z.object({ site: Name })

export const NodeBody = z
  .strictObject({
    a: Addresses.default([]),
    aaaa: Addresses.default([]),
    site: Name.nullable().optional(),
    weight: Weight.optional(),
    pools: z.array(Name).max(256).default([]),
    lease: Duration.nullable().optional(),
    force: z.boolean().optional(),
  })
  .openapi('NodeBody')

export const PoolNodeBody = z
  .strictObject({
    name: Name,
    a: Addresses.default([]),
    aaaa: Addresses.default([]),
    site: Name.nullable().optional(),
    weight: Weight.optional(),
    lease: Duration.nullable().optional(),
  })
  .openapi('PoolNodeBody')

export const PatchBody = z
  .strictObject({ weight: Weight.nullable(), reason: Reason.optional() })
  .openapi('PatchBody', { description: 'weight null: back to the declared weight' })

export const IntentBody = z
  .strictObject({ reason: Reason.optional(), for: Duration.optional(), force: z.boolean().optional() })
  .openapi('IntentBody')

const HealthWord = z.enum(['pending', 'up', 'suspect', 'down', 'recovering', 'warming'])

const nodeShape = {
  name: z.string(),
  a: z.array(z.string()).readonly(),
  aaaa: z.array(z.string()).readonly(),
  site: z.string().nullable(),
  country: z.string().nullable(),
  weight: z.number(),
  declaredWeight: z.number(),
  origin: z.string(),
  added: z.boolean(),
  intent: z.object({
    kind: z.string(),
    reason: z.string().nullable(),
    author: z.string().nullable(),
    since: z.string().nullable(),
    until: z.string().nullable(),
  }),
  health: HealthWord,
  badSeconds: z.number(),
  flaps: z.number(),
  nextChange: z.string().nullable(),
  since: z.string().nullable(),
  reason: z.string(),
  inService: z.boolean(),
  pools: z
    .array(
      z.object({
        pool: z.string(),
        inService: z.boolean(),
        kept: z.boolean(),
        share: z.number(),
        weight: z.number(),
        why: z.string(),
      }),
    )
    .readonly(),
  leaseUntil: z.string().nullable(),
}

export const NodeSchema = z.object(nodeShape).openapi('Node') satisfies z.ZodType<NodeView>

const CheckSchema = z
  .object({
    check: z.string(),
    health: HealthWord,
    since: z.string(),
    badSeconds: z.number(),
    removeAfterSeconds: z.number(),
    flaps: z.number(),
    nextChange: z.string().nullable(),
    reason: z.string(),
    contract: z.string(),
    load: z.number().nullable(),
    warning: z.string().nullable(),
    lastProbes: z
      .array(z.object({ at: z.string(), ok: z.boolean(), class: z.string(), ms: z.number(), detail: z.string() }))
      .readonly(),
  })
  .openapi('Check') satisfies z.ZodType<CheckView>

export const NodeHealthSchema = z
  .object({ ...nodeShape, checks: z.array(CheckSchema).readonly() })
  .openapi('NodeHealth') satisfies z.ZodType<NodeHealth>

export const ProofSchema = z
  .object({
    node: z.string(),
    state: z.enum(['serving', 'waiting', 'safe']),
    serving: z.array(z.object({ pool: z.string(), why: z.string() })).readonly(),
    lastAnswered: z.string().nullable(),
    ttlSeconds: z.number(),
    safeSince: z.string().nullable(),
    secondsLeft: z.number().nullable(),
  })
  .openapi('DrainProof') satisfies z.ZodType<DrainProof>

const safetyShape = {
  ok: z.boolean(),
  pools: z
    .array(
      z.object({
        pool: z.string(),
        ok: z.boolean(),
        members: z.number(),
        floor: z.number(),
        fitNow: z.number(),
        fitAfter: z.number(),
        stay: z.array(z.string()).readonly(),
        fallback: z.string().optional(),
        clients: z.array(ClientClassSchema).readonly(),
      }),
    )
    .readonly(),
}

export const SafetySchema = z.object(safetyShape).openapi('Safety')

export const CanDrainSchema = z.object({ ...safetyShape, proof: ProofSchema }).openapi('CanDrain')
