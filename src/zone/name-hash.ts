/**
 * The hash of a name's suffixes, taken from the name in lower case (RFC 4343), computed label by label from the root to the left: the hash of
 * `www.example.` continues the hash of `example.`, so one pass over a name yields the hash of every ancestor as well.
 *
 * Image, builder and directory share it; nothing is stored on disk, so it may change with any release.
 */

/** The hash of the root. */
export const ROOT_HASH = 0x2b992ddf

const FACTOR = 0x9e3779b1

/** A-Z to a-z in four octets at once; other octets, those above 127 too, stay as they are. */
export function lowerWord(word: number): number {
  const low = word & 0x7f7f7f7f
  // Adding carries an octet's highest bit exactly where it is at least 'A' (0x41 + 0x3f) or above 'Z' (0x5b + 0x25).
  const upper = ((low + 0x3f3f3f3f) ^ (low + 0x25252525)) & ~word & 0x80808080
  return word | (upper >>> 2)
}

/**
 * @param lower a name in lower case; read by words of four octets, at most as far as the label reaches
 * @param at    offset of the label's length octet
 * @param above hash of the suffix to the right of the label
 * @returns hash of the suffix that begins with this label (int32)
 */
export function hashLabel(lower: DataView, at: number, above: number): number {
  const length = lower.getUint8(at)
  let p = at + 1
  const end = p + length
  let hash = Math.imul(above ^ length, FACTOR)
  hash ^= hash >>> 15
  // Four octets a step: the multiplication's latency is what a byte-wise hash would wait for.
  for (; p + 4 <= end; p += 4) {
    hash = Math.imul(hash ^ lower.getInt32(p, true), FACTOR)
    hash ^= hash >>> 15
  }
  let tail = 0
  for (; p < end; p++) tail = (tail << 8) | lower.getUint8(p)
  hash = Math.imul(hash ^ tail, FACTOR)
  return hash ^ (hash >>> 13)
}

/** Spreads a suffix hash over all 32 bits: low bits choose the slot, high bits are the fingerprint. */
export function spread(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  return mixed ^ (mixed >>> 13)
}
