/**
 * Names as steering files write them: zones and records (domain names in text), and the names of nodes, sites, checks and pools.
 */
import { parseIpv6 } from '../base/index.ts'

/**
 * Reads a domain name in the letters, digits, hyphens and underscores that host names use; `*` may be the first label (RFC 4592).
 * @returns lower case, absolute, with the final dot; undefined: not such a name, a label over 63 or a name over 255 octets
 */
export function domainName(text: string): string | undefined {
  const name = text.endsWith('.') ? text.slice(0, -1) : text
  // Wire form: a length octet before each label and the root's at the end: two octets more than the text (RFC 1035 3.1).
  if (name === '' || name.length > 253) return undefined
  const labels = name.toLowerCase().split('.')
  const sound = labels.every(
    (label, i) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label) || (i === 0 && label === '*'),
  )
  return sound ? `${labels.join('.')}.` : undefined
}

/**
 * Reads a record's name: relative to the zone, `@` for the apex, or absolute with a final dot.
 * @param zone absolute, lower case, with the final dot
 * @returns the absolute name, or what is wrong with it
 */
export function recordName(
  text: string,
  zone: string,
): { readonly name: string } | { readonly wrong: 'name' | 'outside' } {
  if (text === '@') return { name: zone }
  const name = domainName(text.endsWith('.') ? text : `${text}.${zone}`)
  if (name === undefined) return { wrong: 'name' }
  return name === zone || name.endsWith(`.${zone}`) ? { name } : { wrong: 'outside' }
}

/**
 * @returns whether `text` can name a node, site, check or pool: it stands in URLs, metrics and command lines.
 * Nodes may be called by their address, pools by the record they serve (a wildcard, too).
 */
export function isName(text: string): boolean {
  return /^(\*\.)?[A-Za-z0-9_][A-Za-z0-9_.:-]{0,252}$/.test(text) || parseIpv6(text) !== undefined
}
