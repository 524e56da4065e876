/** Names of hosts are letters, digits and hyphens (RFC 952, RFC 1123 2.1), though DNS itself takes any octet (RFC 2181 11). */
import { TYPE } from '../../wire/index.ts'
import type { ZoneCheck } from './zone-check.ts'

const LETTER_OR_DIGIT = 1
const HYPHEN = 2
const KINDS: Uint8Array = Uint8Array.from({ length: 256 }, (_, octet) => {
  if (octet === 0x2d) return HYPHEN
  return /[a-z0-9]/i.test(String.fromCharCode(octet)) ? LETTER_OR_DIGIT : 0
})

/** Checks the owner of addresses and mail exchangers, the names that people put into a browser or an address. */
export function checkHostName(check: ZoneCheck, node: number, record: number): void {
  const type = check.builder.typeOf(record)
  if (type !== TYPE.A && type !== TYPE.AAAA && type !== TYPE.MX) return
  if (isHostName(check.builder.names, check.builder.nodeNameAt[node]!)) return
  check.about(
    record,
    'warning',
    'zone/host-name',
    `${check.owner(node)} is no host name: its labels are letters, digits and hyphens (not at an end).`,
    'Some resolvers and programs refuse it (RFC 1123 2.1).',
  )
}

/** @returns true for a host name in wire form; a leading `*` counts as a label of one */
function isHostName(names: Uint8Array, nameAt: number): boolean {
  let at = nameAt
  if (names[at] === 1 && names[at + 1] === 0x2a) at += 2
  for (let length = names[at]!; length !== 0; length = names[at]!) {
    const end = at + 1 + length
    if (KINDS[names[at + 1]!] === HYPHEN || KINDS[names[end - 1]!] === HYPHEN) return false
    for (let i = at + 1; i < end; i++) if (KINDS[names[i]!] === 0) return false
    at = end
  }
  return true
}
