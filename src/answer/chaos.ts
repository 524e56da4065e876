/**
 * The CHAOS class: what the server tells of itself (RFC 4892: version.bind, hostname.bind, id.server, version.server).
 */
import { lowerOctet, parseName } from '../wire/index.ts'

const NAMES = ['version.bind', 'version.server', 'hostname.bind', 'id.server'] as const
export type ChaosName = (typeof NAMES)[number]

/** The names in wire form, lower case. */
const WIRE: readonly (readonly [ChaosName, Uint8Array])[] = NAMES.map((name) => [name, parseName(name)!])

/** @returns which of the names the question at `at` asks for, or undefined */
export function chaosName(message: Uint8Array, at: number, length: number): ChaosName | undefined {
  for (const [name, octets] of WIRE) {
    if (octets.length !== length) continue
    let i = 0
    while (i < length && lowerOctet(message[at + i]!) === octets[i]) i++
    if (i === length) return name
  }
  return undefined
}
