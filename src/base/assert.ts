/**
 * Assertions: for what only our own mistake can break. The world's mistakes are rcodes and issues (see issue.ts).
 */

/** Throws when our own reasoning was wrong; a worker that throws is restarted. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${message}`)
}

/** The end of a switch over a closed union: the compiler proves that it is not reached. */
export function unreachable(value: never): never {
  throw new Error(`assertion failed: unexpected ${JSON.stringify(value)}`)
}
