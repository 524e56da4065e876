/**
 * A scenario: JSON lines, virtual time in seconds. The first line names the nodes; each other line says what becomes true when.
 *
 *     {"nodes":["a","b"],"sites":{"a":"s1"},"profile":"normal","adaptive":false,"until":864000}
 *     {"t":0,"node":"a","truth":"up","loss":0.05}            probes fail with this probability
 *     {"t":600,"node":"a","truth":"down"}                    all fail; "site":"s1" in place of "node" means all of a site;
 *                                                            "class":"refused" says how (timeout if not said)
 *     {"t":900,"node":"a","truth":"brownout","loss":0.5}
 *     {"t":0,"node":"a","truth":"bursts","mean":8,"every":1800}   total loss, exponential lengths and gaps
 *     {"t":950,"node":"a","truth":"slow"}                    answers, but over its budget
 *     {"t":300,"vantage":"self","truth":"isolated"}          ... "truth":"up" ends it
 *     {"t":600,"check":"wrong"}                              a check is pushed that every node fails; "right" corrects it
 *     {"t":700,"restart":true}                               the name server restarts, keeping what it persists
 *     {"t":800,"node":"a","intent":"drain"}                  an operator acts; "auto" ends it
 */
import { type Issue, nearestName } from '../base/index.ts'
import {
  EVIDENCE_CLASSES,
  type EvidenceClass,
  HYSTERESIS_FIGURES,
  type HysteresisFigures,
  INTENTS,
  type IntentKind,
} from '../health/index.ts'
import { ALL_DOWN_MODES, type AllDownMode, type Floor } from '../steer/index.ts'

export type Truth =
  | { readonly kind: 'up'; readonly loss: number }
  | { readonly kind: 'down'; readonly class: EvidenceClass }
  | { readonly kind: 'slow' }
  | { readonly kind: 'brownout'; readonly loss: number }
  | { readonly kind: 'bursts'; readonly loss: number; readonly meanMs: number; readonly everyMs: number }

export type ScenarioEvent = { readonly atMs: number } & (
  | { readonly kind: 'truth'; readonly nodes: readonly string[]; readonly truth: Truth }
  | { readonly kind: 'vantage'; readonly vantage: string; readonly isolated: boolean }
  | { readonly kind: 'check'; readonly wrong: boolean }
  | { readonly kind: 'intent'; readonly nodes: readonly string[]; readonly intent: IntentKind }
  | { readonly kind: 'restart' }
)

export interface Scenario {
  readonly nodes: readonly string[]
  readonly sites: ReadonlyMap<string, string>
  /** the first one is the name server whose answers are watched */
  readonly vantages: readonly string[]
  readonly hysteresis: HysteresisFigures
  readonly timeoutMs: number
  readonly minInService: Floor
  readonly allDown: AllDownMode
  readonly warmUpMs: number
  readonly untilMs: number
  /** what the file asks for; an option goes before it */
  readonly seed: number | undefined
  /** by time */
  readonly events: readonly ScenarioEvent[]
}

export interface ScenarioOverrides {
  /** in place of what the file says */
  readonly profile?: string
  readonly adaptive?: boolean
}

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

type Values = Readonly<Record<string, unknown>>

/** Reads a scenario. @param file as the operator named it, for the issues */
export function parseScenario(
  lines: Iterable<string>,
  file: string,
  overrides: ScenarioOverrides = {},
): { readonly scenario: Scenario | undefined; readonly issues: readonly Issue[] } {
  const reader = new Reader(file)
  let header: Values | undefined
  const events: { readonly values: Values; readonly line: number }[] = []
  let line = 0
  for (const text of lines) {
    line++
    if (text.trim() === '') continue
    const values = reader.object(text, line)
    if (values === undefined) continue
    if (header === undefined && !('t' in values)) header = values
    else events.push({ values, line })
  }
  if (header === undefined) {
    reader.wrong(
      1,
      'a scenario begins with a line that names its nodes.',
      'For example: {"nodes":["a","b"],"until":3600}',
    )
    return { scenario: undefined, issues: reader.issues }
  }
  const scenario = reader.scenario(header, events, overrides)
  return {
    scenario: reader.issues.some(({ severity }) => severity === 'error') ? undefined : scenario,
    issues: reader.issues,
  }
}

class Reader {
  readonly issues: Issue[] = []
  readonly #file: string

  constructor(file: string) {
    this.#file = file
  }

