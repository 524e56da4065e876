/**
 * Fit on its own account: health and intent, and the node's own word, allow it to serve. Floor and budget come later.
 */
import { isServing } from '../health/index.ts'
import { type MemberState, stateOf } from './fleet-state.ts'

/** Fit on its own account. */
export function isFit(member: MemberState): boolean {
  switch (member.node.intent.kind) {
    case 'force-up':
      return true
    case 'drain':
    case 'disabled':
    case 'force-down':
      return false
    default: {
      if (ownWord(member) !== undefined) return false
      const state = stateOf(member)
      return isServing(state) || (state === 'pending' && member.trusted)
    }
  }
}

/** The node's own word that takes it out, from whichever check brought it. */
export function ownWord(member: MemberState): 'drain' | 'maint' | undefined {
  for (const { word } of member.node.tracks) if (word === 'drain' || word === 'maint') return word
  return undefined
}

/** Out for what was observed, not for what somebody wants. */
export function isFailed(member: MemberState): boolean {
  return member.node.intent.kind === 'auto' && ownWord(member) === undefined && !isFit(member)
}
