/**
 * Dotted paths into JSON, as operators write them: `data.mirror.lag`, `nodes.0.state`, `nodes[0].state`, `$.status`.
 * Own keys only; a path that leads nowhere is `undefined`, which JSON itself cannot say.
 */

/** @returns the value at the path, or undefined where there is none; '' and '$' are the whole document */
export function valueAtPath(document: unknown, path: string): unknown {
  let value = document
  for (const step of stepsOf(path)) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
    value = (value as Record<string, unknown>)[step]
  }
  return value
}

function stepsOf(path: string): string[] {
  const steps = path.replace(/\[(\d+)\]/g, '.$1').split('.')
  return steps.filter((step, i) => step !== '' && !(i === 0 && step === '$'))
}

/** Equality of JSON values: the order of keys does not matter. */
export function equalJson(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const keys = Object.keys(a)
  if (keys.length !== Object.keys(b).length) return false
  return keys.every(
    (key) =>
      Object.hasOwn(b, key) && equalJson((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
  )
}
