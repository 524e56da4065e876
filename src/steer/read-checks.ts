/**
 * Checks: from the file's words to a probe with all its defaults.
 */
import { parseDurationMs } from '../base/index.ts'
import type { Check, HttpExpectation, Origin, Probe } from '../policy/index.ts'
import { type Complaints, type Declarations, type FileScope, originOf } from './declarations.ts'
import type { Path } from './document.ts'
import { resolveHysteresis } from './hysteresis.ts'
import { domainName } from './names.ts'
import { parseStatusRange } from './scalars.ts'
import type { CheckEntry } from './schema.ts'

export const DEFAULT_TIMEOUT_MS = 2000
export const DEFAULT_CERTIFICATE_WARNING_MS = 14 * 86_400_000
export const DEFAULT_STATUS: HttpExpectation['status'] = [[200, 299]]

const KINDS = ['http', 'https', 'tcp', 'tls', 'icmp', 'dns', 'command'] as const

export function readChecks(declared: Declarations['checks'], complaints: Complaints): Map<string, Check> {
  const checks = new Map<string, Check>()
  for (const { name, entry, scope, path } of declared.values()) {
    if (entry === undefined) continue
    const check = readCheck(name, entry, scope, path, originOf({ scope, path }), complaints)
    if (check !== undefined) checks.set(name, check)
  }
  return checks
}

/** @returns the check, or undefined where it is not exactly one probe (which was said) */
export function readCheck(
  name: string,
  entry: CheckEntry,
  scope: FileScope,
  path: Path,
  origin: Origin,
  complaints: Complaints,
): Check | undefined {
  const at = (...inside: Path) => scope.document.at([...path, ...inside])
  const kinds = KINDS.filter((kind) => entry[kind] !== undefined)
  if (kinds.length !== 1) {
    const message =
      kinds.length === 0
        ? `check ${name} says nothing of how to probe.`
        : `check ${name} has ${kinds.length} probes: ${kinds.join(' and ')}.`
    complaints.error(
      'one-probe',
      kinds[1] === undefined ? at() : at(kinds[1]),
      message,
      `Give exactly one of ${KINDS.join(', ')}.`,
    )
    return undefined
  }
  const timeoutMs = durationMs(entry.timeout ?? scope.defaults.timeout, DEFAULT_TIMEOUT_MS)
  const budgetMs = entry.budget === undefined ? undefined : durationMs(entry.budget, 0)
  if (timeoutMs < 1)
    complaints.error(
      'bad-value',
      at('timeout'),
      `check ${name}: timeout must be longer than nothing.`,
      'Write a duration such as 2s.',
    )
  if (budgetMs !== undefined && budgetMs >= timeoutMs)
    complaints.warn(
      'useless-budget',
      at('budget'),
      `check ${name}: budget is not shorter than timeout (${timeoutMs}ms), so nothing is ever slow.`,
      'Make it shorter, or take it away.',
    )
  const given = entry.hysteresis
  const hysteresis = resolveHysteresis(given ?? scope.defaults.hysteresis, ({ severity, key, message, advice }) => {
    // Where the defaults are to blame, the complaint stands there; once for each check that takes them would be noise.
    const where = given === undefined ? scope.document.at(['defaults', 'hysteresis', key]) : at('hysteresis', key)
    const known = complaints.issues.some(
      (i) => i.line === where.line && i.column === where.column && i.message.endsWith(message),
    )
    if (!known)
      complaints.add(severity, 'hysteresis', where, given === undefined ? message : `check ${name}: ${message}`, advice)
  })
  const probe = readProbe(name, entry, (code, inside, message, advice) =>
    complaints.error(code, at(...inside), `check ${name}: ${message}`, advice),
  )
  return probe && { name, probe, timeoutMs, budgetMs, source: entry.source, hysteresis, origin }
}

type Fail = (code: string, inside: Path, message: string, advice: string) => void

