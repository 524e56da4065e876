/**
 * Zones that live in the database: written as master files, changed record by record.
 */
import { z } from '@hono/zod-openapi'
import type { UpdateGrant } from '../control/index.ts'
import { zoneName } from '../control/index.ts'
import { mnemonic, OctetWriter, parseName, parseRdata, typeOf } from '../wire/index.ts'
import { printZone, type UpdateRecord } from '../zone/index.ts'
import { requireZone } from './access.ts'
import { Problem } from './problem.ts'
import { type Router, route } from './route.ts'
import { ForceQuery, OutcomeSchema, ZoneParams } from './schemas.ts'
import { accepted, unknownName } from './words.ts'

/** A zone of 200,000 records; larger ones are for files and transfers. */
export const ZONE_FILE_OCTETS = 16 * 1024 * 1024

const MOST_CHANGES = 1000
/** RFC 2136 2.4, 2.5: classes that say what an update's record means. */
const CLASS_IN = 1
const CLASS_NONE = 254
const CLASS_ANY = 255
const TYPE_ANY = 255

const Grant = z.strictObject({
  /** a TSIG key's name */
  key: z.string().min(1).max(255),
  /** names; relative ones are the zone's */
  below: z.array(z.string().min(1).max(255)).max(100).default([]),
  types: z.array(z.string().min(1).max(20)).max(100).default([]),
})

const KeptZoneSchema = z
  .object({
    name: z.string(),
    serial: z.number(),
    records: z.number(),
    text: z.string(),
    grants: z.array(z.object({ key: z.string(), below: z.array(z.string()), types: z.array(z.string()) })),
  })
  .openapi('KeptZone')

const PutBody = z
  .strictObject({ text: z.string().max(ZONE_FILE_OCTETS), grants: z.array(Grant).max(100).optional() })
  .openapi('PutZone')

const RecordChange = z.strictObject({
  /** relative to the zone, @ the apex, or absolute with a final dot */
  name: z.string().min(1).max(1000),
  type: z.string().min(1).max(20).optional(),
  ttl: z.number().int().min(0).max(0x7fffffff).default(300),
  data: z.string().max(70_000).optional(),
})

const ChangeBody = z
  .strictObject({
    add: z.array(RecordChange).max(MOST_CHANGES).default([]),
    /** without data all records of the type, without a type all of the name */
    remove: z.array(RecordChange).max(MOST_CHANGES).default([]),
  })
  .openapi('ChangeRecords')

export function keptZoneRoutes(router: Router): void {
  const { control } = router.ports
  const tag = 'zones'
  const path = '/v1/zones/{zone}/file' as const
  route(
    router,
    {
      method: 'get',
      path,
      role: 'viewer',
      tag,
      summary: 'A zone of the database as a master file',
      params: ZoneParams,
      returns: KeptZoneSchema,
    },
    ({ params }) => {
      const kept = control.keptZone(zoneName(params.zone))
      if (kept === undefined) throw notKept(router, params.zone)
      return {
        name: kept.name,
        serial: kept.model.serial,
        records: kept.model.records,
        text: printZone(kept.model),
        grants: kept.grants.map(({ key, below, types }) => ({ key, below: [...below], types: types.map(mnemonic) })),
      }
    },
  )
  route(
    router,
    {
      method: 'put',
      path,
      role: 'operator',
      tag,
      summary: 'Create or replace a zone of the database from a master file',
      params: ZoneParams,
      body: PutBody,
      mostOctets: ZONE_FILE_OCTETS,
      returns: OutcomeSchema,
    },
    ({ params, body, identity }) => {
      const zone = zoneOf(params.zone)
      requireZone(identity, zone)
      const grants = body.grants?.map((grant) => readGrant(grant, zone))
      return accepted(control.putZone(identity.by, zone, { text: body.text, grants }))
    },
  )
  route(
    router,
    {
      method: 'delete',
      path,
      role: 'operator',
      tag,
      summary: 'Remove a zone of the database',
      params: ZoneParams,
      query: ForceQuery,
      returns: OutcomeSchema,
    },
    ({ params, query, identity }) => {
      const zone = zoneOf(params.zone)
      requireZone(identity, zone)
      return accepted(control.removeZone(identity.by, zone, query.force === 'true'))
    },
  )
  route(
    router,
    {
      method: 'post',
      path: '/v1/zones/{zone}/records',
      role: 'operator',
      tag,
      summary: 'Add and remove records of a zone of the database; all of it takes effect, or nothing',
      params: ZoneParams,
      body: ChangeBody,
      returns: OutcomeSchema,
    },
    ({ params, body, identity }) => {
      const zone = zoneOf(params.zone)
      requireZone(identity, zone)
      const changes = [
        ...body.remove.map((change, i) => readRemoval(change, zone, `remove[${i}]`)),
        ...body.add.map((change, i) => readAddition(change, zone, `add[${i}]`)),
      ]
      return accepted(control.changeRecords(identity.by, zone, changes))
    },
  )
}

