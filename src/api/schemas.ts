/**
 * The schemas of what comes in and goes out. They validate, they document (openapi.json), and the compiler holds them against
 * control's own types, so that the document cannot say what the code does not do.
 */
import { z } from '@hono/zod-openapi'
import { parseDurationMs } from '../base/index.ts'
import {
  type Accepted,
  type CheckView,
  type DrainProof,
  ENTRY_KINDS,
  type JournalEntry,
  type NodeHealth,
  type NodeView,
  type PoolView,
  type RecordView,
  ROLES,
  type ZoneDetail,
  type ZoneView,
} from '../control/index.ts'

// What comes in.

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
const Addresses = z
  .union([z.string().max(64), z.array(z.string().max(64)).max(32)])
  .transform((one) => (typeof one === 'string' ? [one] : one))
const Weight = z.number().int().min(0).max(65535)
// One line: it stands in logs, tables and terminals.
const Reason = z
  .string()
  .max(500)
  .regex(/^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$/, 'one line of text, without control characters')

export const NodeParams = z.object({ node: Name })
export const PoolParams = z.object({ pool: Name })
export const SiteParams = z.object({ site: Name })
export const ZoneParams = z.object({ zone: Name })

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

export const ForceBody = z.strictObject({ force: z.boolean().optional() }).openapi('ForceBody')
export const ForceQuery = z.strictObject({ force: z.enum(['true', 'false']).optional() })
export const StandbyBody = z.strictObject({ on: z.boolean().nullable() }).openapi('StandbyBody')

export const ReloadBody = z
  .strictObject({ force: z.boolean().optional(), confirm_within: Duration.optional() })
  .openapi('ReloadBody')

export const EventsQuery = z.strictObject({
  since: Moment.optional(),
  until: Moment.optional(),
  after: z.coerce.number().int().min(0).optional(),
  node: Name.optional(),
  pool: Name.optional(),
  kind: z.enum(ENTRY_KINDS).optional(),
  author: Name.optional(),
  limit: z.coerce.number().int().min(1).max(10_000).default(1000),
})

export const ExplainQuery = z.strictObject({
  name: Name,
  type: z.string().min(1).max(16).default('A'),
  client: z.string().max(64).optional(),
})

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

// What goes out.

export const OutcomeSchema = z
  .object({
    status: z.enum(['done', 'unchanged']),
    message: z.string(),
    generation: z.number().int(),
    nodes: z.array(z.string()).readonly(),
  })
  .openapi('Outcome') satisfies z.ZodType<Accepted>

const HealthWord = z.enum(['pending', 'up', 'suspect', 'down', 'recovering', 'warming'])
const ConditionWord = z.enum(['normal', 'below-floor', 'all-down'])

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

const ClientClassSchema = z.object({ record: z.string(), clients: z.string(), strict: z.boolean() })

export const PoolSchema = z
  .object({
    name: z.string(),
    zone: z.string().nullable(),
    condition: ConditionWord,
    check: z.string().nullable(),
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
const HarmSchema = z.object({ code: z.string(), pool: z.string().optional(), message: z.string() }).openapi('Harm')

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

export const EventSchema = z
  .object({
    id: z.number(),
    at: z.string(),
    kind: z.enum(ENTRY_KINDS),
    action: z.string(),
    node: z.string().optional(),
    pool: z.string().optional(),
    author: z.string(),
    from: z.string(),
    reason: z.string().optional(),
    before: z.unknown().optional(),
    after: z.unknown().optional(),
    message: z.string(),
  })
  .openapi('Event')
export type EventView = z.output<typeof EventSchema>

/** A journal entry as the API shows it: the moment as ISO 8601. */
export function viewEvent(entry: JournalEntry): EventView {
  const { id, atMs, ...rest } = entry
  return { id, at: new Date(atMs).toISOString(), ...rest }
}

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

const PlaceSchema = z
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

export { PlaceSchema }

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
