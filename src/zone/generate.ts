/**
 * $GENERATE's two little languages, as BIND reads them: the range `start-stop[/step]`, and templates in which `$` is the
 * counter, `${offset,width,base}` the counter shifted, padded and in another base, and `$$` or `\$` a dollar sign.
 */

export interface GenerateRange {
  readonly start: number
  readonly stop: number
  readonly step: number
}

/** @returns undefined: not a range, or one that runs backwards */
export function parseRange(text: string): GenerateRange | undefined {
  const match = /^(\d{1,10})-(\d{1,10})(?:\/(\d{1,10}))?$/.exec(text)
  if (match === null) return undefined
  const range = { start: Number(match[1]), stop: Number(match[2]), step: Number(match[3] ?? 1) }
  return range.start <= range.stop && range.step > 0 && range.stop <= 0x7fffffff ? range : undefined
}

/** A padding wider than a name is a slip. */
const MOST_WIDTH = 255

/** Puts the counter into a template. @returns undefined: a `${...}` that is malformed or comes below zero */
export function expandTemplate(template: string, value: number): string | undefined {
  let expanded = ''
  for (let i = 0; i < template.length; i++) {
    const character = template[i]!
    if (character === '\\' && i + 1 < template.length) {
      expanded += template[i + 1] === '$' ? '$' : character + template[i + 1]!
      i++
    } else if (character !== '$') expanded += character
    else if (template[i + 1] === '$') {
      expanded += '$'
      i++
    } else if (template[i + 1] !== '{') expanded += value
    else {
      const close = template.indexOf('}', i)
      const printed = close < 0 ? undefined : printCounter(template.slice(i + 2, close), value)
      if (printed === undefined) return undefined
      expanded += printed
      i = close
    }
  }
  return expanded
}

function printCounter(format: string, value: number): string | undefined {
  const match = /^(-?\d{1,10})(?:,(\d{1,3})(?:,([doxXnN]))?)?$/.exec(format)
  if (match === null) return undefined
  const shifted = value + Number(match[1])
  const width = Number(match[2] ?? 0)
  if (shifted < 0 || width > MOST_WIDTH) return undefined
  switch (match[3]) {
    case 'o':
      return shifted.toString(8).padStart(width, '0')
    case 'x':
      return shifted.toString(16).padStart(width, '0')
    case 'X':
      return shifted.toString(16).toUpperCase().padStart(width, '0')
    case 'n':
      return nibbles(shifted.toString(16), width)
    case 'N':
      return nibbles(shifted.toString(16).toUpperCase(), width)
    default:
      return String(shifted).padStart(width, '0')
  }
}

/** Reverse order with dots between, as ip6.arpa wants them; the width counts the dots. */
function nibbles(digits: string, width: number): string {
  const reversed = [...digits].reverse()
  while (reversed.length * 2 - 1 < width) reversed.push('0')
  return reversed.join('.')
}
