/**
 * Targets that have no node of their own and exist because a wildcard covers them (RFC 4592 2.2, 3.3): `wcadd MX 10 mail.wc`
 * beside `*.wc A 192.0.2.1`. Their addresses belong into the additional section like any other's, under the target's own name.
 * The image gets a stand-in for each of them, behind its nodes: the target's name with the wildcard's addresses; no look-up finds it.
 */
import { lowerName, nameOctets, TYPE } from '../wire/index.ts'
import type { ZoneBuilder } from './builder.ts'
import { NODE } from './image-layout.ts'
import { octetsKey } from './records.ts'
import { mayHaveTarget, targetAt } from './targets.ts'

export interface CoveredTarget {
  /** lower case, uncompressed */
  readonly name: Uint8Array
  readonly wildcard: number
  /** the wildcard's records of types A and AAAA, set by set */
  readonly addresses: readonly number[]
  /** offset of the stand-in in the image, once it has its place */
  at: number
}

/** The stand-ins by their names' octets as characters. */
export type CoveredTargets = ReadonlyMap<string, CoveredTarget>

/** @returns the name at rdata[at], in lower case, without what may follow it (the parameters of SVCB) */
export function targetName(rdata: Uint8Array, at: number): Uint8Array {
  return lowerName(rdata.slice(at, at + nameOctets(rdata, at)))
}

/** @param flags NODE flags of every node */
export function coveredTargets(builder: ZoneBuilder, flags: Uint8Array): CoveredTargets {
  const covered = new Map<string, CoveredTarget>()
  // Without an asterisk in the zone there is nothing to look for.
  if (!flags.some((bits) => (bits & NODE.wildcard) !== 0)) return covered
  for (let record = 0; record < builder.records; record++) {
    const type = builder.typeOf(record)
    if (!mayHaveTarget(type)) continue
    const rdata = builder.rdataOf(record)
    const at = targetAt(type, rdata)
    if (at < 0 || builder.existing(rdata, at) >= 0) continue
    const wildcard = wildcardFor(builder, flags, rdata, at)
    if (wildcard < 0) continue
    const name = targetName(rdata, at)
    const key = octetsKey(name)
    if (covered.has(key)) continue
    const addresses = addressesOf(builder, wildcard)
    if (addresses.length > 0 || (flags[wildcard]! & NODE.steered) !== 0)
      covered.set(key, { name, wildcard, addresses, at: 0 })
  }
  return covered
}

/** @returns the wildcard that answers for a name that does not exist itself, -1: none does */
function wildcardFor(builder: ZoneBuilder, flags: Uint8Array, octets: Uint8Array, start: number): number {
  for (let at = start; octets[at] !== 0; ) {
    at += octets[at]! + 1
    const encloser = builder.existing(octets, at)
    if (encloser < 0) continue
    const bits = flags[encloser]!
    const leads = (bits & NODE.wildcard) !== 0 && (bits & (NODE.cut | NODE.dname | NODE.below)) === 0
    return leads ? builder.wildcardOf(encloser) : -1
  }
  return -1
}

function addressesOf(builder: ZoneBuilder, node: number): number[] {
  const found: number[] = []
  for (const wanted of [TYPE.A, TYPE.AAAA])
    for (let record = builder.nodeFirst[node]!; record >= 0; record = builder.recordNext[record]!)
      if (builder.typeOf(record) === wanted) found.push(record)
  return found
}
