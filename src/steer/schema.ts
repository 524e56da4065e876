/**
 * The shape of a steering file: one schema for reading, for the JSON Schema that editors use, and for the words of its errors.
 *
 * Every scalar's `error` is a noun phrase: "timeout must be <noun>, not <value>" is made of it. What hangs on two keys at once
 * is checked by the readers beside this file, which know line and column.
 */
import { z } from 'zod'
import { parseDurationMs, parseIpv4, parseIpv6, parseNetwork } from '../base/index.ts'
import { CONTINENTS, COUNTRIES } from '../geo/index.ts'
import { ALL_DOWN_MODES, HYSTERESIS_PROFILES, PICKS } from './model.ts'
import { domainName } from './names.ts'
import { parsePercent, parseStatusRange } from './scalars.ts'

type Test = (text: string) => boolean

function scalar(noun: string, test: Test, about?: string) {
  return z
    .string({ error: noun })
    .refine(test, { error: noun })
    .describe(about ?? noun)
}

function integer(noun: string, min: number, max: number, about?: string) {
  return z
    .int({ error: noun })
    .min(min, { error: noun })
    .max(max, { error: noun })
    .describe(about ?? noun)
}

function between(noun: string, min: number, max: number) {
  return z.number({ error: noun }).min(min, { error: noun }).max(max, { error: noun })
}

const one = <const T extends readonly string[]>(values: T, about: string) =>
  z.enum(values, { error: `one of ${values.join(', ')}` }).describe(about)

const flag = (about: string) => z.boolean({ error: 'true or false' }).describe(about)
const text = (noun: string) => z.string({ error: noun }).min(1, { error: noun }).describe(noun)
const mapping = <T extends z.ZodRawShape>(shape: T, about: string) =>
  z.strictObject(shape, { error: 'a mapping of keys' }).describe(about)

/** One value, or a list of them. */
const oneOrMore = <T extends z.ZodType>(item: T, noun: string) =>
  z.union([item, z.array(item, { error: noun }).min(1, { error: noun })])

const duration = (about: string) =>
  scalar('a duration such as 500ms, 5s, 10m, 1h or 7d', (t) => parseDurationMs(t) !== undefined, about)
const percent = (about: string) => scalar('a percentage from 0% to 100%', (t) => parsePercent(t) !== undefined, about)
const port = (about: string) => integer('a port number from 1 to 65535', 1, 65535, about)
const ipv4 = scalar('an IPv4 address such as 192.0.2.1', (t) => parseIpv4(t) !== undefined)
const ipv6 = scalar('an IPv6 address such as 2001:db8::1', (t) => parseIpv6(t) !== undefined)
const nodeName = text('the name of a node')
const poolName = text('the name of a pool')
const checkName = text('the name of a check')

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

const hysteresis = z
  .union([
    one(HYSTERESIS_PROFILES, 'a profile'),
    mapping(
      {
        profile: one(HYSTERESIS_PROFILES, 'where the figures that are not given come from (default normal)').optional(),
        interval: duration('pace of probes in calm').optional(),
        suspect_interval: duration('pace of probes while there is doubt').optional(),
        down_interval: duration('pace of probes while down').optional(),
        remove_after: duration('seconds of failure after which a node leaves').optional(),
        restore_after: duration('seconds without a failure after which it returns').optional(),
        drain: between('a number from 0.01 to 10', 0.01, 10)
          .describe('seconds of badness that one second of success takes away (default 0.5)')
          .optional(),
        adaptive: flag('learn remove_after from the bad spells that healed by themselves').optional(),
        fall: integer(
          'a number from 1 to 1000',
          1,
          1000,
          'remove_after as a number of probes: fall x interval',
        ).optional(),
        rise: integer(
          'a number from 1 to 1000',
          1,
          1000,
          'restore_after as a number of probes: rise x interval',
        ).optional(),
      },
      'a profile and figures of your own over it',
    ),
  ])
  .describe('how patient the check is: eager, normal (default) or patient')

const status = z.union([
  integer('a status code from 100 to 599', 100, 599),
  scalar('a status code or a range such as 200-299 or 2xx', (t) => parseStatusRange(t) !== undefined),
])
const statuses = oneOrMore(status, 'a list of status codes')
const expectHttp = z
  .union([
    statuses,
    mapping(
      {
        status: statuses.describe('status codes that are good (default 200-299)').optional(),
        body: text('text that the body must hold').optional(),
        body_pattern: scalar(
          'a regular expression',
          isPattern,
          'regular expression that the body must match',
        ).optional(),
        json: mapping(
          {
            path: text('a dotted path into the JSON body'),
            equals: z.json().describe('the value that must stand there'),
          },
          'a value in a JSON body',
        ).optional(),
        fresh: mapping(
          {
            header: text('a header that holds a timestamp').optional(),
            json: text('a dotted path to a timestamp in the JSON body').optional(),
            max_age: duration('its greatest age'),
          },
          'a timestamp that must be recent: "at most ten minutes behind"',
        ).optional(),
      },
      'what an answer must be; everything given must hold',
    ),
  ])
  .describe('what a good answer is (default: status 200-299)')

