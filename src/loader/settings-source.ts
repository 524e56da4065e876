/**
 * Where settings come from: the file, a variable, a flag; each value remembers it.
 */
import { readFileSync } from 'node:fs'
import type { Position } from './yaml-file.ts'

/** Where a value came from: what an issue about it names, and what its relative paths are relative to. */
export interface Source {
  readonly folder: string
  at(path: readonly PropertyKey[], key?: string): Position & { readonly file: string }
}

/** @returns the text, or the system's code of why it cannot be read */
export function readText(path: string): string | { readonly code: string } {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    return { code: (error as NodeJS.ErrnoException).code ?? String(error) }
  }
}
