/**
 * Reads a scenario (scenario.ts tells the format): everything that is wrong with it is told at once, each with its place.
 */
import { hasErrors, type Issue, sortIssues } from '../base/index.ts'
import { EVIDENCE_CLASSES, HYSTERESIS_FIGURES, type HysteresisFigures, INTENTS } from '../health/index.ts'
import { ALL_DOWN_MODES, type Floor } from '../steer/index.ts'
import { type Line, LineReader, type Values } from './line-reader.ts'
import type { Scenario, ScenarioEvent, ScenarioOverrides, Truth } from './scenario.ts'

const HEADER_KEYS = [
  'nodes',
  'sites',
  'profile',
  'adaptive',
  'until',
  'vantages',
  'timeout',
  'interval',
  'suspect_interval',
  'down_interval',
  'drain',
  'remove_after',
  'restore_after',
  'min_in_service',
  'all_down',
  'warm_up',
  'seed',
] as const
const EVENT_KEYS = [
  ...['t', 'node', 'nodes', 'site', 'truth', 'loss', 'mean', 'every', 'vantage', 'check', 'restart', 'intent', 'class'],
] as const
const FAILURES = EVIDENCE_CLASSES.filter((name) => name !== 'ok' && name !== 'slow' && name !== 'local')
const TRUTHS = ['up', 'down', 'slow', 'brownout', 'bursts'] as const
/** Keeps virtual time and node counts within what a machine can walk through. */
const MOST_NODES = 100_000
const AFTER_LAST_EVENT_MS = 600_000
/** Shorter ones would keep virtual time from passing, s. */
const LEAST_PACE_S = 0.1
const LEAST_TIMEOUT_S = 0.001
const PROFILES = ['eager', 'normal', 'patient'] as const
const EXAMPLE = '{"t":600,"node":"a","truth":"down"}'

/** Reads a scenario. @param file as the operator named it, for the issues */
export function parseScenario(
  lines: Iterable<string>,
  file: string,
  overrides: ScenarioOverrides = {},
): { readonly scenario: Scenario | undefined; readonly issues: readonly Issue[] } {
  const reader = new LineReader(file, 'lab/scenario')
  let header: Line | undefined
  const events: Line[] = []
  let number = 0
  for (const text of lines) {
    number++
    const line = reader.object(text, number, number === 1 ? '{"nodes":["a","b"],"until":3600}' : EXAMPLE)
    if (line === undefined) continue
    if (header === undefined && events.length === 0 && !('t' in line.values)) header = line
    else events.push(line)
  }
  if (header === undefined) {
    const advice = 'For example: {"nodes":["a","b"],"until":3600}'
    if (!hasErrors(reader.issues))
      reader.wrong({ line: 1 }, 'a scenario begins with a line that names its nodes.', advice)
    return { scenario: undefined, issues: reader.issues }
  }
  const scenario = new ScenarioReader(reader, header).read(events, overrides)
  const issues = sortIssues(reader.issues)
  return { scenario: hasErrors(issues) ? undefined : scenario, issues }
}

type Known = Pick<Scenario, 'nodes' | 'sites' | 'vantages'>

class ScenarioReader {
  readonly #reader: LineReader
  readonly #header: Line

  constructor(reader: LineReader, header: Line) {
    this.#reader = reader
    this.#header = header
  }

