/**
 * Replays recorded probes through the fleet that serves, under this or another profile. The pace is as it was recorded.
 */
import { type Issue, seededRandom } from '../base/index.ts'
import { createFleet } from '../control/index.ts'
import { HYSTERESIS_FIGURES, type HysteresisFigures } from '../health/index.ts'
import { type Detection, type Figures, Tally } from './figures.ts'
import { LAB_CHECK, LAB_POOL, labSteering } from './lab-world.ts'
import { OUTAGE_MS, type Outage, parseRecorded, type Recorded } from './recorded.ts'
import type { LabLine, LabOptions, LabSummary } from './run.ts'
import { Watch } from './watch.ts'

/**
 * Replays probe results given as JSON lines (recorded.ts tells the format).
 * @returns as runScenario does
 */
export function replayProbes(
  lines: Iterable<string>,
  options: LabOptions = {},
): { readonly issues: readonly Issue[]; readonly output: Iterable<string> } {
  const { recorded, issues } = parseRecorded(lines, options.file ?? '')
  const hysteresis = hysteresisOf(options)
  return { issues, output: recorded === undefined ? [] : print(replay(recorded, hysteresis)) }
}

export function hysteresisOf(options: Pick<LabOptions, 'profile' | 'adaptive'>): HysteresisFigures {
  const { profile } = options
  const known = profile === 'eager' || profile === 'patient' ? profile : 'normal'
  return { ...HYSTERESIS_FIGURES[known], adaptive: options.adaptive ?? false }
}

function* print(lines: Iterable<LabLine>): Iterable<string> {
  for (const line of lines) yield JSON.stringify(line)
}

function* replay(recorded: Recorded, hysteresis: HysteresisFigures): Iterable<LabLine> {
  const run = new Replay(recorded, hysteresis)
  for (const i of recorded.order) yield* run.take(i)
  yield { summary: run.summary() }
}

/** Replays without telling each change. */
export function replayFigures(
  recorded: Recorded,
  hysteresis: HysteresisFigures,
): { readonly figures: Figures; readonly detections: readonly Detection[] } {
  const run = new Replay(recorded, hysteresis)
  for (const i of recorded.order) run.take(i)
  return { figures: run.summary(), detections: run.tally.detections }
}

class Replay {
  readonly tally: Tally
  readonly #recorded: Recorded
  readonly #fleet = createFleet({ random: seededRandom(1) })
  readonly #watch: Watch
  /** the outage of each node that is running or comes next */
  readonly #outageAt: number[]

  constructor(recorded: Recorded, hysteresis: HysteresisFigures) {
    this.#recorded = recorded
    const { nodes, fromMs, untilMs } = recorded
    this.#outageAt = nodes.map(() => 0)
    this.tally = new Tally(nodes.length, fromMs, untilMs)
    const steering = labSteering(
      {
        nodes,
        sites: new Map(),
        hysteresis,
        timeoutMs: 2000,
        minInService: { percent: 50 },
        allDown: 'all',
        warmUpMs: 60_000,
      },
      0,
    )
    this.#fleet.apply({ kind: 'declare', steering }, fromMs)
    const indexes = new Map(nodes.map((name, index) => [name, index]))
    this.#watch = new Watch(this.#fleet.standing(LAB_POOL)!, this.tally, {
      isSound: (node, nowMs) => this.#outage(indexes.get(node)!, nowMs) === undefined,
      troubleSinceMs: (node, nowMs) => this.#outage(indexes.get(node)!, nowMs)?.fromMs,
    })
  }

  take(i: number): readonly LabLine[] {
    const { nodes, startedMs, tookMs, node, evidence } = this.#recorded
    const startedAtMs = startedMs[i]!
    const nowMs = startedAtMs + tookMs[i]!
    const name = nodes[node[i]!]!
    const kind = evidence[i]!
    const ok = kind === 'ok' || kind === 'slow'
    if (ok) this.#watch.found.delete(name)
    const result = {
      node: name,
      check: LAB_CHECK,
      startedAtMs,
      durationMs: tookMs[i]!,
      ok,
      class: kind,
      detail: kind,
    }
    const effects = this.#fleet.apply({ kind: 'probe', result }, nowMs)
    return effects.length === 0 ? [] : this.#watch.note(effects, nowMs)
  }

  summary(): LabSummary {
    const found = this.tally.detections.length
    const all = this.#recorded.outages.reduce((sum, outages) => sum + outages.length, 0)
    this.tally.undetected = Math.max(0, all - found)
    return { ...this.tally.figures(), alerts: this.#watch.alerts, seed: 1 }
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
