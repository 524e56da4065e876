/**
 * Holds a value against its schema and says what is wrong in the operator's words, at the place where it stands.
 */
import type { z } from 'zod'
import { type Issue, nearestName } from '../base/index.ts'
import type { Path, SteeringDocument } from './document.ts'

type ShapeIssue = z.core.$ZodIssue

/**
 * @param path    where `value` stands in the document
 * @param subject what it is, for the messages: `check web`
 * @returns the value as the schema types it, or undefined with issues added
 */
export function readShape<T extends z.ZodType>(
  schema: T,
  value: unknown,
  document: SteeringDocument,
  path: Path,
  subject: string,
  issues: Issue[],
): z.output<T> | undefined {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  for (const wrong of parsed.error.issues) report(wrong, [])
  return undefined

  function report(wrong: ShapeIssue, above: Path): void {
    const inside: Path = [...above, ...wrong.path.map((step) => (typeof step === 'number' ? step : String(step)))]
    const given = valueAt(value, inside)
    if (wrong.code === 'invalid_union') {
      const branch = meantBranch(wrong.errors)
      if (branch !== undefined) for (const one of branch) report(one, inside)
      else
        add(
          inside,
          given,
          [...new Set(wrong.errors.flatMap((errors) => errors.map(({ message }) => message)))].join(', or '),
        )
    } else if (wrong.code === 'unrecognized_keys') {
      for (const key of wrong.keys) unknownKey([...inside, key], knownKeys(schema, inside))
    } else {
      add(inside, given, wrong.message, wrong.code === 'invalid_value' ? wrong.values.map(String) : undefined)
    }
  }

  function add(inside: Path, given: unknown, noun: string, values?: readonly string[]): void {
    const name = inside.length === 0 ? subject : `${subject}: ${printPath(inside)}`
    if (given === undefined) {
      const { file, line, column } = document.at([...path, ...inside])
      const message = `${name} is missing.`
      issues.push({
        severity: 'error',
        code: 'steer/missing-key',
        file,
        line,
        column,
        message,
        advice: `It must be ${noun}.`,
      })
      return
    }
    const advice = adviceFor(given, noun, values)
    issues.push({
      ...document.at([...path, ...inside]),
      severity: 'error',
      code: 'steer/bad-value',
      message: `${name} must be ${noun}, not ${show(given)}.`,
      ...(advice === undefined ? {} : { advice }),
    })
  }

  function unknownKey(inside: Path, known: readonly string[]): void {
    const key = String(inside[inside.length - 1])
    const near = nearestName(key, known)
    issues.push({
      ...document.keyAt([...path, ...inside]),
      severity: 'error',
      code: 'steer/unknown-key',
      message: `${subject} has a key "${key}"${inside.length > 1 ? ` in ${printPath(inside.slice(0, -1))}` : ''}, which is unknown.`,
      advice: near === undefined ? `Known here: ${known.join(', ')}.` : `Did you mean "${near}"?`,
    })
  }
}

/** @returns the one branch that has the value's own kind, so that its complaints are the useful ones */
function meantBranch(branches: readonly (readonly ShapeIssue[])[]): readonly ShapeIssue[] | undefined {
  const meant = branches.filter((errors) => !errors.some((error) => error.path.length === 0 && isKind(error)))
  return meant.length === 1 ? meant[0] : undefined
}

/** Whether the complaint is about the kind of value (a text for a mapping), not about what is in it. */
function isKind(error: ShapeIssue): boolean {
  if (error.code === 'invalid_union')
    return error.errors.every((errors) => errors.some((e) => e.path.length === 0 && isKind(e)))
  return error.code === 'invalid_type' || error.code === 'invalid_value'
}

function adviceFor(given: unknown, noun: string, values: readonly string[] | undefined): string | undefined {
  if (values !== undefined && typeof given === 'string') {
    const near = nearestName(given, values)
    return near === undefined ? undefined : `Did you mean "${near}"?`
  }
  if (noun.includes('a duration') && typeof given === 'number') return `A unit is missing: write ${given}s.`
  if (noun.includes('country') && typeof given === 'string') return COUNTRY_SLIPS[given.toUpperCase()]
  if (noun.includes('network') && typeof given === 'string') return 'Is the address the first one of the network?'
  if (given === null && noun.includes('mapping')) return 'Write {} for a mapping in which everything has its default.'
  if (typeof given === 'number' && /^a percentage|or a number of nodes/.test(noun)) return `Write ${given}%.`
  return undefined
}

/** Codes that are not ISO 3166-1, but are often taken for it. */
const COUNTRY_SLIPS: Readonly<Record<string, string>> = {
  UK: 'The United Kingdom is GB.',
  EN: 'The United Kingdom is GB.',
  EL: 'Greece is GR.',
  EU: 'Europe is a continent: continent: [EU].',
  UKR: 'Ukraine is UA.',
}

/** The keys that may stand at `path` below the schema; for a union those of all its mappings. */
function knownKeys(schema: unknown, path: Path): string[] {
  const { def } = (schema as { _zod: { def: z.core.$ZodTypeDef & Record<string, unknown> } })._zod
  const [step, ...rest] = path
  switch (def.type) {
    case 'optional':
      return knownKeys(def.innerType, path)
    case 'union':
      return (def.options as readonly unknown[]).flatMap((option) => knownKeys(option, path))
    case 'record':
      return step === undefined ? [] : knownKeys(def.valueType, rest)
    case 'array':
      return step === undefined ? [] : knownKeys(def.element, rest)
    case 'object': {
      const shape = def.shape as Readonly<Record<string, unknown>>
      if (step === undefined) return Object.keys(shape)
      const inner = Object.hasOwn(shape, step) ? shape[step] : undefined
      return inner === undefined ? [] : knownKeys(inner, rest)
    }
    default:
      return []
  }
}

function valueAt(value: unknown, path: Path): unknown {
  let at = value
  for (const step of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined
    at = (at as Record<string | number, unknown>)[step]
  }
  return at
}

/** ["rules", 0, "net"] -> rules[1].net: people count from one. */
function printPath(path: Path): string {
  return path.reduce<string>(
    (said, step) => (typeof step === 'number' ? `${said}[${step + 1}]` : said === '' ? step : `${said}.${step}`),
    '',
  )
}

function show(value: unknown): string {
  if (value === null) return 'nothing'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  if (typeof value === 'object') return 'a mapping'
  const said = typeof value === 'string' ? `"${value}"` : String(value)
  return said.length > 80 ? `${said.slice(0, 77)}...` : said
}
