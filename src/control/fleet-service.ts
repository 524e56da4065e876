/**
 * Who of a pool is in the answers: health x intent, then the floor, then the removal budget.
 *
 *     fit >= F        normal        the fit ones, and those whom the removal budget holds back
 *     0 < fit < F     below-floor   the fit ones, standby ones, and the least bad up to F: kept
 *     fit = 0         all-down      as all_down says
 *
 * F = max(1, ceil(min_in_service x members)). An operator's drain is obeyed even below the floor: asking first is the plan's business.
 */
import { warmUpShare } from '../health/index.ts'
import { membersWhenAllDown } from '../steer/index.ts'
import { isFailed, isFit, ownWord } from './fleet-fitness.ts'
import { type MemberState, type PoolState, stateOf } from './fleet-state.ts'
import { renderMembers } from './fleet-why.ts'

/** Members that take part: standby ones only while they are called. */
export function activeMembers(pool: PoolState): MemberState[] {
  const standby = pool.standbyOn ?? pool.standbyCalled
  return standby ? pool.members : pool.members.filter(({ member }) => !member.standby)
}

export function floorOf(pool: PoolState, size: number): number {
  const floor = pool.pool.minInService
  const wanted = 'nodes' in floor ? floor.nodes : Math.ceil((floor.percent / 100) * size - 1e-9)
  return Math.min(Math.max(1, wanted), Math.max(1, size))
}

/**
 * Decides the pool's members and its condition anew.
 * @returns names of the members whose being in service changed, and whether answers want making again
 */
export function decideService(pool: PoolState, nowMs: number): { readonly moved: MemberState[]; changed: boolean } {
  const before = pool.members.map((member) => member.inService)
  // Whom the floor or all_down kept never counted as removed: when the fit are back, such members leave without asking the budget.
  const spent = new Set(pool.members.filter(({ keptBy }) => keptBy === 'floor' || keptBy === 'all-down'))
  const looks = pool.members.map((member) => member.weight * member.share)
  const conditionBefore = pool.condition
  const unsettledBefore = pool.unsettled > 0
  const active = new Set(activeMembers(pool))
  // Who was never seen well has not joined yet: ten new nodes must not raise the floor over those that serve.
  const joined = [...active].filter((member) => stateOf(member) !== 'pending' || member.trusted)
  const floor = floorOf(pool, joined.length)
  for (const member of pool.members) {
    member.fit = isFit(member)
    member.keptBy = undefined
    member.weight = weightOf(member)
    member.share = shareOf(pool, member, nowMs)
  }
  const chosen = new Set([...active].filter((member) => member.fit))
  // Rather a spare that works than a member that does not.
  if (chosen.size < floor) {
    for (const member of pool.members) if (chosen.size < floor && member.fit) chosen.add(member)
  }
  pool.condition = chosen.size >= floor ? 'normal' : chosen.size > 0 ? 'below-floor' : 'all-down'
  if (pool.condition !== 'normal' && conditionBefore === 'normal') forgetLongGone(pool, nowMs)
  if (pool.condition === 'all-down') {
    pool.removals = []
    for (const member of whenAllDown(pool)) {
      member.keptBy = 'all-down'
      chosen.add(member)
    }
  } else {
    keepLeastBad(chosen, active, floor, nowMs)
    holdBack(pool, chosen, spent, nowMs)
  }
  const moved: MemberState[] = []
  pool.unsettled = 0
  pool.kept = 0
  let changed = pool.condition !== conditionBefore
  pool.members.forEach((member, i) => {
    member.inService = chosen.has(member)
    member.unsettled = isUnsettled(member)
    if (member.unsettled) pool.unsettled++
    if (member.keptBy !== undefined) pool.kept++
    if (member.inService !== before[i]) {
      moved.push(member)
      member.leftMs = member.inService ? Number.NaN : nowMs
    }
    if (member.inService && member.weight * member.share !== looks[i]) changed = true
  })
  changed ||= moved.length > 0 || pool.unsettled > 0 !== unsettledBefore
  if (pool.condition === 'normal') {
    const good = pool.members.filter((m) => (m.inService && m.fit) || (isFailed(m) && leftJustNow(m, nowMs)))
    setLastGood(
      pool,
      good.map(({ node }) => node.name),
    )
  }
  pool.standing = undefined
  return { moved, changed }
}

/** Those who die together are found down seconds apart: the last one to be found must not bear everything alone. */
const LAST_GOOD_SETTLES_MS = 30_000

function leftJustNow({ leftMs }: MemberState, nowMs: number): boolean {
  return nowMs - leftMs < LAST_GOOD_SETTLES_MS
}

/** The last good set stays as it was when the trouble began: without those who had left long before, though nothing happened since. */
function forgetLongGone(pool: PoolState, nowMs: number): void {
  const gone = pool.members.filter((member) => !Number.isNaN(member.leftMs) && !leftJustNow(member, nowMs))
  const names = new Set(gone.map(({ node }) => node.name))
  setLastGood(
    pool,
    pool.lastGood.filter((name) => !names.has(name)),
  )
}

