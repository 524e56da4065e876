/**
 * A pool of unequal machines under a daily curve, whose weights follow the load that the machines report.
 *
 * Clients are a fluid: each moment those whose TTL has run out ask again and spread by the weights in force; the others stay where they
 * are. So the pool follows the weights a TTL late, as it does behind real resolvers. Reports carry noise.
 */
import { seededRandom } from '../base/index.ts'
import { createFleet } from '../control/index.ts'
import { HYSTERESIS_FIGURES } from '../health/index.ts'
import type { Steering } from '../steer/index.ts'
import { round } from './figures.ts'
import { LAB_CHECK, LAB_POOL, labSteering } from './lab-world.ts'

export interface LoadTrial {
  /** CPU points between the busiest and the idlest node, the largest of each hour */
  readonly spreadPerHour: readonly number[]
  /** before the weights moved, and the largest after the first six hours */
  readonly spreadBefore: number
  readonly spreadAfter: number
  /** how often a node's weight turned from rising to falling or back by more than a percent, per node and day, after the first six hours */
  readonly turnsPerNodeDay: number
}

const NODES = 12
const TTL_S = 60
const STEP_S = 5
const SETTLED_H = 6

/** @param loadAware false: the weights stay as configured */
export function runLoadTrial(options: {
  readonly seed: number
  readonly days: number
  readonly loadAware: boolean
}): LoadTrial {
  const random = seededRandom(options.seed)
  const names = Array.from({ length: NODES }, (_, i) => `n${i + 1}`)
  // From four fifths to five fourths of the mean: machines of three generations.
  const strength = names.map(() => 0.8 + 0.45 * random.float())
  const total = strength.reduce((sum, s) => sum + s, 0)
  const fleet = createFleet({ random: seededRandom(options.seed + 1) })
  fleet.apply({ kind: 'declare', steering: steering(names, options.loadAware) }, 0)
  let sent = names.map(() => 1 / NODES)
  const spreads: number[] = []
  const last = names.map(() => ({ weight: 100, rising: true }))
  let turns = 0
  let before = 0
  for (let at = 0; at < options.days * 86_400; at += STEP_S) {
    // Between 25 % in the night and 75 % in the evening, of what all machines together can do.
    const demand = (0.5 - 0.25 * Math.cos((2 * Math.PI * at) / 86_400)) * total
    const loads = sent.map((share, i) => Math.min(1, (demand * share) / strength[i]!))
    const spread = 100 * (Math.max(...loads) - Math.min(...loads))
    const hour = Math.floor(at / 3600)
    spreads[hour] = Math.max(spreads[hour] ?? 0, spread)
    if (at === 0) before = spread
    const nowMs = at * 1000
    for (const { node } of fleet.due(nowMs)) {
      const load = loads[names.indexOf(node.name)]! * (0.98 + 0.04 * random.float())
      const result = {
        node: node.name,
        check: LAB_CHECK,
        startedAtMs: nowMs,
        durationMs: 20,
        ok: true,
        class: 'ok' as const,
        detail: '',
        word: { load: Math.min(1, load) },
      }
      fleet.apply({ kind: 'probe', result }, nowMs + 20)
    }
    fleet.apply({ kind: 'tick' }, nowMs + 20)
    const members = fleet.standing(LAB_POOL)!.members
    const weights = members.map(({ weight, share, inService }) => (inService ? weight * share : 0))
    const sum = weights.reduce((all, weight) => all + weight, 0)
    const asking = STEP_S / TTL_S
    sent = sent.map((share, i) => share + asking * (weights[i]! / sum - share))
    if (hour < SETTLED_H) continue
    weights.forEach((weight, i) => {
      const { weight: old, rising } = last[i]!
      if (Math.abs(weight / old - 1) < 0.01) return
      if (weight > old !== rising) turns++
      last[i] = { weight, rising: weight > old }
    })
  }
  return {
    spreadPerHour: spreads.map(round),
    spreadBefore: round(before),
    spreadAfter: round(Math.max(...spreads.slice(SETTLED_H))),
    turnsPerNodeDay: round(turns / NODES / (options.days - SETTLED_H / 24)),
  }
}

function steering(nodes: readonly string[], loadAware: boolean): Steering {
  const lab = labSteering(
    {
      nodes,
      sites: new Map(),
      hysteresis: HYSTERESIS_FIGURES.normal,
      timeoutMs: 2000,
      minInService: { percent: 50 },
      allDown: 'all',
      warmUpMs: 60_000,
    },
    0,
  )
  const pool = lab.pools.get(LAB_POOL)!
  const origin = pool.origin
  const everyone = { country: [], continent: [], subdivision: [], asn: [], net: [] }
  const record = {
    zone: 'lab.test.',
    name: 'www.lab.test.',
    rules: [{ match: everyone, pool: LAB_POOL, origin }],
    pick: 'weighted' as const,
    answers: 1,
    strict: false,
    ttl: { maxSeconds: TTL_S, minSeconds: 10 },
    origin,
  }
  return {
    ...lab,
    pools: new Map([[LAB_POOL, { ...pool, loadAware }]]),
    records: new Map([[record.name, record]]),
  }
}
