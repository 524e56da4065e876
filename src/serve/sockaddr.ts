/**
 * struct sockaddr_in and sockaddr_in6 as Linux lays them out.
 *
 *     sockaddr_in   0 family (LE)  2 port (BE)  4 address (4)   8 zeros (8)                16 octets
 *     sockaddr_in6  0 family (LE)  2 port (BE)  4 flow info (4) 8 address (16)  24 scope (4)  28 octets
 */

import { AF_INET, AF_INET6 } from './libc.ts'

export const SOCKADDR_MAX = 28

/** @returns 16 octets for IPv4, 28 for IPv6, in memory of its own */
export function writeSockaddr(address: Uint8Array, port: number): Uint8Array {
  const v6 = address.length === 16
  const out = new Uint8Array(new ArrayBuffer(v6 ? 28 : 16))
  out[0] = v6 ? AF_INET6 : AF_INET
  out[2] = port >> 8
  out[3] = port & 255
  out.set(address, v6 ? 8 : 4)
  return out
}

/** Reads what the kernel wrote; a v4-mapped IPv6 address comes back as 4 octets. */
export function readSockaddr(octets: Uint8Array): { address: Uint8Array; port: number } | undefined {
  const port = (octets[2]! << 8) | octets[3]!
  if (octets[0] === AF_INET) return { address: octets.slice(4, 8), port }
  if (octets[0] !== AF_INET6) return undefined
  return { address: unmap(octets.slice(8, 24)), port }
}

/** A v4-mapped address as the 4 octets it stands for; any other as it is. */
export function unmap(address: Uint8Array): Uint8Array {
  return address.length === 16 && isMapped(address, 0) ? address.slice(12) : address
}

/** Whether the 16 octets at `at` are ::ffff:a.b.c.d (RFC 4291 2.5.5.2), as a dual-stack socket reports IPv4 clients. */
export function isMapped(octets: Uint8Array, at: number): boolean {
  if (octets[at + 10] !== 255 || octets[at + 11] !== 255) return false
  for (let i = 0; i < 10; i++) if (octets[at + i] !== 0) return false
  return true
}
