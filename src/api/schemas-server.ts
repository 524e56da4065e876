/**
 * Schemas of reloads, plans and tokens.
 */
import { z } from '@hono/zod-openapi'
import { ROLES } from '../control/index.ts'
import { Duration, HarmSchema, Name } from './schemas.ts'

export const ReloadBody = z
  .strictObject({ force: z.boolean().optional(), confirm_within: Duration.optional() })
  .openapi('ReloadBody')

export const TokenBody = z
  .strictObject({
    name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._@-]{0,62}$/, 'a name of letters, digits, ".", "_", "@", "-"'),
    role: z.enum(ROLES),
    scope: z
      .strictObject({
        zones: z.array(Name).max(100).default([]),
        pools: z.array(Name).max(100).default([]),
        nodes: z.array(Name).max(100).default([]),
      })
      .default({ zones: [], pools: [], nodes: [] }),
    expires: Duration.optional(),
  })
  .openapi('TokenBody')

export const TokenSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    role: z.enum(ROLES),
    scope: z.object({
      zones: z.array(z.string()).readonly(),
      pools: z.array(z.string()).readonly(),
      nodes: z.array(z.string()).readonly(),
    }),
    created: z.string(),
    createdBy: z.string(),
    expires: z.string().nullable(),
  })
  .openapi('Token')

const DifferenceSchema = z.object({
  added: z.array(z.string()).readonly(),
  removed: z.array(z.string()).readonly(),
  changed: z.array(z.object({ name: z.string(), what: z.array(z.string()).readonly() })).readonly(),
})

export const PlanSchema = z
  .object({
    empty: z.boolean(),
    zones: DifferenceSchema,
    records: DifferenceSchema,
    pools: DifferenceSchema,
    nodes: DifferenceSchema,
    checks: DifferenceSchema,
    moves: z
      .array(
        z.object({
          record: z.string(),
          clients: z.string(),
          from: z.string(),
          to: z.string(),
          share: z.number().nullable(),
        }),
      )
      .readonly(),
    warnings: z.array(z.string()).readonly(),
    harms: z.array(HarmSchema).readonly(),
  })
  .openapi('Plan')
