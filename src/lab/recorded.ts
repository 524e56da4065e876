/**
 * Recorded probe results: JSON lines {"t":1.5,"node":"a","ok":false,"class":"timeout","ms":2000}, t in seconds at the start of the probe.
 *
 * Nobody wrote down what was really so. An outage is taken to be a run of failures without one success that lasts a minute or longer:
 * shorter ones are hiccups, and to remove a node for one of them was false.
 */
import type { Issue } from '../base/index.ts'
import { EVIDENCE_CLASSES, type EvidenceClass } from '../health/index.ts'

export const OUTAGE_MS = 60_000

export interface Outage {
  readonly fromMs: number
  /** the start of the first success after it, or of the last failure known */
  readonly toMs: number
}

/** In columns: a month of a pool is millions of results. */
export interface Recorded {
  readonly nodes: readonly string[]
  /** sorted by the time at which the result was known */
  readonly order: Uint32Array
  readonly startedMs: readonly number[]
  readonly tookMs: readonly number[]
  readonly node: readonly number[]
  readonly evidence: readonly EvidenceClass[]
  readonly outages: readonly (readonly Outage[])[]
  readonly fromMs: number
  readonly untilMs: number
}

/** A broken file is told of by its first broken lines, not by a million of them. */
const MOST_ISSUES = 20
/** 300 years: an absurd time must not make an absurd table of hours. */
const MOST_SECONDS = 1e10
/** No probe takes hours. */
const MOST_MS = 1e7

export function parseRecorded(
  lines: Iterable<string>,
  file: string,
): { readonly recorded: Recorded | undefined; readonly issues: readonly Issue[] } {
  const issues: Issue[] = []
  // A node under two checks is two things to judge; with one check in the file it goes by its own name.
  const nodes = new Map<string, number>()
  const names: string[] = []
  const checks = new Set<string>()
  const startedMs: number[] = []
  const tookMs: number[] = []
  const node: number[] = []
  const evidence: EvidenceClass[] = []
  let line = 0
  for (const text of lines) {
    line++
    if (text.trim() === '') continue
    const values = parseLine(text)
    // A first line may name the nodes, as in a scenario.
    if (values !== undefined && line === 1 && !('t' in values)) continue
    const { t, node: name, ok, ms } = values ?? {}
    const problem = problemOf(t, name, ok, ms)
    if (problem !== undefined || typeof t !== 'number' || typeof name !== 'string' || typeof ok !== 'boolean') {
      if (issues.length < MOST_ISSUES) issues.push(issue(file, line, `this line is no probe result: ${problem}.`))
      continue
    }
    const check = typeof values?.check === 'string' ? values.check : ''
    const key = `${name}/${check}`
    checks.add(check)
    let index = nodes.get(key)
    if (index === undefined) {
      index = nodes.size
      nodes.set(key, index)
      names.push(name)
    }
    startedMs.push(t * 1000)
    tookMs.push(typeof ms === 'number' ? ms : 0)
    node.push(index)
    evidence.push(classOf(ok, values?.class))
  }
  if (startedMs.length === 0) issues.push(issue(file, 0, 'there is no probe result in it.'))
  if (issues.length > 0) return { recorded: undefined, issues }
  const order = Uint32Array.from(startedMs, (_, i) => i)
  order.sort((a, b) => startedMs[a]! + tookMs[a]! - startedMs[b]! - tookMs[b]!)
  const last = order.at(-1)!
  const recorded: Recorded = {
    nodes: checks.size > 1 ? [...nodes.keys()] : names,
    order,
    startedMs,
    tookMs,
    node,
    evidence,
    outages: findOutages(nodes.size, order, startedMs, node, evidence),
    fromMs: startedMs.reduce((least, ms) => Math.min(least, ms), Number.POSITIVE_INFINITY),
    untilMs: startedMs[last]! + tookMs[last]! + 1,
  }
  return { recorded, issues }
}

/** @returns what is wrong with a line; undefined: nothing */
function problemOf(t: unknown, node: unknown, ok: unknown, ms: unknown): string | undefined {
  if (typeof t !== 'number' || !(Math.abs(t) <= MOST_SECONDS))
    return `"t" must be a number of seconds, up to ${MOST_SECONDS}`
  if (typeof node !== 'string') return '"node" must be a name'
  if (typeof ok !== 'boolean') return '"ok" must be true or false'
  if (ms !== undefined && !(typeof ms === 'number' && ms >= 0 && ms <= MOST_MS))
    return `"ms" must be a number of milliseconds, 0 to ${MOST_MS}`
  return undefined
}

function issue(file: string, line: number, message: string): Issue {
  const advice = 'Each line is like {"t":1.5,"node":"a","ok":false,"class":"timeout","ms":2000}.'
  return { severity: 'error', code: 'lab/probes', file, line, column: line === 0 ? 0 : 1, message, advice }
}

function parseLine(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/** What the line says, as long as it does not contradict `ok`. */
function classOf(ok: boolean, said: unknown): EvidenceClass {
  const known = EVIDENCE_CLASSES.find((name) => name === said)
  if (ok) return known === 'slow' ? 'slow' : 'ok'
  return known === undefined || known === 'ok' || known === 'slow' ? 'timeout' : known
}

function findOutages(
  nodes: number,
  order: Uint32Array,
  startedMs: readonly number[],
  node: readonly number[],
  evidence: readonly EvidenceClass[],
): Outage[][] {
  const outages: Outage[][] = Array.from({ length: nodes }, () => [])
  const runs: ({ fromMs: number; toMs: number } | undefined)[] = []
  const end = (index: number, toMs: number): void => {
    const run = runs[index]
    if (run !== undefined && toMs - run.fromMs >= OUTAGE_MS) outages[index]!.push({ fromMs: run.fromMs, toMs })
    runs[index] = undefined
  }
  for (const i of order) {
    const index = node[i]!
    const kind = evidence[i]!
    if (kind === 'local') continue
    if (kind === 'ok' || kind === 'slow') end(index, startedMs[i]!)
    else {
      const run = runs[index]
      if (run === undefined) runs[index] = { fromMs: startedMs[i]!, toMs: startedMs[i]! }
      else run.toMs = startedMs[i]!
    }
  }
  runs.forEach((run, index) => {
    if (run !== undefined) end(index, run.toMs)
  })
  return outages
}
