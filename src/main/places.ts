/** Where the server keeps what it writes. */
import { join } from 'node:path'
import type { Settings } from '../loader/index.ts'

export function databaseFile({ data }: Settings): string {
  return join(data, 'meridian.db')
}

export function adminTokenFile({ data }: Settings): string {
  return join(data, 'admin.token')
}

export function cookieSecretFile({ data }: Settings): string {
  return join(data, 'cookie.secret')
}

export function pidFile({ data }: Settings): string {
  return join(data, 'meridian.pid')
}

/** Loaded states, for a start after which nothing may change unasked. */
export function statesFolder({ data }: Settings): string {
  return join(data, 'states')
}
