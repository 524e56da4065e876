/**
 * The arguments of npm run bench, lab and fuzz: --help prints the usage and ends with 0; what is not understood is told in one line
 * and ends with 2, before anything has begun.
 */
import { parseArgs } from 'node:util'

export interface CommandLine {
  /** what stands there without a dash, in order */
  readonly words: readonly string[]
  flag(name: string): boolean
  /** the whole number that was given; otherwise the fallback */
  whole<F>(name: string, fallback: F): number | F
  /** the number, whole or not, above 0 */
  positive(name: string, fallback: number): number
}

/** @param options  by name: whether a value follows */
export function readCommandLine(usage: string, options: Readonly<Record<string, 'value' | 'flag'>>): CommandLine {
  const { values, positionals } = parse(usage, options)
  const text = (name: string): string | undefined => values[name] as string | undefined
  return {
    words: positionals,
    flag: (name) => values[name] === true,
    whole(name, fallback) {
      const given = text(name)
      if (given === undefined) return fallback
      if (!/^\d{1,15}$/.test(given)) refuse(`--${name} wants a whole number, not "${given}".`)
      return Number(given)
    },
    positive(name, fallback) {
      const given = text(name)
      if (given === undefined) return fallback
      if (!/^\d{1,9}(\.\d{1,9})?$/.test(given) || Number(given) === 0)
        refuse(`--${name} wants a number above 0, not "${given}".`)
      return Number(given)
    },
  }
}

/** Ends the program: it was called wrongly. */
export function refuse(message: string): never {
  console.error(message)
  process.exit(2)
}

type Parsed = { readonly values: Readonly<Record<string, unknown>>; readonly positionals: readonly string[] }

function parse(usage: string, options: Readonly<Record<string, 'value' | 'flag'>>): Parsed {
  const known = Object.entries({ ...options, help: 'flag' }).map(
    ([name, takes]) =>
      [name, { type: takes === 'value' ? 'string' : 'boolean', ...(name === 'help' && { short: 'h' }) }] as const,
  )
  let parsed: Parsed
  try {
    parsed = parseArgs({ allowPositionals: true, options: Object.fromEntries(known) })
  } catch (error) {
    // The first sentence says what is wrong; the others advise what is not meant here.
    const [what] = (error as Error).message.split(/\.(\s|$)/)
    return refuse(`${what}. --help shows the usage.`)
  }
  if (parsed.values['help'] !== true) return parsed
  console.log(usage)
  process.exit(0)
}
