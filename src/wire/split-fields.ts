/**
 * Splits the text of one record's data into fields, as a master file's lexer does within a line (RFC 1035 5.1): at blanks, with quotes
 * around blanks gone and escapes kept. For records that come one by one: through the API, from a command line, in tests. The zone
 * room has its own for files, where speed, comments, parentheses and positions matter.
 */

/** @returns the fields; undefined: a quote is not closed, or a backslash stands at the end */
export function splitFields(text: string): string[] | undefined {
  const fields: string[] = []
  let field: string | undefined
  let quoted = false
  for (let i = 0; i < text.length; i++) {
    const character = text[i]!
    if (character === '\\') {
      if (i + 1 === text.length) return undefined
      field = (field ?? '') + character + text[++i]!
    } else if (character === '"') {
      quoted = !quoted
      field ??= ''
    } else if (!quoted && /\s/.test(character)) {
      if (field !== undefined) fields.push(field)
      field = undefined
    } else field = (field ?? '') + character
  }
  if (quoted) return undefined
  if (field !== undefined) fields.push(field)
  return fields
}
