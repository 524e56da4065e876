/**
 * A pool's standing in words: each member in or out, and why, in one clause.
 */
import { printDuration } from '../base/index.ts'
import type { MemberStanding, PoolStanding } from '../steer/index.ts'
import { isFit, ownWord } from './fleet-fitness.ts'
import { type MemberState, type PoolState, stateOf } from './fleet-state.ts'

export function renderStanding(pool: PoolState): PoolStanding {
  return {
    pool: pool.name,
    condition: pool.condition,
    members: renderMembers(pool),
    unsettled: pool.unsettled > 0,
    lastGood: pool.lastGood,
  }
}

export function renderMembers(pool: PoolState): MemberStanding[] {
  return pool.members.map((member) => ({
    node: member.node.name,
    health: stateOf(member),
    intent: member.node.intent.kind,
    fit: member.fit,
    inService: member.inService,
    kept: member.inService && !member.fit,
    share: member.share,
    weight: member.weight,
    badMs: member.track?.health.effectiveBadMs ?? 0,
    why: tellWhy(pool, member),
  }))
}

/** One clause: why the member is in the answers, or out of them. */
export function tellWhy(pool: PoolState, member: MemberState): string {
  const cause = tellCause(member)
  switch (member.keptBy) {
    case 'floor':
      return `kept by min_in_service although ${cause}`
    case 'budget':
      return `kept by the removal budget until another may leave although ${cause}`
    case 'all-down':
      return `kept by all_down: ${pool.pool.allDown}, nobody is fit; ${cause}`
    default:
      break
  }
  if (member.member.standby && !member.inService && isFit(member)) return 'standby, not called'
  if (member.inService && member.share < 1) return `warming up: ${Math.round(member.share * 100)} % of its share`
  return cause
}

function tellCause(member: MemberState): string {
  const { intent } = member.node
  const reason = intent.reason === undefined ? '' : `: ${intent.reason}`
  const until = intent.untilMs === undefined ? '' : ` until ${clock(intent.untilMs)}`
  const by = intent.author === '' ? '' : ` by ${intent.author}`
  switch (intent.kind) {
    case 'drain':
      return `drained${by}${until}${reason}`
    case 'disabled':
      return `disabled${by}${until}${reason}`
    case 'force-up':
      return `forced up${by}${until}${reason}`
    case 'force-down':
      return `forced down${by}${until}${reason}`
    default:
      break
  }
  const word = ownWord(member)
  if (word !== undefined) return `the node itself says ${word}`
  const { track } = member
  if (track === undefined) return 'not checked, always up'
  const { state, sinceMs, good } = track.health
  switch (state) {
    case 'pending':
      return member.trusted ? 'not yet known: unknown is not down' : `pending: ${good} of 3 good probes`
    case 'up':
      return 'up'
    case 'suspect':
      return `suspect: ${printDuration(track.health.effectiveBadMs)} bad of ${printDuration(track.patienceMs)} (${track.reason})`
    case 'down':
      return `down since ${clock(sinceMs)} (${track.reason})`
    case 'recovering':
      return `recovering since ${clock(sinceMs)}`
    case 'warming':
      return 'warming up'
    default:
      return state satisfies never
  }
}

/** HH:MM:SS in UTC: what logs and monitoring show as well. */
function clock(ms: number): string {
  return new Date(ms).toISOString().slice(11, 19)
}
