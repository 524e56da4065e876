/**
 * Whether a schedule's words name a moment: cron expressions of five fields, and time zones.
 */

export function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
    return true
  } catch {
    return false
  }
}

const CRON_FIELDS = [
  { min: 0, max: 59, names: '' },
  { min: 0, max: 23, names: '' },
  { min: 1, max: 31, names: '' },
  { min: 1, max: 12, names: 'jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec' },
  { min: 0, max: 7, names: 'sun|mon|tue|wed|thu|fri|sat' },
] as const

/** Five fields of *, numbers, ranges, steps and lists; months and weekdays by name, too. */
export function isCron(expression: string): boolean {
  const fields = expression.trim().split(/\s+/)
  return (
    fields.length === 5 &&
    fields.every((field, i) => field.split(',').every((part) => isCronPart(part, CRON_FIELDS[i]!)))
  )
}

function isCronPart(part: string, { min, max, names }: (typeof CRON_FIELDS)[number]): boolean {
  const match = /^(\*|([a-z]{3}|\d{1,2})(?:-([a-z]{3}|\d{1,2}))?)(?:\/([1-9]\d?))?$/i.exec(part)
  if (match === null) return false
  const bounds = [match[2], match[3]].filter((bound) => bound !== undefined)
  return bounds.every((bound) =>
    /^\d+$/.test(bound) ? Number(bound) >= min && Number(bound) <= max : names.split('|').includes(bound.toLowerCase()),
  )
}
