/**
 * Small things that steering files write as text: shares and status codes.
 */

/** Reads "50%" or "12.5%". @returns percent, 0..100, or undefined */
export function parsePercent(text: string): number | undefined {
  const match = /^(\d{1,3}(?:\.\d{1,3})?)%$/.exec(text)
  const percent = Number(match?.[1])
  return match !== null && percent <= 100 ? percent : undefined
}

/** Reads "200", "200-299" or "2xx". @returns an inclusive range within 100..599, or undefined */
export function parseStatusRange(text: string): readonly [from: number, to: number] | undefined {
  const family = /^([1-5])xx$/i.exec(text)
  if (family !== null) return [Number(family[1]) * 100, Number(family[1]) * 100 + 99]
  const match = /^(\d{3})(?:-(\d{3}))?$/.exec(text)
  if (match === null) return undefined
  const from = Number(match[1])
  const to = Number(match[2] ?? match[1])
  return from >= 100 && from <= to && to <= 599 ? [from, to] : undefined
}
