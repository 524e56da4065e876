/**
 * Bearer tokens: `mrd_ID_SECRET`. The ID finds the token, the SECRET (256 bits) proves it; only its SHA-256 is kept. A fast
 * hash is right for a secret that nobody can guess; comparison takes the same time whatever was given.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Control, Role, Scope, Token } from '../control/index.ts'

export const EVERYTHING: Scope = { zones: [], pools: [], nodes: [] }

export interface NewToken {
  readonly name: string
  readonly role: Role
  readonly scope: Scope
  readonly createdBy: string
  readonly nowMs: number
  readonly expiresMs: number | undefined
}

/** Makes a token. @returns what is kept, and the text that is shown once */
export function makeToken(wanted: NewToken): { readonly token: Token; readonly text: string } {
  const id = randomBytes(6).toString('hex')
  const secret = randomBytes(32).toString('base64url')
  return {
    token: {
      id,
      name: wanted.name,
      role: wanted.role,
      scope: wanted.scope,
      hash: hashSecret(secret).toString('hex'),
      createdMs: wanted.nowMs,
      createdBy: wanted.createdBy,
      expiresMs: wanted.expiresMs,
    },
    text: `mrd_${id}_${secret}`,
  }
}

/** @returns the token that the text proves, unless it is unknown, wrong or over */
export function provenToken(control: Control, text: string, nowMs: number): Token | undefined {
  const parts = /^mrd_([0-9a-f]{12})_([A-Za-z0-9_-]{43})$/.exec(text)
  const token = parts === null ? undefined : control.token(parts[1]!)
  // The same work for an unknown token, so that time does not tell which IDs exist.
  const given = hashSecret(parts?.[2] ?? text.slice(0, 256))
  const kept = Buffer.from(token?.hash ?? '0'.repeat(64), 'hex')
  const same = timingSafeEqual(given, kept)
  if (!same || token === undefined) return undefined
  return token.expiresMs !== undefined && token.expiresMs <= nowMs ? undefined : token
}

function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}
