/** Starts what is measured as a process of its own on one core, waits until it answers, and ends it. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { LoadOptions, LoadResult } from './load.ts'
import { query } from './queries.ts'

export const SERVER_CORE = '0'
export const CLIENT_CORE = '1'

export function installed(command: string): boolean {
  return spawnSync('sh', ['-c', 'command -v "$1"', 'sh', command]).status === 0
}

/** taskset in front, where there is one. */
function pinned(core: string | undefined, command: string, args: readonly string[]): [string, string[]] {
  return core !== undefined && installed('taskset') ? ['taskset', ['-c', core, command, ...args]] : [command, [...args]]
}

export interface Running {
  readonly pid: number
  readonly child: ChildProcess
  /** What it has printed so far, for the case that something is wrong. */
  output(): string
  stop(): Promise<void>
}

/** Starts a process; taskset replaces itself, so that the pid is the server's own. */
export function startProcess(
  command: string,
  args: readonly string[],
  options: { core?: string; environment?: Record<string, string>; folder?: string } = {},
): Running {
  const [file, all] = pinned(options.core, command, args)
  const child = spawn(file, all, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...options.environment },
    ...(options.folder === undefined ? {} : { cwd: options.folder }),
  })
  let output = ''
  const keep = (piece: Buffer): void => {
    output = (output + String(piece)).slice(-20_000)
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  child.on('error', (error) => keep(Buffer.from(error.message)))
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    const impatient = setTimeout(() => child.kill('SIGKILL'), 5000)
    await ended
    clearTimeout(impatient)
  }
  return { pid: child.pid ?? -1, child, output: () => output, stop }
}

/** Asks until an answer with rcode `rcode` comes. @returns milliseconds waited. @throws when none comes in time, with the output */
export async function untilAnswers(port: number, name: string, running: Running, patienceMs = 60_000): Promise<number> {
  const socket = createSocket('udp4')
  const begin = performance.now()
  try {
    let answered = false
    socket.on('message', (message) => {
      if ((message[3]! & 15) === 0 || message.length < 12) answered = true
    })
    socket.on('error', () => {})
    const message = query(name)
    while (!answered) {
      if (running.child.exitCode !== null) throw new Error(`it ended: ${running.output()}`)
      if (performance.now() - begin > patienceMs) throw new Error(`no answer: ${running.output()}`)
      socket.send(message, port, '127.0.0.1')
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    return performance.now() - begin
  } finally {
    socket.close()
  }
}

/** Runs the load generator and waits for its figures. */
export async function load(options: Partial<LoadOptions> & Pick<LoadOptions, 'port' | 'queries'>): Promise<LoadResult> {
  return startLoad(options).result
}

/** Starts the load generator; `started` settles with the first answer. */
export function startLoad(options: Partial<LoadOptions> & Pick<LoadOptions, 'port' | 'queries'>): {
  readonly pid: number
  readonly result: Promise<LoadResult>
  readonly started: Promise<void>
  /** Ends it early; there is no result then. */
  stop(): Promise<void>
} {
  const whole = { host: '127.0.0.1', seconds: 3, mode: 'closed', window: 128, sockets: 4, rate: 20_000, ...options }
  const script = new URL('./load.js', import.meta.url).pathname
  const [file, args] = pinned(CLIENT_CORE, process.execPath, [script, JSON.stringify(whole)])
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  let complaints = ''
  child.stdout.on('data', (piece) => {
    output += String(piece)
  })
  const started = new Promise<void>((resolve) => {
    child.stderr.on('data', (piece) => {
      complaints += String(piece)
      if (complaints.includes('started')) resolve()
    })
    child.once('exit', () => resolve())
  })
  const result = once(child, 'exit').then(() => {
    if (output === '') throw new Error(`the load generator failed: ${complaints}`)
    return JSON.parse(output) as LoadResult
  })
  const stop = async (): Promise<void> => {
    result.catch(() => {}) // it was cut short
    if (child.exitCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    await ended
  }
  return { pid: child.pid ?? -1, result, started, stop }
}

/** A port that is free for TCP and, as far as one can tell, for UDP. */
export async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
