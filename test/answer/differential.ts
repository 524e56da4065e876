/**
 * Questions around every name of a set of zones, made from a seed; what an answer says, whatever its order and compression; and where
 * another name server may say something else, with the reason. What has no reason here is a finding.
 */
import type { Random } from '../../src/base/index.ts'
import {
  decodeMessage,
  encodeMessage,
  lowerName,
  mnemonic,
  optRecord,
  parseName,
  printName,
  printRdata,
  type ResourceRecord,
  rcodeName,
  rcodeOf,
  recordTypes,
  TYPE,
} from '../../src/wire/index.ts'
import type { AuthorityName } from './authorities.ts'
import { RICH_ZONES, type RichZone } from './rich-zones.ts'

export interface Asked {
  readonly name: Uint8Array
  readonly type: number
  readonly edns: boolean
  readonly text: string
}

/** Sorted lines; a line of a record is its owner, TTL, type, data. */
export interface Told {
  readonly rcode: string
  readonly aa: boolean
  readonly tc: boolean
  readonly answer: readonly string[]
  readonly authority: readonly string[]
  readonly additional: readonly string[]
}

const EXTRA_TYPES = [TYPE.ANY, TYPE.RRSIG, TYPE.NSEC, TYPE.DS, 1000, 65280, 65535, TYPE.MAILB, 128, 200]
const COMMON_TYPES = [
  TYPE.A,
  TYPE.AAAA,
  TYPE.NS,
  TYPE.CNAME,
  TYPE.SOA,
  TYPE.MX,
  TYPE.TXT,
  TYPE.DS,
  TYPE.DNAME,
  TYPE.SRV,
]

/** The owners of the zones, their ancestors, and what their records point to. */
export function namesIn(zones: readonly RichZone[]): Uint8Array[] {
  const names = new Map<string, Uint8Array>()
  const add = (text: string, origin: Uint8Array): void => {
    let name = parseName(text, origin)
    while (name !== undefined && name.length > 1) {
      names.set(printName(name), name)
      name = name.subarray(name[0]! + 1)
    }
  }
  for (const { name, text } of zones) {
    const origin = parseName(name)!
    for (const line of text.split('\n')) {
      const [owner, ...rest] = line.split(' ')
      if (owner === undefined || owner === '' || /^[;$]/.test(owner)) continue
      add(owner === '@' ? name : owner, origin)
      if (/^(NS|CNAME|DNAME|MX|SRV)$/.test(rest.at(-2) ?? '')) add(rest.at(-1)!, origin)
    }
  }
  return [...names.values()]
}

const label = (text: string): Uint8Array => Uint8Array.of(text.length, ...Buffer.from(text, 'latin1'))
const join = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts))

/** Labels that are put before a name: random ones, and those that mean something in the zones. */
const LABELS = [
  'x',
  '*',
  'a',
  'b',
  'foo',
  'www',
  'host',
  'ns',
  'deep',
  'here',
  'wild',
  'target',
  '\x00',
  'X',
  '-',
  'a.b',
  'é',
  '_tcp',
  'w',
  'y',
]

export function makeQuestion(random: Random, names: readonly Uint8Array[]): Asked {
  const types = [...recordTypes()].map(({ code }) => code)
  const pick = <T>(list: readonly T[]): T => list[random.below(list.length)]!
  let name = pick(names)
  const shape = random.below(10)
  if (shape >= 4) for (let i = shape < 8 ? 1 : 1 + random.below(4); i > 0; i--) name = join(label(pick(LABELS)), name)
  if (shape === 3 && name.length > 1) name = join(label(pick(LABELS)), name.subarray(name[0]! + 1))
  if (random.below(20) === 0) name = join(label('z'.repeat(63)), name)
  if (name.length > 255) name = pick(names)
  // RFC 4343: case changes nothing but the echo.
  if (random.below(6) === 0)
    name = name.map((octet) => (octet >= 97 && octet <= 122 && random.below(2) === 0 ? octet - 32 : octet))
  const kind = random.below(10)
  const type = kind < 6 ? pick(COMMON_TYPES) : kind < 8 ? pick(types) : pick(EXTRA_TYPES)
  const edns = random.below(2) === 0
  return { name, type, edns, text: `${printName(name)} ${mnemonic(type)}` }
}

export function queryOf(asked: Asked, udpSize = 4096): Uint8Array {
  return encodeMessage({
    id: 0x4d45,
    flags: 0,
    questions: [{ name: asked.name, type: asked.type, class: 1 }],
    answers: [],
    authorities: [],
    additionals: asked.edns ? [optRecord({ udpSize })] : [],
  })!
}

export function tell(reply: Uint8Array): Told | string {
  const message = decodeMessage(reply)
  if ('problem' in message) return `does not decode: ${message.problem}`
  const lines = (records: readonly ResourceRecord[]): string[] =>
    [...records.filter(({ type }) => type !== TYPE.OPT).map(line)].sort()
  return {
    rcode: rcodeName(rcodeOf(message)),
    aa: (message.flags & 0x400) !== 0,
    tc: (message.flags & 0x200) !== 0,
    answer: lines(message.answers),
    authority: lines(message.authorities),
    additional: lines(message.additionals),
  }
}

function line({ name, ttl, type, rdata }: ResourceRecord): string {
  return `${printName(lowerName(name))} ${ttl} ${mnemonic(type)} ${printRdata(type, rdata).toLowerCase()}`
}

