/**
 * What the schemas of several subjects say (schemas-*.ts). Schemas validate, they document (openapi.json), and the compiler holds them
 * against control's own types, so that the document cannot say what the code does not do.
 */
import { z } from '@hono/zod-openapi'
import { parseDurationMs } from '../base/index.ts'
import type { Accepted } from '../control/index.ts'

/** Longer than any drain or token; what lies further away has no date in ECMAScript. */
const LONGEST_MS = 36_500 * 86_400_000

/** A duration as people write it, or seconds as a number; gives milliseconds, a hundred years at the most. */
export const Duration = z
  .union([z.string().max(32), z.number().finite().positive()])
  .transform((value, context) => {
    const ms = typeof value === 'number' ? Math.round(value * 1000) : parseDurationMs(value)
    if (ms !== undefined && ms > 0 && ms <= LONGEST_MS) return ms
    const message =
      ms !== undefined && ms > LONGEST_MS
        ? `"${value}" is too long: at most 36500d.`
        : `"${value}" is no duration: write 90s, 10m, 2h, 1d.`
    context.addIssue({ code: 'custom', message })
    return z.NEVER
  })
  .openapi({ type: 'string', example: '2h' })

/** A moment: ISO 8601, epoch seconds, or a duration before now. */
export const Moment = z
  .string()
  .max(64)
  .transform((text, context) => {
    const back = parseDurationMs(text)
    if (back !== undefined) return Date.now() - back
    const ms = /^\d{9,11}(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text)
    if (Number.isFinite(ms)) return ms
    context.addIssue({
      code: 'custom',
      message: `"${text}" is no moment: write 1h, 2026-05-03T12:00:00Z or epoch seconds.`,
    })
    return z.NEVER
  })
  .openapi({ type: 'string', example: '1h' })

export const Name = z.string().min(1).max(255)

// One line: it stands in logs, tables and terminals.
export const Reason = z
  .string()
  .max(500)
  .regex(/^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$/, 'one line of text, without control characters')

export const ForceQuery = z.strictObject({ force: z.enum(['true', 'false']).optional() })

export const ZoneParams = z.object({ zone: Name })

export const OutcomeSchema = z
  .object({
    status: z.enum(['done', 'unchanged']),
    message: z.string(),
    generation: z.number().int(),
    nodes: z.array(z.string()).readonly(),
  })
  .openapi('Outcome') satisfies z.ZodType<Accepted>

export const IssueSchema = z
  .object({
    severity: z.enum(['error', 'warning', 'note']),
    code: z.string(),
    file: z.string(),
    line: z.number(),
    column: z.number(),
    message: z.string(),
    advice: z.string().optional(),
  })
  .openapi('Issue')
export const HarmSchema = z
  .object({ code: z.string(), pool: z.string().optional(), message: z.string() })
  .openapi('Harm')

export const ConditionWord = z.enum(['normal', 'below-floor', 'all-down'])

export const ClientClassSchema = z.object({ record: z.string(), clients: z.string(), strict: z.boolean() })