function readProbe(name: string, entry: CheckEntry, fail: Fail): Probe | undefined {
  if (entry.http !== undefined) return readHttp('http', entry.http, {}, fail)
  if (entry.https !== undefined) return readHttp('https', entry.https, entry.https, fail)
  if (entry.tcp !== undefined) {
    const { port, send, expect } = entry.tcp
    return { kind: 'tcp', port, send, expect }
  }
  if (entry.tls !== undefined) return { kind: 'tls', port: entry.tls.port ?? 443, ...readTls(entry.tls) }
  if (entry.icmp !== undefined) return { kind: 'icmp' }
  if (entry.dns !== undefined) {
    const { port, type, expect } = entry.dns
    return {
      kind: 'dns',
      port: port ?? 53,
      name: domainName(entry.dns.name) ?? name,
      type: (type ?? 'A').toUpperCase(),
      expect,
    }
  }
  if (entry.command !== undefined) {
    const [program, ...args] = Array.isArray(entry.command)
      ? entry.command
      : [entry.command.program, ...(entry.command.args ?? [])]
    return program === undefined ? undefined : { kind: 'command', program, args }
  }
  return undefined
}

type HttpEntry = NonNullable<CheckEntry['http']>
type TlsEntry = Pick<NonNullable<CheckEntry['https']>, 'sni' | 'verify' | 'certificate_warning'>

function readHttp(kind: 'http' | 'https', entry: HttpEntry, tls: TlsEntry, fail: Fail): Probe {
  return {
    kind,
    port: entry.port ?? (kind === 'http' ? 80 : 443),
    path: entry.path ?? '/',
    method: entry.method ?? 'GET',
    host: entry.host,
    headers: readHeaders(kind, entry.headers ?? {}, fail),
    expect: readExpectation(kind, entry, fail),
    ...readTls(tls),
  }
}

function readTls(entry: TlsEntry) {
  return {
    sni: entry.sni,
    verify: entry.verify ?? true,
    certificateWarningMs: durationMs(entry.certificate_warning, DEFAULT_CERTIFICATE_WARNING_MS),
  }
}

function readHeaders(
  kind: string,
  headers: Readonly<Record<string, string>>,
  fail: Fail,
): Readonly<Record<string, string>> {
  for (const name of Object.keys(headers)) {
    // RFC 9110 5.1: a field name is a token.
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name))
      fail(
        'bad-value',
        [kind, 'headers', name],
        `"${name}" is not the name of a header.`,
        'Letters, digits and hyphens may stand in it.',
      )
    else if (name.toLowerCase() === 'host')
      fail(
        'bad-value',
        [kind, 'headers', name],
        'the Host header has a key of its own.',
        `Write ${kind}: { host: ${headers[name]} } instead.`,
      )
  }
  return headers
}

function readExpectation(kind: string, { method, expect }: HttpEntry, fail: Fail): HttpExpectation {
  if (expect === undefined)
    return { status: DEFAULT_STATUS, body: undefined, bodyPattern: undefined, json: undefined, fresh: undefined }
  if (typeof expect !== 'object' || Array.isArray(expect))
    return { ...readExpectation(kind, { method }, fail), status: readStatuses(expect) }
  const { status, body, body_pattern, json, fresh } = expect
  const inside: Path = [kind, 'expect']
  const looksAtBody =
    body !== undefined || body_pattern !== undefined || json !== undefined || fresh?.json !== undefined
  if (method === 'HEAD' && looksAtBody)
    fail('head-without-body', inside, 'an answer to HEAD has no body to look at.', 'Use method: GET.')
  const sources = [fresh?.header, fresh?.json].filter((source) => source !== undefined).length
  if (fresh !== undefined && sources !== 1)
    fail(
      'one-source',
      [...inside, 'fresh'],
      'fresh needs exactly one of header and json.',
      'Say where the timestamp stands.',
    )
  return {
    status: status === undefined ? DEFAULT_STATUS : readStatuses(status),
    body,
    bodyPattern: body_pattern,
    json,
    fresh: fresh && {
      from: fresh.header === undefined ? { json: fresh.json ?? '' } : { header: fresh.header },
      maxAgeMs: durationMs(fresh.max_age, 0),
    },
  }
}

function readStatuses(given: number | string | readonly (number | string)[]): HttpExpectation['status'] {
  const list = Array.isArray(given) ? given : [given]
  return list.flatMap((status) => {
    const range = parseStatusRange(String(status))
    return range === undefined ? [] : [range]
  })
}

export function durationMs(text: string | undefined, otherwise: number): number {
  return text === undefined ? otherwise : (parseDurationMs(text) ?? otherwise)
}
