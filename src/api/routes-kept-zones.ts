/**
 * Zones kept in the database: created from a master file, read, changed record by record, granted to TSIG keys for dynamic updates.
 */
import { z } from '@hono/zod-openapi'
import { hasErrors, type Issue } from '../base/index.ts'
import { zoneName } from '../control/index.ts'
import type { Grant, KeptOutcome, KeptZones, Writer } from '../transfer/index.ts'
import {
  mnemonic,
  OctetWriter,
  parseName,
  parseRdata,
  parseTtl,
  printName,
  printRdata,
  splitFields,
  typeOf,
} from '../wire/index.ts'
import { printZone, type ZoneRecord } from '../zone/index.ts'
import { type Identity, requireUnlimited } from './access.ts'
import { Problem, problemOf, requestIssue } from './problem.ts'
import { type Router, route } from './route.ts'
import { Reason, ZoneParams } from './schemas.ts'
import { unknownName } from './words.ts'

/** A zone of some hundred thousand records; larger ones are files. */
const FILE_OCTETS = 16 * 1024 * 1024
const DEFAULT_TTL_SECONDS = 300

const GrantSchema = z
  .strictObject({
    key: z.string().min(1).max(255),
    under: z.string().max(1004).optional(),
    label: z.string().max(255).optional(),
    types: z.array(z.string().max(16)).min(1).max(64).optional(),
  })
  .openapi('Grant')
const Grants = z.array(GrantSchema).max(64)

const KeptZoneSchema = z
  .object({ zone: z.string(), serial: z.number(), records: z.number(), grants: Grants.readonly() })
  .openapi('KeptZone')
const KeptOutcomeSchema = z
  .object({ status: z.enum(['done', 'unchanged']), message: z.string(), serial: z.number() })
  .openapi('KeptOutcome')

const RecordBody = z.strictObject({
  /** relative to the zone, or absolute with a final dot; @ the apex */
  name: z.string().min(1).max(1004),
  type: z.string().min(1).max(16),
  /** seconds, or 1h30m; 300 where absent */
  ttl: z.union([z.number().int().min(0).max(2147483647), z.string().max(32)]).optional(),
  /** the data in presentation form: "10 mail" */
  data: z.string().max(65535),
})
const ChangesBody = z.strictObject({
  add: z.array(RecordBody).max(1000).default([]),
  remove: z.array(RecordBody).max(1000).default([]),
  reason: Reason.optional(),
})
const RecordSchema = z
  .object({ name: z.string(), type: z.string(), ttl: z.number(), data: z.string() })
  .openapi('ZoneRecord')

