/**
 * Bends sound inputs into ones that are nearly sound: most parsers are wrong near the middle, not in noise.
 */
import type { Random } from '../src/base/index.ts'

/** Octets that sit at the edges of length and type fields, pointers and text. */
const EDGES = [0, 1, 2, 4, 12, 15, 16, 31, 32, 41, 63, 64, 127, 128, 191, 192, 250, 251, 252, 253, 254, 255]

type Mutation = (
  input: Uint8Array,
  random: Random,
  corpus: readonly Uint8Array[],
  words: readonly Uint8Array[],
) => Uint8Array

const MUTATIONS: readonly Mutation[] = [
  // one bit
  (input, random) => set(input, random, (octet) => octet ^ (1 << random.below(8))),
  // one octet, any value or an edge
  (input, random) => set(input, random, () => random.below(256)),
  (input, random) => set(input, random, () => EDGES[random.below(EDGES.length)]!),
  // one octet a little larger or smaller
  (input, random) => set(input, random, (octet) => octet + random.below(9) - 4),
  // a 16-bit field
  (input, random) => {
    const bent = input.slice()
    const at = random.below(Math.max(1, input.length - 1))
    const value = [0, 1, 2, 255, 256, 511, 512, 1232, 32767, 32768, 65535, input.length][random.below(12)]!
    if (at + 1 < bent.length) {
      bent[at] = value >> 8
      bent[at + 1] = value
    }
    return bent
  },
  // the end cut off
  (input, random) => input.slice(0, random.below(input.length + 1)),
  // a stretch left out
  (input, random) => {
    const [from, to] = stretch(input, random)
    return join(input.subarray(0, from), input.subarray(to))
  },
  // a stretch again, somewhere
  (input, random) => {
    const [from, to] = stretch(input, random)
    const at = random.below(input.length + 1)
    return join(input.subarray(0, at), input.subarray(from, to), input.subarray(at))
  },
  // noise put in
  (input, random) => {
    const at = random.below(input.length + 1)
    const noise = Uint8Array.from({ length: 1 + random.below(8) }, () => random.below(256))
    return join(input.subarray(0, at), noise, input.subarray(at))
  },
  // one octet many times
  (input, random) => {
    const at = random.below(input.length + 1)
    const run = new Uint8Array(1 + random.below(300)).fill(EDGES[random.below(EDGES.length)]!)
    return join(input.subarray(0, at), run, input.subarray(at))
  },
  // the beginning of this one, the end of another
  (input, random, corpus) => {
    const other = corpus[random.below(corpus.length)]!
    return join(input.subarray(0, random.below(input.length + 1)), other.subarray(random.below(other.length + 1)))
  },
  // a word of the format
  (input, random, corpus, words) => {
    const word = words.length > 0 ? words[random.below(words.length)]! : corpus[random.below(corpus.length)]!
    const at = random.below(input.length + 1)
    return join(input.subarray(0, at), word, input.subarray(Math.min(input.length, at + random.below(2) * word.length)))
  },
]

/** Makes an input out of the corpus, by zero to six mutations. */
export function mutate(
  random: Random,
  corpus: readonly Uint8Array[],
  words: readonly Uint8Array[],
  maxOctets: number,
): Uint8Array {
  let input = corpus[random.below(corpus.length)]!
  for (let i = random.below(7); i > 0; i--)
    input = MUTATIONS[random.below(MUTATIONS.length)]!(input, random, corpus, words)
  return input.slice(0, maxOctets)
}

function set(input: Uint8Array, random: Random, value: (octet: number) => number): Uint8Array {
  const bent = input.slice()
  const at = random.below(Math.max(1, input.length))
  if (at < bent.length) bent[at] = value(bent[at]!)
  return bent
}

function stretch(input: Uint8Array, random: Random): [number, number] {
  const from = random.below(input.length + 1)
  return [from, from + random.below(Math.min(64, input.length - from) + 1)]
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}
