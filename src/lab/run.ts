/**
 * Runs a scenario: the very code that serves, on virtual time. A day of ten nodes is a second of computing.
 */
import type { Issue } from '../base/index.ts'
import type { FleetEffect } from '../control/index.ts'
import type { Intent } from '../health/index.ts'
import { type Figures, Tally } from './figures.ts'
import { LAB_POOL, labSteering } from './lab-world.ts'
import { parseScenario } from './read-scenario.ts'
import type { Scenario, ScenarioEvent, ScenarioOverrides } from './scenario.ts'
import { NodeTruth } from './truth.ts'
import { LabVantage } from './vantage.ts'
import { type ChangeLine, type LabAlert, Watch } from './watch.ts'

export interface LabOptions extends ScenarioOverrides {
  /** default 1 */
  readonly seed?: number
  /** as the operator named the file, for the issues */
  readonly file?: string
}

export interface LabSummary extends Figures {
  readonly alerts: readonly LabAlert[]
  readonly seed: number
}

/** One line of output. */
export type LabLine = ChangeLine | { readonly summary: LabSummary }

/** Vantages tell each other what they think this often. */
const EXCHANGE_MS = 2000
/** An outage that lasts longer than this ought to have been found. */
const OUGHT_TO_BE_FOUND_MS = 300_000

/**
 * Runs a scenario given as JSON lines (scenario.ts tells the format).
 * @returns issues of the text; where one is an error, `output` is empty. Output is made while it is read: JSON lines, the summary last
 */
export function runScenario(
  lines: Iterable<string>,
  options: LabOptions = {},
): { readonly issues: readonly Issue[]; readonly output: Iterable<string> } {
  const { scenario, issues } = parseScenario(lines, options.file ?? '', options)
  return { issues, output: scenario === undefined ? [] : print(simulate(scenario, options.seed ?? scenario.seed ?? 1)) }
}

function* print(lines: Iterable<LabLine>): Iterable<string> {
  const names = new Map<string, string>()
  for (const line of lines) {
    if ('summary' in line) {
      yield JSON.stringify(line)
      continue
    }
    // Ten days of flapping are a million of these.
    let node = names.get(line.node)
    if (node === undefined) {
      node = JSON.stringify(line.node)
      names.set(line.node, node)
    }
    yield `{"t":${line.t},"node":${node},"health":"${line.health}","effective":${line.effective}}`
  }
}

/** Runs a scenario that has been read; values in place of text. */
export function* simulate(scenario: Scenario, seed: number): Iterable<LabLine> {
  const run = new LabRun(scenario, seed)
  for (const event of [...scenario.events, undefined]) {
    const untilMs = Math.min(event?.atMs ?? scenario.untilMs, scenario.untilMs)
    while (run.nextMs() < untilMs) yield* run.step()
    if (event === undefined || event.atMs >= scenario.untilMs) break
    yield* run.happen(event)
  }
  yield { summary: run.summary() }
}

class LabRun {
  readonly #scenario: Scenario
  readonly #seed: number
  readonly #truths: ReadonlyMap<string, NodeTruth>
  readonly #vantages: readonly LabVantage[]
  readonly #self: LabVantage
  readonly #tally: Tally
  readonly #watch: Watch
  /** when each node was last unfit: a removal may come a timeout after the node came back */
  readonly #unfitMs = new Map<string, number>()
  #nowMs = 0
  #exchangeMs: number
  #checkVersion = 0
  #wrongCheck = false

