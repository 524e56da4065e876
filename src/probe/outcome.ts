/**
 * What one attempt at one address came to, and how the kernel's and OpenSSL's words become ours.
 *
 * Every kind of probe is a function that begins an attempt and later settles it, once:
 *
 *     begin(asked, settle) ──▶ Attempt ── stop() ──▶ what it was waiting for
 *
 * The prober holds the clock: it stops the attempt at the timeout, and whatever the attempt says it was waiting for is
 * the detail that the operator reads.
 */
import type { EvidenceClass, NodeWord } from '../health/index.ts'
import type { Check } from '../steer/index.ts'

export interface Outcome {
  readonly class: EvidenceClass
  /** one clause */
  readonly detail: string
  readonly word?: NodeWord
  readonly warning?: string
}

/** What is asked of one address. */
export interface Asked {
  readonly node: string
  readonly check: Check
  /** as text, without brackets */
  readonly address: string
  readonly family: 4 | 6
  /** the record's name that this node serves */
  readonly host: string | undefined
  /** the address to probe from, of the same family; undefined: the kernel chooses */
  readonly source: string | undefined
}

export type Settle = (outcome: Outcome) => void

export interface Attempt {
  /** Ends the attempt and frees its sockets, at once; it settles no more. @returns what it was waiting for, as "the connection" */
  stop(): string
}

/** An attempt that never had to begin. */
export const NOTHING_TO_STOP: Attempt = { stop: () => 'nothing' }

/** Our own faults: they say nothing about the node. */
const LOCAL_CODES: ReadonlySet<string> = new Set([
  'EMFILE',
  'ENFILE',
  'ENOBUFS',
  'ENOMEM',
  'EADDRNOTAVAIL',
  'EADDRINUSE',
  'EAFNOSUPPORT',
  'EPERM',
  'EACCES',
  'EINVAL',
  'EAGAIN',
])

const CLASS_OF_CODE: Readonly<Record<string, EvidenceClass>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  ECONNABORTED: 'reset',
  ETIMEDOUT: 'timeout',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EHOSTDOWN: 'unreachable',
  ENETDOWN: 'unreachable',
  ENONET: 'unreachable',
  ENOPROTOOPT: 'unreachable',
  EPROTO: 'tls',
}

export function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' ? code : undefined
}

/** Says what a failed socket call means for the node. Unknown words count as a protocol failure: the node did something odd. */
export function outcomeOfError(error: Error): Outcome {
  const code = codeOf(error)
  // Node adds the local side of a socket that has none: " - Local (undefined:undefined)".
  const detail = clause(error.message.replace(/ - Local \(undefined:undefined\)$/, ''))
  if (code === undefined) return { class: 'protocol', detail }
  if (LOCAL_CODES.has(code)) return { class: 'local', detail }
  const known = CLASS_OF_CODE[code]
  if (known !== undefined) return { class: known, detail }
  // OpenSSL's errors and X.509's verdicts: ERR_SSL_..., ERR_TLS_..., CERT_HAS_EXPIRED, DEPTH_ZERO_SELF_SIGNED_CERT ...
  if (/SSL|TLS|CERT|SIGNATURE|CRL|ISSUER|CHAIN|CA$/.test(code))
    return { class: 'tls', detail: clause(`${code}: ${error.message}`) }
  return { class: 'protocol', detail }
}

/** Longest detail: it stands in a table, a log line and the probe log. */
const DETAIL_MAX = 160

/** Makes one printable line of what a stranger may have written. */
export function clause(text: string): string {
  const line = text
    .slice(0, 4 * DETAIL_MAX)
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g, ' ')
    .trim()
  return line.length > DETAIL_MAX ? `${line.slice(0, DETAIL_MAX - 1)}…` : line
}

/** Quotes a few characters of what a stranger said, for a detail. */
export function quote(text: string, most = 40): string {
  return `"${clause(text.length > most ? `${text.slice(0, most)}…` : text)}"`
}