function notKept(router: Router, zone: string): Problem {
  const { control } = router.ports
  const known = control.zones()
  if (known.some((one) => one.name === zoneName(zone)))
    return new Problem('conflict', `Zone ${zone} is not kept in the database: its master file says what it holds.`)
  return unknownName(
    'zone',
    zone,
    known.map(({ name }) => name),
  )
}

function zoneOf(text: string): string {
  if (parseName(zoneName(text)) === undefined) throw new Problem('invalid', `"${text}" is no domain name.`)
  return zoneName(text)
}

function readGrant(grant: z.output<typeof Grant>, zone: string): UpdateGrant {
  return {
    key: zoneName(grant.key),
    below: grant.below.map((name) => (name.endsWith('.') ? name.toLowerCase() : `${name}.${zone}`.toLowerCase())),
    types: grant.types.map((type) => typeNumber(type, 'grants')),
  }
}

function typeNumber(text: string, at: string): number {
  const type = typeOf(text.toUpperCase())
  if (type === undefined) throw wrong(at, `"${text}" is no record type.`)
  return type
}

function ownerOf(name: string, zone: string, at: string): Uint8Array {
  const origin = parseName(zone)!
  const owner = name === '@' ? origin : parseName(name, origin)
  if (owner === undefined) throw wrong(`${at}.name`, `"${name}" is no domain name.`)
  return owner
}

function readAddition(change: z.output<typeof RecordChange>, zone: string, at: string): UpdateRecord {
  if (change.type === undefined || change.data === undefined)
    throw wrong(at, 'A record that is added needs a type and data.')
  const type = typeNumber(change.type, `${at}.type`)
  const rdata = readData(type, change.data, zone, at)
  return { owner: ownerOf(change.name, zone, at), type, class: CLASS_IN, ttl: change.ttl, rdata }
}

function readRemoval(change: z.output<typeof RecordChange>, zone: string, at: string): UpdateRecord {
  const owner = ownerOf(change.name, zone, at)
  const nothing = new Uint8Array(0)
  if (change.type === undefined) return { owner, type: TYPE_ANY, class: CLASS_ANY, ttl: 0, rdata: nothing }
  const type = typeNumber(change.type, `${at}.type`)
  if (change.data === undefined) return { owner, type, class: CLASS_ANY, ttl: 0, rdata: nothing }
  return { owner, type, class: CLASS_NONE, ttl: 0, rdata: readData(type, change.data, zone, at) }
}

/** Reads data as a master file has them; quoted strings may hold blanks. */
function readData(type: number, data: string, zone: string, at: string): Uint8Array {
  const tokens = [...data.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!)
  const out = new OctetWriter()
  const problem = parseRdata(type, tokens, parseName(zone)!, out)
  if (problem !== undefined) throw wrong(`${at}.data`, problem.message)
  return out.buffer.slice(0, out.length)
}

function wrong(at: string, message: string): Problem {
  return new Problem('invalid', message, {
    issues: [{ severity: 'error', code: 'api/invalid', file: at, line: 0, column: 0, message }],
  })
}
