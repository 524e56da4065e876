/**
 * The frame reader against the plainest reading of RFC 1035 4.2.2: whatever the stream and however it is cut, the same messages come
 * out, and what is left over is what has not arrived whole.
 */
import { frameReader } from '../../src/serve/tcp-framing.ts'
import { hexInput, must, type Target } from '../target.ts'

const out = new Uint8Array(65_535)

export const target: Target = {
  name: 'tcp-framing',
  corpus: [
    hexInput('0000'),
    hexInput('0005 68656c6c6f'),
    hexInput('0001 61 0002 6262 0000 0003 636363'),
    hexInput('ffff 00'),
    new Uint8Array(4096).fill(1),
  ],
  dictionary: [hexInput('0000'), hexInput('0001'), hexInput('00ff'), hexInput('ffff')],
  check(input, random) {
    const reader = frameReader()
    let expectedAt = 0
    const widest = 1 + random.below(random.below(2) === 0 ? 3 : input.length + 1)
    for (let at = 0; at < input.length; ) {
      const piece = input.slice(at, at + 1 + random.below(widest))
      reader.push(piece)
      at += piece.length
      for (let length = reader.next(out); length >= 0; length = reader.next(out)) {
        must(length === ((input[expectedAt]! << 8) | input[expectedAt + 1]!), 'the length differs from the stream')
        const expected = input.subarray(expectedAt + 2, expectedAt + 2 + length)
        must(expected.length === length, 'a message came out before it had arrived')
        must(Buffer.compare(out.subarray(0, length), expected) === 0, 'a message differs from the stream')
        expectedAt += 2 + length
      }
      must(reader.pending === at - expectedAt, 'octets were lost or counted twice')
    }
    const rest = input.length - expectedAt
    const promised = rest < 2 ? Number.POSITIVE_INFINITY : (input[expectedAt]! << 8) | input[expectedAt + 1]!
    must(rest < 2 + promised, 'a whole message was left behind')
  },
}
