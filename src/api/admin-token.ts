/**
 * The admin token of the first start: a file that only the server's user reads; the CLI on the same machine finds it.
 */
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { BY_ITSELF, type Control } from '../control/index.ts'
import { EVERYTHING, makeToken, provenToken } from './bearer.ts'

export const ADMIN_TOKEN_NAME = 'admin'

/**
 * Makes sure that the file holds a token that is valid; makes both where not.
 * @returns true where it was made now
 */
export function ensureAdminToken(control: Control, file: string, nowMs: number): boolean {
  try {
    if (provenToken(control, readFileSync(file, 'utf8').trim(), nowMs) !== undefined) return false
  } catch {
    // No file: the first start, or an operator who took it away and wants a new one.
  }
  // An old token of this name is worth nothing without its file.
  for (const token of control.tokens()) if (token.name === ADMIN_TOKEN_NAME) control.revokeToken(BY_ITSELF, token.id)
  const made = makeToken({
    name: ADMIN_TOKEN_NAME,
    role: 'admin',
    scope: EVERYTHING,
    createdBy: BY_ITSELF.author,
    nowMs,
    expiresMs: undefined,
  })
  // The file first: a token that nobody can read is of no use, a file without a token is made anew at the next start.
  writeFileSync(file, `${made.text}\n`, { mode: 0o600 })
  // The mode above is for a new file only.
  chmodSync(file, 0o600)
  control.putToken(BY_ITSELF, made.token)
  return true
}
