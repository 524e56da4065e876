/**
 * Collects what all files declare: every entry held against its shape, at its place, under its name; doubles are complained about.
 *
 * An entry with a wrong shape stays known by its name, so that those who refer to it do not complain as well.
 */
import { z } from 'zod'
import { type Issue, nearestName, type Severity } from '../base/index.ts'
import type { Origin } from '../policy/index.ts'
import { type Path, type Position, readDocuments, type SteeringDocument } from './document.ts'
import { domainName, isName, recordName } from './names.ts'
import { DEFAULTS, type Defaults, ENTRY, type Entry, SECTIONS, type Section, STEERING_FILE, ZONE } from './schema.ts'
import { readShape } from './shape.ts'

export interface SteeringFile {
  /** as the operator names it: issues carry it */
  readonly file: string
  readonly text: string
  /** the zone of a file that names none */
  readonly zone?: string
}

/** One file, read: what holds for all its entries. */
export interface FileScope {
  readonly document: SteeringDocument
  /** absolute, lower case, with the final dot */
  readonly zone: string | undefined
  readonly defaults: Defaults
}

export interface Declared<S extends Section> {
  readonly name: string
  /** undefined: its shape is wrong, which was said */
  readonly entry: Entry<S> | undefined
  readonly scope: FileScope
  readonly path: Path
}

export type Declarations = { readonly [S in Section]: ReadonlyMap<string, Declared<S>> }

/** The issues of one reading; says where and how grave. */
export class Complaints {
  readonly issues: Issue[] = []
  /** a file could not be read at all: what seems to be missing may stand there */
  unreadable = false

  add(severity: Severity, code: string, { file, line, column }: Position, message: string, advice?: string): void {
    const issue = { severity, code: `steer/${code}`, file, line, column, message }
    this.issues.push(advice === undefined ? issue : { ...issue, advice })
  }
  error(code: string, at: Position, message: string, advice?: string): void {
    this.add('error', code, at, message, advice)
  }
  warn(code: string, at: Position, message: string, advice?: string): void {
    this.add('warning', code, at, message, advice)
  }

  /** A name that refers to nothing. */
  unknown(kind: string, at: Position, subject: string, name: string, known: Iterable<string>): void {
    if (this.unreadable) return
    const near = nearestName(name, known)
    this.error(
      `unknown-${kind}`,
      at,
      `${subject} "${name}", which does not exist.`,
      near === undefined ? `Declare it under ${kind}s:, or name one that is there.` : `Did you mean "${near}"?`,
    )
  }
}

export function originOf(declared: { readonly scope: FileScope; readonly path: Path }, inside: Path = []): Origin {
  const { document } = declared.scope
  const { file, line, column } =
    inside.length === 0 ? document.keyAt(declared.path) : document.at([...declared.path, ...inside])
  return { kind: 'file', file, line, column }
}

const SUBJECT: Readonly<Record<Section, string>> = {
  checks: 'check',
  sites: 'site',
  nodes: 'node',
  pools: 'pool',
  records: 'record',
  schedules: 'schedule',
}

/** Reads and joins all files. */
export function collect(files: readonly SteeringFile[], complaints: Complaints): Declarations {
  const found = Object.fromEntries(SECTIONS.map((section) => [section, new Map()])) as {
    [S in Section]: Map<string, Declared<S>>
  }
  for (const file of files) {
    for (const document of readDocuments(file.file, file.text)) {
      complaints.issues.push(...document.issues)
      const sections = readTop(document, complaints)
      if (sections === undefined) {
        complaints.unreadable = true
        continue
      }
      const scope = {
        document,
        zone: readZone(file, document, sections.zone, complaints),
        defaults: readDefaults(document, sections.defaults, complaints),
      }
      for (const section of SECTIONS) readSection(section, sections[section] ?? {}, scope, found, complaints)
    }
  }
  return found
}

const loose = z.record(z.string(), z.unknown(), { error: 'a mapping of names' }).nullish()
const TOP = z.strictObject(
  {
    zone: z.unknown().optional(),
    defaults: z.unknown().optional(),
    checks: loose,
    sites: loose,
    nodes: loose,
    pools: loose,
    records: loose,
    schedules: loose,
  } satisfies Readonly<Record<keyof typeof STEERING_FILE.shape, unknown>>,
  { error: `a mapping with the keys ${Object.keys(STEERING_FILE.shape).join(', ')}` },
)

