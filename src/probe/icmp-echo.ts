/**
 * ICMP echo (RFC 792, RFC 4443 4.1 and 4.2) as an unprivileged socket sees it: the kernel fills in checksum and identifier.
 *
 *     0        1        2        4        6        8                16
 *     ├ type ──┼ code ──┼ checksum ┼ identifier ┼ sequence ┼ token ──┤
 *
 * The token is random for each request: nobody who did not see the request can answer it.
 */

export const TOKEN_OCTETS = 8
const ECHO_OCTETS = 8 + TOKEN_OCTETS

const REQUEST = { 4: 8, 6: 128 } as const
const REPLY = { 4: 0, 6: 129 } as const

/** @param sequence 0..65535 */
export function writeEchoRequest(family: 4 | 6, sequence: number, token: Uint8Array): Uint8Array {
  const message = new Uint8Array(ECHO_OCTETS)
  message[0] = REQUEST[family]
  message[6] = sequence >> 8
  message[7] = sequence & 255
  message.set(token, 8)
  return message
}

/** @returns the sequence number of an echo reply of the right shape, or -1: something else */
export function readEchoReply(family: 4 | 6, message: Uint8Array): number {
  if (message.length !== ECHO_OCTETS || message[0] !== REPLY[family] || message[1] !== 0) return -1
  return (message[6]! << 8) | message[7]!
}

export function hasToken(message: Uint8Array, token: Uint8Array): boolean {
  for (let i = 0; i < TOKEN_OCTETS; i++) if (message[8 + i] !== token[i]) return false
  return true
}
