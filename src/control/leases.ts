/**
 * Nodes that register themselves: when nobody renews a lease the node drains, and once no resolver can hold its address any
 * more it leaves. A floor does not hold it (the machine is gone), but breaking one raises an alert.
 */
import { alert, apply, type Core, entryBy, write } from './core.ts'
import { drainProof } from './drain-proof.ts'
import { BY_LEASE } from './journal.ts'
import { forget } from './nodes.ts'
import { redeclare } from './redeclare.ts'
import { harmsOf, safetyOf } from './safety.ts'

const REASON = 'its lease ended'

/** Drains what was not renewed, takes away what has drained. */
export function endLeases(core: Core): void {
  const now = core.ports.now()
  const lapsed: string[] = []
  const gone: string[] = []
  for (const node of core.added.values()) {
    if (node.leaseUntilMs === undefined || now < node.leaseUntilMs || !core.steering.nodes.has(node.name)) continue
    const intent = core.intents.get(node.name)
    if (intent === undefined) lapsed.push(node.name)
    // Whoever drained it meant it to leave; whoever disabled it or forced it up decides when it goes.
    else if (intent.kind === 'drain' && drainProof(core, node.name).state === 'safe') gone.push(node.name)
  }
  if (lapsed.length > 0) drainLapsed(core, lapsed, now)
  if (gone.length === 0) return
  write(
    core,
    gone.flatMap(forget),
    gone.map((node) => ({
      ...entryBy(
        core,
        BY_LEASE,
        'remove',
        `node ${node} left: ${REASON}, and no resolver can hold its address any more`,
      ),
      node,
    })),
  )
  redeclare(core)
}

/** All that lapsed at one moment is one write: a cloud that goes away takes a thousand nodes with it. */
function drainLapsed(core: Core, nodes: readonly string[], now: number): void {
  const safety = safetyOf(nodes, core.steering, (pool) => core.ports.fleet.standing(pool), false)
  const intent = { kind: 'drain', reason: REASON, author: BY_LEASE.author, sinceMs: now, untilMs: undefined } as const
  write(
    core,
    nodes.map((node) => ({ kind: 'intent', node, intent })),
    nodes.map((node) => ({
      ...entryBy(core, BY_LEASE, 'drain', `node ${node} drains: ${REASON}`),
      node,
      reason: REASON,
    })),
  )
  apply(core, ...nodes.map((node) => ({ kind: 'intent' as const, node, intent })))
  for (const harm of harmsOf(safety))
    alert(
      core,
      true,
      'lease-below-floor',
      harm.pool ?? '',
      `Leases ended (${nodes.slice(0, 5).join(', ')}): ${harm.message}`,
    )
}
