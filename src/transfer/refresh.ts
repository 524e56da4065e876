/**
 * When a secondary zone asks its primaries, and when it gives up (RFC 1034 4.3.5, RFC 1035 3.3.13). A reducer: state, event and
 * time in, state and effects out.
 *
 *     confirmed ── refresh ──▶ ask a primary ──▶ same serial, or transferred ──▶ confirmed
 *                                  │ failed: the next primary at once; all failed: again after `retry`
 *     expire after the last confirmation ──▶ expired: SERVFAIL, and go on asking
 *
 * A zone that was never transferred has no figures yet: it asks after 2, 4, 8 ... seconds, at most every ten minutes.
 */
import type { SoaFigures } from '../zone/index.ts'

/** A zone that says 0 must not make us ask without a pause. */
const MIN_INTERVAL_MS = 2000
const MAX_INTERVAL_MS = 28 * 86_400_000
const FIRST_RETRY_MS = 2000
const MAX_FIRST_RETRY_MS = 600_000
/** However many NOTIFY come, and from whomever: their source address is easily forged. */
const NOTIFY_PAUSE_MS = 1000
/** Refreshes come up to a tenth early, so that zones that were loaded together do not ask together for ever. */
const JITTER = 0.1

export interface RefreshState {
  /** of the copy that is here; undefined: none */
  readonly soa: SoaFigures | undefined
  readonly confirmedAtMs: number | undefined
  readonly expired: boolean
  /** which primary is being asked; undefined: none */
  readonly asking: number | undefined
  /** primaries that failed in this round */
  readonly failed: number
  /** rounds in which all primaries failed, since the last success */
  readonly rounds: number
  /** a NOTIFY came while asking: ask again soon after the end */
  readonly again: boolean
  /** when a primary was asked last */
  readonly askedAtMs: number
  /** which primary to begin with: the one that sent the NOTIFY, or answered last */
  readonly prefer: number
  readonly nextAtMs: number
  readonly lastError: string | undefined
}

export type RefreshEvent =
  | { readonly kind: 'tick' }
  | { readonly kind: 'notified'; readonly primary: number }
  /** the primary has nothing newer */
  | { readonly kind: 'confirmed' }
  | { readonly kind: 'transferred'; readonly soa: SoaFigures }
  | { readonly kind: 'failed'; readonly error: string }

export type RefreshEffect =
  | { readonly kind: 'ask'; readonly primary: number }
  | { readonly kind: 'expire' }
  /** an expired copy is good again as it is */
  | { readonly kind: 'revive' }

export interface RefreshContext {
  readonly nowMs: number
  readonly primaries: number
  /** 0 <= chance < 1 */
  readonly chance: number
}

/** @param saved  the copy that survived a restart: it is due at once, and expires as if there had been none */
export function startRefresh(
  nowMs: number,
  saved: { readonly soa: SoaFigures; readonly confirmedAtMs: number } | undefined,
): RefreshState {
  return {
    soa: saved?.soa,
    confirmedAtMs: saved?.confirmedAtMs,
    expired: false,
    asking: undefined,
    failed: 0,
    rounds: 0,
    again: false,
    askedAtMs: Number.NEGATIVE_INFINITY,
    prefer: 0,
    nextAtMs: nowMs,
    lastError: undefined,
  }
}

/** @returns when the copy expires, Unix time in ms; undefined: there is none */
export function expiresAtMs(state: RefreshState): number | undefined {
  if (state.soa === undefined || state.confirmedAtMs === undefined) return undefined
  return state.confirmedAtMs + interval(state.soa.expire)
}

/** @returns when the reducer wants a tick */
export function wakeAtMs(state: RefreshState): number {
  const due = state.asking === undefined ? state.nextAtMs : Number.POSITIVE_INFINITY
  const expiry = state.expired ? undefined : expiresAtMs(state)
  return Math.min(due, expiry ?? Number.POSITIVE_INFINITY)
}

export function refresh(
  before: RefreshState,
  event: RefreshEvent,
  context: RefreshContext,
): { readonly state: RefreshState; readonly effects: readonly RefreshEffect[] } {
  const effects: RefreshEffect[] = []
  let state = step(before, event, context, effects)
  if (state.asking === undefined && state.again)
    state = { ...state, again: false, nextAtMs: Math.min(state.nextAtMs, state.askedAtMs + NOTIFY_PAUSE_MS) }
  if (state.asking === undefined && state.nextAtMs <= context.nowMs) {
    const primary = state.prefer % context.primaries
    state = { ...state, asking: primary, askedAtMs: context.nowMs, failed: 0 }
    effects.push({ kind: 'ask', primary })
  }
  const expiry = expiresAtMs(state)
  if (!state.expired && expiry !== undefined && expiry <= context.nowMs) {
    state = { ...state, expired: true }
    effects.push({ kind: 'expire' })
  }
  return { state, effects }
}

function step(
  state: RefreshState,
  event: RefreshEvent,
  context: RefreshContext,
  effects: RefreshEffect[],
): RefreshState {
  switch (event.kind) {
    case 'tick':
      return state
    case 'notified':
      return { ...state, again: true, prefer: state.asking ?? event.primary }
    case 'confirmed':
      if (state.expired) effects.push({ kind: 'revive' })
      return confirmed(state, state.soa, context)
    case 'transferred':
      return confirmed(state, event.soa, context)
    case 'failed':
      return failed(state, event.error, context, effects)
  }
}

function confirmed(state: RefreshState, soa: SoaFigures | undefined, context: RefreshContext): RefreshState {
  const wait = soa === undefined ? FIRST_RETRY_MS : interval(soa.refresh) * (1 - JITTER * context.chance)
  return {
    ...state,
    soa,
    confirmedAtMs: context.nowMs,
    expired: false,
    asking: undefined,
    prefer: state.asking ?? state.prefer,
    failed: 0,
    rounds: 0,
    nextAtMs: context.nowMs + wait,
    lastError: undefined,
  }
}

function failed(state: RefreshState, error: string, context: RefreshContext, effects: RefreshEffect[]): RefreshState {
  const count = state.failed + 1
  if (count < context.primaries) {
    const primary = ((state.asking ?? 0) + 1) % context.primaries
    effects.push({ kind: 'ask', primary })
    return { ...state, asking: primary, failed: count, lastError: error }
  }
  const wait =
    state.soa === undefined
      ? Math.min(MAX_FIRST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(state.rounds, 20))
      : interval(state.soa.retry)
  // What a NOTIFY asked for waits too: its primary has just failed.
  return {
    ...state,
    asking: undefined,
    again: false,
    failed: 0,
    rounds: state.rounds + 1,
    nextAtMs: context.nowMs + wait,
    lastError: error,
  }
}

function interval(seconds: number): number {
  return Math.min(MAX_INTERVAL_MS, Math.max(MIN_INTERVAL_MS, seconds * 1000))
}
