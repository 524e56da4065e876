/**
 * Opens the API's door: TCP, TLS, or a unix socket. What can be wrong with it is told in one sentence.
 */
import { chmodSync, existsSync, readFileSync, statSync, unlinkSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import { connect } from 'node:net'
import { dirname } from 'node:path'
import { getRequestListener, type HttpBindings } from '@hono/node-server'
import { enter, isAnswering } from './connections.ts'
import { PROBLEM_TYPE, Problem } from './problem.ts'

export interface ListenOptions {
  /** HOST:PORT, [HOST]:PORT or unix:/PATH; port 0: any */
  readonly listen: string
  /** files in PEM */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined
}

export interface Listening {
  /** where it listens: http://127.0.0.1:8053, or unix:/path */
  readonly url: string
  /** Takes certificate and key anew (they were renewed). */
  renewTls(): void
  close(): Promise<void>
}

/** The API cannot listen; the message is one clear sentence for the operator. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
}

type Fetch = (request: Request, env: HttpBindings) => Response | Promise<Response>

const LIMITS = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 10_000,
  connectionsCheckingInterval: 5000,
  // Asked for below, so that its absence is told as everything else is.
  requireHostHeader: false,
}

/** The API's HTTP server before it listens. Whatever a client sends, it gets an answer of ours, or the connection ends. */
export function createHttpServer(fetch: Fetch, tls?: ListenOptions['tls']): Server | TlsServer {
  const answer = getRequestListener((request, env) => fetch(request, env as HttpBindings), {
    overrideGlobalObjects: false,
    // RFC 9112 3.2: HTTP/1.0 has no Host, and nothing here depends on it.
    hostname: 'localhost',
    errorHandler: (error) =>
      (error instanceof Error && error.name === 'RequestError'
        ? new Problem('bad-request', `The request names nothing that could be here: ${error.message}.`)
        : new Problem('internal', 'The server failed at this request.')
      ).response(),
  })
  const handler = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    const { socket } = incoming
    if (!enter(socket, outgoing)) return
    // RFC 9112 3.2: a server must refuse an HTTP/1.1 request without Host.
    if (incoming.headers.host === undefined && incoming.httpVersion === '1.1')
      refuse(outgoing, new Problem('bad-request', 'An HTTP/1.1 request names its Host.'))
    else void answer(incoming, outgoing)
  }
  const server =
    tls === undefined ? createServer(LIMITS, handler) : createTlsServer({ ...LIMITS, ...readTls(tls) }, handler)
  server.maxConnections = 8192
  server.on('checkContinue', (incoming: IncomingMessage, outgoing: ServerResponse) => {
    // While an earlier answer of the connection is under way, Node.js would put "100 Continue" into the body of this one. It may be
    // left out (RFC 9110 10.1.1): no client waits for it for ever.
    if (outgoing.socket !== null) outgoing.writeContinue()
    handler(incoming, outgoing)
  })
  // RFC 9110 10.1.1: an expectation that nobody knows may be passed over.
  server.on('checkExpectation', handler)
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // In the middle of an answer there is no room for another.
    if (!socket.writable || error.code === 'ECONNRESET' || isAnswering(socket)) socket.destroy()
    else socket.end(printProblem(brokenRequest(error)))
  })
  return server
}

/** What is wrong with octets that are no request. */
function brokenRequest(error: NodeJS.ErrnoException): Problem {
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW':
      return new Problem('headers-too-large', 'Request line and headers hold 16 KiB at the most.')
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return new Problem('too-large', 'The chunks of the body have too much beside them.')
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Problem('too-slow', 'The request did not come to its end in time.')
    default:
      return new Problem('bad-request', `This is no HTTP request: ${error.message}.`)
  }
}

function refuse(outgoing: ServerResponse, problem: Problem): void {
  const text = problem.text()
  const headers = { 'content-type': PROBLEM_TYPE, 'content-length': Buffer.byteLength(text), connection: 'close' }
  outgoing.writeHead(problem.body.status, headers)
  outgoing.end(text)
}

/** A problem as the last message of a connection that HTTP has ended on. */
function printProblem(problem: Problem): string {
  const text = problem.text()
  const { status } = problem.body
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `content-type: ${PROBLEM_TYPE}`,
    `content-length: ${Buffer.byteLength(text)}`,
    'connection: close',
    '',
    text,
  ].join('\r\n')
}

export async function listen(fetch: Fetch, options: ListenOptions): Promise<Listening> {
  const { tls } = options
  const server = createHttpServer(fetch, tls)
  const path = /^unix:(.+)$/.exec(options.listen)?.[1]
  const place = path === undefined ? parsePlace(options.listen) : { path }
  if (path !== undefined) await removeStale(path)
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(new ApiError(explain(options.listen, error))))
    server.listen(place, resolve)
  })
  // Who may enter the folder and belongs to the group may use the socket; tokens are asked for all the same.
  if (path !== undefined) chmodSync(path, 0o660)
  return {
    url: path !== undefined ? `unix:${path}` : printUrl(server, tls !== undefined),
    renewTls() {
      if (tls !== undefined && 'setSecureContext' in server) server.setSecureContext(readTls(tls))
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function readTls(files: { readonly cert: string; readonly key: string }): { cert: Buffer; key: Buffer } {
  const read = (file: string, what: string): Buffer => {
    try {
      return readFileSync(file)
    } catch (error) {
      throw new ApiError(
        `The API's ${what} ${file} cannot be read: ${error instanceof Error ? error.message : String(error)}.`,
      )
    }
  }
  return { cert: read(files.cert, 'certificate'), key: read(files.key, 'key') }
}

function parsePlace(text: string): { host: string; port: number } {
  const parts = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text)
  const port = Number(parts?.[3] ?? Number.NaN)
  if (parts === null || port > 65535)
    throw new ApiError(`api.listen "${text}" is no address: write 127.0.0.1:8053, [::1]:8053 or unix:/path.`)
  return { host: parts[1] ?? parts[2]!, port }
}

function printUrl(server: Server, secure: boolean): string {
  const address = server.address()
  if (address === null || typeof address === 'string') return String(address)
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address
  return `http${secure ? 's' : ''}://${host}:${address.port}`
}

/** Removes a socket that nobody listens on any more; one in use, and anything that is no socket, stays. */
async function removeStale(path: string): Promise<void> {
  if (!existsSync(dirname(path))) throw new ApiError(`The API cannot listen on ${path}: its folder does not exist.`)
  if (!existsSync(path)) return
  if (!statSync(path).isSocket()) throw new ApiError(`${path} exists and is no socket; the API does not replace it.`)
  const used = await new Promise<boolean>((resolve) => {
    const probe = connect(path)
    probe.once('connect', () => {
      probe.destroy()
      resolve(true)
    })
    probe.once('error', () => resolve(false))
  })
  if (used) throw new ApiError(`Another process listens on ${path}. Is Meridian running already?`)
  unlinkSync(path)
}

function explain(place: string, error: NodeJS.ErrnoException): string {
  if (error.code === 'EADDRINUSE') return `The API's address ${place} is in use. Is Meridian running already?`
  if (error.code === 'EACCES') return `The API may not listen on ${place}: this user lacks the right.`
  if (error.code === 'EADDRNOTAVAIL') return `The API cannot listen on ${place}: no interface has this address.`
  return `The API cannot listen on ${place}: ${error.message}.`
}
