/**
 * Which connections are open, and who has to go when there are too many: in total, and from one client network (IPv4 /24, IPv6 /56,
 * what one household or one rented machine has). The longest idle goes first; where everybody is busy, the newcomer
 * (a message that does not come to its end is busy for StreamLimits.messageMs at the most).
 */

import { maskAddress, printAddress } from '../base/index.ts'
import type { StreamLimits } from './model.ts'
import type { StreamConnection } from './stream-connection.ts'

export interface StreamRegistry {
  readonly size: number
  /** Makes room for a connection from `peer`. @returns false: there is none, refuse it */
  admit(peer: Uint8Array): boolean
  add(id: number, connection: StreamConnection): void
  get(id: number): StreamConnection | undefined
  remove(id: number): void
  all(): IterableIterator<StreamConnection>
}

export function streamRegistry(limits: StreamLimits): StreamRegistry {
  const connections = new Map<number, StreamConnection>()
  const networks = new Map<string, Set<number>>()

  const remove = (id: number): void => {
    const connection = connections.get(id)
    if (connection === undefined) return
    connections.delete(id)
    const key = networkKey(connection.peer)
    const ids = networks.get(key)
    ids?.delete(id)
    if (ids?.size === 0) networks.delete(key)
  }

  /** Closes the one that has been idle longest among `ids`. */
  const evict = (ids: Iterable<number>): boolean => {
    let victim: number | undefined
    let longest = Number.POSITIVE_INFINITY
    for (const id of ids) {
      const since = connections.get(id)!.idleSince()
      if (since !== undefined && since < longest) {
        longest = since
        victim = id
      }
    }
    if (victim === undefined) return false
    connections.get(victim)!.destroy()
    remove(victim)
    return true
  }

  return {
    get size() {
      return connections.size
    },
    admit: (peer) => {
      const neighbours = networks.get(networkKey(peer))
      if (neighbours !== undefined && neighbours.size >= limits.perNetwork) return evict(neighbours)
      return connections.size < limits.connections || evict(connections.keys())
    },
    add: (id, connection) => {
      connections.set(id, connection)
      const key = networkKey(connection.peer)
      const ids = networks.get(key)
      if (ids === undefined) networks.set(key, new Set([id]))
      else ids.add(id)
    },
    get: (id) => connections.get(id),
    remove,
    all: () => connections.values(),
  }
}

function networkKey(peer: Uint8Array): string {
  return printAddress(maskAddress(peer, peer.length === 4 ? 24 : 56))
}
