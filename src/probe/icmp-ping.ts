/**
 * icmp through the `ping` package, where the kernel forbids sockets of our own: one system program per probe, about 1.6 ms of CPU.
 *
 * The package throws out of an event handler on output that it does not expect, and no caller can catch that: so it lives in a
 * child process, which may die. Only addresses that `net.isIP` knows reach it (the program takes "-h" for an option).
 */
import { type ChildProcess, fork } from 'node:child_process'
import { isIP } from 'node:net'
import { Gate } from './gate.ts'
import { type Asked, type Attempt, clause, NOTHING_TO_STOP, type Outcome, type Settle } from './outcome.ts'

export interface PingRequest {
  readonly id: number
  readonly address: string
  readonly source: string | undefined
  readonly timeoutS: number
}

export interface PingReply {
  readonly id: number
  readonly alive: boolean
  readonly ms: number | undefined
  /** what the program printed, or why it did not run */
  readonly output: string
}

/** Programs at a time: a dead node holds its place until its program gives up. */
const PINGS = 64

/** probe-run.ts knows by its beginning that the wait was our own. */
const LINE = 'a free place among the running pings'

export class PingProgram {
  readonly #gate = new Gate(PINGS)
  readonly #waiting = new Map<number, Settle>()
  #child: ChildProcess | undefined
  #nextId = 0

  begin(asked: Asked, settle: Settle): Attempt {
    if (isIP(asked.address) === 0) {
      settle({ class: 'local', detail: 'not an address' })
      return NOTHING_TO_STOP
    }
    const id = this.#nextId++
    let phase = LINE
    const leave = this.#gate.pass(() => {
      phase = 'the echo reply'
      this.#waiting.set(id, (outcome) => {
        this.#waiting.delete(id)
        queueMicrotask(() => leave())
        settle(outcome)
      })
      const timeoutS = Math.max(1, Math.ceil(asked.check.timeoutMs / 1000))
      this.#send({ id, address: asked.address, source: asked.source, timeoutS })
    })
    return {
      stop: () => {
        // The program runs on, and so long its place is taken: or a server with too much to do would start ever more of them, and
        // blame the nodes for what it is late with itself.
        if (this.#waiting.has(id))
          this.#waiting.set(id, () => {
            this.#waiting.delete(id)
            leave()
          })
        else leave()
        // With a line at the gate a program may be late because of the others: that is no evidence against the node.
        return this.#gate.crowded ? LINE : phase
      },
    }
  }

  close(): void {
    this.#child?.kill('SIGKILL')
    this.#child = undefined
  }

  #send(request: PingRequest): void {
    this.#child ??= this.#start()
    this.#child.send(request, (error) => {
      if (error !== null)
        this.#waiting.get(request.id)?.({ class: 'local', detail: 'the ping process cannot be reached' })
    })
  }

  #start(): ChildProcess {
    const child = fork(new URL('./icmp-ping-child.js', import.meta.url), [], {
      execArgv: [],
      env: { PATH: process.env.PATH ?? '/usr/bin:/bin:/usr/sbin:/sbin' },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    // It serves as long as somebody waits; it keeps no program from ending.
    child.unref()
    child.channel?.unref()
    child.on('message', (reply: PingReply) => this.#waiting.get(reply.id)?.(outcomeOfPing(reply)))
    const gone = (): void => {
      if (this.#child !== child) return
      this.#child = undefined
      // Which one of them killed it is not known; none of them counts.
      for (const settle of [...this.#waiting.values()]) settle({ class: 'local', detail: 'the ping process ended' })
    }
    child.once('exit', gone)
    child.once('error', gone)
    return child
  }
}

/** What the program printed, in our words. Only what it says of the node counts; a program that failed by itself is our fault. */
export function outcomeOfPing(reply: PingReply): Outcome {
  if (reply.alive)
    return { class: 'ok', detail: reply.ms === undefined ? 'echo reply' : `echo reply in ${reply.ms} ms` }
  if (/unreachable|no route/i.test(reply.output)) return { class: 'unreachable', detail: 'destination unreachable' }
  if (/\b0 (packets )?received/i.test(reply.output)) return { class: 'timeout', detail: 'no echo reply' }
  if (/cannot assign|invalid source/i.test(reply.output))
    return { class: 'local', detail: 'the source address is not on this machine' }
  if (/not permitted|permission denied|error while executing|not found/i.test(reply.output))
    return {
      class: 'local',
      detail: 'the program ping cannot be run here (package iputils-ping; it needs CAP_NET_RAW)',
    }
  const said = reply.output.trim().split('\n')[0] ?? ''
  return {
    class: 'local',
    detail: said === '' ? 'the program ping said nothing' : clause(`the program ping says: ${said}`),
  }
}
