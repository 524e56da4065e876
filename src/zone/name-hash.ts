/**
 * The hash of a name, taken from its lower-case form (RFC 4343), four octets a step.
 *
 * Image, builder and directory share it; nothing is stored on disk, so it may change with any release.
 */

const FACTOR = 0x9e3779b1

/** A-Z to a-z in four octets at once; other octets, those above 127 too, stay as they are. */
export function lowerWord(word: number): number {
  const low = word & 0x7f7f7f7f
  // Adding carries an octet's highest bit exactly where it is at least 'A' (0x41 + 0x3f) or above 'Z' (0x5b + 0x25).
  const upper = ((low + 0x3f3f3f3f) ^ (low + 0x25252525)) & ~word & 0x80808080
  return word | (upper >>> 2)
}

/**
 * @param lower a name in lower case, with zeros behind it to the end of the word that its last octet is in, counted from `at`
 * @param at    where the name, or a suffix of it, begins
 * @param end   past the root's octet
 * @returns hash of lower[at .. end) (int32)
 */
export function hashName(lower: DataView, at: number, end: number): number {
  let hash = end - at
  for (let p = at; p < end; p += 4) hash = hashStep(hash, lower.getInt32(p, true))
  return hash
}

/** Takes one more word of the name; begins with the name's length. */
export function hashStep(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ word, FACTOR)
  return mixed ^ (mixed >>> 15)
}

/** Spreads a hash over all 32 bits: low bits choose the slot, high bits are the fingerprint. */
export function spread(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  return mixed ^ (mixed >>> 13)
}