interface Policy {
  readonly reason: string
  readonly of: readonly AuthorityName[]
  /** both answered, and not the same */
  readonly covers: (asked: Asked, ours: Told, theirs: Told) => boolean
}

const ALL: readonly AuthorityName[] = ['nsd', 'knot', 'bind']
const isSubset = (part: readonly string[], whole: readonly string[]): boolean =>
  part.every((each) => whole.includes(each))
const same = (a: readonly string[], b: readonly string[]): boolean => a.length === b.length && isSubset(a, b)
const aliases = (told: Told): number => told.answer.filter((each) => / CNAME /.test(each)).length

export const POLICIES: readonly Policy[] = [
  {
    reason: 'ANY: we answer with one set (RFC 8482 4.1); which one, and whether all, is up to the server',
    of: ALL,
    covers: ({ type }, ours, theirs) =>
      type === TYPE.ANY && ours.rcode === theirs.rcode && ours.aa === theirs.aa && theirs.answer.length > 0,
  },
  {
    reason: 'ANY under a DNAME: BIND does not go on at its target (RFC 6672 3.2 step 3c does)',
    of: ['bind'],
    covers: ({ type }, ours, theirs) => type === TYPE.ANY && aliases(ours) > 0 && isSubset(theirs.answer, ours.answer),
  },
  {
    reason: 'MAILA, MAILB: obsolete questions (RFC 6895 3.1), NOTIMP here and in BIND',
    of: ['nsd', 'knot'],
    covers: ({ type }, ours) => (type === TYPE.MAILB || type === TYPE.MAILA) && ours.rcode === 'NOTIMP',
  },
  {
    reason: 'unassigned meta types: BIND says FORMERR, we, NSD and Knot look them up like any type (RFC 3597)',
    of: ['bind'],
    covers: ({ type }, _, theirs) => type >= 128 && type < 249 && theirs.rcode === 'FORMERR',
  },
  {
    reason: 'aliases that lead in circles, or further than the bound of 16: where to stop is up to the server',
    of: ALL,
    covers: (_, ours, theirs) =>
      aliases(ours) > 0 &&
      (isSubset(ours.answer, theirs.answer) || isSubset(theirs.answer, ours.answer)) &&
      (aliases(ours) >= 12 || isCircle(ours.answer)),
  },
  {
    reason: 'Knot follows five aliases',
    of: ['knot'],
    covers: (_, ours, theirs) => aliases(ours) > 5 && aliases(theirs) === 5 && isSubset(theirs.answer, ours.answer),
  },
  {
    reason: 'YXDOMAIN: Knot goes on with the name that is the target itself: its data, or an SOA',
    of: ['knot'],
    covers: (_, ours, theirs) =>
      ours.rcode === 'YXDOMAIN' && theirs.rcode === 'YXDOMAIN' && isSubset(ours.answer, theirs.answer),
  },
  {
    reason: 'aliases into another zone that is served: we and NSD go on there, others leave it to the resolver',
    of: ['knot', 'bind'],
    covers: (_, ours, theirs) => aliases(ours) > 0 && isSubset(theirs.answer, ours.answer) && leavesZone(ours.answer),
  },
  {
    reason:
      'RRSIG, NSEC, NSEC3, KEY: may stand beside a CNAME (RFC 4035 2.5), so some servers do not follow it for them',
    of: ALL,
    covers: ({ type }, ours, theirs) =>
      [TYPE.RRSIG, TYPE.NSEC, TYPE.NSEC3, TYPE.KEY, TYPE.SIG, TYPE.NXT].some((each) => each === type) &&
      aliases(ours) > 0 &&
      aliases(theirs) < aliases(ours),
  },
  {
    reason: 'additional data that is only helpful (no glue below the cut): we tell more',
    of: ALL,
    covers: (_, ours, theirs) =>
      same(ours.answer, theirs.answer) &&
      same(ours.authority, theirs.authority) &&
      ours.rcode === theirs.rcode &&
      isSubset(theirs.additional, ours.additional),
  },
]

/** The target of some alias is the owner of an alias that is there already. */
function isCircle(answer: readonly string[]): boolean {
  const next = new Map(
    answer.filter((each) => / CNAME /.test(each)).map((each) => [each.split(' ')[0]!, each.split(' ')[3]!]),
  )
  return [...next.values()].some((target) => {
    for (let at: string | undefined = target, steps = 0; at !== undefined; at = next.get(at), steps++)
      if (steps > next.size) return true
    return false
  })
}

/** The zones that are served together, the longest names first. */
const ZONES = RICH_ZONES.map(({ name }) => name).sort((a, b) => b.length - a.length)

function leavesZone(answer: readonly string[]): boolean {
  const zoneOf = (name: string): string => ZONES.find((zone) => `.${name}`.endsWith(`.${zone}`)) ?? ''
  return answer.some((each) => {
    const [owner, , type, target] = each.split(' ')
    return type === 'CNAME' && zoneOf(owner!) !== zoneOf(target!)
  })
}

/** @returns '' where both say the same, the reason where they may differ, undefined: a finding */
export function judge(
  name: AuthorityName,
  asked: Asked,
  ours: Told | string,
  theirs: Told | string,
): string | undefined {
  if (typeof ours === 'string' || typeof theirs === 'string') return ours === theirs ? '' : undefined
  if (JSON.stringify(ours) === JSON.stringify(theirs)) return ''
  return POLICIES.find((policy) => policy.of.includes(name) && policy.covers(asked, ours, theirs))?.reason
}
