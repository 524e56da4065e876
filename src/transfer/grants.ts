/**
 * What a key may change in a zone that is kept here. A certificate client needs the TXT records of _acme-challenge names and
 * nothing else; a DHCP server the addresses below one name.
 */
import { isAtOrBelow, isMetaType, parseName, TYPE, typeOf } from '../wire/index.ts'
import type { UpdateRecord } from '../zone/index.ts'

/** All that is said must hold; what is not said does not matter. */
export interface Grant {
  /** a TSIG key's name, lower case, absolute */
  readonly key: string
  /** names at or below this one (absolute) */
  readonly under?: string | undefined
  /** names whose first label is this one: _acme-challenge */
  readonly label?: string | undefined
  /** record types by their mnemonics */
  readonly types?: readonly string[] | undefined
}

/** @returns why the key may not make this change; undefined: it may */
export function refusedChange(
  grants: readonly Grant[],
  key: string,
  { owner, type }: UpdateRecord,
): string | undefined {
  const own = grants.filter((grant) => grant.key === key)
  if (own.length === 0) return `key ${key} may not update this zone`
  const named = own.filter((grant) => coversName(grant, owner))
  if (named.length === 0) return `key ${key} may not change this name`
  return named.some((grant) => coversType(grant, type)) ? undefined : `key ${key} may not change this type here`
}

function coversName({ under, label }: Grant, owner: Uint8Array): boolean {
  if (under !== undefined) {
    const top = parseName(under)
    if (top === undefined || !isAtOrBelow(owner, top)) return false
  }
  if (label === undefined) return true
  const wanted = parseName(`${label}.`)
  if (wanted === undefined || wanted.length < 2) return false
  // The first label alone: a name of its own to compare.
  return isAtOrBelow(Uint8Array.of(...owner.subarray(0, owner[0]! + 1), 0), wanted) && owner[0] === wanted[0]
}

/** Deleting every set of a name (type ANY) is for those who may change all types. */
function coversType({ types }: Grant, type: number): boolean {
  return types === undefined || types.some((text) => typeOf(text) === type)
}

/** @returns what is wrong with a grant, as a sentence; undefined: nothing */
export function grantProblem(grant: Grant, keys: { has(key: string): boolean }): string | undefined {
  if (!keys.has(grant.key)) return `There is no TSIG key "${grant.key}" in the settings.`
  if (grant.under !== undefined && parseName(grant.under) === undefined) return `"${grant.under}" is not a domain name.`
  const label = grant.label === undefined ? undefined : parseName(`${grant.label}.`)
  if (grant.label !== undefined && (label === undefined || label.length !== label[0]! + 2))
    return `"${grant.label}" is not a single label.`
  const unknown = grant.types?.find((text) => {
    const type = typeOf(text)
    return type === undefined || isMetaType(type) || type === TYPE.SOA
  })
  return unknown === undefined ? undefined : `"${unknown}" is not a type of records that can be granted.`
}
