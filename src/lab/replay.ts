/**
 * Replays recorded probes through the fleet that serves, under this or another profile.
 *
 * The recording has the pace of the profile under which it was made: what that one took for down, it asked less often. A more patient
 * one would still have been asking, so where two results of a node agree and lie far apart, the probes that the replayed profile
 * would have made in between are taken to agree with them.
 *
 *     recorded    x x x (down)     x           x           x            o
 *     replayed    x x x  x  x  x   x  x  x  x  x (down)    x            o
 */
import { type Issue, seededRandom } from '../base/index.ts'
import { createFleet } from '../control/index.ts'
import { HYSTERESIS_FIGURES, type HysteresisFigures, isServing } from '../health/index.ts'
import type { AllDownMode, Floor } from '../steer/index.ts'
import { type Detection, type Figures, Tally } from './figures.ts'
import { LAB_CHECK, LAB_POOL, labSteering } from './lab-world.ts'
import { OUTAGE_MS, type Outage, parseRecorded, type Recorded } from './recorded.ts'
import type { LabLine, LabOptions, LabSummary } from './run.ts'
import { Watch } from './watch.ts'

/** The pool as it is declared, for what was recorded of it. */
export interface ReplayWorld {
  readonly hysteresis: HysteresisFigures
  readonly timeoutMs: number
  readonly sites: ReadonlyMap<string, string>
  readonly minInService: Floor
  readonly allDown: AllDownMode
}

/**
 * Replays probe results given as JSON lines (recorded.ts tells the format).
 * @returns as runScenario does
 */
export function replayProbes(
  lines: Iterable<string>,
  options: LabOptions = {},
): { readonly issues: readonly Issue[]; readonly output: Iterable<string> } {
  const { recorded, issues } = parseRecorded(lines, options.file ?? '')
  return { issues, output: recorded === undefined ? [] : print(replay(recorded, plainWorld(options))) }
}

/** A pool of which nothing is known but a profile. */
export function plainWorld(options: Pick<LabOptions, 'profile' | 'adaptive'>): ReplayWorld {
  const { profile } = options
  const known = profile === 'eager' || profile === 'patient' ? profile : 'normal'
  return {
    hysteresis: { ...HYSTERESIS_FIGURES[known], adaptive: options.adaptive ?? false },
    timeoutMs: 2000,
    sites: new Map(),
    minInService: { percent: 50 },
    allDown: 'all',
  }
}

function* print(lines: Iterable<LabLine>): Iterable<string> {
  for (const line of lines) yield JSON.stringify(line)
}

function* replay(recorded: Recorded, world: ReplayWorld): Iterable<LabLine> {
  const run = new Replay(recorded, world)
  for (const i of recorded.order) yield* run.take(i)
  yield { summary: run.summary() }
}

/** Replays without telling each change. */
export function replayFigures(
  recorded: Recorded,
  world: ReplayWorld,
): { readonly figures: Figures; readonly findings: readonly Detection[] } {
  const run = new Replay(recorded, world)
  for (const i of recorded.order) run.take(i)
  return { figures: run.summary(), findings: run.tally.findings }
}

/** Probes between two recorded ones of a node, which agree. */
interface Between {
  /** the recorded one that they follow */
  readonly like: number
  atMs: number
  readonly untilMs: number
}

class Replay {
  readonly tally: Tally
  readonly #recorded: Recorded
  readonly #hysteresis: HysteresisFigures
  readonly #fleet = createFleet({ random: seededRandom(1) })
  readonly #watch: Watch
  /** the outage of each node that is running or comes next */
  readonly #outageAt: number[]
  /** of each result, the next one of the same node; 0: none */
  readonly #following: Uint32Array
  readonly #between: (Between | undefined)[]
  #nextBetweenMs = Number.POSITIVE_INFINITY

