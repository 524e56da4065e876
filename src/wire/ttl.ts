/**
 * Seconds as master files write them: 3600, and with units 1h, 1h30m, 2d, 1w (not in RFC 1035; every server reads them).
 */
const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }

/** @returns seconds, 0..4294967295, or undefined. A TTL is further bounded to 2^31-1 (RFC 2181 8): the caller's business. */
export function parseTtl(text: string): number | undefined {
  let seconds = 0
  if (/^\d{1,10}$/.test(text)) seconds = Number(text)
  else if (/^(\d{1,10}[smhdw])+$/i.test(text))
    for (const part of text.toLowerCase().matchAll(/(\d+)([smhdw])/g))
      seconds += Number(part[1]) * UNIT_SECONDS[part[2]!]!
  else return undefined
  return seconds <= 0xffffffff ? seconds : undefined
}
