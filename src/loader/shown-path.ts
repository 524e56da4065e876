import { relative } from 'node:path'

/** Paths as the operator knows them: from the working folder, where that is shorter. */
export function shownPath(path: string): string {
  const near = relative(process.cwd(), path)
  return near.startsWith('..') || near === '' ? path : near
}