  wrong(line: number, message: string, advice?: string, severity: Issue['severity'] = 'error'): void {
    const issue = { severity, code: 'lab/scenario', file: this.#file, line, column: 1, message }
    this.issues.push(advice === undefined ? issue : { ...issue, advice })
  }

  object(text: string, line: number): Values | undefined {
    try {
      const value: unknown = JSON.parse(text)
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Values
    } catch {
      // told below, like every other line that is no object
    }
    this.wrong(line, 'this line is no JSON object.')
    return undefined
  }

  scenario(
    header: Values,
    lines: readonly { readonly values: Values; readonly line: number }[],
    overrides: ScenarioOverrides,
  ): Scenario {
    this.#knowKeys(header, HEADER_KEYS, 1)
    const nodes = this.#nodes(header)
    const sites = new Map<string, string>()
    if (typeof header.sites === 'object' && header.sites !== null) {
      for (const [node, site] of Object.entries(header.sites)) {
        // {"s1":["a","b"]} says the same the other way round.
        if (Array.isArray(site)) for (const name of site) sites.set(String(name), node)
        else sites.set(node, String(site))
      }
    }
    const mentioned = [...new Set(lines.map(({ values }) => values.vantage).filter((name) => typeof name === 'string'))]
    // Without a list, one name that is mentioned is ours, whatever it is.
    const unlisted = mentioned.length === 1 ? mentioned : [...new Set(['self', ...mentioned])]
    const vantages = Array.isArray(header.vantages) ? header.vantages.map(String) : unlisted
    const known = { nodes, sites, vantages }
    const events = lines
      .map(({ values, line }) => this.#event(values, line, known))
      .filter((event) => event !== undefined)
      .sort((a, b) => a.atMs - b.atMs)
    const untilMs = this.#ms(header, 'until', (events.at(-1)?.atMs ?? 0) + AFTER_LAST_EVENT_MS)
    return {
      ...known,
      hysteresis: this.#hysteresis(header, overrides),
      timeoutMs: this.#ms(header, 'timeout', 2000),
      minInService: this.#floor(header.min_in_service),
      allDown: this.#oneOf(header.all_down ?? 'all', ALL_DOWN_MODES, 1, 'all_down') ?? 'all',
      warmUpMs: this.#ms(header, 'warm_up', 60_000),
      untilMs,
      seed: typeof header.seed === 'number' ? header.seed : undefined,
      events,
    }
  }

  #nodes(header: Values): string[] {
    const { nodes } = header
    if (typeof nodes === 'number' && nodes >= 1 && nodes <= MOST_NODES) {
      return Array.from({ length: Math.floor(nodes) }, (_, i) => `n${i + 1}`)
    }
    if (Array.isArray(nodes) && nodes.length > 0 && nodes.length <= MOST_NODES) return [...new Set(nodes.map(String))]
    this.wrong(1, `"nodes" must be a list of 1 to ${MOST_NODES} names, or their number.`)
    return []
  }

  #hysteresis(header: Values, overrides: ScenarioOverrides): HysteresisFigures {
    const name = overrides.profile ?? header.profile ?? 'normal'
    const profile = this.#oneOf(name, ['eager', 'normal', 'patient'] as const, 1, 'profile') ?? 'normal'
    const figures = HYSTERESIS_FIGURES[profile]
    return {
      ...figures,
      intervalMs: this.#ms(header, 'interval', figures.intervalMs),
      suspectIntervalMs: this.#ms(header, 'suspect_interval', figures.suspectIntervalMs),
      removeAfterMs: this.#ms(header, 'remove_after', figures.removeAfterMs),
      restoreAfterMs: this.#ms(header, 'restore_after', figures.restoreAfterMs),
      adaptive: overrides.adaptive ?? header.adaptive === true,
    }
  }

