/**
 * A YAML text and where everything in it stands, so that an issue can point at a line and a column.
 */
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml'
import type { Issue } from '../base/index.ts'

export interface Position {
  readonly line: number
  readonly column: number
}

export interface YamlFile {
  /** plain values; null stands for an empty text and for `key:` with nothing behind it */
  readonly value: unknown
  readonly issues: readonly Issue[]
  /** where the value at `path` stands (or the deepest part of the path that exists); with `key`, where that key of it stands */
  positionOf(path: readonly PropertyKey[], key?: string): Position
}

/** Reads one YAML text; several documents, duplicate keys and broken syntax are issues. */
export function readYaml(file: string, text: string): YamlFile {
  const lines = new LineCounter()
  // Aliases are cheap to write and dear to expand: nobody needs a thousand of them.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, strict: true, uniqueKeys: true })
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }
  const issues: Issue[] = [...document.errors, ...document.warnings].map((error) => ({
    severity: error.name === 'YAMLWarning' ? 'warning' : 'error',
    code: 'settings/yaml',
    file,
    ...at(error.pos[0]),
    message: error.message,
  }))
  let value: unknown = null
  try {
    if (document.errors.length === 0) value = document.toJS({ maxAliasCount: 100 })
  } catch (error) {
    issues.push({
      severity: 'error',
      code: 'settings/yaml',
      file,
      line: 1,
      column: 1,
      message: (error as Error).message,
    })
  }
  return {
    value,
    issues,
    positionOf(path, key) {
      let node: Node | null = document.contents
      let found = at(node?.range?.[0] ?? 0)
      for (const step of key === undefined ? path : [...path, key]) {
        let next: unknown
        if (isMap(node)) {
          const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(step))
          const keyNode = pair?.key
          if (isScalar(keyNode) && keyNode.range) found = at(keyNode.range[0])
          next = pair?.value
        } else if (isSeq(node)) next = node.items[Number(step)]
        if (next === undefined || next === null) return found
        node = next as Node
        if (key === undefined && node.range) found = at(node.range[0])
      }
      return found
    },
  }
}
