/**
 * Opens the API's door: TCP, TLS, or a unix socket. What can be wrong with it is told in one sentence.
 */
import { chmodSync, existsSync, readFileSync, statSync, unlinkSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { connect } from 'node:net'
import { dirname } from 'node:path'
import { getRequestListener, type HttpBindings } from '@hono/node-server'

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

export async function listen(
  fetch: (request: Request, env: HttpBindings) => Response | Promise<Response>,
  options: ListenOptions,
): Promise<Listening> {
  const handler = getRequestListener((request, env) => fetch(request, env as HttpBindings), {
    overrideGlobalObjects: false,
  })
  const limits = {
    headersTimeout: 10_000,
    requestTimeout: 30_000,
    keepAliveTimeout: 10_000,
    connectionsCheckingInterval: 5000,
  }
  const { tls } = options
  const server =
    tls === undefined ? createServer(limits, handler) : createTlsServer({ ...limits, ...readTls(tls) }, handler)
  server.maxConnections = 8192
  // A connection that breaks off is the client's affair.
  server.on('clientError', (_error, socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
    else socket.destroy()
  })
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
