/**
 * The words of health: evidence in, health out. Behaviour is in the files beside this one.
 */

export const HEALTH_STATES = ['pending', 'up', 'suspect', 'down', 'recovering', 'warming'] as const
export type HealthState = (typeof HEALTH_STATES)[number]

/**
 * What a probe saw. Failures weigh in seconds of badness: `slow` half, the others whole; `drain` and `maint` are the
 * node's own word and take it out at once without a flap penalty.
 */
export const EVIDENCE_CLASSES = [
  'ok',
  'slow',
  'refused',
  'timeout',
  'reset',
  'unreachable',
  'status',
  'content',
  'stale',
  'tls',
  'protocol',
  'command',
  'local', // our own fault (no socket, no program): no evidence about the node; never counted
] as const
export type EvidenceClass = (typeof EVIDENCE_CLASSES)[number]

/** What a node says of itself in the answer to a check. */
export interface NodeWord {
  readonly state?: 'ready' | 'drain' | 'maint'
  /** 0..65535, or a share of the configured weight as `percent` */
  readonly weightPercent?: number
  /** 0..1 */
  readonly load?: number
}

export interface ProbeResult {
  readonly node: string
  readonly check: string
  /** epoch ms at the start of the probe: pace counts from start to start */
  readonly startedAtMs: number
  readonly durationMs: number
  readonly ok: boolean
  /** `ok` or `slow` when ok */
  readonly class: EvidenceClass
  /** one clause for people: "connect ECONNREFUSED 192.0.2.11:80", "status 503, expected 200" */
  readonly detail: string
  readonly word?: NodeWord
  /** things worth telling that are no failure: "certificate ends in 6 days" */
  readonly warning?: string
}

export const INTENTS = ['auto', 'drain', 'disabled', 'force-up', 'force-down'] as const
export type IntentKind = (typeof INTENTS)[number]

/** What the operator wants of a node; never changes an observation. */
export interface Intent {
  readonly kind: IntentKind
  readonly reason: string | undefined
  readonly author: string
  readonly sinceMs: number
  /** back to auto at this time; undefined: until said otherwise */
  readonly untilMs: number | undefined
}