const http = {
  path: scalar(
    'a path that begins with /',
    (t) => /^\/[\x21-\x7e]*$/.test(t),
    'path of the request (default /)',
  ).optional(),
  port: port('default 80, https 443').optional(),
  method: one(['GET', 'HEAD', 'POST'], 'default GET').optional(),
  host: text('the Host header, and SNI for https').optional(),
  headers: z
    .record(
      z.string(),
      scalar('a header value without line breaks', (t) => !/[\r\n\0]/.test(t)),
      { error: 'a mapping of header names to values' },
    )
    .describe('further request headers')
    .optional(),
  expect: expectHttp.optional(),
}
const tls = {
  sni: text('the server name to ask for').optional(),
  verify: flag('verify the certificate chain and name (default true)').optional(),
  certificate_warning: duration('warn when the certificate ends within this time (default 14d)').optional(),
}

const check = mapping(
  {
    http: mapping(http, 'an HTTP request').optional(),
    https: mapping({ ...http, ...tls }, 'an HTTPS request').optional(),
    tcp: mapping(
      {
        port: port('the port to connect to'),
        send: text('what to send once connected').optional(),
        expect: text('text that must come back').optional(),
      },
      'a TCP connection',
    ).optional(),
    tls: mapping({ port: port('default 443').optional(), ...tls }, 'a TLS handshake').optional(),
    icmp: mapping({}, 'an echo request').optional(),
    dns: mapping(
      {
        port: port('default 53').optional(),
        name: scalar('a domain name', (t) => domainName(t) !== undefined),
        type: scalar('a record type such as A or SOA', (t) => /^[A-Za-z0-9]{1,16}$/.test(t), 'default A').optional(),
        expect: text('rdata that must be among the answers').optional(),
      },
      'a DNS query',
    ).optional(),
    command: z
      .union([
        z.array(text('a word of the command'), { error: 'a list of words' }).min(1, { error: 'a list of words' }),
        mapping(
          { program: text('the program to run'), args: z.array(z.string(), { error: 'a list of words' }).optional() },
          'a program; exit code 0 is good',
        ),
      ])
      .describe('a program of your own; exit code 0 is good')
      .optional(),
    timeout: duration('a probe that takes longer has failed (default 2s)').optional(),
    budget: duration('a success that takes longer counts half a failure').optional(),
    source: scalar(
      'an IP address',
      (t) => parseIpv4(t) !== undefined || parseIpv6(t) !== undefined,
      'source address of probes',
    ).optional(),
    hysteresis: hysteresis.optional(),
  },
  'a probe (exactly one of http, https, tcp, tls, icmp, dns, command) and how patient to be',
)

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

function isPattern(pattern: string): boolean {
  try {
    new RegExp(pattern, 'u')
    return true
  } catch {
    return false
  }
}

function isSubdivision(code: string): boolean {
  return /^[A-Z]{2}-[A-Z0-9]{1,3}$/i.test(code) && COUNTRIES.has(code.slice(0, 2).toUpperCase())
}

function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
    return true
  } catch {
    return false
  }
}

const CRON_FIELDS = [
  { min: 0, max: 59, names: '' },
  { min: 0, max: 23, names: '' },
  { min: 1, max: 31, names: '' },
  { min: 1, max: 12, names: 'jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec' },
  { min: 0, max: 7, names: 'sun|mon|tue|wed|thu|fri|sat' },
] as const

/** Five fields of *, numbers, ranges, steps and lists; months and weekdays by name, too. */
function isCron(expression: string): boolean {
  const fields = expression.trim().split(/\s+/)
  return (
    fields.length === 5 &&
    fields.every((field, i) => field.split(',').every((part) => isCronPart(part, CRON_FIELDS[i]!)))
  )
}

function isCronPart(part: string, { min, max, names }: (typeof CRON_FIELDS)[number]): boolean {
  const match = /^(\*|([a-z]{3}|\d{1,2})(?:-([a-z]{3}|\d{1,2}))?)(?:\/([1-9]\d?))?$/i.exec(part)
  if (match === null) return false
  const bounds = [match[2], match[3]].filter((bound) => bound !== undefined)
  return bounds.every((bound) =>
    /^\d+$/.test(bound) ? Number(bound) >= min && Number(bound) <= max : names.split('|').includes(bound.toLowerCase()),
  )
}
