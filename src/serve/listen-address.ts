/**
 * Listen addresses as operators write them: 192.0.2.1:53, [2001:db8::1]:53, 0.0.0.0:53. Port 53 may be left out.
 */

import { parseAddress, printAddress } from '../base/index.ts'
import type { ListenAddress } from './model.ts'

/** Reads ADDRESS, ADDRESS:PORT or [ADDRESS]:PORT. @returns undefined where the text is none of these */
export function parseListenAddress(text: string, defaultPort = 53): ListenAddress | undefined {
  const bracketed = /^\[([^\]]*)\](?::(\d{1,5}))?$/.exec(text)
  const plain = /^([^:]*)(?::(\d{1,5}))?$/.exec(text)
  const host = bracketed?.[1] ?? plain?.[1] ?? text
  const digits = bracketed?.[2] ?? plain?.[2]
  const address = parseAddress(host)
  // Brackets belong to IPv6; an IPv6 address without them takes no port.
  if (address === undefined || (bracketed !== null && address.length !== 16)) return undefined
  const port = digits === undefined ? defaultPort : Number(digits)
  return port <= 65535 ? { address, port } : undefined
}

/** Prints ADDRESS:PORT, IPv6 in brackets. */
export function printListenAddress(address: Uint8Array, port: number): string {
  const host = printAddress(address)
  return address.length === 16 ? `[${host}]:${port}` : `${host}:${port}`
}

/** Whether the address stands for every address of this machine. */
export function isWildcard(address: Uint8Array): boolean {
  return address.every((octet) => octet === 0)
}
