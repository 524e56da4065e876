/**
 * Reads what the last run left.
 */
import { parseIpv4, parseIpv6 } from '../base/index.ts'
import type { AddedNode, HealthMemory, PoolMemory, Role, Saved, Scope, Token } from '../control/index.ts'
import type { HealthState, Intent, IntentKind } from '../health/index.ts'
import type { Sqlite } from './database.ts'

interface NodeRow {
  name: string
  a: string
  aaaa: string
  site: string | null
  weight: number
  pools: string
  added_by: string
  added_ms: number
  lease_ms: number | null
  lease_until_ms: number | null
}
interface IntentRow {
  node: string
  kind: string
  reason: string | null
  author: string
  since_ms: number
  until_ms: number | null
}
interface TokenRow {
  id: string
  name: string
  role: string
  scope: string
  hash: string
  created_ms: number
  created_by: string
  expires_ms: number | null
}
interface HealthRow {
  node: string
  check: string
  health: string
  since_ms: number
  bad_ms: number
  flaps: number
  flaps_at_ms: number
  more: string
}

export function readSaved(db: Sqlite): Saved {
  const all = <Row>(table: string): Row[] => db.prepare<[], Row>(`SELECT * FROM ${table}`).all()
  const generation = db.prepare<[], { value: string }>(`SELECT value FROM setting WHERE key = 'generation'`).get()
  return {
    generation: generation === undefined ? 0 : Number(generation.value),
    nodes: all<NodeRow>('node ORDER BY added_ms, name').map(readNode),
    intents: new Map(all<IntentRow>('intent').map((row) => [row.node, readIntent(row)])),
    weights: new Map(all<{ node: string; weight: number }>('weight').map((row) => [row.node, row.weight])),
    standby: new Map(all<{ pool: string; joined: number }>('standby').map((row) => [row.pool, row.joined === 1])),
    tokens: all<TokenRow>('token ORDER BY created_ms').map(readToken),
    marks: new Map(all<{ key: string; value: string }>('mark').map((row) => [row.key, row.value])),
    memory: all<HealthRow>('health').map(readHealth),
    pools: all<PoolMemory>('pool_memory').map(({ pool, more }) => ({ pool, more })),
  }
}

function readNode(row: NodeRow): AddedNode {
  const addresses = (text: string, parse: (one: string) => Uint8Array | undefined): Uint8Array[] =>
    texts(text).flatMap((one) => {
      const address = parse(one)
      return address === undefined ? [] : [address]
    })
  return {
    name: row.name,
    a: addresses(row.a, parseIpv4),
    aaaa: addresses(row.aaaa, parseIpv6),
    site: row.site ?? undefined,
    weight: row.weight,
    pools: texts(row.pools),
    by: row.added_by,
    atMs: row.added_ms,
    leaseMs: row.lease_ms ?? undefined,
    leaseUntilMs: row.lease_until_ms ?? undefined,
  }
}

function readIntent(row: IntentRow): Intent {
  return {
    kind: row.kind as IntentKind,
    reason: row.reason ?? undefined,
    author: row.author,
    sinceMs: row.since_ms,
    untilMs: row.until_ms ?? undefined,
  }
}

function readToken(row: TokenRow): Token {
  return {
    id: row.id,
    name: row.name,
    role: row.role as Role,
    scope: JSON.parse(row.scope) as Scope,
    hash: row.hash,
    createdMs: row.created_ms,
    createdBy: row.created_by,
    expiresMs: row.expires_ms ?? undefined,
  }
}

function readHealth(row: HealthRow): HealthMemory {
  return {
    node: row.node,
    check: row.check,
    health: row.health as HealthState,
    sinceMs: row.since_ms,
    badMs: row.bad_ms,
    flaps: row.flaps,
    flapsAtMs: row.flaps_at_ms,
    more: row.more,
  }
}

function texts(json: string): string[] {
  const value: unknown = JSON.parse(json)
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
}
