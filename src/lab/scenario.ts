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
import type { EvidenceClass, HysteresisFigures, IntentKind } from '../health/index.ts'
import type { AllDownMode, Floor } from '../steer/index.ts'

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
