/**
 * What came of a command. Closed, so that the API's status codes and the CLI's exit codes are a switch over it.
 */
import type { Issue } from '../base/index.ts'
import type { Origin } from '../steer/index.ts'

/** What a change would break: the reason of a refusal. */
export interface Harm {
  /** stable: floor, brake-nodes, brake-records, pool-emptied */
  readonly code: string
  readonly pool?: string
  readonly message: string
}

export type Refusal =
  /** unsafe: what would break; `force` does it all the same */
  | { readonly status: 'refused'; readonly message: string; readonly harms: readonly Harm[] }
  /** another declaration stands against it, or the generation has moved on */
  | { readonly status: 'conflict'; readonly message: string; readonly at?: Origin; readonly advice?: string }
  | { readonly status: 'unknown'; readonly message: string; readonly advice?: string }
  | { readonly status: 'invalid'; readonly message: string; readonly issues: readonly Issue[] }

export interface Accepted {
  /** `unchanged`: it was so already; nothing was written */
  readonly status: 'done' | 'unchanged'
  readonly message: string
  readonly generation: number
  /** the nodes it was about */
  readonly nodes: readonly string[]
}

export type Outcome = Accepted | Refusal

export function isAccepted(outcome: Outcome): outcome is Accepted {
  return outcome.status === 'done' || outcome.status === 'unchanged'
}

/** Prints where something was declared: `zones/portal.yaml:14`, or who added it through the API. */
export function printOrigin(origin: Origin): string {
  return origin.kind === 'file' ? `${origin.file}:${origin.line}` : `the API (by ${origin.by})`
}
