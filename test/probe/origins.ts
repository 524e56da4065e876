/**
 * Local servers that behave well, badly and oddly, and targets that point at them.
 */
import { createServer, type Server, type Socket } from 'node:net'
import { parseAddress } from '../../src/base/index.ts'
import type { ProbeTarget } from '../../src/control/index.ts'
import type { Check, HttpExpectation, Probe } from '../../src/steer/index.ts'

export interface Origin {
  readonly port: number
  /** what connections said, in order of arrival */
  readonly heard: string[]
  /** connections open now */
  open(): number
  close(): Promise<void>
}

/** A TCP server on loopback; `serve` is called with each connection. */
export async function origin(serve: (socket: Socket) => void, address = '127.0.0.1'): Promise<Origin> {
  const sockets = new Set<Socket>()
  const heard: string[] = []
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    const at = heard.push('') - 1
    socket.on('data', (octets) => {
      heard[at] += octets.toString('latin1')
    })
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    serve(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, address, resolve))
  const bound = server.address()
  if (bound === null || typeof bound === 'string') throw new Error('no port')
  return {
    port: bound.port,
    heard,
    open: () => sockets.size,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

/** Answers every request with these octets, as they are, and closes. */
export function answering(text: string): (socket: Socket) => void {
  return (socket) => socket.once('data', () => socket.end(text, 'latin1'))
}

export const ANY_200: HttpExpectation = {
  status: [[200, 200]],
  body: undefined,
  bodyPattern: undefined,
  json: undefined,
  fresh: undefined,
}

type HttpProbe = Extract<Probe, { kind: 'http' | 'https' }>

export function httpProbe(
  port: number,
  more: Partial<Omit<HttpProbe, 'expect'>> = {},
  expect: Partial<HttpExpectation> = {},
): HttpProbe {
  return {
    kind: 'http',
    port,
    path: '/health',
    method: 'GET',
    host: undefined,
    sni: undefined,
    headers: {},
    verify: true,
    certificateWarningMs: 14 * 86_400_000,
    ...more,
    expect: { ...ANY_200, ...expect },
  }
}

const ORIGIN = { kind: 'file', file: 'test.yaml', line: 1, column: 1 } as const

export interface TargetMore extends Partial<Pick<Check, 'timeoutMs' | 'budgetMs' | 'source'>> {
  readonly addresses?: readonly string[]
  readonly host?: string
}

/** A node of these addresses (default 127.0.0.1) and a check with this probe. */
export function target(probe: Probe, more: TargetMore = {}): ProbeTarget {
  const addresses = (more.addresses ?? ['127.0.0.1']).map((text) => parseAddress(text)!)
  return {
    node: {
      name: 'n1',
      a: addresses.filter((octets) => octets.length === 4),
      aaaa: addresses.filter((octets) => octets.length === 16),
      site: undefined,
      weight: 100,
      origin: ORIGIN,
    },
    check: {
      name: 'web',
      probe,
      timeoutMs: more.timeoutMs ?? 5000,
      budgetMs: more.budgetMs,
      source: more.source,
      hysteresis: {
        profile: 'normal',
        intervalMs: 5000,
        suspectIntervalMs: 2000,
        downIntervalMs: 5000,
        removeAfterMs: 20_000,
        restoreAfterMs: 20_000,
        drain: 0.5,
        adaptive: false,
      },
      origin: ORIGIN,
    },
    host: more.host,
  }
}

/** A port on which nobody listens. */
export async function closedPort(): Promise<number> {
  const gone = await origin(() => {})
  await gone.close()
  return gone.port
}
