/**
 * What the schema of the settings objects to, as issues: at their place, and with the nearest known key.
 */
import type { z } from 'zod'
import { type Issue, nearestName } from '../base/index.ts'
import { settingsSchema } from './settings-schema.ts'
import type { Source } from './settings-source.ts'

/** One issue of the schema becomes one issue of ours, or several. */
export function reportIssue(
  issue: z.core.$ZodIssue,
  above: readonly PropertyKey[],
  sourceOf: (path: readonly PropertyKey[]) => Source,
  issues: Issue[],
): void {
  const path = [...above, ...issue.path]
  const source = sourceOf(path)
  const name = path.map(String).join('.')
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(settingsSchema, path)
    for (const key of issue.keys) {
      const near = nearestName(key, known)
      issues.push({
        severity: 'error',
        code: 'settings/unknown-key',
        ...source.at(path, key),
        message: `there is no setting "${name === '' ? '' : `${name}.`}${key}".`,
        advice: near === undefined ? `Known here: ${known.join(', ')}.` : `Did you mean "${near}"?`,
      })
    }
    return
  }
  if (issue.code === 'invalid_union') {
    // The branch that got furthest tells what the operator meant.
    const meant = issue.errors.find((branch) =>
      branch.some((each) => each.path.length > 0 || each.code === 'unrecognized_keys'),
    )
    if (meant !== undefined) {
      for (const each of meant) reportIssue(each, path, sourceOf, issues)
      return
    }
  }
  issues.push({
    severity: 'error',
    code: 'settings/value',
    ...source.at(path),
    message: `${name === '' ? '' : `${name}: `}${issue.message}.`,
  })
}

/** The keys that the schema knows at a path. */
function keysAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): string[] {
  const def = schema._zod.def as unknown as { readonly type: string } & Readonly<Record<string, unknown>>
  const inner = (name: string): z.core.$ZodType => def[name] as z.core.$ZodType
  switch (def.type) {
    case 'object': {
      const shape = def.shape as Record<string, z.core.$ZodType>
      const next = path.length === 0 ? undefined : shape[String(path[0])]
      return path.length === 0 ? Object.keys(shape) : next === undefined ? [] : keysAt(next, path.slice(1))
    }
    case 'array':
      return keysAt(inner('element'), path.slice(1))
    case 'record':
      return keysAt(inner('valueType'), path.slice(1))
    case 'union':
      return (def.options as z.core.$ZodType[]).flatMap((option) => keysAt(option, path))
    case 'default':
    case 'prefault':
    case 'optional':
      return keysAt(inner('innerType'), path)
    default:
      return []
  }
}
