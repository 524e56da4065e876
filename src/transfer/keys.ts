/** TSIG keys as the wire room has them, and the keyed hash it asks for. */
import { createHmac } from 'node:crypto'
import { type Hmac, parseName, printName, type TsigKey, tsigAlgorithmOf } from '../wire/index.ts'
import type { Key } from './ports.ts'

export const hmac: Hmac = (hash, key, octets) => createHmac(hash, key).update(octets).digest()

/** @returns the key in the wire room's form; undefined: a name or algorithm that is none */
export function wireKey(key: Key | undefined): TsigKey | undefined {
  if (key === undefined) return undefined
  const name = parseName(key.name.toLowerCase())
  const algorithm = tsigAlgorithmOf(key.algorithm)
  return name === undefined || algorithm === undefined ? undefined : { name, algorithm, secret: key.secret }
}

/** Finds keys by their name on the wire. */
export function keyFinder(keys: ReadonlyMap<string, Key>): (name: Uint8Array) => TsigKey | undefined {
  return (name) => wireKey(keys.get(printName(name).toLowerCase()))
}
