/** Values that a schema of the OpenAPI document takes, made of words that mean something to the world of these targets. */
import type { Random } from '../../src/base/index.ts'

/** As much of JSON Schema as the document uses. */
export interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Schema[]
  readonly allOf?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
}

const NODES = ['de-1', 'de-2', 'md-1', 'added-1', 'new-1', 'new-2', '192.0.2.80', 'nosuch']
const POOLS = ['germany', 'moldova', 'nosuch']
const ZONES = ['portal.example', 'kept.example.', 'new.example', 'Kept.Example', 'no such']
const SITES = ['falkenstein', 'chisinau', 'nosuch']
const TTL_LINE = '$TTL 300\n@ SOA ns1 h 10 7200 900 1209600 300\n@ NS ns1\nns1 A 192.0.2.1\n'

/** By the name of a key or parameter. */
const WORDS: Readonly<Record<string, readonly unknown[]>> = {
  node: NODES,
  pool: POOLS,
  site: [...SITES, null],
  zone: ZONES,
  a: ['192.0.2.80', ['192.0.2.81', '192.0.2.82'], [], '127.0.0.1'],
  aaaa: ['2001:db8::80', [], ['2001:db8::81'], '::'],
  pools: [['germany'], ['germany', 'moldova'], [], ['nosuch']],
  nodes: [['de-1'], []],
  zones: [['portal.example'], []],
  weight: [0, 1, 100, 65_535, null],
  lease: ['30s', '1h', 60, null],
  for: ['2h', '10s', 5, '36500d'],
  expires: ['1h', '90d', 3600],
  confirm_within: ['10m', '1s'],
  reason: ['disk swap', '', 'ünïcode ✓'],
  force: [true, false, 'true', 'false'],
  on: [true, false, null],
  token: ['viewer', 'operator', 'admin', 'nosuch'],
  name: [
    'new-1',
    'www.portal.example',
    'alias.portal.example.',
    'a.b.wild.portal.example',
    'www',
    '@',
    'grafana',
    'de-1',
  ],
  type: ['A', 'AAAA', 'TXT', 'ANY', 'MX', 'TYPE65280', 'aaaa'],
  data: ['192.0.2.9', '"text"', '10 mail', '\\# 4 c0000201', 'ns1'],
  ttl: [60, '5m', 0],
  client: ['192.0.2.1', '192.0.2.0/24', '2001:db8::/56', '0.0.0.0/0'],
  address: ['192.0.2.1', '2001:db8::1', '::ffff:192.0.2.1'],
  file: [TTL_LINE, `${TTL_LINE}www 60 CNAME ns1\n`, '@ SOA', '/nowhere/backup.db'],
  key: ['certbot', 'Certbot.', 'nosuch'],
  under: ['@', 'www', 'kept.example.'],
  label: ['_acme-challenge'],
  types: [['TXT'], ['A', 'AAAA']],
  since: ['1h', '2026-05-03T12:00:00Z', '1700000000'],
  until: ['1s', '2030-01-01'],
  after: ['0', '3'],
  limit: ['1', '10000'],
  author: ['meridian', 'operator'],
}

/** @returns a word for a parameter of the path */
export function sampleWord(name: string, random: Random): string {
  const words = WORDS[name] ?? ['x']
  return String(words[random.below(words.length)])
}

/** @param name the key that the value stands under */
export function sampleOf(
  schema: Schema,
  name: string,
  schemas: Readonly<Record<string, Schema>>,
  random: Random,
): unknown {
  const words = WORDS[name]
  if (words !== undefined && random.below(10) > 0) return words[random.below(words.length)]
  if (schema.$ref !== undefined) return sampleOf(schemas[schema.$ref.split('/').at(-1)!] ?? {}, name, schemas, random)
  if (schema.enum !== undefined) return schema.enum[random.below(schema.enum.length)]
  const choices = schema.anyOf ?? schema.allOf
  if (choices !== undefined) return sampleOf(choices[random.below(choices.length)]!, name, schemas, random)
  const type = typeof schema.type === 'string' ? schema.type : schema.type?.[random.below(schema.type.length)]
  switch (type) {
    case 'object': {
      const value: Record<string, unknown> = {}
      for (const [key, one] of Object.entries(schema.properties ?? {}))
        if (schema.required?.includes(key) === true || random.below(2) === 0)
          value[key] = sampleOf(one, key, schemas, random)
      return value
    }
    case 'array':
      return Array.from({ length: random.below(3) }, () => sampleOf(schema.items ?? {}, name, schemas, random))
    case 'integer':
    case 'number':
      return random.below(200)
    case 'boolean':
      return random.below(2) === 0
    case 'null':
      return null
    default:
      return 'x'
  }
}
