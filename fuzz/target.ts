/**
 * What a fuzz target is: sound inputs to start from, and a check of what must hold whatever becomes of them.
 * A target is a file in fuzz/targets/ that exports `target`; main.ts finds it there. More inputs stand in test/corpus/<name>/.
 */
import type { Random } from '../src/base/index.ts'

export interface Target {
  /** as on the command line; the file is named like it */
  readonly name: string
  /** inputs that reach deep; mutations start from them */
  readonly corpus: readonly Uint8Array[]
  /** octets that mean something in this format; mutations insert them */
  readonly dictionary?: readonly Uint8Array[]
  /** most octets of an input; 4096 where absent */
  readonly maxOctets?: number
  /** inputs a run takes by default, where 100,000 are too many */
  readonly rounds?: number
  /** Makes an input by itself, where the format is known better than octets tell; takes the place of mutations. */
  make?(random: Random): Uint8Array
  /** Throws (or rejects) where an invariant is broken. `random` is for choices of its own, replayed with the round. */
  check(input: Uint8Array, random: Random): void | Promise<void>
  /** Called once at the end of the run. */
  close?(): void | Promise<void>
}

/** States what must hold; the message is the finding's title. */
export function must(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(message)
}

/** For corpora that are text. */
export function textInput(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

export function hexInput(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex.replace(/\s/g, ''), 'hex'))
}
