/**
 * How others decide, for comparison on the same seeds: their published defaults, one node at a time, no floor and no budget.
 *
 * | detector                 | pace | leaves after                                     | returns after   |
 * |--------------------------|------|--------------------------------------------------|-----------------|
 * | 3 in a row at 10 s       | 10 s | 3 failures in a row                              | 3 successes     |
 * | HAProxy (inter fall rise)|  2 s | 3 failures in a row                              | 2 successes     |
 * | PowerDNS LUA ifportup    |  5 s | 1 failure                                        | 1 success       |
 * | gdnsd (thresholds)       | 10 s | 10 failures without 10 successes in a row        | 20 successes    |
 */

import { parseScenario } from './read-scenario.ts'
import { simulate } from './run.ts'
import type { Scenario, ScenarioEvent } from './scenario.ts'
import { NodeTruth } from './truth.ts'

export interface Detector {
  readonly name: string
  readonly paceMs: number
  /** waits for the end of a probe before it counts the pace */
  readonly fromEnd: boolean
  readonly start: () => (ok: boolean) => boolean
}

function inARow(fall: number, rise: number): Detector['start'] {
  return () => {
    let up = true
    let against = 0
    return (ok) => {
      against = ok === up ? 0 : against + 1
      if (against >= (up ? fall : rise)) {
        up = !up
        against = 0
      }
      return up
    }
  }
}

function thresholds(upAfter: number, okAfter: number, downAfter: number): Detector['start'] {
  return () => {
    let up = true
    let failures = 0
    let successes = 0
    return (ok) => {
      if (!ok) {
        successes = 0
        failures++
        if (up && failures >= downAfter) up = false
      } else {
        successes++
        if (up && successes >= okAfter) failures = 0
        if (!up && successes >= upAfter) {
          up = true
          failures = 0
          successes = 0
        }
      }
      return up
    }
  }
}

export const OTHER_DETECTORS: readonly Detector[] = [
  { name: '3 in a row at 10 s', paceMs: 10_000, fromEnd: false, start: inARow(3, 3) },
  { name: 'HAProxy default', paceMs: 2000, fromEnd: true, start: inARow(3, 2) },
  { name: 'PowerDNS LUA default', paceMs: 5000, fromEnd: false, start: inARow(1, 1) },
  { name: 'gdnsd default', paceMs: 10_000, fromEnd: false, start: thresholds(20, 10, 10) },
]

export interface Comparison {
  readonly detector: string
  /** false removals per node-day */
  readonly loss5: number
  readonly loss20: number
  readonly bursts: number
  /** mean seconds until a node is out; undefined: not within an hour */
  readonly dead: number | undefined
  readonly brownout: number | undefined
}

const DAY = 86_400
const TRIALS = 60

/** Compares our profiles with what others do. @param days node-days are ten times as many */
export function compareDetectors(seed: number, days: number): readonly Comparison[] {
  const nodes = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j']
  const calm = (truth: Record<string, unknown>): Scenario =>
    read([{ nodes, until: days * DAY }, ...nodes.map((node) => ({ t: 0, node, ...truth }))])
  const worlds = {
    loss5: calm({ truth: 'up', loss: 0.05 }),
    loss20: calm({ truth: 'up', loss: 0.2 }),
    bursts: calm({ truth: 'bursts', mean: 8, every: 1800 }),
  }
  const trouble = (truth: Record<string, unknown>): Scenario[] =>
    Array.from({ length: TRIALS }, (_, i) =>
      read([
        { nodes: ['a', 'b', 'c', 'd'], until: 3900 },
        { t: 300 + i * 0.37, node: 'a', ...truth },
      ]),
    )
  const dead = trouble({ truth: 'down' })
  const brownout = trouble({ truth: 'brownout', loss: 0.5 })
  const row = (detector: string, run: (scenario: Scenario, seed: number) => Outcome): Comparison => ({
    detector,
    loss5: run(worlds.loss5, seed).falsePerNodeDay,
    loss20: run(worlds.loss20, seed).falsePerNodeDay,
    bursts: run(worlds.bursts, seed).falsePerNodeDay,
    dead: mean(dead.map((scenario, i) => run(scenario, seed + i).detectS)),
    brownout: mean(brownout.map((scenario, i) => run(scenario, seed + i).detectS)),
  })
  const ours = (['normal', 'patient', 'eager'] as const).map((profile) =>
    row(`bucket, ${profile}`, (scenario, at) => runOurs({ ...scenario, hysteresis: profiles[profile] }, at)),
  )
  return [...ours, ...OTHER_DETECTORS.map((other) => row(other.name, (scenario, at) => runOther(other, scenario, at)))]
}

interface Outcome {
  readonly falsePerNodeDay: number
  readonly detectS: number | undefined
}

function read(lines: readonly object[]): Scenario {
  return parseScenario(
    lines.map((line) => JSON.stringify(line)),
    '',
  ).scenario!
}

function figuresOf(profile: string): Scenario['hysteresis'] {
  return read([{ nodes: 1, profile }]).hysteresis
}

const profiles = { normal: figuresOf('normal'), patient: figuresOf('patient'), eager: figuresOf('eager') }

function mean(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined)
  return known.length === 0 ? undefined : known.reduce((sum, value) => sum + value, 0) / known.length
}

function runOurs(scenario: Scenario, seed: number): Outcome {
  let detectS: number | undefined
  let falsePerNodeDay = 0
  for (const line of simulate(scenario, seed)) {
    if (!('summary' in line)) continue
    falsePerNodeDay = line.summary.false_removals_per_node_day
    detectS = line.summary.detect_s.max ?? undefined
  }
  return { falsePerNodeDay, detectS }
}

/** Walks each node through its own truth with another's rules. */
function runOther(detector: Detector, scenario: Scenario, seed: number): Outcome {
  let removals = 0
  let detectS: number | undefined
  scenario.nodes.forEach((node, index) => {
    const truth = new NodeTruth(seed, index)
    const events = scenario.events.filter(
      (e): e is ScenarioEvent & { kind: 'truth' } => e.kind === 'truth' && e.nodes.includes(node),
    )
    const observe = detector.start()
    let up = true
    let next = 0
    // Not all nodes are asked at the same moment.
    for (let atMs = (detector.paceMs * (index + 0.5)) / scenario.nodes.length; atMs < scenario.untilMs; ) {
      while (events[next] !== undefined && events[next]!.atMs <= atMs) {
        truth.become(events[next]!.truth, events[next]!.atMs)
        next++
      }
      const ok = truth.look(atMs) === 'ok'
      const tookMs = ok ? 20 : scenario.timeoutMs
      const was = up
      up = observe(ok)
      if (was && !up) {
        if (truth.fit) removals++
        else detectS ??= (atMs + tookMs - truth.sinceMs) / 1000
      }
      atMs += detector.fromEnd ? Math.max(detector.paceMs, tookMs) : detector.paceMs
    }
  })
  return { falsePerNodeDay: removals / ((scenario.nodes.length * scenario.untilMs) / (DAY * 1000)), detectS }
}
