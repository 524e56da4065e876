/**
 * The steps of a decision, as values (for JSON) and told in sentences (for people at three in the morning).
 */
import { printNetwork, unreachable } from '../base/index.ts'
import type { AllDownMode, Match } from './model.ts'
import type { PoolCondition } from './standing.ts'

export interface KeptNode {
  readonly node: string
  readonly weight: number
  readonly why: string
  /** in the answers although it is not fit */
  readonly kept: boolean
}

export interface DroppedNode {
  readonly node: string
  readonly why: string
}

export type Step =
  | {
      readonly kind: 'rule'
      readonly record: string
      readonly rule: number
      readonly match: Match
      readonly pool: string
    }
  | { readonly kind: 'fallback'; readonly pool: string; readonly fallback: string; readonly size: number }
  | { readonly kind: 'strict'; readonly pool: string; readonly fallback: string }
  | { readonly kind: 'loop'; readonly pool: string }
  | { readonly kind: 'all-down'; readonly pool: string; readonly mode: AllDownMode }
  | {
      readonly kind: 'pool'
      readonly pool: string
      readonly condition: PoolCondition
      readonly kept: readonly KeptNode[]
      readonly dropped: readonly DroppedNode[]
    }
  | { readonly kind: 'ttl'; readonly seconds: number; readonly settled: boolean }

/** Says one step; several lines for a pool, without a trailing newline. */
export function tell(step: Step): string {
  switch (step.kind) {
    case 'rule':
      return `rule ${step.rule + 1} of ${step.record} takes ${tellMatch(step.match)} and sends them to pool ${step.pool}`
    case 'fallback':
      return step.size === 0
        ? `pool ${step.pool} has no nodes: its fallback ${step.fallback} is asked`
        : `no node of pool ${step.pool} is fit: its fallback ${step.fallback} is asked`
    case 'strict':
      return `no node of pool ${step.pool} is fit; its fallback ${step.fallback} is not asked, because the record is strict`
    case 'loop':
      return `pool ${step.pool} was asked already: the fallbacks go round in a circle`
    case 'all-down':
      return `nobody is fit, and pool ${step.pool} says all_down: ${step.mode}, which means ${ALL_DOWN_MEANING[step.mode]}`
    case 'pool':
      return [
        `pool ${step.pool} is ${CONDITION_MEANING[step.condition]}`,
        ...step.kept.map(
          ({ node, weight, why, kept }) => `  ${kept ? 'kept' : 'in  '} ${node}, weight ${round(weight)}: ${why}`,
        ),
        ...step.dropped.map(({ node, why }) => `  out  ${node}: ${why}`),
      ].join('\n')
    case 'ttl':
      return step.settled
        ? `calm: TTL ${step.seconds} s`
        : `something may change soon: TTL ${step.seconds} s, so that resolvers come back early`
    default:
      return unreachable(step)
  }
}

const ALL_DOWN_MEANING: Readonly<Record<AllDownMode, string>> = {
  all: 'answer with all of its nodes',
  'last-good': 'answer with the nodes that were last in service',
  fallback: 'answer with the last pool of its fallbacks',
  nodata: 'answer that there is no address',
  servfail: 'refuse to answer (SERVFAIL)',
}

const CONDITION_MEANING: Readonly<Record<PoolCondition, string>> = {
  normal: 'in order',
  'below-floor': 'below its floor: the least bad nodes are kept',
  'all-down': 'down: no node is fit',
}

/** Says whom a rule takes: "clients in MD or RO and of AS 8926", "everyone". */
export function tellMatch(match: Match): string {
  const parts = [
    list('in', [...match.country, ...match.continent, ...match.subdivision].length > 0 ? places(match) : []),
    list(
      'of',
      match.asn.map((asn) => `AS ${asn}`),
    ),
    list('from', match.net.map(printNetwork)),
  ].filter((part) => part !== '')
  return parts.length === 0 ? 'everyone' : `clients ${parts.join(' and ')}`
}

/** Within a key any, across keys all. */
function places(match: Match): string[] {
  const keys = [match.continent.map((c) => `continent ${c}`), match.country, match.subdivision].filter(
    (k) => k.length > 0,
  )
  return [keys.map((values) => values.join(' or ')).join(' and in ')]
}

function list(word: string, values: readonly string[]): string {
  return values.length === 0 ? '' : `${word} ${values.join(' or ')}`
}

function round(weight: number): string {
  return String(Number(weight.toFixed(2)))
}
