/**
 * Which record types name a host whose addresses belong into the additional section, and where the name stands in the rdata;
 * which types' names a response compresses.
 */
import { TYPE } from '../wire/index.ts'

/** @returns offset in the rdata of the name whose addresses the additional section should hold, -1: the type has none */
export function targetAt(type: number, rdata: Uint8Array): number {
  switch (type) {
    case TYPE.NS:
      return 0
    case TYPE.MX:
    case TYPE.AFSDB:
    case TYPE.KX:
    case TYPE.RT:
    case TYPE.SVCB:
    case TYPE.HTTPS:
      return 2
    case TYPE.SRV:
      return 6
    case TYPE.NAPTR:
      return naptrReplacementAt(rdata)
    default:
      return -1
  }
}

const WITH_TARGET = flagged([
  TYPE.NS,
  TYPE.MX,
  TYPE.AFSDB,
  TYPE.RT,
  TYPE.SRV,
  TYPE.NAPTR,
  TYPE.KX,
  TYPE.SVCB,
  TYPE.HTTPS,
])

/** @returns false where targetAt has nothing to find, whatever the rdata */
export function mayHaveTarget(type: number): boolean {
  return WITH_TARGET[type] === 1
}

/** order, preference, then flags, services and regexp as character-strings (RFC 3403 4.1) */
function naptrReplacementAt(rdata: Uint8Array): number {
  let at = 4
  for (let i = 0; i < 3; i++) at += 1 + (rdata[at] ?? 0)
  return at < rdata.length ? at : -1
}

/** RFC 3597 4: only RFC 1035's own types may have names in their rdata compressed. */
const COMPRESSED = flagged([
  TYPE.NS,
  TYPE.MD,
  TYPE.MF,
  TYPE.CNAME,
  TYPE.SOA,
  TYPE.MB,
  TYPE.MG,
  TYPE.MR,
  TYPE.PTR,
  TYPE.MINFO,
  TYPE.MX,
])

export function wantsCompression(type: number): boolean {
  return COMPRESSED[type] === 1
}

/** A set of types below 256 that is asked for each record of a large zone. */
function flagged(types: readonly number[]): Uint8Array {
  const flags = new Uint8Array(256)
  for (const type of types) flags[type] = 1
  return flags
}