  constructor(scenario: Scenario, seed: number) {
    this.#scenario = scenario
    this.#seed = seed
    this.#truths = new Map(scenario.nodes.map((name, i) => [name, new NodeTruth(seed, i)]))
    this.#tally = new Tally(scenario.nodes.length, 0, scenario.untilMs)
    const restarts = scenario.events.some(({ kind }) => kind === 'restart')
    this.#vantages = scenario.vantages.map(
      (name, i) =>
        new LabVantage({ name, seed: seed * 31 + i, timeoutMs: scenario.timeoutMs, truths: this.#truths, restarts }),
    )
    this.#self = this.#vantages[0]!
    this.#exchangeMs = this.#vantages.length > 1 ? EXCHANGE_MS : Number.POSITIVE_INFINITY
    for (const { fleet } of this.#vantages) fleet.apply({ kind: 'declare', steering: labSteering(scenario, 0) }, 0)
    this.#watch = new Watch(this.#self.fleet.standing(LAB_POOL)!, this.#tally, {
      isSound: (node, nowMs) =>
        this.#truths.get(node)!.fit &&
        nowMs - (this.#unfitMs.get(node) ?? Number.NEGATIVE_INFINITY) > scenario.timeoutMs,
      troubleSinceMs: (node) => {
        const truth = this.#truths.get(node)!
        return truth.fit ? undefined : truth.sinceMs
      },
    })
  }

  nextMs(): number {
    let next = this.#exchangeMs
    for (const vantage of this.#vantages) next = Math.min(next, vantage.nextMs())
    return next
  }

  step(): readonly LabLine[] {
    this.#nowMs = this.nextMs()
    const effects: FleetEffect[] = []
    for (const vantage of this.#vantages) {
      if (vantage.nextMs() > this.#nowMs) continue
      const told: FleetEffect[] = vantage === this.#self ? effects : []
      vantage.step(this.#nowMs, this.#wrongCheck, told)
    }
    if (this.#exchangeMs <= this.#nowMs) {
      this.#exchangeMs += EXCHANGE_MS
      for (const from of this.#vantages) {
        const bad = from.isolated ? undefined : from.fleet.opinions()
        for (const to of this.#vantages) {
          // Who is cut off neither hears nor is heard.
          if (to === from || to.isolated || bad === undefined) continue
          const told = to.fleet.apply({ kind: 'opinions', vantage: from.name, bad }, this.#nowMs)
          if (to === this.#self) effects.push(...told)
        }
      }
    }
    return effects.length === 0 ? [] : this.#watch.note(effects, this.#nowMs)
  }

  happen(event: ScenarioEvent): readonly LabLine[] {
    this.#nowMs = event.atMs
    switch (event.kind) {
      case 'truth':
        for (const node of event.nodes) {
          const truth = this.#truths.get(node)!
          this.#leaveTruth(node, truth)
          truth.become(event.truth, event.atMs)
          if (truth.fit) this.#watch.found.delete(node)
        }
        return []
      case 'vantage':
        for (const vantage of this.#vantages) if (vantage.name === event.vantage) vantage.isolated = event.isolated
        return []
      case 'check': {
        this.#wrongCheck = event.wrong
        const steering = labSteering(this.#scenario, ++this.#checkVersion)
        const effects: FleetEffect[] = []
        for (const { fleet } of this.#vantages) {
          const told = fleet.apply({ kind: 'declare', steering }, this.#nowMs)
          if (fleet === this.#self.fleet) effects.push(...told)
        }
        return this.#watch.note(effects, this.#nowMs)
      }
      case 'intent': {
        const intent: Intent = {
          kind: event.intent,
          reason: undefined,
          author: 'scenario',
          sinceMs: event.atMs,
          untilMs: undefined,
        }
        return event.nodes.flatMap((node) => {
          if (event.intent === 'auto') this.#watch.drained.delete(node)
          else this.#watch.drained.add(node)
          for (const vantage of this.#vantages.slice(1))
            vantage.fleet.apply({ kind: 'intent', node, intent }, this.#nowMs)
          return this.#watch.note(this.#self.fleet.apply({ kind: 'intent', node, intent }, this.#nowMs), this.#nowMs)
        })
      }
      case 'restart':
        this.#self.restart(labSteering(this.#scenario, this.#checkVersion), this.#nowMs)
        return this.#watch.compare(this.#self.fleet.standing(LAB_POOL)!, this.#nowMs)
      default:
        return event satisfies never
    }
  }

  summary(): LabSummary {
    for (const [node, truth] of this.#truths) {
      this.#nowMs = this.#scenario.untilMs
      this.#leaveTruth(node, truth)
    }
    return { ...this.#tally.figures(), alerts: this.#watch.alerts, seed: this.#seed }
  }

  /** An outage ends here, or the run does: was it found? */
  #leaveTruth(node: string, truth: NodeTruth): void {
    if (truth.fit || truth.truth.kind === 'slow') return
    this.#unfitMs.set(node, this.#nowMs)
    const longMs = this.#nowMs - truth.sinceMs
    if (longMs >= OUGHT_TO_BE_FOUND_MS && !this.#watch.found.has(node) && this.#watch.isTrusted(node))
      this.#tally.undetected++
  }
}
