/**
 * Times as people read them: the operator's own time zone, the date only where it is not today's.
 */
import { printDuration } from '../base/index.ts'

/** 12:04:31 of today, else the date too; the operator's own time zone. */
export function clock(at: Date | string | null, now = new Date()): string {
  if (at === null) return '-'
  const date = new Date(at)
  const two = (n: number): string => String(n).padStart(2, '0')
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
  return date.toDateString() === now.toDateString()
    ? time
    : `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${time}`
}

/** how long from now; nothing where it has passed */
export const left = (at: string): string => printDuration(Math.max(0, Date.parse(at) - Date.now()))

/** "in 12s", or "now" where the moment has come. */
export const until = (at: string): string => (Date.parse(at) <= Date.now() ? 'now' : `in ${left(at)}`)

/** how long ago */
export const ago = (at: string | null): string =>
  at === null ? '-' : printDuration(Math.max(0, Date.now() - Date.parse(at)))
