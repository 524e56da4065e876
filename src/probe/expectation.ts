/**
 * Holds an HTTP response against what the check expects of it: status, text, pattern, JSON value, freshness, in this order; the
 * first thing that is wrong is the outcome. Pure but for the pattern, which is matched elsewhere (pattern.ts) and comes in as a verb.
 */
import { printDuration, unreachable } from '../base/index.ts'
import type { HttpExpectation } from '../steer/index.ts'
import type { HttpResponse } from './http-reader.ts'
import { equalJson, valueAtPath } from './json-path.ts'
import { AGENT_HEADER, joinTold, parseAgentJson, parseAgentWords } from './node-word.ts'
import { clause, type Outcome, quote } from './outcome.ts'
import type { PatternVerdict } from './pattern.ts'

export type MatchPattern = (pattern: string, body: string) => Promise<PatternVerdict>

/** True where the response's body decides something: an expectation, or the node's own word in a JSON body. */
export function wantsBody(expect: HttpExpectation, fields: ReadonlyMap<string, string>): boolean {
  return readsBody(expect) || isJson(fields)
}

function readsBody(expect: HttpExpectation): boolean {
  return (
    expect.body !== undefined ||
    expect.bodyPattern !== undefined ||
    expect.json !== undefined ||
    (expect.fresh !== undefined && 'json' in expect.fresh.from)
  )
}

/** Judges a whole response. @param nowMs epoch, for freshness */
export async function judge(
  expect: HttpExpectation,
  response: HttpResponse,
  nowMs: number,
  matches: MatchPattern,
): Promise<Outcome> {
  const text = response.body.toString('utf8')
  const document = wantsDocument(expect, response.fields) ? parseJson(text) : undefined
  const told = joinTold(parseAgentWords(response.fields.get(AGENT_HEADER) ?? ''), parseAgentJson(document))
  const verdict =
    statusProblem(expect, response) ??
    (told.down === undefined ? undefined : problem('status', `the node says ${quote(told.down, 80)}`)) ??
    codedProblem(expect, response) ??
    textProblem(expect, text, response.cut) ??
    (await patternProblem(expect, text, matches)) ??
    jsonProblem(expect, document, response.cut) ??
    freshnessProblem(expect, response.fields, document, nowMs)
  const outcome = verdict ?? good(response.status)
  return told.word === undefined ? outcome : { ...outcome, word: told.word }
}

/** One value per status: the last results of ten thousand nodes are kept, and most of them are this. */
const GOOD = new Map<number, Outcome>()

function good(status: number): Outcome {
  let outcome = GOOD.get(status)
  if (outcome === undefined) {
    outcome = { class: 'ok', detail: `status ${status}` }
    GOOD.set(status, outcome)
  }
  return outcome
}

function problem(outcome: Outcome['class'], detail: string): Outcome {
  return { class: outcome, detail: clause(detail) }
}

function statusProblem(expect: HttpExpectation, response: HttpResponse): Outcome | undefined {
  if (expect.status.some(([from, to]) => response.status >= from && response.status <= to)) return undefined
  const wanted = expect.status.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(', ')
  const location = response.fields.get('location')
  const where =
    location !== undefined && response.status >= 300 && response.status < 400 ? ` to ${quote(location, 80)}` : ''
  return problem('status', `status ${response.status}${where}, expected ${wanted}`)
}

/** A body that comes packed although `identity` was asked for (RFC 9110 12.5.3) lacks whatever is looked for; say why. */
function codedProblem(expect: HttpExpectation, response: HttpResponse): Outcome | undefined {
  const coding = response.fields.get('content-encoding')
  if (coding === undefined || /^\s*identity\s*$/i.test(coding) || !readsBody(expect)) return undefined
  return problem(
    'content',
    `body comes with Content-Encoding: ${clause(coding.slice(0, 40))}, which was not asked for and is not read`,
  )
}

function textProblem(expect: HttpExpectation, text: string, cut: boolean): Outcome | undefined {
  if (expect.body === undefined || text.includes(expect.body)) return undefined
  return problem('content', `body lacks ${quote(expect.body)}${cut ? ' within the part that was read' : ''}`)
}

