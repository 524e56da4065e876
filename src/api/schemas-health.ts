/**
 * Schemas of the health of everything, and of the last reload.
 */
import { z } from '@hono/zod-openapi'
import { HarmSchema, IssueSchema } from './schemas.ts'

export const ReloadStateSchema = z.object({
  ok: z.boolean(),
  last: z.string().nullable(),
  issues: z.array(IssueSchema).readonly(),
  held: z.array(HarmSchema).readonly(),
  confirmBy: z.string().nullable(),
})

export const HealthSchema = z
  .object({
    status: z.enum(['ok', 'degraded', 'critical']),
    reasons: z.array(z.string()).readonly(),
    generation: z.number(),
    nodes: z.record(
      z.string(),
      z.object({
        health: z.string(),
        intent: z.string(),
        inService: z.boolean(),
        badSeconds: z.number(),
        flaps: z.number(),
        nextChange: z.string().nullable(),
        since: z.string().nullable(),
        reason: z.string(),
      }),
    ),
    checks: z.record(z.string(), z.object({ contract: z.string() })),
    pools: z.record(
      z.string(),
      z.object({
        condition: z.string(),
        inUse: z.boolean(),
        members: z.number(),
        fit: z.number(),
        inService: z.number(),
        floor: z.number(),
      }),
    ),
    alerts: z
      .array(z.object({ code: z.string(), subject: z.string(), message: z.string(), since: z.string() }))
      .readonly(),
    reload: ReloadStateSchema,
  })
  .openapi('Health')
