/**
 * Requests as octets: for each operation of the OpenAPI document one that is right, and bent ones. A word like $operator stands
 * for a token's text; it is put in when the octets are sent, so that an input means the same in every run.
 */
import type { Random } from '../../src/base/index.ts'
import type { Contract, Operation } from './contract.ts'
import { bend } from './json.ts'
import { sampleOf, sampleWord } from './samples.ts'

const METHODS = [
  'GET',
  'HEAD',
  'OPTIONS',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'TRACE',
  'PROPFIND',
  'QUERY',
  'get',
  'CONNECT',
]

const TOKENS = ['$admin', '$admin', '$operator', '$operator', '$limited', '$zoned', '$viewer', '$ended']

const AUTHORIZATIONS = [
  'Bearer',
  'Bearer ',
  'bearer $admin',
  'Bearer  $viewer  ',
  'Bearer $admin$admin',
  'Bearer $admin $admin',
  'Bearer $operatorx',
  'Basic YWRtaW46eA==',
  'Bearer mrd_000000000000_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
  'Bearer mrd___',
  'Bearer \xff\xfe',
  '$admin',
  '',
  `Bearer ${'x'.repeat(4000)}`,
]

/** Path segments that servers were fooled by. */
const SEGMENTS = [
  '..',
  '.',
  '%2e%2e',
  '%252e%252e%252f',
  '%2f',
  'de-1%2fdrain',
  '%00',
  '%',
  '%zz',
  '%ff%fe',
  '%c0%af',
  '%e2%80%ae',
  '%0d%0aset-cookie:%20x',
  '__proto__',
  'constructor',
  '{node}',
  '*',
  ':node',
  '',
  '%20',
  'a;b',
  'a\\b',
  'de-1?x',
  'x'.repeat(300),
  'x'.repeat(9000),
  '%41'.repeat(200),
]

const HEADERS: readonly (readonly [string, readonly string[]])[] = [
  [
    'if-match',
    [
      '*',
      '"1"',
      '"3"',
      'W/"3"',
      '3',
      '',
      '"1", "2", "3", "4", "5"',
      ',,,',
      '"'.repeat(500),
      '"-1"',
      '"9007199254740993"',
    ],
  ],
  [
    'content-type',
    [
      'application/json',
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data',
      'application/json; charset=utf-16',
      ';',
      '',
    ],
  ],
  ['last-event-id', ['0', '1', '-1', '999999999999999', '9999999999999999', '1e3', 'x', '', '%00']],
  ['accept', ['*/*', 'application/json', 'text/event-stream', 'text/html;q=0.5', ',', '']],
  ['accept-encoding', ['gzip', 'identity;q=0', '*']],
  ['host', ['localhost', '', 'a b', '[::1]:1', '[', 'x/y', 'x@y', 'a:99999999', '..', '\xff']],
  ['expect', ['100-continue', '200-ok', '']],
  ['connection', ['close', 'keep-alive', 'upgrade', 'keep-alive, upgrade']],
  ['upgrade', ['h2c', 'websocket']],
  ['idempotency-key', ['x', '', 'x'.repeat(2000)]],
  ['x-http-method-override', ['DELETE']],
  ['x-forwarded-for', ['127.0.0.1']],
  ['content-encoding', ['gzip', 'identity']],
  ['range', ['bytes=0-1', 'bytes=-1', 'x']],
  ['origin', ['null', 'http://evil.example']],
  ['te', ['trailers']],
  ['cookie', ['a=b', '__proto__=x']],
]

function one<T>(random: Random, from: readonly T[]): T {
  return from[random.below(from.length)]!
}

/** Makes one to four requests, the last of which may be broken off. */
export function makeRequests(contract: Contract, random: Random): Uint8Array {
  const count = random.below(4) === 0 ? 2 + random.below(3) : 1
  return new Uint8Array(Buffer.concat(Array.from({ length: count }, () => makeRequest(contract, random))))
}

/** @returns a right request for this operation */
export function soundRequest(contract: Contract, operation: Operation, token: string, random: Random): Buffer {
  return encode(
    operation.method,
    targetOf(contract, operation, random, false),
    authorised(`Bearer ${token}`),
    bodyOf(contract, operation, random, false),
  )
}

