/**
 * command: a program of the operator's own, for what nothing else covers. The exit code speaks as monitoring plugins do:
 *
 *     0 ok · 1 ok with a warning · 2 failed · 3 unknown: no evidence · anything else failed
 *
 * No shell, a clean environment, a process group of its own that dies as a whole with the program or at the timeout. It runs once for each address of
 * the node and learns which one from MERIDIAN_ADDRESS or from {address} in its arguments.
 * Its first line of output is the detail; a line "Meridian-Agent: drain" anywhere in it is the node's own word.
 */
import { spawn } from 'node:child_process'
import type { Probe } from '../steer/index.ts'
import type { Gate } from './gate.ts'
import { AGENT_HEADER, parseAgentWords } from './node-word.ts'
import { type Asked, type Attempt, clause, codeOf, type Outcome, type Settle } from './outcome.ts'

type CommandProbe = Extract<Probe, { kind: 'command' }>

/** Octets of output that are read; the rest is thrown away, so that a talkative program cannot block on a full pipe. */
const OUTPUT_OCTETS = 8 * 1024
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

export function beginCommand(asked: Asked, probe: CommandProbe, gate: Gate, settle: Settle): Attempt {
  let ended = false
  let kill = (): void => {}
  let phase = 'a free place among the running commands'
  const leave = gate.pass(() => {
    phase = `${clause(probe.program)} to end`
    kill = run(asked, probe, (outcome) => {
      leaveLater()
      if (ended) return
      ended = true
      settle(outcome)
    })
  })
  // The program may fail before `leave` exists.
  function leaveLater(): void {
    queueMicrotask(() => leave())
  }
  return {
    stop: () => {
      ended = true
      kill()
      leave()
      return phase
    },
  }
}

/** @returns what kills it */
function run(asked: Asked, probe: CommandProbe, done: Settle): () => void {
  const values: Readonly<Record<string, string>> = {
    node: asked.node,
    check: asked.check.name,
    address: asked.address,
    host: asked.host ?? '',
    timeout: String(asked.check.timeoutMs / 1000),
  }
  const args = probe.args.map((arg) => arg.replace(/\{(node|check|address|host|timeout)\}/g, (_, key) => values[key]!))
  let output = Buffer.alloc(0)
  try {
    const child = spawn(probe.program, args, {
      cwd: '/',
      shell: false,
      // A process group of its own: what the program starts dies with it.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH,
        LANG: 'C.UTF-8',
        ...Object.fromEntries(Object.entries(values).map(([key, value]) => [`MERIDIAN_${key.toUpperCase()}`, value])),
      },
    })
    const keep = (octets: Buffer): void => {
      if (output.length < OUTPUT_OCTETS) output = Buffer.concat([output, octets]).subarray(0, OUTPUT_OCTETS)
    }
    // First of all: without descriptors for its pipes, a child has no stdout and an error to come.
    child.on('error', (error) => done(startFailure(probe.program, error)))
    const release = (): void => {
      child.stdout?.destroy()
      child.stderr?.destroy()
    }
    child.stdout?.on('data', keep)
    child.stderr?.on('data', keep)
    const killGroup = (): void => {
      if (child.pid === undefined) return
      try {
        process.kill(-child.pid, 'SIGKILL')
      } catch {
        // it is gone already
      }
    }
    // `exit`, not `close`: a grandchild that keeps the pipe open must not keep the verdict back; its output so far is read by then.
    child.once('exit', (code, signal) => {
      // What it left behind would gather, one more at every probe.
      killGroup()
      setImmediate(() => {
        release()
        done(verdict(code, signal, output.toString('utf8')))
      })
    })
    return () => {
      release()
      killGroup()
    }
  } catch (error) {
    done(startFailure(probe.program, error as Error))
    return () => {}
  }
}

function startFailure(program: string, error: Error): Outcome {
  const code = codeOf(error)
  const why = code === 'ENOENT' ? 'no such program' : code === 'EACCES' ? 'not executable' : error.message
  return { class: 'local', detail: clause(`${program}: ${why}`) }
}

function verdict(code: number | null, signal: string | null, output: string): Outcome {
  const lines = output.split(/\r?\n/)
  const first = lines.find((line) => line.trim() !== '')
  const said = first === undefined ? '' : `: ${first}`
  const agent = lines.find((line) => line.toLowerCase().startsWith(`${AGENT_HEADER}:`))
  const told = parseAgentWords(agent?.slice(AGENT_HEADER.length + 1) ?? '')
  const word = told.word === undefined ? {} : { word: told.word }
  if (code === null) return { class: 'command', detail: clause(`ended by ${signal ?? 'a signal'}${said}`), ...word }
  if (code === 3) return { class: 'local', detail: clause(`exit 3, unknown${said}`), ...word }
  if (told.down !== undefined && code < 2)
    return { class: 'status', detail: clause(`the node says "${told.down}"`), ...word }
  if (code === 0) return { class: 'ok', detail: clause(`exit 0${said}`), ...word }
  if (code === 1) return { class: 'ok', detail: clause(`exit 1${said}`), warning: clause(`warning${said}`), ...word }
  return { class: 'command', detail: clause(`exit ${code}${said}`), ...word }
}
