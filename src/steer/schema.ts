/**
 * The shape of a steering file: one schema for reading, for the JSON Schema that editors use, and for the words of its errors.
 *
 * Every scalar's `error` is a noun phrase: "timeout must be <noun>, not <value>" is made of it. What hangs on two keys at once
 * is checked by the readers beside this file, which know line and column.
 */
import { z } from 'zod'
import { parseDurationMs, parseIpv4, parseIpv6, parseNetwork } from '../base/index.ts'
import { CONTINENTS, COUNTRIES } from '../geo/index.ts'
import { ALL_DOWN_MODES, PICKS } from '../policy/index.ts'
import { isCron, isTimeZone } from './cron.ts'
import { domainName } from './names.ts'
import { check, hysteresis } from './schema-checks.ts'
import {
  between,
  checkName,
  duration,
  flag,
  integer,
  ipv4,
  ipv6,
  mapping,
  nodeName,
  one,
  oneOrMore,
  percent,
  poolName,
  scalar,
  text,
} from './schema-scalars.ts'

const TTL_LIMIT = 'a duration of whole seconds, at most 7d, such as 60s'
const ttlSeconds = (about: string) =>
  scalar(
    TTL_LIMIT,
    (t) => ((ms) => ms !== undefined && ms % 1000 === 0 && ms <= 604_800_000)(parseDurationMs(t)),
    about,
  )
const ttl = mapping(
  {
    max: ttlSeconds('TTL in calm (default 60s)').optional(),
    min: ttlSeconds('TTL while a node of the pool in use is suspect or recovering (default 10s)').optional(),
  },
  'how long resolvers may keep an answer',
)
const answers = integer('a number from 1 to 64', 1, 64, 'most addresses in an answer (default 8)')
const pick = one(PICKS, 'how nodes of a pool are picked (default round-robin)')
const minInService = z
  .union([percent('a share of the pool'), integer('a number of nodes', 0, 10_000)])
  .describe('the floor: how many nodes stay in the answers whatever their health (default 50%)')
const allDown = one(ALL_DOWN_MODES, 'what to answer when no node is fit and no fallback has one (default all)')
const warmUp = duration('slow start of a node that returns, in weighted picks (default 60s, 0s: none)')

const country = scalar(
  'a country code (ISO 3166-1 alpha-2) such as MD',
  (t) => COUNTRIES.has(t.toUpperCase()),
  'country code, two letters',
)

const site = mapping(
  {
    country: country.optional(),
    at: z
      .tuple([between('a latitude from -90 to 90', -90, 90), between('a longitude from -180 to 180', -180, 180)], {
        error: 'a pair [latitude, longitude]',
      })
      .describe('latitude and longitude in degrees')
      .optional(),
  },
  'a place and failure domain',
)

const addresses = {
  a: oneOrMore(ipv4, 'a list of IPv4 addresses').describe('IPv4 addresses').optional(),
  aaaa: oneOrMore(ipv6, 'a list of IPv6 addresses').describe('IPv6 addresses').optional(),
}
const weight = integer('a number from 0 to 65535', 0, 65535, 'share in weighted picks (default 100); 0: none')
const node = z
  .union([
    scalar('an IP address', (t) => parseIpv4(t) !== undefined || parseIpv6(t) !== undefined, 'its only address'),
    mapping({ ...addresses, site: text('the name of a site').optional(), weight: weight.optional() }, 'a server'),
  ])
  .describe('one server: addresses, site, weight')

const member = z.union([
  text('the name or address of a node'),
  mapping(
    {
      node: text('the name or address of a node'),
      weight: weight.optional(),
      standby: flag('joins only when load or a schedule calls for it').optional(),
    },
    'a node with a weight of its own in this pool, or on standby',
  ),
])
const members = z.array(member, { error: 'a list of nodes' }).describe('nodes that can stand in for each other')

const policy = {
  check: z
    .union([checkName, check])
    .describe('a check by name or written out; none: never probed, always up')
    .optional(),
  min_in_service: minInService.optional(),
  all_down: allDown.optional(),
  fallback: poolName.describe('the pool to use when no node here is fit').optional(),
  warm_up: warmUp.optional(),
  removal: mapping(
    {
      share: percent('largest share of the pool removed within the window (default 25%)').optional(),
      window: duration('default 60s').optional(),
    },
    'the removal budget',
  ).optional(),
  load_aware: flag('weigh nodes by the load they report').optional(),
  standby: mapping(
    {
      join_above: percent('standby nodes join above this mean load (default 60%)').optional(),
      join_after: duration('when it lasted this long (default 5m)').optional(),
      leave_below: percent('and leave below this one (default 30%)').optional(),
    },
    'when standby nodes join and leave',
  ).optional(),
}
const pool = z.union([members, mapping({ nodes: members, ...policy }, 'nodes and how they are kept in service')])

