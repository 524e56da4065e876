/**
 * One probe: every address of the node at once, under one timeout.
 *
 *   begin each ─▶ open ─┬─ settled by itself ─▶ finished ─▶ all finished: the verdict
 *                       └─ timeout, abort, close: stopped ─▶ finished as what it waited for
 */
import { printAddress, printDuration } from '../base/index.ts'
import type { ProbeTarget } from '../control/index.ts'
import type { ProbeResult } from '../health/index.ts'
import type { AwakeClock } from './awake-clock.ts'
import { unableToReach } from './families.ts'
import type { Asked, Attempt, Outcome, Settle } from './outcome.ts'
import { combine, type Finished, weigh } from './verdict.ts'

/** How often a timeout that ran while this process stood still is prolonged. */
const EXTENSIONS = 4

export class ProbeRun {
  readonly #target: ProbeTarget
  readonly #awake: AwakeClock
  readonly #startedAtMs: number
  readonly #startedAt: number
  readonly #done: (result: ProbeResult) => void
  readonly #asked: readonly Asked[]
  readonly #open = new Map<Asked, Attempt>()
  readonly #finished: Finished[] = []
  #timer: NodeJS.Timeout | undefined
  #extensions = 0
  #over = false

  /** @param done called once, with the result; perhaps before `start` returns */
  constructor(target: ProbeTarget, startedAtMs: number, awake: AwakeClock, done: (result: ProbeResult) => void) {
    this.#target = target
    this.#startedAtMs = startedAtMs
    this.#awake = awake
    this.#done = done
    this.#asked = askedOf(target)
    awake.enter()
    this.#startedAt = awake.nowMs()
  }

  start(begin: (asked: Asked, settle: Settle) => Attempt): void {
    if (this.#asked.length === 0) {
      this.abandon('the node has no address')
      return
    }
    this.#timer = setTimeout(() => this.#onTimeout(), this.#target.check.timeoutMs)
    for (const asked of this.#asked) {
      const settle = (outcome: Outcome): void => this.#settle(asked, outcome)
      const unable = unableToReach(asked)
      if (unable !== undefined) {
        settle({ class: 'local', detail: unable })
        continue
      }
      try {
        const attempt = begin(asked, settle)
        if (!this.#isFinished(asked)) this.#open.set(asked, attempt)
      } catch (error) {
        // What throws here was refused before a packet left: an option that the check should not have had.
        settle({ class: 'local', detail: error instanceof Error ? error.message : String(error) })
      }
    }
  }

  /** Ends the probe without evidence. */
  abandon(detail: string): void {
    if (this.#over) return
    if (this.#asked.length === 0 || this.#open.size === 0) {
      const asked = this.#asked[0] ?? nowhere(this.#target)
      this.#finished.push({ asked, outcome: { class: 'local', detail } })
    }
    this.#stopOpen(() => ({ class: 'local', detail }))
  }

  #isFinished(asked: Asked): boolean {
    return this.#finished.some((one) => one.asked === asked)
  }

  #settle(asked: Asked, outcome: Outcome): void {
    if (this.#over || this.#isFinished(asked)) return
    this.#open.delete(asked)
    this.#finished.push({ asked, outcome: weigh(outcome, asked, this.#awake.nowMs() - this.#startedAt) })
    if (this.#finished.length === this.#asked.length) this.#conclude()
  }

  #onTimeout(): void {
    const { timeoutMs } = this.#target.check
    // Nobody listened for a part of that time (or the timer is a trifle early): the node gets the rest of it.
    const leftMs = timeoutMs - (this.#awake.nowMs() - this.#startedAt)
    if (leftMs > 1 && this.#extensions++ < EXTENSIONS) {
      this.#timer = setTimeout(() => this.#onTimeout(), leftMs)
      return
    }
    const limit = printDuration(timeoutMs)
    this.#stopOpen((waitedFor) => {
      if (leftMs > timeoutMs / 2) return { class: 'local', detail: `this server was too busy to wait for ${waitedFor}` }
      return {
        class: waitedFor.startsWith('a free place') ? 'local' : 'timeout',
        detail: `waited ${limit} for ${waitedFor}`,
      }
    })
  }

  #stopOpen(outcomeOf: (waitedFor: string) => Outcome): void {
    for (const [asked, attempt] of this.#open) this.#finished.push({ asked, outcome: outcomeOf(attempt.stop()) })
    this.#open.clear()
    this.#conclude()
  }

  #conclude(): void {
    this.#over = true
    const durationMs = Math.max(0, this.#awake.nowMs() - this.#startedAt)
    this.#awake.leave()
    clearTimeout(this.#timer)
    this.#done({
      node: this.#target.node.name,
      check: this.#target.check.name,
      startedAtMs: this.#startedAtMs,
      durationMs,
      ...combine(this.#finished, this.#asked.length),
    })
  }
}

/** Every address of the node; the source address goes with those of its own family. */
function askedOf(target: ProbeTarget): Asked[] {
  const source = target.check.source
  const sourceFamily = source === undefined ? 0 : source.includes(':') ? 6 : 4
  return [...target.node.a, ...target.node.aaaa].map((octets) => {
    const family = octets.length === 4 ? 4 : 6
    return {
      node: target.node.name,
      check: target.check,
      address: printAddress(octets),
      family,
      host: target.host,
      source: family === sourceFamily ? source : undefined,
    }
  })
}

function nowhere(target: ProbeTarget): Asked {
  return { node: target.node.name, check: target.check, address: '', family: 4, host: target.host, source: undefined }
}
