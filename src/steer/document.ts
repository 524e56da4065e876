/**
 * A steering file as text, with line and column of every value: yaml's document tree, asked by path.
 */
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  visit,
  type YAMLMap,
  type Node as YamlNode,
} from 'yaml'
import type { Issue } from '../base/index.ts'

export type Path = readonly (string | number)[]

export interface Position {
  readonly file: string
  /** from 1; 0: the whole file */
  readonly line: number
  readonly column: number
}

/** Larger files are refused: nobody writes them by hand, and YAML takes its time. */
const MAX_OCTETS = 16 * 1024 * 1024

/** Reads a file: YAML documents, one after the other; nearly always one. Each is read like a file of its own. */
export function readDocuments(file: string, text: string): readonly SteeringDocument[] {
  const unreadable = text.length > MAX_OCTETS ? tooLarge(file, text) : tooDeep(file, text)
  const lines = new LineCounter()
  if (unreadable !== undefined) return [new SteeringDocument(file, lines, undefined, unreadable)]
  const documents = parseAllDocuments(text, {
    lineCounter: lines,
    prettyErrors: false,
    stringKeys: true,
    // yaml compares every key of a mapping with every other one; `doubleKeys` takes one look at each.
    uniqueKeys: false,
  })
  // An empty file has no document; it declares nothing.
  return [...documents].map((document) => new SteeringDocument(file, lines, document))
}

export class SteeringDocument {
  readonly file: string
  /** the document as plain values; undefined where it could not be read at all */
  readonly value: unknown
  /** what YAML itself has to complain about */
  readonly issues: readonly Issue[]
  readonly #root: YamlNode | null
  readonly #document: Document | undefined
  readonly #lines: LineCounter
  readonly #pairsOf = new Map<YAMLMap, ReadonlyMap<string, Pair>>()

  /** @param unreadable why there is no document */
  constructor(file: string, lines: LineCounter, document: Document | undefined, unreadable?: Issue) {
    this.file = file
    this.#lines = lines
    this.#document = document
    this.#root = document?.contents ?? null
    const issues = unreadable === undefined ? [] : [unreadable]
    this.issues = issues
    if (document === undefined) return
    const problems = onePerLine(
      [...document.errors, ...document.warnings, ...doubleKeys(document)],
      (offset) => lines.linePos(offset).line,
    )
    issues.push(...problems.map(({ pos, code, message }) => yamlIssue(this.#position(pos[0]), code, message)))
    if (issues.length > 0) return
    try {
      // A limit on aliases keeps a few lines from unfolding into gigabytes.
      this.value = document.toJS({ maxAliasCount: 100 }) ?? {}
    } catch (error) {
      issues.push(yamlIssue(this.at([]), 'ALIAS', error instanceof Error ? error.message : String(error)))
    }
  }

  /** Where the value at `path` stands; the nearest value around it where it is missing. */
  at(path: Path): Position {
    return this.#find(path, 'value')
  }

  /** Where the key that ends `path` stands. */
  keyAt(path: Path): Position {
    return this.#find(path, 'key')
  }

  #find(path: Path, what: 'key' | 'value'): Position {
    let node: unknown = this.#root
    let found: YamlNode | null = this.#root
    for (let i = 0; i < path.length; i++) {
      const inside = isAlias(node) && this.#document !== undefined ? node.resolve(this.#document) : node
      if (isMap(inside)) {
        const pair = this.#pairs(inside).get(String(path[i]))
        if (pair === undefined) break
        node = pair.value
        const wanted = what === 'key' && i === path.length - 1 ? pair.key : (pair.value ?? pair.key)
        if (isNode(wanted)) found = wanted
      } else if (isSeq(inside)) {
        node = inside.items[Number(path[i])]
        if (isNode(node)) found = node
      } else break
    }
    return found?.range ? this.#position(found.range[0]) : { file: this.file, line: 0, column: 0 }
  }

  /** The pairs of a mapping by key; made once for each mapping that is asked. */
  #pairs(map: YAMLMap): ReadonlyMap<string, Pair> {
    let pairs = this.#pairsOf.get(map)
    if (pairs === undefined) {
      pairs = new Map(map.items.map((pair) => [keyText(pair), pair]))
      this.#pairsOf.set(map, pairs)
    }
    return pairs
  }

  #position(offset: number): Position {
    const { line, col } = this.#lines.linePos(offset)
    return { file: this.file, line, column: col }
  }
}

