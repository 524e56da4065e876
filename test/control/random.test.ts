/**
 * Operators, nature and restarts in any order: what holds whatever happens.
 */
import t from 'tap'
import { type Random, seededRandom } from '../../src/base/index.ts'
import { type Outcome, poolsInUse } from '../../src/control/index.ts'
import type { EvidenceClass } from '../../src/health/index.ts'
import { INTENTS } from '../../src/health/index.ts'
import { ANA, type Bench, bench, PORTAL } from './bench-control.ts'

const FILES = [
  PORTAL,
  PORTAL.replace('de-2: { a: 192.0.2.12', 'de-2: { a: 192.0.2.13'),
  PORTAL.replace('nodes: [de-1, de-2]', 'nodes: [de-1, de-2, n-1]').replace(
    'md-1: { a',
    'n-1: { a: 192.0.2.21 }\n  md-1: { a',
  ),
  PORTAL.replace('min_in_service: 50%', 'min_in_service: 1'),
  PORTAL.replace('nodes: [de-1, de-2]', 'nodes: [de-2]'),
]

const of = <T>(random: Random, values: readonly T[]): T => values[random.below(values.length)]!

/** What must be the same after a restart. */
const essence = (b: Bench): unknown => ({
  generation: b.control.generation(),
  tokens: b.control.tokens().map((token) => token.name),
  nodes: b.control
    .nodes()
    .map(({ name, a, weight, origin, added, intent, leaseUntil }) => ({
      name,
      a,
      weight,
      origin,
      added,
      intent,
      leaseUntil,
    }))
    .sort((x, y) => (x.name < y.name ? -1 : 1)),
})

/** Fit members of the pools in use, and whether they are fewer than the floor. */
const floors = (b: Bench): Map<string, { fit: number; below: boolean }> => {
  const inUse = poolsInUse(b.control.steering())
  return new Map(
    b.control
      .pools()
      .filter((pool) => inUse.has(pool.name))
      .map((pool) => [pool.name, { fit: pool.fit, below: pool.fit < pool.floor }]),
  )
}

for (const seed of [1, 20260503, 424242])
  t.test(
    `seed ${seed}: no unforced write breaks a floor, refusals change nothing, a restart changes nothing`,
    async (t) => {
      const random = seededRandom(seed)
      let b = bench()
      b.pass(30_000)
      const failing = new Map<string, EvidenceClass>()
      const done = { done: 0, unchanged: 0, refused: 0, conflict: 0, unknown: 0, invalid: 0 }
      for (let step = 0; step < 400; step++) {
        const nodes = [...b.control.steering().nodes.keys(), 'nobody']
        const node = of(random, nodes)
        const added = `n-${random.below(4)}`
        const before = essence(b)
        const floorsBefore = floors(b)
        let outcome: Outcome | undefined
        const dice = random.below(100)
        if (dice < 35)
          outcome = b.control.setIntent(
            ANA,
            random.below(6) === 0 ? { site: 'falkenstein' } : { node },
            of(random, INTENTS),
            {
              ...(random.below(3) === 0 ? { forMs: 1000 * (1 + random.below(60)) } : {}),
              reason: `step ${step}`,
            },
          )
        else if (dice < 45)
          outcome = b.control.setWeight(ANA, { node }, random.below(4) === 0 ? undefined : random.below(300))
        else if (dice < 65)
          outcome = b.control.putNode(ANA, added, {
            a: [`192.0.2.${20 + random.below(3)}`],
            aaaa: [],
            site: random.below(2) === 0 ? 'falkenstein' : undefined,
            weight: undefined,
            pools: random.below(3) === 0 ? [] : [of(random, ['germany', 'moldova'])],
            leaseMs: random.below(3) === 0 ? 20_000 : undefined,
          })
        else if (dice < 75) outcome = b.control.removeNode(ANA, random.below(3) === 0 ? node : added)
        else if (dice < 80) {
          b.files = random.below(5) === 0 ? undefined : of(random, FILES)
          outcome = await b.control.reload(ANA)
        } else if (dice < 95) {
          if (random.below(2) === 0) failing.clear()
          else failing.set(node, of(random, ['timeout', 'refused', 'status'] as const))
          b.pass(1000 * (1 + random.below(40)), failing)
        } else {
          b.control.flush()
          const files = b.control.files()!
          const next = bench({ db: b.db, startMs: b.nowMs(), loaded: files })
          const { generation, ...rest } = essence(next) as { generation: number }
          const { generation: was, ...restBefore } = before as { generation: number }
          t.same(rest, restBefore, `step ${step}: restart`)
          t.equal(generation, was + 1)
          b = next
        }
        if (outcome === undefined) continue
        done[outcome.status]++
        if (outcome.status !== 'done' && outcome.status !== 'unchanged')
          t.same(essence(b), before, `step ${step}: ${outcome.status}`)
        // A reload is braked, not held to floors; a resume gives a node back to its health, whatever that is. All else that was
        // not forced takes no fit node from a pool that has not more of them than its floor.
        if (dice < 75 && !/resumed/.test(outcome.message))
          for (const [pool, { fit, below }] of floors(b))
            if (below && fit < (floorsBefore.get(pool)?.fit ?? 0)) t.fail(`step ${step}: ${pool}: ${outcome.message}`)
      }
      t.comment(JSON.stringify(done))
      t.ok(done.done > 50 && done.refused > 0 && done.conflict > 0 && done.unknown > 0)
      t.same(b.troubles, [])
    },
  )
