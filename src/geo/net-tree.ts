/**
 * A binary tree over the operator's own networks, of the same make as a database's: which of them hold an address.
 */
import { assert, type Network } from '../base/index.ts'
import { isMapped } from './database.ts'

export class NetTree {
  /** node -> its two values; a value >= 0 is a node, ~value a set of networks */
  readonly children: Int32Array
  /** the networks that hold the addresses of a leaf, as they were given; set 0 is empty */
  readonly sets: (readonly Network[])[] = [[]]
  readonly root: number

  /** @param bits 32 or 128: networks of the other family are left out; IPv4-mapped ones count as IPv4 */
  constructor(networks: readonly Network[], bits: 32 | 128) {
    const own = networks.map(asIpv4).filter(({ net }) => net.address.length * 8 === bits)
    // Wide ones first: each then finds the set of those around it at the place where it ends.
    own.sort((a, b) => a.net.prefixLength - b.net.prefixLength)
    const children: number[] = []
    let root = ~0
    for (const { net, as } of own) root = this.#insert(children, root, net, as, 0)
    this.root = root
    // The same kind of array as a database's tree: the walk over both then compiles to one piece of machine code.
    this.children = Int32Array.from(children)
  }

  #insert(children: number[], value: number, net: Network, as: Network, depth: number): number {
    if (depth === net.prefixLength) return this.#add(value, as)
    let node = value
    if (node < 0) {
      node = children.length / 2
      children.push(value, value)
    }
    const side = (net.address[depth >> 3]! >> (7 - (depth & 7))) & 1
    children[2 * node + side] = this.#insert(children, children[2 * node + side]!, net, as, depth + 1)
    return node
  }

  #add(value: number, net: Network): number {
    assert(value < 0, 'wide networks come first')
    this.sets.push([...this.sets[~value]!, net])
    return ~(this.sets.length - 1)
  }
}

/** @returns the network as IPv4 where it is an IPv4-mapped one, and as it was given */
function asIpv4(given: Network): { readonly net: Network; readonly as: Network } {
  const mapped = given.prefixLength >= 96 && isMapped(given.address)
  return {
    net: mapped ? { address: given.address.slice(12), prefixLength: given.prefixLength - 96 } : given,
    as: given,
  }
}
