/**
 * The real server as a process of its own, in a folder of its own, on ports that the kernel chooses; and the command line beside it.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { networkInterfaces, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type t from 'tap'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../../..')
const ENTRY = join(ROOT, 'build/src/main.js')
/** The test runner loads itself into every Node.js process that a test starts, through this variable. */
const PLAIN = ['-u', 'NODE_OPTIONS']
/** Generous: the machine may be compiling something else. What is waited for ends the waiting. */
export const DEADLINE_MS = 90_000

type Test = Pick<typeof t, 'teardown'>
type LogLine = Readonly<Record<string, unknown>> & { readonly msg?: string }

export interface Ran {
  readonly exit: number
  readonly stdout: string
  readonly stderr: string
}

export interface TestServer {
  readonly folder: string
  /** of 127.0.0.1, UDP and TCP */
  readonly port: number
  /** of [::1]; undefined where this machine has none */
  readonly port6: number | undefined
  /** http://127.0.0.1:PORT */
  readonly api: string
  readonly pid: number
  readonly log: readonly LogLine[]
  token(): string
  /** GET with the admin token; the parsed body */
  get<T = Record<string, unknown>>(path: string): Promise<T>
  meridian(...args: string[]): Promise<Ran>
  write(file: string, text: string): void
  /** SIGTERM; @returns the exit code */
  stop(): Promise<number | null>
  /** SIGKILL, as a power cut would */
  kill(): Promise<void>
  /** once more in the same folder, on the same ports */
  start(): Promise<void>
}

/** Why the server cannot be started here, as a reason to skip; false: it can. */
export function noServer(): string | false {
  return existsSync(ENTRY) ? false : 'the server is not built'
}

/** Runs a program to its end; never rejects. */
export function run(
  program: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(program, args, { ...options, timeout: DEADLINE_MS, maxBuffer: 16 << 20 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 127
      resolve({ exit: code, stdout, stderr })
    })
  })
}

/** Waits until `look` gives something other than undefined or false; fails with `what` after the deadline. */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  deadlineMs = DEADLINE_MS,
): Promise<T> {
  const end = Date.now() + deadlineMs
  for (;;) {
    const found = await look()
    if (found !== undefined && found !== false) return found
    if (Date.now() > end) throw new Error(`waited in vain: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/**
 * Starts the server over these files (by path in its folder); it ends with the test.
 * @param settings lines of meridian.yaml
 * @param dnsPort  of 127.0.0.1; 0: the kernel chooses
 */
export async function startServer(
  t: Test,
  files: Readonly<Record<string, string>>,
  settings: readonly string[] = [],
  dnsPort = 0,
): Promise<TestServer> {
  // Not t.testdir: a test may start several servers.
  const folder = mkdtempSync(join(tmpdir(), 'meridian-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const write = (file: string, text: string): void => {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), text)
  }
  for (const [file, text] of Object.entries(files)) write(file, text)
  const settingsFile = (listen: readonly string[], api: string): void =>
    write(
      'meridian.yaml',
      [`listen: ${JSON.stringify(listen)}`, `api: { listen: "${api}" }`, 'workers: 1', ...settings, ''].join('\n'),
    )
  const hasIpv6 = Object.values(networkInterfaces()).some((each) => each?.some(({ address }) => address === '::1'))
  settingsFile([`127.0.0.1:${dnsPort}`, ...(hasIpv6 ? ['[::1]:0'] : [])], '127.0.0.1:0')

  let child: ChildProcess
  let ended: Promise<number | null>
  let log: LogLine[] = []
  let raw = ''
  const start = async (): Promise<void> => {
    log = []
    raw = ''
    let half = ''
    child = spawn('env', [...PLAIN, process.execPath, ENTRY, 'serve', '--config', join(folder, 'meridian.yaml')], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: cleanEnvironment(),
    })
    ended = new Promise((resolve) => {
      child.once('exit', (code) => resolve(code))
    })
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      raw += text
    })
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      raw += text
      const lines = (half + text).split('\n')
      half = lines.pop() ?? ''
      for (const line of lines) if (line.startsWith('{')) log.push(JSON.parse(line) as LogLine)
    })
    let gone = false
    void ended.then(() => {
      gone = true
    })
    await until('the log line "ready"', () => {
      if (gone) throw new Error(`the server ended before it was ready:\n${raw}`)
      return log.some((line) => line.msg === 'ready')
    })
  }
  const stop = async (): Promise<number | null> => {
    child.kill('SIGTERM')
    return ended
  }
  t.teardown(async () => {
    child.kill('SIGKILL')
    await ended
  })
  await start()
  const ready = JSON.stringify(log.find((line) => line.msg === 'ready'))
  const apiPort = /http:\/\/127\.0\.0\.1:(\d+)/.exec(ready)?.[1]
  const ports = [...ready.matchAll(/127\.0\.0\.1:(\d+)/g)].map((match) => match[1]!).filter((port) => port !== apiPort)
  const port6 = /\[?::1\]?:(\d+)/.exec(ready)?.[1]
  if (apiPort === undefined || ports[0] === undefined) throw new Error(`the ready line names no addresses: ${ready}`)
  // The same ports after a restart, as in life.
  settingsFile([`127.0.0.1:${ports[0]}`, ...(port6 === undefined ? [] : [`[::1]:${port6}`])], `127.0.0.1:${apiPort}`)

  const token = (): string => readFileSync(join(folder, 'data/admin.token'), 'utf8').trim()
  const api = `http://127.0.0.1:${apiPort}`
  return {
    folder,
    port: Number(ports[0]),
    port6: port6 === undefined ? undefined : Number(port6),
    api,
    get pid() {
      return child.pid ?? 0
    },
    get log() {
      return log
    },
    token,
    async get<T>(path: string) {
      const response = await fetch(api + path, { headers: { authorization: `Bearer ${token()}` } })
      return (await response.json()) as T
    },
    meridian: (...args) =>
      run('env', [...PLAIN, join(ROOT, 'bin/meridian'), ...args], { cwd: folder, env: cleanEnvironment() }),
    write,
    stop,
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
    start,
  }
}

/** Settings of whoever runs the tests are none of the test's. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(MERIDIAN_|TAP|NODE_OPTIONS|FORCE_COLOR)/.test(name))
  return Object.fromEntries(kept)
}
