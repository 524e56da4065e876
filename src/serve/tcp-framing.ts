/**
 * DNS messages in a stream of octets: each is preceded by its length in two octets (RFC 1035 4.2.2, RFC 7766 8).
 *
 * The stream comes in pieces of any size. Memory grows with what has arrived, not with what a length field promises.
 */

export interface FrameReader {
  /** Takes a piece of the stream; it is kept, not copied. */
  push(piece: Uint8Array): void
  /**
   * Writes the next whole message to out[0 ..), which must hold 65,535 octets.
   * @returns its length (0: an empty message), or -1: not all of it has arrived
   */
  next(out: Uint8Array): number
  /** Octets that have arrived and have not been taken. */
  readonly pending: number
}

export function frameReader(): FrameReader {
  let pieces: Uint8Array[] = []
  /** Octets of the first piece that were taken already. */
  let taken = 0
  let pending = 0

  /** The octet at distance `i` from the front. */
  const octet = (i: number): number => {
    let at = taken + i
    for (const piece of pieces) {
      if (at < piece.length) return piece[at]!
      at -= piece.length
    }
    return 0
  }

  const take = (out: Uint8Array | undefined, count: number): void => {
    let written = 0
    let spent = 0
    while (written < count) {
      const piece = pieces[spent]!
      const part = Math.min(piece.length - taken, count - written)
      if (out !== undefined) out.set(piece.subarray(taken, taken + part), written)
      written += part
      taken += part
      if (taken === piece.length) {
        spent++
        taken = 0
      }
    }
    if (spent > 0) pieces = pieces.slice(spent)
    pending -= count
  }

  return {
    push: (piece) => {
      if (piece.length === 0) return
      // A drip of single octets must not become a list of thousands: small pieces are joined as they come.
      const last = pieces[pieces.length - 1]
      if (pieces.length > 8 && last !== undefined && last.length < 4096) {
        const joined = new Uint8Array(last.length + piece.length)
        joined.set(last)
        joined.set(piece, last.length)
        pieces[pieces.length - 1] = joined
      } else pieces.push(piece)
      pending += piece.length
    },
    next: (out) => {
      if (pending < 2) return -1
      const length = (octet(0) << 8) | octet(1)
      if (pending < 2 + length) return -1
      take(undefined, 2)
      take(out, length)
      return length
    },
    get pending() {
      return pending
    },
  }
}