export function keptZoneRoutes(router: Router): void {
  const tag = 'kept zones'
  const kept = (): KeptZones => {
    const { keptZones } = router.ports
    if (keptZones === undefined) throw new Problem('unknown', 'This server keeps no zones in its database.')
    return keptZones
  }
  const modelOf = (zone: string) => {
    const zones = kept()
    const model = zones.model(zoneName(zone))
    if (model !== undefined) return model
    throw unknownName(
      'zone in the database',
      zone,
      zones.zones.map((one) => one.zone),
    )
  }

  route(
    router,
    {
      method: 'get',
      path: '/v1/kept-zones',
      role: 'viewer',
      tag,
      summary: 'The zones kept in the database, and who may update them',
      returns: z.array(KeptZoneSchema),
    },
    () => kept().zones,
  )
  route(
    router,
    {
      method: 'get',
      path: '/v1/kept-zones/{zone}/records',
      role: 'viewer',
      tag,
      summary: 'All records of a zone',
      params: ZoneParams,
      returns: z.array(RecordSchema),
    },
    ({ params }) => [...modelOf(params.zone)].map(viewRecord),
  )
  route(
    router,
    {
      method: 'get',
      path: '/v1/kept-zones/{zone}/file',
      role: 'viewer',
      tag,
      summary: 'The zone as a master file (RFC 1035 5)',
      params: ZoneParams,
      returns: z.string(),
      media: 'text/dns',
    },
    ({ params }) => new Response(printZone(modelOf(params.zone)), { headers: { 'content-type': 'text/dns' } }),
  )
  route(
    router,
    {
      method: 'put',
      path: '/v1/kept-zones/{zone}',
      role: 'operator',
      tag,
      summary: 'Create a zone from a master file, or replace it',
      params: ZoneParams,
      body: z.strictObject({
        file: z.string().max(FILE_OCTETS),
        grants: Grants.optional(),
        reason: Reason.optional(),
      }),
      bodyOctets: FILE_OCTETS,
      returns: KeptOutcomeSchema,
    },
    ({ params, body, identity }) => {
      const zone = zoneOf(params.zone, identity)
      const octets = new TextEncoder().encode(body.file)
      return accepted(kept().put(zone, zone, octets, body.grants?.map(grantOf), writer(identity, body.reason)))
    },
  )
  route(
    router,
    {
      method: 'patch',
      path: '/v1/kept-zones/{zone}/records',
      role: 'operator',
      tag,
      summary: 'Take records out of a zone and put others in; all of it, or nothing',
      params: ZoneParams,
      body: ChangesBody,
      returns: KeptOutcomeSchema,
    },
    ({ params, body, identity }) => {
      const zone = zoneOf(params.zone, identity)
      const issues: Issue[] = []
      const read = (list: 'add' | 'remove') =>
        body[list].flatMap((record, i) => parseRecord(record, zone, `${list}.${i}`, issues) ?? [])
      const changes = { remove: read('remove'), add: read('add') }
      if (hasErrors(issues)) throw new Problem('invalid', `${issues.length} records are wrong.`, { issues })
      return accepted(kept().change(zone, changes, writer(identity, body.reason)))
    },
  )
  route(
    router,
    {
      method: 'put',
      path: '/v1/kept-zones/{zone}/grants',
      role: 'operator',
      tag,
      summary: 'Say which TSIG keys may update which of its records',
      params: ZoneParams,
      body: z.strictObject({ grants: Grants, reason: Reason.optional() }),
      returns: KeptOutcomeSchema,
    },
    ({ params, body, identity }) => {
      const zone = zoneOf(params.zone, identity)
      return accepted(kept().grant(zone, body.grants.map(grantOf), writer(identity, body.reason)))
    },
  )
  route(
    router,
    {
      method: 'delete',
      path: '/v1/kept-zones/{zone}',
      role: 'operator',
      tag,
      summary: 'Remove a zone and all its records',
      params: ZoneParams,
      query: z.strictObject({ reason: Reason.optional() }),
      returns: KeptOutcomeSchema,
    },
    ({ params, query, identity }) =>
      accepted(kept().remove(zoneOf(params.zone, identity), writer(identity, query.reason))),
  )
}

function writer({ by }: Identity, reason: string | undefined): Writer {
  return reason === undefined ? by : { ...by, reason }
}

/** @returns what was done; @throws Problem where it was refused */
function accepted(outcome: KeptOutcome) {
  if ('serial' in outcome) return outcome
  throw problemOf(outcome)
}

/** @returns the zone's normalised name; @throws Problem where it is none, or lies outside of the token's limits */
function zoneOf(text: string, identity: Identity): string {
  const zone = zoneName(text)
  if (parseName(zone) === undefined) throw new Problem('invalid', `"${text}" is not a domain name.`)
  const scope = identity.token?.scope
  if (!scope?.zones.map(zoneName).includes(zone)) requireUnlimited(identity)
  return zone
}

/** Keys are named as in the settings: with or without the final dot. */
function grantOf({ key, ...rest }: z.output<typeof GrantSchema>): Grant {
  return { ...rest, key: `${key.toLowerCase().replace(/\.$/, '')}.` }
}

function viewRecord({ owner, type, ttl, rdata }: ZoneRecord) {
  return { name: printName(owner), type: mnemonic(type), ttl, data: printRdata(type, rdata) }
}

function parseRecord(
  { name, type, ttl, data }: z.output<typeof RecordBody>,
  zone: string,
  at: string,
  issues: Issue[],
): ZoneRecord | undefined {
  const wrong = (field: string, message: string, advice?: string): undefined => {
    issues.push(requestIssue(`${at}.${field}`, 'record', message, advice))
    return undefined
  }
  const origin = parseName(zone)!
  const owner = parseName(name, origin)
  if (owner === undefined) return wrong('name', `"${name}" is not a domain name.`)
  const code = typeOf(type)
  if (code === undefined) return wrong('type', `"${type}" is not a record type.`)
  const seconds = ttl === undefined ? DEFAULT_TTL_SECONDS : typeof ttl === 'number' ? ttl : parseTtl(ttl)
  if (seconds === undefined) return wrong('ttl', `"${ttl}" is no TTL: write 300, 5m or 1h.`)
  const fields = splitFields(data)
  if (fields === undefined) return wrong('data', 'a quote is not closed, or a backslash escapes nothing.')
  const out = new OctetWriter(64)
  const problem = parseRdata(code, fields, origin, out)
  if (problem !== undefined) return wrong('data', problem.message, problem.advice)
  return { owner, type: code, ttl: seconds, rdata: out.octets() }
}
