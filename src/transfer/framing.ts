/** Messages in a stream, each with its length before it in two octets (RFC 1035 4.2.2). */

export function framed(message: Uint8Array): Uint8Array {
  const frame = new Uint8Array(2 + message.length)
  frame[0] = message.length >> 8
  frame[1] = message.length & 255
  frame.set(message, 2)
  return frame
}

/** Takes the pieces of a stream as they come, and gives whole messages. */
export class FrameReader {
  private pieces: Uint8Array[] = []
  private held = 0

  push(piece: Uint8Array): void {
    if (piece.length === 0) return
    this.pieces.push(piece)
    this.held += piece.length
  }

  /** @returns the next whole message, a view of what was pushed; undefined: not all of it is here */
  next(): Uint8Array | undefined {
    if (this.held < 2) return undefined
    const first = this.pieces[0]!
    if (first.length < 2 || first.length < 2 + ((first[0]! << 8) | first[1]!)) {
      // Most pieces end within a message: they are joined once it is whole, not before.
      if (first.length >= 2 && this.held < 2 + ((first[0]! << 8) | first[1]!)) return undefined
      if (this.pieces.length > 1) this.pieces = [Buffer.concat(this.pieces)]
    }
    const stream = this.pieces[0]!
    const end = 2 + ((stream[0]! << 8) | stream[1]!)
    if (end > stream.length) return undefined
    this.held -= end
    if (end === stream.length) this.pieces.shift()
    else this.pieces[0] = stream.subarray(end)
    return stream.subarray(2, end)
  }
}
