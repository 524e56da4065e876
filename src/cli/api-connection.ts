/**
 * The way to the server's API: where it is, which token, and what its refusals mean for the exit code.
 *
 *     --api, --token     over   MERIDIAN_API, MERIDIAN_TOKEN   over   meridian.yaml and data/admin.token of the server on this machine
 */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Agent, Response } from 'undici'
import { type Issue, printIssue } from '../base/index.ts'
import { readSettings } from '../loader/index.ts'
import { EXIT, Failure } from './failure.ts'

export interface Api {
  /** as --api takes it */
  readonly url: string
  /** @throws Failure */
  get<T>(path: string, query?: Readonly<Record<string, string | number | undefined>>): Promise<T>
  /** @throws Failure */
  send<T>(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<T>
  /** the body as octets: backups */
  download(path: string): Promise<Uint8Array>
  /** Server-sent events from `lastId` on, without end; connects again by itself when the server restarts. */
  follow<T>(path: string, lastId: number | undefined): AsyncGenerator<T, never>
}

export interface ApiOptions {
  /** values for scripts: exactly as they came */
  readonly json?: boolean
  readonly api?: string | undefined
  readonly token?: string | undefined
  readonly config?: string | undefined
}

/** An RFC 9457 problem as the API writes it. */
interface Problem {
  readonly title?: string
  readonly detail?: string
  readonly advice?: string
  readonly issues?: readonly Issue[]
  readonly harms?: readonly { readonly message: string }[]
  readonly declared?: string
}

const INSTALLED = join(dirname(fileURLToPath(import.meta.url)), '../../..')
const SETTINGS_PLACES = ['meridian.yaml', '/etc/meridian/meridian.yaml', join(INSTALLED, 'meridian.yaml')]

/** Finds the API and the token; nothing is asked yet. */
export function openApi(options: ApiOptions, environment: NodeJS.ProcessEnv): Api {
  const local = localServer(options, environment)
  const text = options.api ?? environment.MERIDIAN_API ?? local.api
  const { base, socketPath } = addressOf(text)
  const token = options.token ?? environment.MERIDIAN_TOKEN ?? (isHere(text) ? local.token : undefined)
  const exact = options.json === true
  let agent: Agent | undefined
  const headers = (more: Record<string, string>): Record<string, string> => ({
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...more,
  })
  const ask = async (
    method: string,
    path: string,
    body?: unknown,
    more: Record<string, string> = {},
  ): Promise<Response> => {
    // Read when something is asked: `serve` has no use for it.
    const undici = await import('undici')
    agent ??= new undici.Agent({
      connect: socketPath === undefined ? {} : { socketPath },
      // A stream of events may be silent for as long as nothing happens.
      bodyTimeout: 0,
      headersTimeout: 120_000,
      // The process is to end when its work is done.
      keepAliveTimeout: 10,
      keepAliveMaxTimeout: 10,
    })
    try {
      return await undici.fetch(base + path, {
        method,
        headers: headers({ ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...more }),
        body: body === undefined ? null : JSON.stringify(body),
        dispatcher: agent,
      })
    } catch (error) {
      throw unreachable(text, error)
    }
  }
  return {
    url: text,
    async get<T>(path: string, query: Readonly<Record<string, string | number | undefined>> = {}) {
      const search = new URLSearchParams()
      for (const [key, value] of Object.entries(query)) if (value !== undefined) search.set(key, String(value))
      return read<T>(await ask('GET', search.size === 0 ? path : `${path}?${search}`), token !== undefined, exact)
    },
    async send<T>(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown) {
      return read<T>(await ask(method, path, body), token !== undefined, exact)
    },
    async download(path) {
      const response = await ask('GET', path)
      if (!response.ok) await read(response, token !== undefined, exact)
      return new Uint8Array(await response.arrayBuffer())
    },
    async *follow<T>(path: string, lastId: number | undefined): AsyncGenerator<T, never> {
      let last = lastId
      let opened = false
      for (;;) {
        try {
          const response = await ask('GET', path, undefined, {
            accept: 'text/event-stream',
            ...(last === undefined ? {} : { 'last-event-id': String(last) }),
          })
          if (!response.ok) await read(response, token !== undefined, exact)
          opened = true
          for await (const event of eventsOf(response)) {
            // What has no number is no event of the journal: a word about a gap, a sign of life.
            if (event.id === undefined || event.data === '') continue
            last = event.id
            yield JSON.parse(event.data, exact ? undefined : printable) as T
          }
        } catch (error) {
          // What never answered will not do so by asking again; a server that restarts will.
          if (!opened || (error instanceof Failure && error.details !== undefined)) throw error
        }
        await new Promise((resolve) => setTimeout(resolve, 1000))
      }
    },
  }
}

/** Address and token of the server whose settings lie on this machine. */
function localServer(options: ApiOptions, environment: NodeJS.ProcessEnv): { api: string; token: string | undefined } {
  // MERIDIAN_API is the client's here; as a setting it would only say the same.
  const { MERIDIAN_API: _, ...rest } = environment
  const config = options.config ?? rest.MERIDIAN_CONFIG ?? SETTINGS_PLACES.find((path) => existsSync(path))
  const { settings } = readSettings({ config, environment: rest })
  const api = settings?.api.listen ?? { kind: 'tcp', host: '127.0.0.1', port: 8053 }
  const scheme = settings?.api.tls === undefined ? 'http' : 'https'
  // A wildcard is where a server listens, not where one can connect to.
  const host = api.kind === 'tcp' ? (api.host === '0.0.0.0' ? '127.0.0.1' : api.host === '::' ? '::1' : api.host) : ''
  const folders = [settings?.data, join(INSTALLED, 'data'), '/var/lib/meridian'].filter(
    (folder) => folder !== undefined,
  )
  return {
    api:
      api.kind === 'unix' ? `unix:${api.path}` : `${scheme}://${host.includes(':') ? `[${host}]` : host}:${api.port}`,
    token: folders.map((folder) => tokenIn(folder)).find((token) => token !== undefined),
  }
}

/** The token of this machine's server is for this machine's server: it is not sent elsewhere because a variable said so. */
export function isHere(api: string): boolean {
  if (api.startsWith('unix:')) return true
  const url = /^https?:\/\//.test(api) ? api : `http://${api}`
  if (!URL.canParse(url)) return false
  const { hostname } = new URL(url)
  return (
    hostname === 'localhost' || hostname === '[::1]' || hostname === '0.0.0.0' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
  )
}

function tokenIn(folder: string): string | undefined {
  try {
    return readFileSync(join(folder, 'admin.token'), 'utf8').trim()
  } catch {
    return undefined
  }
}

function addressOf(text: string): { base: string; socketPath: string | undefined } {
  if (text.startsWith('unix:'))
    return { base: 'http://localhost', socketPath: text.slice(5).replace(/^\/\/(?=\/)/, '') }
  const url = /^https?:\/\//.test(text) ? text : `http://${text}`
  if (!URL.canParse(url))
    throw new Failure(`"${text}" is no address of an API.`, {
      exit: EXIT.usage,
      advice: 'Write it as http://127.0.0.1:8053 or unix:/run/meridian/api.sock.',
    })
  return { base: url.replace(/\/+$/, ''), socketPath: undefined }
}

function unreachable(url: string, error: unknown): Failure {
  const cause = (error as { cause?: NodeJS.ErrnoException }).cause
  const code = cause?.code ?? (error as NodeJS.ErrnoException).code ?? ''
  const why =
    {
      ECONNREFUSED: 'nothing listens there',
      ENOENT: 'there is no such socket',
      EACCES: 'this user may not open the socket',
      ENOTFOUND: 'the name has no address',
      ECONNRESET: 'the connection broke',
      UND_ERR_SOCKET: 'the connection broke',
      UND_ERR_CONNECT_TIMEOUT: 'no answer',
      ETIMEDOUT: 'no answer',
      DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed; trust it with NODE_EXTRA_CA_CERTS=FILE',
    }[code] ??
    cause?.message ??
    String(error)
  return new Failure(`The API at ${url} cannot be reached: ${why}.`, {
    advice:
      'Is the server running? `systemctl status meridian`, or start it with `meridian serve`.\n' +
      'Is it elsewhere? Name it with --api URL or MERIDIAN_API.',
  })
}

/** What operators wrote and nodes answered must not steer the terminal: control characters, line ends aside, become blanks. */
function printable(_: string, value: unknown): unknown {
  return typeof value === 'string' ? value.replaceAll(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, ' ') : value
}

/** The body of a good answer; a Failure that says what the API refused and what to do. */
async function read<T>(response: Response, hadToken: boolean, exact: boolean): Promise<T> {
  const text = await response.text()
  let body: unknown
  try {
    body = text === '' ? {} : JSON.parse(text, exact ? undefined : printable)
  } catch {
    body = text
  }
  // /v1/health and /readyz tell their bad news with a 503 and a whole body.
  if (
    response.ok ||
    (response.status === 503 && typeof body === 'object' && body !== null && 'status' in body && 'nodes' in body)
  )
    return body as T
  const problem: Problem = typeof body === 'object' && body !== null ? body : { detail: String(body).slice(0, 300) }
  const lines = [
    problem.detail ?? problem.title ?? `The API answered with status ${response.status}.`,
    ...(problem.harms ?? []).map((harm) => `  ${harm.message}`),
    ...(problem.issues ?? []).map(printIssue),
    ...(problem.declared === undefined ? [] : [`It is declared in ${problem.declared}.`]),
  ]
  const advice: Record<number, string> = {
    401: hadToken
      ? 'The token is not known to this server, or was revoked. Name another with --token or MERIDIAN_TOKEN.'
      : 'Name a token with --token or MERIDIAN_TOKEN. On the machine of the server it is read from data/admin.token (mode 0600: perhaps with sudo).',
    403: 'The token may not do this. `meridian token list` shows what each may.',
    412: 'Nothing was changed. With --force it is done all the same.',
    429: 'Wait a little, then try again.',
  }
  throw new Failure(lines.join('\n'), {
    exit: response.status === 412 ? EXIT.refused : EXIT.failed,
    advice: problem.advice ?? advice[response.status],
    details: body,
  })
}

/** Reads text/event-stream: the fields id and data. */
async function* eventsOf(response: Response): AsyncGenerator<{ id: number | undefined; data: string }> {
  let buffer = ''
  const decoder = new TextDecoder()
  for await (const chunk of response.body ?? []) {
    buffer += decoder.decode(chunk as Uint8Array, { stream: true }).replaceAll('\r\n', '\n')
    for (let end = buffer.indexOf('\n\n'); end >= 0; end = buffer.indexOf('\n\n')) {
      const lines = buffer.slice(0, end).split('\n')
      buffer = buffer.slice(end + 2)
      const values = (field: string): string[] =>
        lines
          .filter((line) => line.startsWith(`${field}:`))
          .map((line) => line.slice(field.length + 1).replace(/^ /, ''))
      const id = values('id').at(-1)
      yield { id: id === undefined ? undefined : Number(id), data: values('data').join('\n') }
    }
  }
}
