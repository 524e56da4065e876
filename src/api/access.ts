/**
 * Who asks, and what they may: roles are steps of one ladder, a scope narrows what a writer may touch.
 */
import type { Context } from 'hono'
import { type By, type Control, ROLES, type Role, type Token, zoneName } from '../control/index.ts'
import { provenToken } from './bearer.ts'
import type { ApiPorts } from './ports.ts'
import { Problem } from './problem.ts'
import type { Throttle } from './throttle.ts'

/** The Node.js objects below hono. */
export interface Env {
  Bindings: {
    incoming: import('node:http').IncomingMessage
    outgoing: import('node:http').ServerResponse
  }
}

export interface Identity {
  readonly by: By
  /** undefined: an anonymous reader */
  readonly token: Token | undefined
}

/** The client's address as text, or `unix`. */
export function sourceOf(c: Context<Env>): string {
  const address = c.env?.incoming?.socket?.remoteAddress
  if (address === undefined) return 'unix'
  return address.startsWith('::ffff:') ? address.slice(7) : address
}

/** Proves the token and its role. @throws Problem 401, 403, 429 */
export async function identify(c: Context<Env>, ports: ApiPorts, throttle: Throttle, role: Role): Promise<Identity> {
  const from = sourceOf(c)
  const header = c.req.header('authorization')
  if (header === undefined) {
    if (role === 'viewer' && ports.openReads) return { by: { author: 'anonymous', from }, token: undefined }
    throw unauthorised('Send the header "Authorization: Bearer TOKEN".')
  }
  const given = /^Bearer +(\S+) *$/i.exec(header)?.[1]
  const token = given === undefined ? undefined : provenToken(ports.control, given, ports.now())
  if (token === undefined) {
    if (!(await throttle.failed(from)))
      throw new Problem('too-many', 'Too many wrong tokens from here.', {}, { 'retry-after': '5' })
    ports.log('warn', 'a wrong token was shown', { from, path: c.req.path })
    throw unauthorised('The token is wrong, was revoked, or has ended.')
  }
  if (ROLES.indexOf(token.role) < ROLES.indexOf(role))
    throw new Problem('forbidden', `Token ${token.name} is a ${token.role}'s; this needs the role ${role}.`)
  return { by: { author: token.name, from }, token }
}

function unauthorised(detail: string): Problem {
  return new Problem(
    'unauthorised',
    detail,
    { advice: 'The first start wrote an admin token to admin.token in the data folder.' },
    { 'www-authenticate': 'Bearer realm="meridian"' },
  )
}

/** What a write touches. */
export interface Touched {
  readonly nodes?: readonly string[]
  readonly pools?: readonly string[]
}

/** Holds a write against the token's scope. @throws Problem 403 */
export function requireScope(control: Control, identity: Identity, touched: Touched): void {
  const scope = identity.token?.scope
  if (scope === undefined || scope.zones.length + scope.pools.length + scope.nodes.length === 0) return
  const zones = new Set(scope.zones.map(zoneName))
  const poolAllowed = (pool: string): boolean => {
    const zone = control.steering().pools.get(pool)?.zone
    return scope.pools.includes(pool) || (zone !== undefined && zones.has(zone))
  }
  const nodeAllowed = (node: string): boolean => {
    if (scope.nodes.includes(node)) return true
    // A node is within reach when every pool it serves is: draining it must not touch a pool of somebody else.
    const pools = control.poolsOf(node)
    return pools.length > 0 && pools.every(poolAllowed)
  }
  const outside = [
    ...(touched.nodes ?? []).filter((node) => !nodeAllowed(node)).map((node) => `node ${node}`),
    ...(touched.pools ?? []).filter((pool) => !poolAllowed(pool)).map((pool) => `pool ${pool}`),
  ]
  if (outside.length > 0)
    throw new Problem(
      'forbidden',
      `Token ${identity.token?.name} is limited, and ${outside.slice(0, 5).join(', ')} lies outside.`,
    )
}

/** For what concerns everything: a limited token may not. @throws Problem 403 */
export function requireUnlimited(identity: Identity): void {
  const scope = identity.token?.scope
  if (scope !== undefined && scope.zones.length + scope.pools.length + scope.nodes.length > 0)
    throw new Problem('forbidden', `Token ${identity.token?.name} is limited; this concerns everything.`)
}