  constructor(recorded: Recorded, world: ReplayWorld) {
    this.#recorded = recorded
    this.#hysteresis = world.hysteresis
    const { nodes, fromMs, untilMs } = recorded
    this.#outageAt = nodes.map(() => 0)
    this.#between = nodes.map(() => undefined)
    this.#following = followers(recorded)
    this.tally = new Tally(nodes.length, fromMs, untilMs)
    this.#fleet.apply({ kind: 'declare', steering: labSteering({ nodes, warmUpMs: 60_000, ...world }, 0) }, fromMs)
    const indexes = new Map(nodes.map((name, index) => [name, index]))
    this.#watch = new Watch(this.#fleet.standing(LAB_POOL)!, this.tally, {
      isSound: (node, nowMs) => this.#outage(indexes.get(node)!, nowMs) === undefined,
      troubleSinceMs: (node, nowMs) => this.#outage(indexes.get(node)!, nowMs)?.fromMs,
    })
  }

  take(i: number): readonly LabLine[] {
    const { startedMs, tookMs, node } = this.#recorded
    const nowMs = startedMs[i]! + tookMs[i]!
    const lines = this.#nextBetweenMs <= nowMs ? this.#catchUp(nowMs) : []
    const index = node[i]!
    this.#between[index] = undefined
    lines.push(...this.#observe(i, startedMs[i]!))
    this.#expect(i, index)
    return lines
  }

  summary(): LabSummary {
    const found = this.tally.detections.length
    const all = this.#recorded.outages.reduce((sum, outages) => sum + outages.length, 0)
    this.tally.undetected = Math.max(0, all - found)
    return { ...this.tally.figures(), alerts: this.#watch.alerts, seed: 1 }
  }

  /** @param startedAtMs of the recorded probe, or of one that is like it */
  #observe(i: number, startedAtMs: number): readonly LabLine[] {
    const { nodes, tookMs, node, evidence } = this.#recorded
    const name = nodes[node[i]!]!
    const kind = evidence[i]!
    const durationMs = tookMs[i]!
    const ok = kind === 'ok' || kind === 'slow'
    if (ok) this.#watch.found.delete(name)
    const result = { node: name, check: LAB_CHECK, startedAtMs, durationMs, ok, class: kind, detail: kind }
    const nowMs = startedAtMs + durationMs
    const effects = this.#fleet.apply({ kind: 'probe', result }, nowMs)
    return effects.length === 0 ? [] : this.#watch.note(effects, nowMs)
  }

  /** Plans the probes between this one and the next one of its node, where they agree and are further apart than would have been. */
  #expect(i: number, index: number): void {
    const { startedMs, evidence } = this.#recorded
    const next = this.#following[i]!
    if (next === 0 || weighs(evidence[next]!) !== weighs(evidence[i]!)) return
    const atMs = startedMs[i]! + this.#hysteresis.suspectIntervalMs
    // Half a pace short of the next one: a recorded probe that jitter made late is not doubled.
    const untilMs = startedMs[next]! - this.#hysteresis.suspectIntervalMs / 2
    if (atMs > untilMs) return
    this.#between[index] = { like: i, atMs, untilMs }
    this.#nextBetweenMs = Math.min(this.#nextBetweenMs, atMs)
  }

  /** Makes the probes in between that are due, in the order of time. */
  #catchUp(nowMs: number): LabLine[] {
    const lines: LabLine[] = []
    const { nodes, tookMs } = this.#recorded
    for (;;) {
      let first: Between | undefined
      let firstIndex = 0
      this.#between.forEach((between, index) => {
        if (between === undefined || (first !== undefined && between.atMs >= first.atMs)) return
        first = between
        firstIndex = index
      })
      this.#nextBetweenMs = first?.atMs ?? Number.POSITIVE_INFINITY
      if (first === undefined || first.atMs + tookMs[first.like]! > nowMs) return lines
      const state = this.#fleet.health(nodes[firstIndex]!)[0]!
      const calm = state.health === 'up' && state.badMs === 0
      // In calm the recorded pace is fast enough: nothing depends on more good probes.
      if (!calm) lines.push(...this.#observe(first.like, first.atMs))
      const { suspectIntervalMs, downIntervalMs } = this.#hysteresis
      first.atMs += isServing(state.health) || state.health === 'recovering' ? suspectIntervalMs : downIntervalMs
      if (calm || first.atMs > first.untilMs) this.#between[firstIndex] = undefined
    }
  }

  /** @returns the outage that a result known now belongs to: it may be known a little after the end */
  #outage(index: number, nowMs: number): Outage | undefined {
    const outages = this.#recorded.outages[index]!
    let at = this.#outageAt[index]!
    while (outages[at] !== undefined && outages[at]!.toMs + OUTAGE_MS / 2 < nowMs) at++
    this.#outageAt[index] = at
    const outage = outages[at]
    return outage !== undefined && outage.fromMs <= nowMs ? outage : undefined
  }
}

function weighs(evidence: Recorded['evidence'][number]): boolean {
  return evidence !== 'ok' && evidence !== 'local'
}

function followers({ order, node, nodes }: Recorded): Uint32Array {
  const following = new Uint32Array(order.length)
  const latest = new Int32Array(nodes.length).fill(-1)
  for (const i of order) {
    const before = latest[node[i]!]!
    if (before >= 0) following[before] = i
    latest[node[i]!] = i
  }
  return following
}
