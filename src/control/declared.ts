/**
 * The declared state: what the files say, joined with the nodes that were added through the API.
 *
 * A file wins: where it declares a node that was added before, the added one is adopted (it leaves the database). A pool that
 * went away leaves the added node standing with what pools remain; that is a warning, for the operator did not ask for it.
 */
import { type Issue, nearestName } from '../base/index.ts'
import type { Member, Node, Origin, Pool, Steering } from '../steer/index.ts'
import type { AddedNode } from './added-node.ts'

export interface Joined {
  readonly steering: Steering
  /** added nodes that the files declare now */
  readonly adopted: readonly string[]
  readonly issues: readonly Issue[]
}

export function joinDeclared(files: Steering, added: Iterable<AddedNode>): Joined {
  const nodes = new Map<string, Node>(files.nodes)
  const joining = new Map<string, Member[]>()
  const adopted: string[] = []
  const issues: Issue[] = []
  const warn = (code: string, message: string, advice: string): void => {
    issues.push({ severity: 'warning', code: `control/${code}`, file: '', line: 0, column: 0, message, advice })
  }
  for (const node of added) {
    if (files.nodes.has(node.name)) {
      adopted.push(node.name)
      continue
    }
    const origin: Origin = { kind: 'api', by: node.by, atMs: node.atMs }
    const site = node.site !== undefined && files.sites.has(node.site) ? node.site : undefined
    if (site !== node.site)
      warn(
        'lost-site',
        `site "${node.site}" of the added node ${node.name} is no longer declared.`,
        `Give the node another site: PUT /v1/nodes/${node.name}.`,
      )
    nodes.set(node.name, { name: node.name, a: node.a, aaaa: node.aaaa, site, weight: node.weight, origin })
    for (const pool of node.pools) {
      if (!files.pools.has(pool)) {
        const near = nearestName(pool, files.pools.keys())
        warn(
          'lost-pool',
          `pool "${pool}", which the added node ${node.name} joins, is no longer declared.`,
          near === undefined ? `Give the node another pool, or remove it.` : `Did you mean "${near}"?`,
        )
        continue
      }
      const members = joining.get(pool) ?? []
      members.push({ node: node.name, weight: undefined, standby: false, origin })
      joining.set(pool, members)
    }
  }
  if (nodes.size === files.nodes.size) return { steering: files, adopted, issues }
  const pools = new Map<string, Pool>(files.pools)
  for (const [name, members] of joining) {
    const pool = files.pools.get(name)!
    pools.set(name, { ...pool, members: [...pool.members, ...members] })
  }
  return { steering: { ...files, nodes, pools }, adopted, issues }
}

const membership = new WeakMap<Steering, Map<string, Pool[]>>()

/** @returns the pools that a node is a member of, in the order of the files */
export function poolsOfNode(steering: Steering, node: string): readonly Pool[] {
  let index = membership.get(steering)
  if (index === undefined) {
    // Made once per declared state: asking every pool for every node of a large fleet would be quadratic.
    index = new Map()
    for (const pool of steering.pools.values())
      for (const member of pool.members) {
        const pools = index.get(member.node)
        if (pools === undefined) index.set(member.node, [pool])
        else pools.push(pool)
      }
    membership.set(steering, index)
  }
  return index.get(node) ?? []
}