async function patternProblem(
  expect: HttpExpectation,
  text: string,
  matches: MatchPattern,
): Promise<Outcome | undefined> {
  if (expect.bodyPattern === undefined) return undefined
  const verdict = await matches(expect.bodyPattern, text)
  const pattern = quote(expect.bodyPattern, 60)
  switch (verdict) {
    case 'match':
      return undefined
    case 'no-match':
      return problem('content', `body does not match ${pattern}`)
    case 'gave-up':
      return problem('content', `matching ${pattern} took too long and was given up: simplify the pattern`)
    case 'busy':
      return problem('local', 'too many bodies wait for a pattern to be matched')
    default:
      return unreachable(verdict)
  }
}

function jsonProblem(expect: HttpExpectation, document: unknown, cut: boolean): Outcome | undefined {
  if (expect.json === undefined) return undefined
  if (document === undefined) return problem('content', cut ? 'JSON body longer than is read' : 'body is not JSON')
  const value = valueAtPath(document, expect.json.path)
  if (equalJson(value, expect.json.equals)) return undefined
  const wanted = quoteJson(expect.json.equals)
  return problem('content', `JSON ${expect.json.path || '$'} is ${quoteJson(value)}, expected ${wanted}`)
}

function freshnessProblem(
  expect: HttpExpectation,
  fields: ReadonlyMap<string, string>,
  document: unknown,
  nowMs: number,
): Outcome | undefined {
  if (expect.fresh === undefined) return undefined
  const from = expect.fresh.from
  const what = 'header' in from ? `header ${from.header}` : `JSON ${from.json}`
  const value = 'header' in from ? fields.get(from.header.toLowerCase()) : valueAtPath(document, from.json)
  if (value === undefined) return problem('content', `no ${what} to tell the age`)
  const atMs = parseTimestampMs(value)
  if (atMs === undefined) return problem('content', `${what} is no timestamp: ${quoteJson(value)}`)
  // A clock that runs ahead makes the age negative: that is young.
  const ageMs = nowMs - atMs
  if (ageMs <= expect.fresh.maxAgeMs) return undefined
  return problem(
    'stale',
    `${what} is ${printDuration(ageMs)} old, at most ${printDuration(expect.fresh.maxAgeMs)} allowed`,
  )
}

/** Below this a number counts seconds, above it milliseconds (the year 5138 in seconds, 1973 in milliseconds). */
const SECONDS_BELOW = 1e11

/** Reads a moment as the world writes it: HTTP-date, RFC 3339, or a number of seconds or milliseconds since 1970. */
export function parseTimestampMs(value: unknown): number | undefined {
  if (typeof value === 'number' || (typeof value === 'string' && /^\s*\d{1,16}(\.\d{1,9})?\s*$/.test(value))) {
    const number = Number(value)
    if (!Number.isFinite(number) || number < 0) return undefined
    return number < SECONDS_BELOW ? number * 1000 : number
  }
  if (typeof value !== 'string' || value.length > 64) return undefined
  // RFC 3339 without an offset is read as UTC: Date.parse would take it for this machine's local time.
  const bare = /^\s*(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)\s*$/.exec(value)
  const parsed = Date.parse(bare === null ? value : `${bare[1]}T${bare[2]}Z`)
  return Number.isNaN(parsed) ? undefined : parsed
}

function wantsDocument(expect: HttpExpectation, fields: ReadonlyMap<string, string>): boolean {
  return expect.json !== undefined || (expect.fresh !== undefined && 'json' in expect.fresh.from) || isJson(fields)
}

function isJson(fields: ReadonlyMap<string, string>): boolean {
  return /^application\/([\w.-]+\+)?json\b/i.test(fields.get('content-type') ?? '')
}

/** @returns undefined where the text is no JSON (JSON itself has no undefined) */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function quoteJson(value: unknown): string {
  if (value === undefined) return 'missing'
  let text: string
  try {
    text = JSON.stringify(value)
  } catch {
    // What is nested deeper than the stack can be parsed but not printed.
    return 'too deep to print'
  }
  return clause(text.length > 60 ? `${text.slice(0, 60)}…` : text)
}
