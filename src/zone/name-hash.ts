/**
 * The hash of a name's suffixes, case-insensitive (RFC 4343), computed label by label from the root to the left: the hash of
 * `www.example.` continues the hash of `example.`, so one pass over a name yields the hash of every ancestor as well.
 *
 * Image, builder and directory share it; nothing is stored on disk, so it may change with any release.
 */

/** Each octet's lower-case form (ASCII only, RFC 4343 3). */
export const LOWER: Uint8Array = Uint8Array.from({ length: 256 }, (_, octet) =>
  octet >= 0x41 && octet <= 0x5a ? octet + 32 : octet,
)

/** The hash of the root. */
export const ROOT_HASH = 0x2b992ddf

const FACTOR = 0x9e3779b1

/**
 * @param at    offset of the label's length octet
 * @param above hash of the suffix to the right of the label
 * @returns hash of the suffix that begins with this label (int32)
 */
export function hashLabel(octets: Uint8Array, at: number, above: number): number {
  const length = octets[at]!
  let p = at + 1
  const end = p + length
  let hash = Math.imul(above ^ length, FACTOR)
  hash ^= hash >>> 15
  // Four octets a step: the multiplication's latency is what a byte-wise hash would wait for.
  for (; p + 4 <= end; p += 4) {
    const word =
      LOWER[octets[p]!]! |
      (LOWER[octets[p + 1]!]! << 8) |
      (LOWER[octets[p + 2]!]! << 16) |
      (LOWER[octets[p + 3]!]! << 24)
    hash = Math.imul(hash ^ word, FACTOR)
    hash ^= hash >>> 15
  }
  let tail = 0
  for (; p < end; p++) tail = (tail << 8) | LOWER[octets[p]!]!
  hash = Math.imul(hash ^ tail, FACTOR)
  return hash ^ (hash >>> 13)
}

/** Spreads a suffix hash over all 32 bits: low bits choose the slot, high bits are the fingerprint. */
export function spread(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  return mixed ^ (mixed >>> 13)
}
