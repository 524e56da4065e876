/** Names of hosts are letters, digits and hyphens (RFC 952, RFC 1123 2.1), though DNS itself takes any octet (RFC 2181 11). */
import { TYPE } from '../../wire/index.ts'
import type { ZoneCheck } from './zone-check.ts'

const OF_HOSTS: ReadonlySet<number> = new Set([TYPE.A, TYPE.AAAA, TYPE.MX])

const LETTER_OR_DIGIT = 1
const HYPHEN = 2
const KINDS: Uint8Array = Uint8Array.from({ length: 256 }, (_, octet) => {
  if (octet === 0x2d) return HYPHEN
  return /[a-z0-9]/i.test(String.fromCharCode(octet)) ? LETTER_OR_DIGIT : 0
})

/** Checks the owner of addresses and mail exchangers, the names that people put into a browser or an address. */
export function checkHostName(check: ZoneCheck, node: number): void {
  const { builder } = check
  let record = builder.nodeFirst[node]!
  while (record >= 0 && !OF_HOSTS.has(builder.typeOf(record))) record = builder.recordNext[record]!
  if (record < 0 || isHostName(builder.names, builder.nodeNameAt[node]!)) return
  check.about(
    record,
    'warning',
    'zone/host-name',
    `${check.owner(node)} is no host name: its labels are letters, digits and hyphens (not at an end).`,
    'Some resolvers and programs refuse it (RFC 1123 2.1).',
  )
}

/** An asterisk that is not the first label is an ordinary label, and seldom what was meant. */
export function checkAsterisk(check: ZoneCheck, node: number): void {
  const { names, nodeNameAt, nodeParent, nodeFirst } = check.builder
  const parent = nodeParent[node]!
  if (parent < 0 || names[nodeNameAt[parent]!] !== 1 || names[nodeNameAt[parent]! + 1] !== 0x2a) return
  check.about(
    nodeFirst[node]!,
    'note',
    'zone/wildcard',
    `${check.owner(node)} has an asterisk that is not its first label: it stands for itself there.`,
    'Only a leading asterisk is a wildcard (RFC 4592 2.1.1).',
  )
}

/** @returns true for a host name in wire form; a leading `*` counts as a label of one */
export function isHostName(names: Uint8Array, nameAt: number): boolean {
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