  read(lines: readonly Line[], overrides: ScenarioOverrides): Scenario {
    const header = this.#header
    const { values } = header
    this.#reader.knowKeys(header, HEADER_KEYS)
    const nodes = this.#nodes()
    const mentioned = [...new Set(lines.map((line) => line.values.vantage).filter((name) => typeof name === 'string'))]
    // Without a list, one name that is mentioned is ours, whatever it is.
    const unlisted = mentioned.length === 1 ? mentioned : [...new Set(['self', ...mentioned])]
    const vantages = this.#names('vantages') ?? unlisted
    const known = { nodes, sites: this.#sites(nodes), vantages }
    const told = lines.map((line) => ({ line, event: this.#event(line, known) }))
    const events = told.flatMap(({ event }) => event ?? []).sort((a, b) => a.atMs - b.atMs)
    const untilMs = this.#reader.ms(header, 'until', (events.at(-1)?.atMs ?? 0) + AFTER_LAST_EVENT_MS)
    const late = told.find(({ event }) => event !== undefined && event.atMs >= untilMs)
    if (late !== undefined)
      this.#reader.wrong(
        { line: late.line, key: 't' },
        `the run ends at ${untilMs / 1000} s: this line, and whatever else comes later, never happens.`,
        'Raise "until" in the first line.',
        'warning',
      )
    if (values.seed !== undefined && !(Number.isInteger(values.seed) && Number(values.seed) >= 0))
      this.#reader.wrong({ line: header, key: 'seed' }, '"seed" must be a whole number, 0 or more.')
    return {
      ...known,
      hysteresis: this.#hysteresis(overrides),
      timeoutMs: this.#reader.ms(header, 'timeout', 2000, LEAST_TIMEOUT_S),
      minInService: this.#floor(),
      allDown: this.#reader.oneOf(values.all_down ?? 'all', ALL_DOWN_MODES, header, 'all_down') ?? 'all',
      warmUpMs: this.#reader.ms(header, 'warm_up', 60_000),
      untilMs,
      seed: typeof values.seed === 'number' ? values.seed : undefined,
      events,
    }
  }

  #nodes(): string[] {
    const { nodes } = this.#header.values
    if (typeof nodes === 'number' && nodes >= 1 && nodes <= MOST_NODES) {
      return Array.from({ length: Math.floor(nodes) }, (_, i) => `n${i + 1}`)
    }
    const names = Array.isArray(nodes) && nodes.length > 0 && nodes.length <= MOST_NODES && this.#names('nodes')
    if (names) return names
    this.#reader.wrong(
      { line: this.#header, key: 'nodes' },
      `"nodes" must be a list of 1 to ${MOST_NODES} names, or their number.`,
    )
    return []
  }

  /** @returns undefined: there is no such list */
  #names(key: string): string[] | undefined {
    const value = this.#header.values[key]
    if (value === undefined) return undefined
    if (Array.isArray(value) && value.every((name) => typeof name === 'string' || typeof name === 'number'))
      return [...new Set(value.map(String))]
    this.#reader.wrong({ line: this.#header, key }, `"${key}" must be a list of names.`)
    return undefined
  }

  #sites(nodes: readonly string[]): ReadonlyMap<string, string> {
    const sites = new Map<string, string>()
    const { sites: said } = this.#header.values
    if (said === undefined) return sites
    const at = { line: this.#header, key: 'sites' }
    if (typeof said !== 'object' || said === null || Array.isArray(said)) {
      this.#reader.wrong(at, '"sites" must say which node is where.', 'For example: {"a":"s1","b":"s2"}')
      return sites
    }
    for (const [node, site] of Object.entries(said as Values)) {
      // {"s1":["a","b"]} says the same the other way round.
      if (Array.isArray(site)) for (const name of site) sites.set(String(name), node)
      else sites.set(node, String(site))
    }
    const known = new Set(nodes)
    for (const name of sites.keys()) if (!known.has(name)) this.#reader.oneOf(name, nodes, this.#header, 'sites')
    return sites
  }

  #hysteresis(overrides: ScenarioOverrides): HysteresisFigures {
    const header = this.#header
    const name = overrides.profile ?? header.values.profile ?? 'normal'
    const profile = this.#reader.oneOf(name, PROFILES, header, 'profile') ?? 'normal'
    const figures = HYSTERESIS_FIGURES[profile]
    const intervalMs = this.#reader.ms(header, 'interval', figures.intervalMs, LEAST_PACE_S)
    // As in a steering file: doubt is never looked into more slowly than calm.
    const suspectMs = Math.min(figures.suspectIntervalMs, intervalMs)
    return {
      ...figures,
      intervalMs,
      suspectIntervalMs: this.#reader.ms(header, 'suspect_interval', suspectMs, LEAST_PACE_S),
      downIntervalMs: this.#reader.ms(header, 'down_interval', figures.downIntervalMs, LEAST_PACE_S),
      removeAfterMs: this.#reader.ms(header, 'remove_after', figures.removeAfterMs),
      restoreAfterMs: this.#reader.ms(header, 'restore_after', figures.restoreAfterMs),
      drain: this.#reader.probability(header, 'drain', figures.drain),
      adaptive: this.#reader.flag(header, 'adaptive') || overrides.adaptive === true,
    }
  }