interface YamlProblem {
  readonly code: string
  readonly message: string
  readonly pos: readonly [number, number]
}

type Pair = YAMLMap['items'][number]

/** Keys that are not scalars are an error of their own (`stringKeys`); printing them could take for ever. */
function keyText({ key }: Pair): string {
  return isScalar(key) ? String(key.value) : ''
}

/** Keys that stand twice in their mapping, at the second place. */
function doubleKeys(document: Document): YamlProblem[] {
  const doubles: YamlProblem[] = []
  visit(document, {
    Map(_, map) {
      const seen = new Set<string>()
      for (const pair of map.items) {
        const text = keyText(pair)
        const at = isNode(pair.key) ? (pair.key.range?.[0] ?? 0) : 0
        if (seen.has(text))
          doubles.push({ code: 'DUPLICATE_KEY', message: `the key "${text}" stands twice here.`, pos: [at, at] })
        seen.add(text)
      }
    },
  })
  return doubles
}

const aboutAlias = ({ message }: { readonly message: string }): boolean => /alias/i.test(message)

/** One slip makes yaml complain several times about its line; the complaint about an alias is the one that explains. */
function onePerLine<T extends YamlProblem>(problems: readonly T[], lineOf: (offset: number) => number): T[] {
  const lines = new Map<number, T>()
  for (const problem of problems) {
    const line = lineOf(problem.pos[0])
    const said = lines.get(line)
    if (said === undefined || (aboutAlias(problem) && !aboutAlias(said))) lines.set(line, problem)
  }
  return [...lines.values()]
}

function tooLarge(file: string, text: string): Issue {
  return {
    severity: 'error',
    code: 'steer/too-large',
    file,
    line: 0,
    column: 0,
    message: `the file has ${Math.round(text.length / 1048576)} MiB; steering files may have at most 16.`,
    advice: 'Split it: all files of the folder are read as one.',
  }
}

/** Steering nests six deep. */
const MAX_BRACKETS = 64
const MAX_INDENT = 200

/**
 * yaml reads nested values by recursion, and V8 may end the whole process where the stack ends inside of a regular expression: such a
 * text must not even be tried. Every level needs a bracket, or a column of indentation.
 */
function tooDeep(file: string, text: string): Issue | undefined {
  let brackets = 0
  for (const [i, line] of text.split('\n').entries()) {
    const indent = /^[ \t?:-]*/.exec(line)![0].length
    for (const [mark] of line.replace(/(^|\s)#.*/, '').matchAll(/[[\]{}]/g))
      brackets += mark === '[' || mark === '{' ? 1 : -1
    if (brackets > MAX_BRACKETS || indent > MAX_INDENT)
      return {
        severity: 'error',
        code: 'steer/yaml',
        file,
        line: i + 1,
        column: 1,
        message: 'values are nested too deeply to be meant.',
        advice: 'Is a closing bracket missing above, or has a line lost its line break?',
      }
  }
  return undefined
}

const YAML_ADVICE: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'YAML is indented with blanks, never with tabs.',
  DUPLICATE_KEY: 'Every key may stand once; join the two, or rename one.',
  BAD_INDENT: 'Keys of one mapping begin in one column.',
  MULTILINE_IMPLICIT_KEY: 'Is a quote or a bracket missing on a line above?',
  MISSING_CHAR: 'Is a quote, a bracket or a colon missing?',
  BAD_ALIAS: 'A value that begins with * is an alias in YAML: quote it, as in "*.cdn".',
  ALIAS: 'Write the values out instead of referring to them.',
}

function yamlIssue(position: Position, code: string, message: string): Issue {
  // A name such as *.cdn is the most usual way to meet an alias.
  const advice = aboutAlias({ message }) ? YAML_ADVICE.BAD_ALIAS : YAML_ADVICE[code]
  return {
    ...position,
    severity: 'error',
    code: 'steer/yaml',
    message: code === 'DUPLICATE_KEY' ? message : `this is not YAML: ${message.replace(/\.?$/, '.')}`,
    ...(advice === undefined ? {} : { advice }),
  }
}
