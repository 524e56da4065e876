/**
 * Commands on nodes that live in the database: add, put, join a pool, remove. What a file declares is not touched (409).
 */
import { type AddedNode, checkNodeSpec, type NodeSpec, printAddedNode, sameNode } from './added-node.ts'
import { apply, type Core, entryBy, write } from './core.ts'
import { done, intentOf, unchanged, unknownNode } from './intents.ts'
import { BY_LEASE, type By } from './journal.ts'
import { type Outcome, printOrigin, type Refusal } from './outcome.ts'
import type { Change } from './ports.ts'
import { redeclare } from './redeclare.ts'
import { harmsOf, safetyOf } from './safety.ts'

export interface PutOptions {
  /** refuse where the node exists (POST) instead of replacing it (PUT) */
  readonly mustBeNew?: boolean | undefined
  readonly force?: boolean | undefined
}

/** Creates or replaces a node; the same once more changes nothing, but renews its lease. */
export function putNode(core: Core, by: By, name: string, spec: NodeSpec, options: PutOptions): Outcome {
  const held = declaredByFile(core, name, 'redefined')
  if (held !== undefined) return held
  const now = core.ports.now()
  const checked = checkNodeSpec(name, spec, core.steering, by.author, now)
  if ('issues' in checked)
    return { status: 'invalid', message: `Node "${name}" cannot be taken as it is.`, issues: checked.issues }
  const before = core.added.get(name)
  if (before !== undefined && options.mustBeNew === true && !sameNode(before, checked.node))
    return {
      status: 'conflict',
      message: `Node ${name} exists already, and differs.`,
      advice: `Change it with PUT /v1/nodes/${name}.`,
    }
  const node: AddedNode = before === undefined ? checked.node : { ...checked.node, by: before.by, atMs: before.atMs }
  if (before !== undefined && sameNode(before, node)) {
    if (node.leaseUntilMs === undefined) return unchanged(core, `node ${name} is so already.`)
    return renew(core, by, node)
  }
  const left = before?.pools.filter((pool) => !node.pools.includes(pool)) ?? []
  if (left.length > 0 && options.force !== true) {
    const safety = safetyOf([name], core.steering, (pool) => core.ports.fleet.standing(pool), true, left)
    if (!safety.ok)
      return {
        status: 'refused',
        message: `To take node ${name} out of ${left.join(', ')} now would break a floor.`,
        harms: harmsOf(safety),
      }
  }
  const pools = node.pools.length === 0 ? 'no pool' : node.pools.join(', ')
  // Who had drained because nobody renewed is welcome again, be it with other addresses or without a lease.
  const back = core.intents.get(name)?.author === BY_LEASE.author
  write(
    core,
    [{ kind: 'put-node', node }, ...(back ? [{ kind: 'intent' as const, node: name, intent: undefined }] : [])],
    [
      {
        ...entryBy(
          core,
          by,
          before === undefined ? 'add' : 'put',
          `node ${name} was ${before === undefined ? 'added to' : 'changed, in'} ${pools} by ${by.author}`,
        ),
        node: name,
        before: before === undefined ? null : printAddedNode(before),
        after: printAddedNode(node),
      },
    ],
  )
  redeclare(core)
  if (back) apply(core, { kind: 'intent', node: name, intent: intentOf(core, name, now) })
  const intent = core.intents.get(name)
  const advice =
    intent !== undefined
      ? ` It is still under ${intent.kind} by ${intent.author}, from before.`
      : before === undefined && node.pools.length > 0
        ? node.pools.some((pool) => core.steering.pools.get(pool)?.check !== undefined)
          ? ' It is answered once its checks have passed.'
          : ' Its pools are not checked: it is answered from now on.'
        : ''
  return done(core, `node ${name} ${before === undefined ? 'added' : 'changed'}.${advice}`, [name])
}

/** Adds a node to one pool: makes it where it is new, lets it join where it was added before. */
export function addToPool(core: Core, by: By, pool: string, name: string, spec: Omit<NodeSpec, 'pools'>): Outcome {
  const before = core.added.get(name)
  if (before === undefined) return putNode(core, by, name, { ...spec, pools: [pool] }, { mustBeNew: true })
  const present = printAddedNode(before)
  const merged: NodeSpec = {
    a: spec.a.length + spec.aaaa.length === 0 ? present.a : spec.a,
    aaaa: spec.a.length + spec.aaaa.length === 0 ? present.aaaa : spec.aaaa,
    site: spec.site ?? before.site,
    weight: spec.weight ?? before.weight,
    leaseMs: spec.leaseMs ?? before.leaseMs,
    pools: [...before.pools, pool],
  }
  const other = { ...merged, pools: before.pools }
  const checked = checkNodeSpec(name, other, core.steering, by.author, before.atMs)
  if ('node' in checked && !sameNode(before, checked.node))
    return {
      status: 'conflict',
      message: `Node ${name} exists already, and differs.`,
      advice: `Change it with PUT /v1/nodes/${name}.`,
    }
  return putNode(core, by, name, merged, {})
}

export function removeNode(
  core: Core,
  by: By,
  name: string,
  options: { readonly force?: boolean | undefined },
): Outcome {
  const held = declaredByFile(core, name, 'removed')
  if (held !== undefined) return held
  const before = core.added.get(name)
  if (before === undefined) return unknownNode(core, name)
  if (options.force !== true) {
    const safety = safetyOf([name], core.steering, (pool) => core.ports.fleet.standing(pool), true)
    if (!safety.ok)
      return { status: 'refused', message: `To remove node ${name} now would break a floor.`, harms: harmsOf(safety) }
  }
  write(core, forget(name), [
    {
      ...entryBy(core, by, 'remove', `node ${name} was removed by ${by.author}`),
      node: name,
      before: printAddedNode(before),
      after: null,
    },
  ])
  redeclare(core)
  return done(core, `node ${name} removed.`, [name])
}

/** Everything that goes when an added node goes. */
export function forget(name: string): Change[] {
  return [
    { kind: 'delete-node', node: name },
    { kind: 'intent', node: name, intent: undefined },
    { kind: 'weight', node: name, weight: undefined },
    { kind: 'forget-health', node: name },
  ]
}

/** A lease renewed is no new generation: it happens every minute for every such node. Durable all the same. */
function renew(core: Core, by: By, node: AddedNode): Outcome {
  // Who had drained because nobody renewed is welcome again.
  if (core.intents.get(node.name)?.author === BY_LEASE.author) {
    write(
      core,
      [
        { kind: 'put-node', node },
        { kind: 'intent', node: node.name, intent: undefined },
      ],
      [{ ...entryBy(core, by, 'resume', `node ${node.name} is back: its lease was renewed`), node: node.name }],
    )
    apply(core, { kind: 'intent', node: node.name, intent: intentOf(core, node.name, core.ports.now()) })
    return done(core, `node ${node.name} is back; its lease was renewed.`, [node.name])
  }
  core.ports.store.commit([{ kind: 'put-node', node }], [])
  core.added.set(node.name, node)
  return {
    status: 'unchanged',
    message: `node ${node.name} keeps its place; its lease was renewed.`,
    generation: core.generation,
    nodes: [node.name],
  }
}

function declaredByFile(core: Core, name: string, what: string): Refusal | undefined {
  const node = core.steering.nodes.get(name)
  if (node === undefined || node.origin.kind !== 'file') return undefined
  return {
    status: 'conflict',
    message: `Node ${name} is declared in ${printOrigin(node.origin)} and cannot be ${what} through the API.`,
    at: node.origin,
    advice: 'Change the file; or drain, weigh or disable the node, which the API may.',
  }
}
