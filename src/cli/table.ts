/**
 * Tables for people: columns as wide as their widest cell, headings in capitals, the last column cut at the terminal's edge.
 */
import type { Style, Terminal } from './terminal.ts'

export interface Column<Row> {
  readonly title: string
  cell(row: Row): string
  style?(row: Row): Style | undefined
  readonly right?: boolean
}

/** @returns lines without the last newline; `none` where there is no row */
export function printTable<Row>(
  terminal: Terminal,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  none: string,
): string {
  if (rows.length === 0) return none
  const cells = rows.map((row) => columns.map((column) => oneLine(column.cell(row))))
  const widths = columns.map((column, i) => Math.max(column.title.length, ...cells.map((line) => line[i]!.length)))
  const place = (text: string, i: number): string =>
    columns[i]!.right === true ? text.padStart(widths[i]!) : i === columns.length - 1 ? text : text.padEnd(widths[i]!)
  const room = (i: number): number => terminal.width - widths.slice(0, i).reduce((sum, width) => sum + width + 2, 0)
  const cut = (text: string, i: number): string => {
    const most = i === columns.length - 1 ? Math.max(8, room(i)) : Number.POSITIVE_INFINITY
    return text.length > most ? `${text.slice(0, most - 1)}…` : text
  }
  const head = columns.map((column, i) => place(column.title.toUpperCase(), i)).join('  ')
  const lines = rows.map((row, r) =>
    columns
      .map((column, i) => {
        const text = cut(place(cells[r]![i]!, i), i)
        const style = column.style?.(row)
        return style === undefined ? text : terminal.paint(style, text)
      })
      .join('  ')
      .trimEnd(),
  )
  return [terminal.paint('bold', head.trimEnd()), ...lines].join('\n')
}

/** What comes from outside (reasons, details) must not steer the terminal. */
export function oneLine(text: string): string {
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
}

/** The colour of a health or an effective state. */
export function styleOf(state: string): Style | undefined {
  switch (state) {
    case 'up':
    case 'ok':
    case 'normal':
    case 'yes':
      return 'green'
    case 'down':
    case 'critical':
    case 'all-down':
    case 'no':
      return 'red'
    case 'suspect':
    case 'recovering':
    case 'warming':
    case 'pending':
    case 'degraded':
    case 'below-floor':
    case 'drain':
    case 'disabled':
    case 'force-up':
    case 'force-down':
      return 'yellow'
    default:
      return undefined
  }
}
