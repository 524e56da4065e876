/**
 * Nodes that register themselves: when nobody renews a lease the node drains, and once no resolver can hold its address any
 * more it leaves. A floor does not hold it (the machine is gone), but breaking one raises an alert.
 */
import { alert, apply, type Core, entryBy, write } from './core.ts'
import { drainProof } from './drain-proof.ts'
import { intentOf } from './intents.ts'
import { BY_LEASE } from './journal.ts'
import { forget } from './nodes.ts'
import { redeclare } from './redeclare.ts'
import { harmsOf, safetyOf } from './safety.ts'

const REASON = 'its lease ended'

/** Drains what was not renewed, takes away what has drained. */
export function endLeases(core: Core): void {
  const now = core.ports.now()
  const gone: string[] = []
  for (const node of core.added.values()) {
    if (node.leaseUntilMs === undefined || now < node.leaseUntilMs || !core.steering.nodes.has(node.name)) continue
    const intent = core.intents.get(node.name)
    if (intent === undefined) drainLapsed(core, node.name, now)
    // An operator's word on the node holds: whoever forced it up or disabled it decides when it goes.
    else if (intent.author === BY_LEASE.author && drainProof(core, node.name).state === 'safe') gone.push(node.name)
  }
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

function drainLapsed(core: Core, node: string, now: number): void {
  const safety = safetyOf([node], core.steering, (pool) => core.ports.fleet.standing(pool), false)
  write(
    core,
    [
      {
        kind: 'intent',
        node,
        intent: { kind: 'drain', reason: REASON, author: BY_LEASE.author, sinceMs: now, untilMs: undefined },
      },
    ],
    [{ ...entryBy(core, BY_LEASE, 'drain', `node ${node} drains: ${REASON}`), node, reason: REASON }],
  )
  apply(core, { kind: 'intent', node, intent: intentOf(core, node, now) })
  for (const harm of harmsOf(safety))
    alert(core, true, 'lease-below-floor', harm.pool ?? node, `The lease of node ${node} ended: ${harm.message}`)
}
