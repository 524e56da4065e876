/**
 * The configuration language of gdnsd: `key => value` pairs in a hash, values are texts, lists [ ] and hashes { }; # begins a comment.
 */

export type Vscf = string | readonly Vscf[] | VscfHash
export interface VscfHash {
  readonly [key: string]: Vscf
}

export const isHash = (value: Vscf | undefined): value is VscfHash =>
  value !== undefined && typeof value !== 'string' && !Array.isArray(value)

const MOST_DEPTH = 64

/** @throws Error that names the line */
export function parseVscf(text: string, from: string): VscfHash {
  const tokens: { readonly text: string; readonly line: number; readonly quoted: boolean }[] = []
  let line = 1
  for (const match of text.matchAll(
    /\n|#[^\n]*|"((?:[^"\\]|\\[\s\S])*)"|=>|[{}[\],]|[^\s{}[\],"#=]+(?:=(?!>)[^\s{}[\],"#=]*)*|\S/g,
  )) {
    const [token, quoted] = match
    if (token !== '\n' && token[0] !== '#')
      tokens.push({
        text: quoted === undefined ? token : quoted.replaceAll(/\\([\s\S])/g, '$1'),
        line,
        quoted: quoted !== undefined,
      })
    line += token.split('\n').length - 1
  }
  let at = 0
  const fail = (message: string): never => {
    throw new Error(`${from}:${tokens[Math.min(at, tokens.length - 1)]?.line ?? 1}: ${message}`)
  }
  const is = (mark: string): boolean => tokens[at]?.text === mark && tokens[at]?.quoted === false
  const hash = (end: string | undefined, depth: number): VscfHash => {
    if (depth > MOST_DEPTH) fail('braces are nested too deep')
    const found: Record<string, Vscf> = {}
    for (;;) {
      while (is(',') || is(';')) at++
      if (at >= tokens.length) {
        if (end !== undefined) fail('a closing brace is missing')
        return found
      }
      if (end !== undefined && is(end)) {
        at++
        return found
      }
      const key = tokens[at++]!
      if (!is('=>')) fail(`"=>" is missing after ${key.text}`)
      at++
      // Later duplicates would be errors in gdnsd; __proto__ is a name like any other.
      Object.defineProperty(found, key.text, {
        value: value(depth),
        enumerable: true,
        configurable: true,
        writable: true,
      })
    }
  }
  const value = (depth: number): Vscf => {
    const token = tokens[at] ?? fail('a value is missing')
    at++
    if (token.quoted) return token.text
    if (token.text === '{') return hash('}', depth + 1)
    if (token.text !== '[') return token.text
    if (depth > MOST_DEPTH) fail('brackets are nested too deep')
    const list: Vscf[] = []
    for (;;) {
      while (is(',')) at++
      if (at >= tokens.length) fail('a closing bracket is missing')
      if (is(']')) {
        at++
        return list
      }
      list.push(value(depth + 1))
    }
  }
  // A whole file may stand in braces.
  if (is('{')) {
    at++
    return hash('}', 0)
  }
  return hash(undefined, 0)
}
