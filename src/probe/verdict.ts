/**
 * From the outcomes of a node's addresses to the one result that speaks for the node: the worst of them.
 */
import { printDuration } from '../base/index.ts'
import type { EvidenceClass, NodeWord, ProbeResult } from '../health/index.ts'
import { NO_IPV6 } from './families.ts'
import type { Asked, Outcome } from './outcome.ts'

export interface Finished {
  readonly asked: Asked
  readonly outcome: Outcome
}

/** Worst last. A stranger's failure outweighs a slow success; which failure of several is told hardly matters: the plainest one. */
const SEVERITY: Readonly<Record<EvidenceClass, number>> = {
  local: 0,
  ok: 1,
  slow: 2,
  stale: 3,
  content: 4,
  status: 5,
  command: 6,
  protocol: 7,
  tls: 8,
  reset: 9,
  timeout: 10,
  unreachable: 11,
  refused: 12,
}

/** The response-time budget: a success that took longer is `slow` (and so is no failure, but counts half). */
export function weigh(outcome: Outcome, asked: Asked, durationMs: number): Outcome {
  const budget = asked.check.budgetMs
  if (outcome.class !== 'ok' || budget === undefined || durationMs <= budget) return outcome
  return {
    ...outcome,
    class: 'slow',
    detail: `${outcome.detail} in ${printDuration(durationMs)}, budget ${printDuration(budget)}`,
  }
}

/** The worst outcome speaks for the node; words and warnings of all its addresses are kept. */
export function combine(
  finished: readonly Finished[],
  addresses: number,
): Pick<ProbeResult, 'ok' | 'class' | 'detail' | 'word' | 'warning'> {
  let worst = finished[0]!
  for (const one of finished) if (SEVERITY[one.outcome.class] > SEVERITY[worst.outcome.class]) worst = one
  const warnings = new Set<string>()
  let word: NodeWord | undefined
  for (const { asked, outcome } of finished) {
    if (outcome.warning !== undefined) warnings.add(outcome.warning)
    // That this server has no IPv6 is said once, in `describe`, and not for each of ten thousand nodes.
    if (outcome.class === 'local' && worst.outcome.class !== 'local' && outcome.detail !== NO_IPV6)
      warnings.add(`${asked.address} was not probed: ${outcome.detail}`)
    if (outcome.word !== undefined) word = worseWord(word, outcome.word)
  }
  const { outcome, asked } = worst
  const ok = outcome.class === 'ok' || outcome.class === 'slow'
  const named = addresses > 1 && !ok && !outcome.detail.includes(asked.address)
  return {
    ok,
    class: outcome.class,
    detail: named ? `${asked.address}: ${outcome.detail}` : outcome.detail,
    ...(word === undefined ? {} : { word }),
    ...(warnings.size === 0 ? {} : { warning: [...warnings].join('; ') }),
  }
}

const STATE_RANK = { ready: 0, drain: 1, maint: 2 } as const

/** Two addresses of one node may disagree: the more careful word holds. */
function worseWord(a: NodeWord | undefined, b: NodeWord): NodeWord {
  if (a === undefined) return b
  const state =
    a.state === undefined || (b.state !== undefined && STATE_RANK[b.state] > STATE_RANK[a.state]) ? b.state : a.state
  const weightPercent = least(a.weightPercent, b.weightPercent)
  const load = a.load === undefined ? b.load : b.load === undefined ? a.load : Math.max(a.load, b.load)
  return {
    ...(state === undefined ? {} : { state }),
    ...(weightPercent === undefined ? {} : { weightPercent }),
    ...(load === undefined ? {} : { load }),
  }
}

function least(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined ? b : b === undefined ? a : Math.min(a, b)
}
