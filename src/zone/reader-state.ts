/** What one line of a master file leaves behind for the next (RFC 1035 5.1): the owner, the origin, the TTLs. */

/** ownerNode before it was looked up; for an owner outside of the zone, or one that is no name; and before the first owner. */
export const UNRESOLVED = -1
export const OUTSIDE = -2
export const NO_OWNER = -3

export class ReaderState {
  /** completes relative names; wire form */
  origin: Uint8Array
  /** the last owner, wire form in owner[0 ..) */
  readonly owner: Uint8Array = new Uint8Array(256)
  ownerNode = NO_OWNER
  /** $TTL (RFC 2308 4), seconds; -1: none yet */
  defaultTtl = -1
  /** the last TTL that a record stated; -1: none yet */
  lastTtl = -1

  constructor(origin: Uint8Array) {
    this.origin = origin
  }

  /** @returns the TTL of a record that states none, -1: there is none to take */
  impliedTtl(): number {
    return this.defaultTtl >= 0 ? this.defaultTtl : this.lastTtl
  }
}