type Top = z.infer<typeof TOP>

/** @returns the sections; those that are sound even where others are not */
function readTop(document: SteeringDocument, complaints: Complaints): Partial<Top> | undefined {
  const { value } = document
  if (value === undefined) return undefined
  const top = readShape(TOP, value, document, [], 'the file', complaints.issues)
  if (top !== undefined) return top
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  // A key that is unknown or not a mapping must not hide what is wrong in the others.
  const sound = Object.entries(value).filter(
    ([key, inner]) => key in TOP.shape && TOP.shape[key as keyof Top].safeParse(inner).success,
  )
  return Object.fromEntries(sound) as Partial<Top>
}

function readZone(
  file: SteeringFile,
  document: SteeringDocument,
  value: unknown,
  complaints: Complaints,
): string | undefined {
  if (value === undefined) return file.zone === undefined ? undefined : domainName(file.zone)
  const zone = readShape(ZONE, value, document, ['zone'], 'zone', complaints.issues)
  return zone === undefined ? undefined : domainName(zone)
}

function readDefaults(document: SteeringDocument, value: unknown, complaints: Complaints): Defaults {
  if (value === undefined || value === null) return {}
  return readShape(DEFAULTS, value, document, ['defaults'], 'defaults', complaints.issues) ?? {}
}

function readSection<S extends Section>(
  section: S,
  entries: Readonly<Record<string, unknown>>,
  scope: FileScope,
  found: { [T in Section]: Map<string, Declared<T>> },
  complaints: Complaints,
): void {
  const { document } = scope
  for (const [key, value] of Object.entries(entries)) {
    const path = [section, key]
    const subject = `${SUBJECT[section]} ${key}`
    const shape: z.ZodType = ENTRY[section]
    const entry = readShape(shape, value, document, path, subject, complaints.issues) as Entry<S> | undefined
    const name =
      section === 'records'
        ? absoluteName(key, scope, path, complaints)
        : entryName(section, key, scope, path, complaints)
    if (name === undefined) continue
    const known: Map<string, Declared<S>> = found[section]
    const first = known.get(name)
    if (first === undefined) known.set(name, { name, entry, scope, path })
    else {
      const { file, line } = first.scope.document.keyAt(first.path)
      const said = section === 'records' ? `record ${name}` : subject
      complaints.error(
        'duplicate',
        document.keyAt(path),
        `${said} is declared twice; the first stands in ${file}:${line}.`,
        'Take one of them away, or give it another name.',
      )
    }
  }
}

function entryName(
  section: Section,
  key: string,
  scope: FileScope,
  path: Path,
  complaints: Complaints,
): string | undefined {
  const at = scope.document.keyAt(path)
  if (section === 'checks' && key === 'none') {
    complaints.error(
      'bad-name',
      at,
      'a check cannot be called none: `check: none` means no check at all.',
      'Give it another name.',
    )
    return undefined
  }
  if (isName(key)) return key
  const advice = 'Letters, digits and . _ - : may stand in it, beginning with a letter, a digit or _.'
  complaints.error('bad-name', at, `"${key}" cannot be the name of a ${SUBJECT[section]}.`, advice)
  return undefined
}

function absoluteName(key: string, scope: FileScope, path: Path, complaints: Complaints): string | undefined {
  const at = scope.document.keyAt(path)
  if (scope.zone === undefined) {
    // A zone that is there but wrong was complained about.
    if (!Object.hasOwn(scope.document.value ?? {}, 'zone'))
      complaints.error(
        'no-zone',
        at,
        `record ${key} has no zone to be in.`,
        'Begin the file with the zone: zone: example.com',
      )
    return undefined
  }
  const result = recordName(key, scope.zone)
  if ('name' in result) return result.name
  if (result.wrong === 'outside')
    complaints.error(
      'outside-zone',
      at,
      `record ${key} is not in the zone ${scope.zone}`,
      'Write it relative to the zone, without a final dot, or declare it in a file of its own zone.',
    )
  else
    complaints.error(
      'bad-name',
      at,
      `"${key}" cannot be the name of a record.`,
      /[^\x20-\x7e]/.test(key)
        ? 'Write names beyond ASCII in their xn-- form (IDNA).'
        : 'Labels of letters, digits, - and _, at most 63 each; * may be the first one.',
    )
  return undefined
}
