/** What the data of single records say: SPF policies, targets of URI, parameters of SVCB. */
import { asciiText, mnemonic, nameOctets, TYPE } from '../../wire/index.ts'
import type { ZoneCheck } from './zone-check.ts'

/** priority and weight (RFC 7553 4.5) */
const URI_HEAD_OCTETS = 4

export function checkContents(check: ZoneCheck, types: ReadonlyMap<number, readonly number[]>): void {
  const policies = (types.get(TYPE.TXT) ?? []).filter((record) => policyOf(check, record) !== undefined)
  if (policies.length > 1)
    check.about(
      policies[1]!,
      'warning',
      'zone/many-spf',
      'Two SPF policies at one name: mail servers will accept neither.',
      'Merge them into one TXT record (RFC 7208 3.2).',
    )
  for (const record of policies) checkPolicy(check, record)
  const empty = types.get(TYPE.URI)?.find((record) => check.builder.rdataOf(record).length === URI_HEAD_OCTETS)
  if (empty !== undefined)
    check.about(
      empty,
      'warning',
      'zone/empty-uri',
      'The URI record leads nowhere: its target is empty.',
      'A target is never empty (RFC 7553 4.4); remove the record.',
    )
  for (const type of [TYPE.SVCB, TYPE.HTTPS])
    for (const record of types.get(type) ?? [])
      if (isAliasWithParameters(check.builder.rdataOf(record)))
        check.about(
          record,
          'warning',
          'zone/svcb-alias',
          `A ${mnemonic(type)} record of priority 0 is an alias: its parameters are ignored.`,
          'Give it a priority of 1 or more, or take them away (RFC 9460 2.4.2).',
        )
  const obsolete = types.get(TYPE.SPF)
  if (obsolete !== undefined)
    check.about(
      obsolete[0]!,
      'note',
      'zone/spf-type',
      'Nobody asks for records of type SPF any more.',
      'Publish the policy as TXT (RFC 7208 3.1).',
    )
}

/** Priority 0, and something behind the target. */
function isAliasWithParameters(rdata: Uint8Array): boolean {
  return rdata[0] === 0 && rdata[1] === 0 && 2 + nameOctets(rdata, 2) < rdata.length
}

/** Complains about a term of an SPF policy that no mail server understands: to all of them the whole policy is an error then. */
export function checkPolicy(check: ZoneCheck, record: number): void {
  const wrong = policyOf(check, record)
    ?.split(' ')
    .slice(1)
    .find((term) => term !== '' && !isTerm(term))
  if (wrong === undefined) return
  check.about(
    record,
    'warning',
    'zone/spf-syntax',
    `The SPF policy has "${wrong.length <= 60 ? wrong : `${wrong.slice(0, 57)}...`}", which is no part of one: mail servers will reject the policy.`,
    'Parts are like ip4:192.0.2.0/24, a, mx, include:example.net, ~all (RFC 7208 4.6.1).',
  )
}

/** @returns the text of a TXT record that is an SPF policy, its strings joined (RFC 7208 3.3, 4.5); undefined: it is none */
function policyOf(check: ZoneCheck, record: number): string | undefined {
  const rdata = check.builder.rdataOf(record)
  // Most texts are something else: nothing is joined for them.
  if ((rdata[1]! | 0x20) !== 0x76) return undefined
  let text = ''
  for (let at = 0; at < rdata.length; at += rdata[at]! + 1)
    text += asciiText(rdata.subarray(at + 1, at + 1 + rdata[at]!))
  return /^v=spf1( |$)/i.test(text) ? text : undefined
}

const DOMAIN = '[!-~]*(\\.[a-z0-9-]+\\.?|%\\{[^}]+\\}|[a-z0-9-])'
const IP4_LENGTH = '(/(3[0-2]|[12]?[0-9]))?'
const IP6_LENGTH = '(//?(12[0-8]|1[01][0-9]|[1-9]?[0-9]))?'

/** RFC 7208 12: mechanisms with their qualifiers, and modifiers; unknown modifiers are allowed (6). */
const TERMS: readonly RegExp[] = [
  /^[+?~-]?all$/i,
  new RegExp(`^[+?~-]?(include|exists):${DOMAIN}$`, 'i'),
  new RegExp(`^[+?~-]?(a|mx)(:${DOMAIN}?)?${IP4_LENGTH}${IP6_LENGTH}$`, 'i'),
  new RegExp(`^[+?~-]?ptr(:${DOMAIN})?$`, 'i'),
  new RegExp(`^[+?~-]?ip4:(25[0-5]|2[0-4]\\d|1?\\d?\\d)(\\.(25[0-5]|2[0-4]\\d|1?\\d?\\d)){3}${IP4_LENGTH}$`, 'i'),
  /^[+?~-]?ip6:[0-9a-f:.]*:[0-9a-f:.]*(\/(12[0-8]|1[01][0-9]|[1-9]?[0-9]))?$/i,
  /^[a-z][a-z0-9_.-]*=[!-~]*$/i,
]

/** A name and its macros are shorter; what is longer is not worth the look, and zones come from strangers too. */
const MOST_TERM = 512

function isTerm(term: string): boolean {
  return term.length <= MOST_TERM && TERMS.some((form) => form.test(term))
}
