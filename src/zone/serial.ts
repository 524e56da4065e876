/**
 * Serial number arithmetic (RFC 1982), 32 bits: serials are points on a circle, and "greater" means less than half of it ahead.
 */

const HALF = 0x80000000

/** @returns -1 where a is older than b, 1 where it is newer, 0 where they are equal, undefined exactly half the circle apart */
export function compareSerials(a: number, b: number): -1 | 0 | 1 | undefined {
  if (a === b) return 0
  const ahead = (b - a) >>> 0
  if (ahead === HALF) return undefined
  return ahead < HALF ? -1 : 1
}

/** @returns true where `a` is newer than `b`; where the RFC leaves it open it is not */
export function serialNewer(a: number, b: number): boolean {
  return compareSerials(a, b) === 1
}

/** @returns the serial after this one; never 0, which some secondaries take for "none" */
export function nextSerial(serial: number): number {
  const next = (serial + 1) >>> 0
  return next === 0 ? 1 : next
}