function setLastGood(pool: PoolState, names: readonly string[]): void {
  if (names.length !== pool.lastGood.length || names.some((name, i) => name !== pool.lastGood[i])) pool.lastGood = names
}

/** Whoever resolvers should soon ask about again: in doubt, on the way back, or only kept. */
export function isUnsettled(member: MemberState): boolean {
  if (member.keptBy !== undefined) return true
  const state = stateOf(member)
  if (state === 'recovering') return isFailed(member)
  return state === 'suspect' && member.inService && member.node.intent.kind === 'auto'
}

function whenAllDown(pool: PoolState): MemberState[] {
  const mode = pool.pool.allDown
  if (mode === 'nodata' || mode === 'servfail') return []
  const standing = {
    pool: pool.name,
    condition: pool.condition,
    members: renderMembers(pool),
    unsettled: true,
    lastGood: pool.lastGood,
  }
  const names = new Set(membersWhenAllDown(mode, standing).map(({ node }) => node))
  return pool.members.filter((member) => names.has(member.node.name))
}

/** Fills up to the floor with the least bad; who is in service stays before who would come back unfit. */
function keepLeastBad(chosen: Set<MemberState>, active: ReadonlySet<MemberState>, floor: number, nowMs: number): void {
  if (chosen.size >= floor) return
  const candidates = [...active].filter((member) => !chosen.has(member) && member.node.intent.kind === 'auto')
  candidates.sort(
    (a, b) =>
      badness(a, nowMs) - badness(b, nowMs) ||
      Number(b.inService) - Number(a.inService) ||
      (b.track?.health.sinceMs ?? 0) - (a.track?.health.sinceMs ?? 0),
  )
  for (const member of candidates.slice(0, floor - chosen.size)) {
    member.keptBy = 'floor'
    chosen.add(member)
  }
}

function badness(member: MemberState, nowMs: number): number {
  const word = ownWord(member)
  if (word === 'maint') return 4
  const state = stateOf(member)
  if (state === 'down') return 3
  if (word === 'drain') return 2
  if (state !== 'recovering') return 0
  // A way back that has just begun proves little: kept nodes that took turns at each good probe would change the answers each time.
  return nowMs >= provenMs(member) ? 1 : 3
}

/** When a node on its way back has answered for so long that it is better than one that is down. */
function provenMs({ track }: MemberState): number {
  return track === undefined ? 0 : track.health.recoveringFromMs + track.check.hysteresis.restoreAfterMs
}

/** When one of those out may take the place of one that is only kept; Infinity: nobody is on the way. */
export function nextKeptMs(pool: PoolState, nowMs: number): number {
  let next = Number.POSITIVE_INFINITY
  if (pool.condition !== 'below-floor') return next
  for (const member of pool.members) {
    const atMs = provenMs(member)
    if (stateOf(member) === 'recovering' && atMs > nowMs) next = Math.min(next, atMs)
  }
  return next
}

/** At most so many of a pool leave within the window; a whole site that is down leaves at once. */
function holdBack(pool: PoolState, chosen: Set<MemberState>, spent: ReadonlySet<MemberState>, nowMs: number): void {
  const { removalShare, removalWindowMs } = pool.pool
  pool.removals = pool.removals.filter((atMs) => nowMs - atMs < removalWindowMs)
  const most = Math.max(1, Math.floor(removalShare * pool.members.length + 1e-9))
  const leaving = pool.members.filter((m) => m.inService && !chosen.has(m) && !spent.has(m) && isFailed(m))
  leaving.sort((a, b) => (a.track?.health.sinceMs ?? 0) - (b.track?.health.sinceMs ?? 0))
  for (const member of leaving) {
    if (isSiteDown(pool, member)) continue
    if (pool.removals.length < most) pool.removals.push(nowMs)
    else {
      member.keptBy = 'budget'
      chosen.add(member)
    }
  }
}

function isSiteDown(pool: PoolState, member: MemberState): boolean {
  const site = member.node.node?.site
  if (site === undefined) return false
  let size = 0
  for (const other of pool.members) {
    if (other.node.node?.site !== site) continue
    if (stateOf(other) !== 'down') return false
    size++
  }
  return size > 1 && size < pool.members.length
}

/** When the budget lets the next one go; Infinity: nobody waits. */
export function nextRemovalMs(pool: PoolState): number {
  if (!pool.members.some(({ keptBy }) => keptBy === 'budget')) return Number.POSITIVE_INFINITY
  return (pool.removals[0] ?? 0) + pool.pool.removalWindowMs
}

function weightOf(member: MemberState): number {
  const declared = member.node.weight ?? member.member.weight ?? member.node.node?.weight ?? 0
  const factor = (member.node.weightPercent / 100) * member.loadFactor
  return factor === 1 ? declared : Math.min(65_535, Math.round(declared * factor * 100) / 100)
}

function shareOf(pool: PoolState, member: MemberState, nowMs: number): number {
  if (member.track === undefined || member.node.intent.kind === 'force-up') return 1
  return warmUpShare(nowMs - member.track.health.returnedAtMs, pool.pool.warmUpMs)
}
