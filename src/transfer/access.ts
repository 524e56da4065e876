/** Who may transfer a zone: a row of networks and keys, any of which will do. */
import { networkContains } from '../base/index.ts'
import type { Access, Asker } from './ports.ts'

/** @returns true where the address lies in a network of the list, or the request was signed with a key of it */
export function mayTransfer(allow: readonly Access[], asker: Asker): boolean {
  return allow.some((entry) =>
    entry.kind === 'network' ? networkContains(entry.network, asker.address) : entry.key === asker.key,
  )
}
