/** The rich zones, a zone of steered names of every kind and one that has expired, behind one responder; and the names in them. */
import type { CompiledRecord, QueryResponder, RateLimits } from '../../src/answer/index.ts'
import { assert } from '../../src/base/index.ts'
import { compileMap, type Matcher } from '../../src/geo/index.ts'
import type { SteeredRecord } from '../../src/policy/index.ts'
import { loadZone } from '../../src/zone/index.ts'
import { RICH_ZONES, type RichZone } from './rich-zones.ts'
import { nodeOf, recordOf, standingOf, type TestWorld, worldOf } from './world.ts'

const STEERED_ZONE = `$ORIGIN steered.test.
$TTL 300
@ SOA ns hostmaster 1 7200 900 1209600 60
@ NS ns
@ NS www
ns A 192.0.2.1
alias CNAME www
old DNAME new
www TXT "beside a steered record"
srv SRV 0 0 443 www
srv SRV 0 0 443 sticky
mx MX 10 geo
toparent CNAME host.diff.test.
`

const KINDS: readonly (readonly [name: string, pool: string, extra: Partial<SteeredRecord>])[] = [
  ['www', 'all', {}],
  ['geo', 'all', {}],
  ['sticky', 'all', { pick: 'sticky', answers: 1 }],
  ['weighted', 'all', { pick: 'weighted', answers: 2 }],
  ['*.wild', 'v4', {}],
  ['host.new', 'v4', {}],
  ['down', 'down', {}],
  ['@', 'all', {}],
]

const v6 = (last: number): Uint8Array => Uint8Array.from([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last])

const MATCHERS: readonly Matcher[] = [
  {
    country: [],
    continent: [],
    subdivision: [],
    asn: [],
    net: [{ address: Uint8Array.of(203, 0, 113, 0), prefixLength: 25 }],
  },
  { country: [], continent: [], subdivision: [], asn: [], net: [{ address: v6(0), prefixLength: 48 }] },
  { country: [], continent: [], subdivision: [], asn: [], net: [] },
]

const EVEN_ZONE = `$ORIGIN steered.test.
$TTL 300
@ SOA ns hostmaster 1 7200 900 1209600 60
@ NS ns
@ NS even
@ MX 10 even
ns A 192.0.2.1
even TXT "beside a steered record"
toeven CNAME even
towild CNAME a.b.wild
tosix CNAME x.six
toparent CNAME host.diff.test.
old DNAME new
mx MX 10 even
mx MX 20 host.new
srv SRV 0 0 443 even
mxwild MX 10 a.b.wild
mxwild MX 20 x.six
d NS even
d NS ns.d
ns.d A 192.0.2.9
`

/** The zone of steered names with the addresses that everybody gets written out: what a name server without steering answers from. */
export const STEERED_AS_STATIC: RichZone = {
  name: 'steered.test.',
  text: `${EVEN_ZONE}${[
    ...['203.0.113.1', '203.0.113.2'].flatMap((address) => [`even 60 A ${address}`, `@ 60 A ${address}`]),
    ...['even', '@'].flatMap((name) => [`${name} 60 AAAA 2001:db8::1`, `${name} 60 AAAA 2001:db8::3`]),
    '*.wild 60 A 203.0.113.2',
    'host.new 60 A 203.0.113.2',
    '*.six 60 AAAA 2001:db8::3',
  ].join('\n')}\n`,
}

/** Only the names that `STEERED_AS_STATIC` has addresses of. */
export function evenWorld(): QueryResponder {
  const kinds = [
    ['even', 'even'],
    ['@', 'even'],
    ['*.wild', 'v4'],
    ['host.new', 'v4'],
    ['*.six', 'v6'],
  ] as const
  const names = kinds.map(([name]) => (name === '@' ? 'steered.test.' : `${name}.steered.test.`))
  const [steered] = imagesOf([{ name: 'steered.test.', text: EVEN_ZONE }], new Map(names.map((name, i) => [name, i])))
  return worldOf(
    [steered!, ...imagesOf(RICH_ZONES)],
    kinds.map(([, pool], i) => ({
      record: recordOf(names[i]!, 'steered.test.', [pool]),
      map: -1,
      classes: [{ rule: 0, order: undefined }],
    })),
    [nodeOf('n1', ['203.0.113.1'], [v6(1)]), nodeOf('n2', ['203.0.113.2']), nodeOf('n3', [], [v6(3)])],
    [standingOf('even', ['n1', 'n2', 'n3']), standingOf('v4', ['n2']), standingOf('v6', ['n3'])],
  ).responder(0)
}

/** Compiles master files. @param steered  by absolute name */
export function imagesOf(zones: readonly RichZone[], steered: ReadonlyMap<string, number> = new Map()) {
  return zones.map(({ name, text }) => {
    const { image, issues } = loadZone({
      origin: name,
      file: name,
      steered: new Map([...steered].filter(([owner]) => owner.endsWith(name))),
      read: () => Buffer.from(text),
    })
    assert(
      image !== undefined,
      `the zone ${name} loads: ${issues
        .filter((issue) => issue.severity === 'error')
        .map(({ message }) => message)
        .join(' ')}`,
    )
    return { name, image }
  })
}

export function richWorld(limits?: RateLimits): { readonly world: TestWorld; readonly responder: QueryResponder } {
  const names = KINDS.map(([name]) => (name === '@' ? 'steered.test.' : `${name}.steered.test.`))
  const map = compileMap({ databases: [], matchers: MATCHERS }).image
  const records: CompiledRecord[] = KINDS.map(([name, pool, extra], i) => ({
    record: recordOf(names[i]!, 'steered.test.', name === 'geo' ? ['v4', 'v6', 'all'] : [pool], extra),
    map: name === 'geo' ? 0 : -1,
    classes: name === 'geo' ? [0, 1, 2].map((rule) => ({ rule, order: undefined })) : [{ rule: 0, order: undefined }],
  }))
  const [steered] = imagesOf(
    [{ name: 'steered.test.', text: STEERED_ZONE }],
    new Map(names.map((name, i) => [name, i])),
  )
  const world = worldOf(
    [
      ...imagesOf(RICH_ZONES),
      steered!,
      {
        ...imagesOf([{ name: 'expired.test.', text: '@ 60 SOA ns h 1 1 1 1 1\n@ 60 NS ns\nns 60 A 192.0.2.1\n' }])[0]!,
        expired: true,
      },
    ],
    records,
    [
      nodeOf('n1', ['203.0.113.1'], [v6(1)]),
      nodeOf('n2', ['203.0.113.2']),
      nodeOf('n3', [], [v6(3)]),
      ...Array.from({ length: 12 }, (_, i) => nodeOf(`m${i}`, [`198.18.0.${i}`], [v6(100 + i)])),
    ],
    [
      standingOf('all', ['n1', 'n2', 'n3', ...Array.from({ length: 12 }, (_, i) => `m${i}`)]),
      standingOf('v4', ['n2']),
      standingOf('v6', ['n3']),
      standingOf('down', ['n1', 'n2'], ['n1', 'n2']),
    ],
    [map],
    limits,
  )
  return { world, responder: world.responder(1) }
}
