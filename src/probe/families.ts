/**
 * Which address families this server can probe at all.
 */
import { networkInterfaces } from 'node:os'
import { parseAddress } from '../base/index.ts'
import type { Asked } from './outcome.ts'

export const NO_IPV6 = 'this server has no IPv6 address'
/** Interfaces come and go slowly, and listing them is a round of system calls. */
const INTERFACES_FOR_MS = 10_000
let interfacesReadAt = Number.NEGATIVE_INFINITY
let ipv6Seen = true

/** True where an interface has an IPv6 address that reaches further than its link. */
export function hasIpv6(): boolean {
  const now = performance.now()
  if (now - interfacesReadAt > INTERFACES_FOR_MS) {
    interfacesReadAt = now
    ipv6Seen = Object.values(networkInterfaces()).some((list) =>
      list?.some((one) => one.family === 'IPv6' && !one.internal && !/^fe[89ab]/i.test(one.address)),
    )
  }
  return ipv6Seen
}

/**
 * A server without any IPv6 address of its own cannot judge a node's: the kernel would say "network unreachable", which sounds like
 * the node's fault and is ours.
 */
export function unableToReach(asked: Asked): string | undefined {
  if (asked.family !== 6 || isLoopback(asked.address) || asked.check.probe.kind === 'command') return undefined
  return hasIpv6() ? undefined : NO_IPV6
}

function isLoopback(address: string): boolean {
  const octets = parseAddress(address)
  return octets !== undefined && octets.length === 16 && octets.every((octet, i) => octet === (i === 15 ? 1 : 0))
}
