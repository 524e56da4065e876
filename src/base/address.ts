/**
 * IP addresses and networks as bytes in network order: 4 octets or 16. No strings after the door.
 */

export interface Network {
  /** 4 or 16 octets; bits past the prefix are zero. */
  readonly address: Uint8Array
  /** 0..32 or 0..128 */
  readonly prefixLength: number
}

/** Reads a dotted-quad IPv4 address, four decimal parts without leading zeros. @returns 4 octets or undefined */
export function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split('.')
  if (parts.length !== 4) return undefined
  const octets = new Uint8Array(4)
  for (let i = 0; i < 4; i++) {
    const part = parts[i]!
    // A leading zero is octal to some readers and decimal to others: neither is safe to guess.
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined
    octets[i] = Number(part)
  }
  return octets
}

/** Reads an IPv6 address (RFC 4291 2.2, the three forms; no zone index). @returns 16 octets or undefined */
export function parseIpv6(text: string): Uint8Array | undefined {
  if (!/^[0-9a-fA-F:.]{2,45}$/.test(text)) return undefined
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const head = parseGroups(halves[0]!, halves.length === 1)
  const tail = halves.length === 2 ? parseGroups(halves[1]!, true) : []
  if (head === undefined || tail === undefined) return undefined
  const missing = 8 - head.length - tail.length
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined
  const groups = [...head, ...new Array<number>(missing).fill(0), ...tail]
  const octets = new Uint8Array(16)
  for (let i = 0; i < 8; i++) {
    octets[2 * i] = groups[i]! >> 8
    octets[2 * i + 1] = groups[i]! & 255
  }
  return octets
}

/** @returns the 16-bit groups of one side of "::", or undefined; only the last side may end in dotted-quad form */
function parseGroups(side: string, last: boolean): number[] | undefined {
  if (side === '') return []
  const groups: number[] = []
  const parts = side.split(':')
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i]!
    if (last && i === parts.length - 1 && part.includes('.')) {
      const quad = parseIpv4(part)
      if (quad === undefined) return undefined
      groups.push((quad[0]! << 8) | quad[1]!, (quad[2]! << 8) | quad[3]!)
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return undefined
      groups.push(Number.parseInt(part, 16))
    }
  }
  return groups
}

/** Reads an IPv4 or IPv6 address. @returns 4 or 16 octets, or undefined */
export function parseAddress(text: string): Uint8Array | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text)
}

/** Prints 4 octets as a dotted quad, 16 as RFC 5952 says (lower case, the longest run of zeros shortened). */
export function printAddress(octets: Uint8Array): string {
  if (octets.length === 4) return octets.join('.')
  const groups: number[] = []
  for (let i = 0; i < 16; i += 2) groups.push((octets[i]! << 8) | octets[i + 1]!)
  if (groups.slice(0, 5).every((g) => g === 0) && groups[5] === 0xffff) return `::ffff:${octets.slice(12).join('.')}`
  let start = -1
  let length = 1 // RFC 5952 4.2.2: one group of zeros is not shortened.
  for (let i = 0; i < 8; i++) {
    let run = 0
    while (i + run < 8 && groups[i + run] === 0) run++
    if (run > length) {
      start = i
      length = run
    }
    i += run
  }
  const hex = groups.map((g) => g.toString(16))
  if (start < 0) return hex.join(':')
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`
}

/** Reads ADDRESS or ADDRESS/LENGTH; bits past the length must be zero. */
export function parseNetwork(text: string): Network | undefined {
  const slash = text.indexOf('/')
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash))
  if (address === undefined) return undefined
  const bits = address.length * 8
  if (slash < 0) return { address, prefixLength: bits }
  const digits = text.slice(slash + 1)
  if (!/^\d{1,3}$/.test(digits) || Number(digits) > bits) return undefined
  const prefixLength = Number(digits)
  const masked = maskAddress(address, prefixLength)
  return masked.every((octet, i) => octet === address[i]) ? { address, prefixLength } : undefined
}

export function printNetwork(network: Network): string {
  return `${printAddress(network.address)}/${network.prefixLength}`
}

/** @returns a copy with the bits past the prefix cleared */
export function maskAddress(address: Uint8Array, prefixLength: number): Uint8Array {
  const masked = Uint8Array.from(address)
  for (let i = 0; i < masked.length; i++) {
    const keep = Math.min(8, Math.max(0, prefixLength - 8 * i))
    masked[i] = masked[i]! & (0xff00 >> keep)
  }
  return masked
}

/** @returns true where `address` lies in `network`; addresses of the other family never do */
export function networkContains(network: Network, address: Uint8Array): boolean {
  if (network.address.length !== address.length) return false
  const whole = network.prefixLength >> 3
  for (let i = 0; i < whole; i++) if (network.address[i] !== address[i]) return false
  const rest = network.prefixLength & 7
  return rest === 0 || ((network.address[whole]! ^ address[whole]!) & (0xff00 >> rest) & 255) === 0
}
