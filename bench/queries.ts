/** Prepared queries for the load generator and for measuring respond alone. */

import { writeFileSync } from 'node:fs'
import { type Random, seededRandom } from '../src/base/index.ts'

export const TYPE_A = 1

/** Writes a query: one question, class IN; with EDNS (size 1232) where `edns`, with client subnet where `subnet`. */
export function query(
  name: string,
  options: { type?: number; edns?: boolean; subnet?: { address: readonly number[]; prefixLength: number } } = {},
): Uint8Array {
  const { type = TYPE_A, subnet } = options
  const edns = options.edns === true || subnet !== undefined
  const octets: number[] = [0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, edns ? 1 : 0]
  for (const label of name.split('.').filter((l) => l !== '')) octets.push(label.length, ...Buffer.from(label))
  octets.push(0, type >> 8, type & 255, 0, 1)
  if (edns) {
    const address = subnet === undefined ? [] : subnet.address.slice(0, Math.ceil(subnet.prefixLength / 8))
    const option =
      subnet === undefined
        ? []
        : [0, 8, 0, 4 + address.length, 0, subnet.address.length === 4 ? 1 : 2, subnet.prefixLength, 0, ...address]
    octets.push(0, 0, 41, 1232 >> 8, 1232 & 255, 0, 0, 0, 0, 0, option.length, ...option)
  }
  return Uint8Array.from(octets)
}

/** The three kinds of load, 4,096 queries each, the same at every run. */
export const LOADS = {
  'static A': (zone: string, names: number, random: Random) => query(`h${random.below(names)}.${zone}`),
  'geo + client subnet': (zone: string, _names: number, random: Random) =>
    query(`video.${zone}`, { subnet: { address: publicAddress(random), prefixLength: 24 } }),
  'no such name, EDNS': (zone: string, _names: number, random: Random) =>
    query(`${random.uint32().toString(36)}.x${random.below(1000)}.${zone}`, { edns: true }),
} as const satisfies Record<string, (zone: string, names: number, random: Random) => Uint8Array>

export type LoadName = keyof typeof LOADS

/** Makes a file for load.ts. */
export function writeQueries(path: string, load: LoadName, zone: string, names: number, count = 4096): void {
  const random = seededRandom(3)
  const parts: Uint8Array[] = []
  for (let i = 0; i < count; i++) {
    const message = LOADS[load](zone, names, random)
    parts.push(Uint8Array.of(message.length >> 8, message.length & 255), message)
  }
  writeFileSync(path, Buffer.concat(parts))
}

/** A unicast address outside 10/8 and 127/8; whether it is in use does not matter. */
export function publicAddress(random: Random): number[] {
  for (;;) {
    const first = 1 + random.below(223)
    if (first !== 10 && first !== 127) return [first, random.below(256), random.below(256), 0]
  }
}