  #floor(): Floor {
    const { min_in_service: value } = this.#header.values
    if (value === undefined) return { percent: 50 }
    if (typeof value === 'number' && value >= 1) return { nodes: Math.floor(value) }
    const percent = typeof value === 'string' ? /^(\d+(?:\.\d+)?)%$/.exec(value) : null
    if (percent !== null && Number(percent[1]) <= 100) return { percent: Number(percent[1]) }
    this.#reader.wrong(
      { line: this.#header, key: 'min_in_service' },
      '"min_in_service" must be a number of nodes, 1 or more, or a share like "50%".',
    )
    return { percent: 50 }
  }

  #event(line: Line, known: Known): ScenarioEvent | undefined {
    const { values } = line
    this.#reader.knowKeys(line, EVENT_KEYS)
    if (values.t === undefined)
      this.#reader.wrong(
        { line },
        'this line does not say when ("t", in seconds): it holds from the start.',
        `Each line is like ${EXAMPLE}.`,
        'warning',
      )
    const atMs = this.#reader.ms(line, 't', 0)
    if (this.#reader.flag(line, 'restart')) return { kind: 'restart', atMs }
    if (values.vantage !== undefined) {
      const vantage = this.#reader.oneOf(values.vantage, known.vantages, line, 'vantage')
      const truth = this.#reader.oneOf(values.truth, ['isolated', 'up'] as const, line, 'truth')
      if (vantage === undefined || truth === undefined) return undefined
      return { kind: 'vantage', atMs, vantage, isolated: truth === 'isolated' }
    }
    const nodes = this.#meant(line, known)
    if (nodes === undefined) return this.#aboutTheCheck(line, atMs)
    if (values.intent !== undefined) {
      const intent = this.#reader.oneOf(values.intent, INTENTS, line, 'intent')
      return intent && { kind: 'intent', atMs, nodes, intent }
    }
    const truth = this.#truth(line)
    return truth && { kind: 'truth', atMs, nodes, truth }
  }

  #aboutTheCheck(line: Line, atMs: number): ScenarioEvent | undefined {
    const { check, truth } = line.values
    if (check === undefined) {
      if (line.values.restart === undefined)
        this.#reader.wrong(
          { line },
          'this line says neither which node, site or vantage it is about, nor "restart" or "check".',
          `Each line is like ${EXAMPLE}.`,
        )
      return undefined
    }
    // {"check":"web","truth":"down"} says the same in the words of the other lines.
    const said = truth === undefined ? check : truth === 'up' ? 'right' : 'wrong'
    const verdict = this.#reader.oneOf(said, ['wrong', 'right'] as const, line, 'check')
    return verdict && { kind: 'check', atMs, wrong: verdict === 'wrong' }
  }

  /** @returns the nodes that a line is about; undefined: it names none */
  #meant(line: Line, known: Known): string[] | undefined {
    const { values } = line
    if (values.site !== undefined) {
      const site = this.#reader.oneOf(values.site, [...new Set(known.sites.values())], line, 'site')
      return known.nodes.filter((node) => known.sites.get(node) === site)
    }
    if (values.node === '*') return [...known.nodes]
    const key = values.node === undefined ? 'nodes' : 'node'
    const named = values[key]
    if (named === undefined) return undefined
    return (Array.isArray(named) ? named : [named])
      .map((name) => this.#reader.oneOf(name, known.nodes, line, key))
      .filter((name) => name !== undefined)
  }

  #truth(line: Line): Truth | undefined {
    const { values } = line
    const kind = this.#reader.oneOf(values.truth ?? 'up', TRUTHS, line, 'truth')
    switch (kind) {
      case undefined:
        return undefined
      case 'down':
        return { kind, class: this.#reader.oneOf(values.class ?? 'timeout', FAILURES, line, 'class') ?? 'timeout' }
      case 'slow':
        return { kind }
      case 'up':
        return { kind, loss: this.#reader.probability(line, 'loss', 0) }
      case 'brownout':
        return { kind, loss: this.#reader.probability(line, 'loss', 0.5) }
      case 'bursts':
        return {
          kind,
          loss: this.#reader.probability(line, 'loss', 0),
          meanMs: this.#reader.ms(line, 'mean', 8000, LEAST_PACE_S),
          everyMs: this.#reader.ms(line, 'every', 1_800_000, LEAST_PACE_S),
        }
      default:
        return kind satisfies never
    }
  }
}
