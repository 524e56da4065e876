/**
 * A block of probe results of one (node, check), packed. Good results in a row are one run: how many, over which time, how
 * long they took on average; whatever else happened stands for itself, to the millisecond.
 *
 *     run      0, count, milliseconds from its first start to its last, mean duration
 *     result   class + 1, duration
 *
 * Before each of them: milliseconds since what came before it began (or, after a run, since its last start). All numbers are
 * LEB128 varints. A calm hour of a node is some 12 octets.
 */
import { EVIDENCE_CLASSES, type EvidenceClass } from '../health/index.ts'

export interface LoggedProbe {
  /** epoch ms, at the start of the probe */
  readonly atMs: number
  readonly class: EvidenceClass
  readonly ms: number
}

/** Packs results in the order in which they began. */
export class BlockWriter {
  readonly #octets: number[] = []
  readonly fromMs: number
  toMs: number
  results = 0
  #run: { readonly fromMs: number; toMs: number; count: number; totalMs: number } | undefined

  constructor(fromMs: number) {
    this.fromMs = Math.round(fromMs)
    this.toMs = this.fromMs
  }

  add(probe: LoggedProbe): void {
    // A clock that was set back must not make a negative gap.
    const atMs = Math.max(this.toMs, Math.round(probe.atMs))
    const ms = Math.max(0, Math.round(probe.ms))
    this.results++
    if (probe.class === 'ok') {
      if (this.#run === undefined) {
        this.#gap(atMs)
        this.#run = { fromMs: atMs, toMs: atMs, count: 1, totalMs: ms }
      } else {
        this.#run.count++
        this.#run.toMs = atMs
        this.#run.totalMs += ms
      }
    } else {
      this.#endRun()
      this.#gap(atMs)
      this.#varint(EVIDENCE_CLASSES.indexOf(probe.class) + 1)
      this.#varint(ms)
    }
    this.toMs = atMs
  }

  finish(): Uint8Array {
    this.#endRun()
    return Uint8Array.from(this.#octets)
  }

  #endRun(): void {
    const run = this.#run
    if (run === undefined) return
    this.#run = undefined
    this.#varint(0)
    this.#varint(run.count)
    this.#varint(run.toMs - run.fromMs)
    this.#varint(Math.round(run.totalMs / run.count))
  }

  #gap(atMs: number): void {
    this.#varint(atMs - this.toMs)
  }

  #varint(value: number): void {
    let rest = value
    while (rest >= 128) {
      this.#octets.push((rest % 128) | 128)
      rest = Math.floor(rest / 128)
    }
    this.#octets.push(rest)
  }
}

/** Unpacks a block; results of a run are spread evenly over its time. Stops where the octets make no sense. */
export function* readBlock(packed: Uint8Array, fromMs: number): Generator<LoggedProbe> {
  let at = 0
  const varint = (): number => {
    let value = 0
    let factor = 1
    for (;;) {
      const octet = packed[at++]
      if (octet === undefined) return Number.NaN
      value += (octet & 127) * factor
      if (octet < 128) return value
      factor *= 128
    }
  }
  let atMs = fromMs
  while (at < packed.length) {
    atMs += varint()
    const tag = varint()
    if (tag === 0) {
      const count = varint()
      const spanMs = varint()
      const ms = varint()
      if (!Number.isFinite(ms) || count < 1) return
      for (let i = 0; i < count; i++)
        yield { atMs: count === 1 ? atMs : atMs + (spanMs * i) / (count - 1), class: 'ok', ms }
      atMs += spanMs
    } else {
      const ms = varint()
      const evidence = EVIDENCE_CLASSES[tag - 1]
      if (!Number.isFinite(ms) || evidence === undefined) return
      yield { atMs, class: evidence, ms }
    }
  }
}
