/**
 * Problems as RFC 9457 application/problem+json: what is wrong, every issue of it, and what to do.
 */
import type { Issue } from '../base/index.ts'
import type { Harm, Refusal } from '../control/index.ts'
import { printOrigin } from '../control/index.ts'

export const PROBLEM_TYPE = 'application/problem+json'

export interface ProblemBody {
  /** urn:meridian:problem:WORD; the word is stable */
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  /** what to do about it, where we know */
  readonly advice?: string
  /** every issue of the input */
  readonly issues?: readonly Issue[]
  /** what would break */
  readonly harms?: readonly Harm[]
  /** where the other declaration stands */
  readonly declared?: string
}

const TITLES = {
  'bad-request': [400, 'The request cannot be understood'],
  invalid: [400, 'The request is wrong'],
  unauthorised: [401, 'A token is needed'],
  forbidden: [403, 'The token may not do this'],
  unknown: [404, 'There is no such thing'],
  'method-not-allowed': [405, 'This method is not allowed here'],
  conflict: [409, 'Another declaration stands against it'],
  'too-slow': [408, 'The request took too long'],
  unsafe: [412, 'Refused by a safety rule'],
  moved: [412, 'The generation has moved on'],
  'too-large': [413, 'The request is too large'],
  'too-many': [429, 'Too many attempts'],
  'headers-too-large': [431, 'The request has too many headers'],
  internal: [500, 'The server failed'],
  'not-ready': [503, 'Not ready'],
  busy: [503, 'Too busy'],
} as const satisfies Record<string, readonly [number, string]>

export type ProblemWord = keyof typeof TITLES

/** More than a person reads; a file of a million wrong lines is not told line by line. */
const MOST_ISSUES = 100

/** Thrown by a handler; the API answers with it. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly body: ProblemBody
  readonly headers: Readonly<Record<string, string>>

  constructor(
    word: ProblemWord,
    detail: string,
    more: Partial<Pick<ProblemBody, 'advice' | 'issues' | 'harms' | 'declared'>> = {},
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(detail)
    const [status, title] = TITLES[word]
    this.body = { type: `urn:meridian:problem:${word}`, title, status, detail, ...more }
    const { issues } = more
    if (issues !== undefined && issues.length > MOST_ISSUES)
      this.body = {
        ...this.body,
        detail: `${detail} The first ${MOST_ISSUES} of ${issues.length} are told.`,
        issues: issues.slice(0, MOST_ISSUES),
      }
    this.headers = headers
  }

  /** the body as JSON */
  text(): string {
    return `${JSON.stringify(this.body)}\n`
  }

  response(): Response {
    return new Response(this.text(), {
      status: this.body.status,
      headers: { 'content-type': PROBLEM_TYPE, ...this.headers },
    })
  }
}

/** @param at where in the request, as a dotted path: `pools.0`; '' the whole */
export function requestIssue(at: string, code: string, message: string, advice?: string): Issue {
  return {
    severity: 'error',
    code: `api/${code}`,
    file: '',
    line: 0,
    column: 0,
    message: at === '' ? message : `${at}: ${message}`,
    ...(advice === undefined ? {} : { advice }),
  }
}

/** What control refused, as a problem. */
export function problemOf(refusal: Refusal): Problem {
  switch (refusal.status) {
    case 'refused':
      return new Problem('unsafe', refusal.message, {
        harms: refusal.harms,
        advice: 'Say "force": true (--force) to do it all the same.',
      })
    case 'conflict':
      return new Problem('conflict', refusal.message, {
        ...(refusal.at === undefined ? {} : { declared: printOrigin(refusal.at) }),
        ...(refusal.advice === undefined ? {} : { advice: refusal.advice }),
      })
    case 'unknown':
      return new Problem('unknown', refusal.message, refusal.advice === undefined ? {} : { advice: refusal.advice })
    case 'invalid':
      return new Problem('invalid', refusal.message, { issues: refusal.issues })
    default:
      refusal satisfies never
      throw new Error('unreachable')
  }
}
