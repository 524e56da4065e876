/**
 * Slows down who guesses tokens: each failure of an address doubles the wait before its answer, up to two seconds; a
 * minute without one forgets them. Who shows a valid token never waits, so a stranger cannot lock an operator out.
 */

const FIRST_WAIT_MS = 25
const LONGEST_WAIT_MS = 2000
const FORGET_AFTER_MS = 60_000
/** Strangers behind many addresses must not fill the memory. */
const MOST_ADDRESSES = 10_000
/** Answers that wait hold a connection; beyond so many, they are refused at once. */
const MOST_WAITING = 200

export interface Throttle {
  /** Waits as long as this address has to. @returns false: too many wait already */
  failed(address: string): Promise<boolean>
}

export function createThrottle(now: () => number): Throttle {
  const failures = new Map<string, { count: number; lastMs: number }>()
  let waiting = 0
  return {
    async failed(address) {
      const nowMs = now()
      const known = failures.get(address)
      const count = known === undefined || nowMs - known.lastMs > FORGET_AFTER_MS ? 1 : known.count + 1
      // Re-inserting keeps the map in the order of the last failure: the first key is the oldest.
      failures.delete(address)
      failures.set(address, { count, lastMs: nowMs })
      if (failures.size > MOST_ADDRESSES)
        for (const oldest of failures.keys()) {
          failures.delete(oldest)
          break
        }
      // A slip or two (an old token in a shell) costs nothing.
      if (count <= 3) return true
      if (waiting >= MOST_WAITING) return false
      waiting++
      const waitMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(count - 4, 10))
      await new Promise((resolve) => setTimeout(resolve, waitMs))
      waiting--
      return true
    },
  }
}