  #floor(value: unknown): Floor {
    if (value === undefined) return { percent: 50 }
    if (typeof value === 'number' && value >= 1) return { nodes: Math.floor(value) }
    const percent = typeof value === 'string' ? /^(\d+(?:\.\d+)?)%$/.exec(value) : null
    if (percent !== null && Number(percent[1]) <= 100) return { percent: Number(percent[1]) }
    this.wrong(1, '"min_in_service" must be a number of nodes or a share like "50%".')
    return { percent: 50 }
  }

  #event(
    values: Values,
    line: number,
    known: Pick<Scenario, 'nodes' | 'sites' | 'vantages'>,
  ): ScenarioEvent | undefined {
    this.#knowKeys(values, EVENT_KEYS, line)
    const atMs = this.#ms(values, 't', 0, line)
    if (values.restart === true) return { kind: 'restart', atMs }
    if (values.vantage !== undefined) {
      const vantage = this.#oneOf(values.vantage, known.vantages, line, 'vantage')
      const truth = this.#oneOf(values.truth, ['isolated', 'up'] as const, line, 'truth')
      if (vantage === undefined || truth === undefined) return undefined
      return { kind: 'vantage', atMs, vantage, isolated: truth === 'isolated' }
    }
    const nodes = this.#meant(values, line, known)
    if (nodes === undefined) {
      if (values.check !== undefined) {
        return { kind: 'check', atMs, wrong: values.check !== 'right' && values.truth !== 'up' }
      }
      this.wrong(line, 'this line says neither which node, site or vantage it is about, nor "restart" or "check".')
      return undefined
    }
    if (values.intent !== undefined) {
      const intent = this.#oneOf(values.intent, INTENTS, line, 'intent')
      return intent && { kind: 'intent', atMs, nodes, intent }
    }
    const truth = this.#truth(values, line)
    return truth && { kind: 'truth', atMs, nodes, truth }
  }

  /** @returns the nodes that a line is about; undefined: it names none */
  #meant(values: Values, line: number, known: Pick<Scenario, 'nodes' | 'sites'>): string[] | undefined {
    if (values.site !== undefined) {
      const site = this.#oneOf(values.site, [...new Set(known.sites.values())], line, 'site')
      return known.nodes.filter((node) => known.sites.get(node) === site)
    }
    if (values.node === '*') return [...known.nodes]
    const named = values.node ?? values.nodes
    if (named === undefined) return undefined
    return (Array.isArray(named) ? named : [named])
      .map((name) => this.#oneOf(name, known.nodes, line, 'node'))
      .filter((name) => name !== undefined)
  }

  #truth(values: Values, line: number): Truth | undefined {
    const kind = this.#oneOf(values.truth ?? 'up', TRUTHS, line, 'truth')
    switch (kind) {
      case undefined:
        return undefined
      case 'down':
        return { kind, class: this.#oneOf(values.class ?? 'timeout', FAILURES, line, 'class') ?? 'timeout' }
      case 'slow':
        return { kind }
      case 'up':
        return { kind, loss: this.#loss(values, 0, line) }
      case 'brownout':
        return { kind, loss: this.#loss(values, 0.5, line) }
      case 'bursts': {
        const loss = this.#loss(values, 0, line)
        return {
          kind,
          loss,
          meanMs: this.#ms(values, 'mean', 8000, line),
          everyMs: this.#ms(values, 'every', 1_800_000, line),
        }
      }
      default:
        return kind satisfies never
    }
  }

  #loss(values: Values, otherwise: number, line: number): number {
    const { loss } = values
    if (loss === undefined) return otherwise
    if (typeof loss === 'number' && loss >= 0 && loss <= 1) return loss
    this.wrong(line, '"loss" is a probability, 0 to 1.')
    return otherwise
  }

  #ms(values: Values, key: string, otherwiseMs: number, line = 1): number {
    const value = values[key]
    if (value === undefined) return otherwiseMs
    if (typeof value === 'number' && value >= 0 && value <= 1e10) return value * 1000
    this.wrong(line, `"${key}" must be a number of seconds.`)
    return otherwiseMs
  }

  #oneOf<T extends string>(value: unknown, known: readonly T[], line: number, key: string): T | undefined {
    const found = known.find((name) => name === value)
    if (found !== undefined) return found
    const near = nearestName(String(value), known)
    const advice = near === undefined ? `Known: ${known.slice(0, 12).join(', ')}.` : `Did you mean "${near}"?`
    this.wrong(line, `"${key}" is ${JSON.stringify(value)}, which is not known here.`, advice)
    return undefined
  }

  #knowKeys(values: Values, known: readonly string[], line: number): void {
    for (const key of Object.keys(values)) {
      if (known.includes(key)) continue
      const near = nearestName(key, known)
      const advice = near === undefined ? `Known: ${known.join(', ')}.` : `Did you mean "${near}"?`
      this.wrong(line, `unknown key "${key}" is passed over.`, advice, 'warning')
    }
  }
}