const rule = mapping(
  {
    country: oneOrMore(country, 'a list of country codes').optional(),
    continent: oneOrMore(
      scalar(`a continent (${CONTINENTS.join(' ')})`, (t) => CONTINENTS.some((c) => c === t.toUpperCase())),
      'a list of continents',
    ).optional(),
    subdivision: oneOrMore(
      scalar('a subdivision (ISO 3166-2) such as US-CA', isSubdivision),
      'a list of subdivisions',
    ).optional(),
    asn: oneOrMore(
      z.union([
        integer('an AS number from 0 to 4294967295', 0, 4294967295),
        scalar('an AS number such as AS64500', (t) => /^AS\d{1,10}$/i.test(t) && Number(t.slice(2)) <= 4294967295),
      ]),
      'a list of AS numbers',
    ).optional(),
    net: oneOrMore(
      scalar(
        'a network such as 192.0.2.0/24 or 2001:db8::/32, without bits past its length',
        (t) => parseNetwork(t) !== undefined,
      ),
      'a list of networks',
    ).optional(),
    pool: poolName,
  },
  'whom it takes (across keys all must hold, within a key any; none: everyone) and the pool they are sent to',
)

const record = z.union([
  poolName.describe('one pool for everyone'),
  mapping(
    {
      pool: poolName.describe('one pool for everyone').optional(),
      nodes: members.optional(),
      rules: z.array(rule, { error: 'a list of rules' }).min(1, { error: 'a list of rules' }).optional(),
      answers: answers.optional(),
      pick: pick.optional(),
      strict: flag("true: a rule's clients never spill to another pool (data residency)").optional(),
      ttl: ttl.optional(),
      ...policy,
    },
    'exactly one of pool, nodes and rules; keys of a pool only beside nodes',
  ),
])

const schedule = mapping(
  {
    cron: scalar('five cron fields such as "30 3 * * 1"', isCron),
    time_zone: scalar('a time zone such as Europe/Chisinau', isTimeZone, 'default UTC').optional(),
    drain: nodeName.optional(),
    resume: nodeName.optional(),
    weight: mapping({ node: nodeName, weight }, 'set the weight of a node').optional(),
    standby: mapping(
      { pool: poolName, on: flag('join or leave') },
      'let the standby nodes of a pool join or leave',
    ).optional(),
    reason: text('a reason for the journal').optional(),
    missed: one(
      ['catch-up', 'skip'],
      'after a restart: run the latest missed occurrence, or let it be (default skip)',
    ).optional(),
  },
  'when, and exactly one of drain, resume, weight and standby',
)

const defaults = mapping(
  {
    ttl: ttl.optional(),
    answers: answers.optional(),
    pick: pick.optional(),
    check: checkName.describe('the check of pools that name none').optional(),
    hysteresis: hysteresis.optional(),
    timeout: duration('timeout of checks that name none').optional(),
    min_in_service: minInService.optional(),
    all_down: allDown.optional(),
    warm_up: warmUp.optional(),
  },
  'what holds in this file where nothing else is said',
)

/** The schemas of one entry of each section; the file is made of them. */
export const ENTRY = {
  checks: check,
  sites: site,
  nodes: node,
  pools: pool,
  records: record,
  schedules: schedule,
} as const
export const DEFAULTS = defaults
export const ZONE = scalar(
  'a domain name such as example.com',
  (t) => domainName(t) !== undefined,
  'the zone of the records below',
)
export type Section = keyof typeof ENTRY
export const SECTIONS = Object.keys(ENTRY) as readonly Section[]
export type Entry<S extends Section> = z.infer<(typeof ENTRY)[S]>
export type Defaults = z.infer<typeof defaults>
export type CheckEntry = z.infer<typeof check>
export type HysteresisEntry = z.infer<typeof hysteresis>
export type MemberEntry = z.infer<typeof member>
export type PolicyEntry = Partial<Pick<Exclude<Entry<'pools'>, readonly unknown[]>, keyof typeof policy>>

const section = <S extends Section>(name: S, about: string) =>
  z.record(z.string(), ENTRY[name], { error: 'a mapping of names' }).describe(about).optional()

/** A whole file. */
export const STEERING_FILE = mapping(
  {
    zone: ZONE.optional(),
    defaults: defaults.optional(),
    checks: section('checks', 'probes, by name'),
    sites: section('sites', 'places, by name'),
    nodes: section('nodes', 'servers, by name'),
    pools: section('pools', 'sets of nodes, by name'),
    records: section('records', 'steered names of the zone: relative, @ for the apex, or absolute with a final dot'),
    schedules: section('schedules', 'what happens at a time, by name'),
  },
  'Meridian steering file',
)

/** The JSON Schema (draft 2020-12) of a steering file, for editors. */
export function steeringJsonSchema(): Readonly<Record<string, unknown>> {
  return { ...z.toJSONSchema(STEERING_FILE, { io: 'input', reused: 'ref' }), title: 'Meridian steering file' }
}

function isSubdivision(code: string): boolean {
  return /^[A-Z]{2}-[A-Z0-9]{1,3}$/i.test(code) && COUNTRIES.has(code.slice(0, 2).toUpperCase())
}
