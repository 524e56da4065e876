/**
 * http and https: one request on a connection of its own, one response, judged.
 *
 *   connect ─▶ (TLS handshake) ─▶ request ─▶ header ─▶ body, where something reads it ─▶ judge
 *
 * Redirects are not followed: a check names what it means, and a 301 is an answer like any other (`expect: 301`).
 * docs/decisions/0025 says why this is no HTTP client from a shelf.
 */
import { connect } from 'node:net'
import type { SecureContext } from 'node:tls'
import type { Check, Probe } from '../steer/index.ts'
import { judge, type MatchPattern, wantsBody } from './expectation.ts'
import { HttpReader } from './http-reader.ts'
import {
  type Asked,
  type Attempt,
  clause,
  NOTHING_TO_STOP,
  type Outcome,
  outcomeOfError,
  type Settle,
} from './outcome.ts'
import { certificateNews, connectOptions, connectTls } from './tls-connection.ts'

type HttpProbe = Extract<Probe, { kind: 'http' | 'https' }>

/** Octets: more header than any health page has, less than a hostile node would like. */
const HEAD_OCTETS = 16 * 1024
/** Octets of body that expectations look at. */
export const BODY_OCTETS = 64 * 1024

export interface HttpTools {
  readonly version: string
  readonly secureContext: () => SecureContext
  readonly nowMs: () => number
  readonly matches: MatchPattern
}

export function beginHttp(asked: Asked, probe: HttpProbe, tools: HttpTools, settle: Settle): Attempt {
  const host = hostOf(asked, probe)
  const request = requestOf(asked, probe, host, tools.version)
  if (request === undefined) {
    settle({ class: 'local', detail: 'path, host or a header of the check holds a character that HTTP forbids' })
    return NOTHING_TO_STOP
  }
  const secure = probe.kind === 'https'
  const reader = new HttpReader({ headOctets: HEAD_OCTETS, bodyOctets: BODY_OCTETS }, probe.method === 'HEAD')
  const socket = secure
    ? connectTls(asked, { ...probe, sni: probe.sni ?? hostName(host) }, tools.secureContext())
    : connect(connectOptions(asked, probe.port))
  let phase = 'the connection'
  let ended = false
  let answered = false
  let warning: string | undefined

  const finish = (outcome: Outcome): void => {
    if (ended) return
    ended = true
    socket.destroy()
    settle(warning === undefined ? outcome : { ...outcome, warning })
  }
  const judgeAnswer = (): void => {
    answered = true
    // All that can still take time is the pattern's turn in its thread, which other checks' patterns may hold up: not the node's fault.
    phase = 'a free place among the patterns to match'
    socket.destroy()
    judge(probe.expect, reader.response(), tools.nowMs(), tools.matches).then(finish, (error: unknown) =>
      // Whatever the node wrote to bring us here is its own fault: it must not pass for ours.
      finish({ class: 'protocol', detail: clause(`the answer cannot be judged: ${String(error)}`) }),
    )
  }
  const look = (): void => {
    if (reader.state === 'broken') finish({ class: reader.silent ? 'reset' : 'protocol', detail: reader.problem })
    else if (reader.state === 'done' || (reader.state === 'body' && !needsRest(probe, reader))) judgeAnswer()
    else phase = reader.state === 'body' ? 'the rest of the body' : phase
  }

  if (secure)
    socket.once('connect', () => {
      phase = 'the TLS handshake'
    })
  socket.once(secure ? 'secureConnect' : 'connect', () => {
    phase = 'the answer'
    if (secure) warning = certificateNews(socket, probe.certificateWarningMs, tools.nowMs())
    socket.write(request, 'latin1')
  })
  socket.on('data', (octets: Buffer) => {
    if (ended || answered) return
    reader.push(octets)
    look()
  })
  socket.once('end', () => {
    if (ended || answered) return
    reader.end()
    look()
  })
  // `on`, not `once`: a destroyed TLS socket may have a second word to say, and an unheard error ends the process.
  socket.on('error', (error: Error) => {
    if (!answered) finish(outcomeOfError(error))
  })
  return {
    stop: () => {
      ended = true
      socket.destroy()
      return phase
    },
  }
}

/** A body that nothing reads is awaited only where it is short: closing on it would make the node's log complain. */
function needsRest(probe: HttpProbe, reader: HttpReader): boolean {
  if (wantsBody(probe.expect, reader.fields)) return true
  const left = reader.lengthLeft
  return left !== undefined && left <= BODY_OCTETS
}

/**
 * RFC 9110 7.2. What the check names is sent as it is written; a default carries the port where it is not the scheme's own.
 */
function hostOf(asked: Asked, probe: HttpProbe): string {
  if (probe.host !== undefined) return probe.host
  const name = asked.host?.replace(/\.$/, '') ?? (asked.family === 6 ? `[${asked.address}]` : asked.address)
  return probe.port === (probe.kind === 'https' ? 443 : 80) ? name : `${name}:${probe.port}`
}

/** The host without its port: what SNI carries. */
function hostName(host: string): string {
  return host.startsWith('[') ? host.slice(1).replace(/\].*$/, '') : host.replace(/:\d+$/, '')
}

/** "Meridian/0.1.0 health check (+web)": who asks, and which check to look up. */
export function userAgent(version: string, check: Check): string {
  return `Meridian/${version} health check (+${check.name})`
}

/** One request per (check, host): nodes by the thousand share it. */
const requests = new WeakMap<Check, Map<string, string>>()
const REQUESTS_PER_CHECK = 64

/** @returns undefined where the check's own text would break out of the header */
function requestOf(asked: Asked, probe: HttpProbe, host: string, version: string): string | undefined {
  let byHost = requests.get(asked.check)
  if (byHost === undefined) {
    byHost = new Map()
    requests.set(asked.check, byHost)
  }
  const known = byHost.get(host)
  if (known !== undefined) return known
  const fields = new Map<string, readonly [name: string, value: string]>()
  const set = (name: string, value: string): void => {
    fields.set(name.toLowerCase(), [name, value])
  }
  set('Host', host)
  set('User-Agent', userAgent(version, asked.check))
  set('Accept', '*/*')
  set('Accept-Encoding', 'identity')
  set('Connection', 'close')
  if (probe.method === 'POST') set('Content-Length', '0')
  for (const [name, value] of Object.entries(probe.headers)) set(name, value)
  // RFC 3986 3.3 by way of RFC 9112 3.2: what lies outside printable ASCII is sent percent-encoded.
  // A lone surrogate is no character and has no encoding.
  if (!probe.path.startsWith('/') || /\p{Cs}/u.test(probe.path)) return undefined
  const path = probe.path.replace(/[^\u0021-\u007e]+/g, (text) => encodeURI(text))
  let request = `${probe.method} ${path} HTTP/1.1\r\n`
  for (const [name, value] of fields.values()) {
    if (!/^[!#$%&'*+.^_`|~\w-]+$/.test(name) || /[^\t\u0020-\u007e\u0080-\u00ff]/.test(value)) return undefined
    request += `${name}: ${value}\r\n`
  }
  request += '\r\n'
  if (byHost.size >= REQUESTS_PER_CHECK) byHost.clear()
  byHost.set(host, request)
  return request
}