function makeRequest(contract: Contract, random: Random): Buffer {
  const operation = one(random, contract.operations)
  const odd = (chance: number): boolean => random.below(chance) === 0
  const method = odd(12) ? one(random, METHODS) : operation.method
  const authorization = odd(8) ? one(random, AUTHORIZATIONS) : `Bearer ${one(random, TOKENS)}`
  const headers = odd(20) ? ([['host', 'x']] as [string, string][]) : authorised(authorization)
  while (odd(2)) {
    const [name, values] = one(random, HEADERS)
    headers.push([name, one(random, values)])
  }
  if (odd(100)) for (let i = random.below(300); i >= 0; i--) headers.push([`x-${i}`, 'y'.repeat(random.below(100))])
  return encode(
    method,
    targetOf(contract, operation, random, odd(4)),
    headers,
    bodyOf(contract, operation, random, odd(2)),
  )
}

function authorised(authorization: string): [string, string][] {
  return [
    ['host', 'localhost'],
    ['authorization', authorization],
  ]
}

function targetOf(contract: Contract, operation: Operation, random: Random, bent: boolean): string {
  const path = operation.path.replace(/\{(\w+)\}/g, (_, name: string) =>
    bent && random.below(2) === 0 ? one(random, SEGMENTS) : encodeURIComponent(sampleWord(name, random)),
  )
  const pairs = operation.query
    .filter(({ required }) => required || random.below(3) === 0)
    .map(({ name, schema }) => {
      const value = bent
        ? bend(sampleOf(schema, name, contract.schemas, random), random)
        : sampleOf(schema, name, contract.schemas, random)
      return `${name}=${percent(typeof value === 'string' ? value : (JSON.stringify(value) ?? '')).slice(0, 3000)}`
    })
  if (bent) {
    if (random.below(4) === 0)
      pairs.push(
        one(random, [
          '__proto__=1',
          'constructor=1',
          'force=maybe',
          '=',
          '&&',
          '%',
          'a[b]=c',
          'since=-1',
          'x=%ff',
          'limit=1e9',
          '?',
        ]),
      )
    if (random.below(8) === 0) pairs.push(...pairs)
    if (random.below(8) === 0) return `${path}/${one(random, SEGMENTS)}`
    if (random.below(16) === 0)
      return one(random, [
        '*',
        '//',
        `http://localhost${path}`,
        'http://[',
        `//evil.example${path}`,
        `${path}#x`,
        `${path}\\`,
        '/',
        'x',
      ])
  }
  return pairs.length === 0 ? path : `${path}?${pairs.join('&')}`
}

/** Percent-encodes any text; half a surrogate pair becomes U+FFFD. */
function percent(text: string): string {
  return encodeURIComponent(Buffer.from(text).toString())
}

function bodyOf(contract: Contract, operation: Operation, random: Random, bent: boolean): Buffer | undefined {
  if (operation.body === undefined && (!bent || random.below(3) > 0)) return undefined
  const value = operation.body === undefined ? {} : sampleOf(operation.body, '', contract.schemas, random)
  if (!bent) return Buffer.from(JSON.stringify(value))
  switch (random.below(12)) {
    case 0:
      return Buffer.from(
        one(random, [
          '',
          ' ',
          'null',
          '[]',
          '1',
          '"x"',
          '{',
          '{"a":',
          '\ufeff{}',
          '{} {}',
          '{"force":true,"force":false}',
          "{'a':1}",
          'NaN',
          '-',
          '1e999',
          '{"__proto__":{"force":true}}',
          '{"constructor":{"prototype":{}}}',
        ]),
      )
    case 1:
      // deep: readers that call themselves run out of stack
      return Buffer.from(one(random, ['[', '{"a":', '[{"a":']).repeat(1 + random.below(20_000)))
    case 2:
      // invalid UTF-8 within a text that would be right
      return Buffer.from(JSON.stringify(value).replace(/[a-z]/, '\xff\xc0'), 'latin1')
    case 3:
      if (random.below(10) > 0) return Buffer.from(JSON.stringify([value]))
      return Buffer.from(JSON.stringify(Object.fromEntries(Array.from({ length: 12_000 }, (_, i) => [`k${i}`, i]))))
    case 4: {
      // many of one thing
      const many = {
        ...(value as object),
        [one(random, ['pools', 'a', 'aaaa', 'add', 'grants', 'x'])]: Array.from(
          { length: random.below(30) === 0 ? 40_000 : 300 },
          () => random.below(3),
        ),
      }
      return Buffer.from(JSON.stringify(many))
    }
    default:
      return Buffer.from(JSON.stringify(bend(value, random)) ?? '')
  }
}

function encode(
  method: string,
  target: string,
  headers: readonly (readonly [string, string])[],
  body: Buffer | undefined,
): Buffer {
  const all = body === undefined ? headers : [...headers, ['content-length', String(body.length)] as const]
  const head = `${method} ${target} HTTP/1.1\r\n${all.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`
  return Buffer.concat([Buffer.from(head, 'latin1'), body ?? Buffer.alloc(0)])
}
