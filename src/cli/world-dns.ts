/**
 * The world's DNS through this machine's resolver: who serves the zone above, and the addresses of hosts.
 */
import { Resolver } from 'node:dns/promises'
import { parseAddress } from '../base/index.ts'
import type { DelegationPorts } from './delegation.ts'
import { askDns, type DnsServer } from './dns-client.ts'

/** Servers of the parent that are asked: enough to see that they disagree. */
const PARENT_SERVERS = 3

export interface WorldOptions {
  /** the resolver to ask, ADDRESS or ADDRESS:PORT ([ADDRESS]:PORT); undefined: the machine's own */
  readonly resolver?: string | undefined
  /** takes these for the servers of the zone above, without looking for them */
  readonly parents?: readonly DnsServer[]
}

export function worldDns({ resolver: named, parents = [] }: WorldOptions = {}): DelegationPorts {
  const resolver = new Resolver({ timeout: 3000, tries: 2 })
  if (named !== undefined) resolver.setServers([named])
  const addresses = async (host: string): Promise<readonly Uint8Array[]> => {
    const name = host.replace(/\.$/, '')
    const found = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)])
    return found.flatMap((each) => (each.status === 'fulfilled' ? each.value : [])).map((text) => parseAddress(text)!)
  }
  return {
    addresses,
    ask: askDns,
    async parent(zone) {
      const labels = zone.replace(/\.$/, '').split('.')
      if (parents.length > 0) return { zone: `${labels.slice(1).join('.')}.`, servers: parents }
      for (let i = 1; i <= labels.length; i++) {
        const above = labels.slice(i).join('.')
        const names = await resolver.resolveNs(above === '' ? '.' : above).catch(() => [])
        if (names.length === 0) continue
        const servers: DnsServer[] = []
        for (const name of names.sort()) {
          if (servers.length >= PARENT_SERVERS) break
          const [address] = await addresses(name)
          if (address !== undefined) servers.push({ address, port: 53 })
        }
        return { zone: `${above}.`, servers }
      }
      return undefined
    },
  }
}
