/**
 * icmp: which of the two ways this machine allows, and why. Sockets of our own first (icmp-socket.ts); the `ping` package where the
 * kernel forbids them (icmp-ping.ts), which costs a process per probe and is announced in `status`.
 */
import { PingProgram } from './icmp-ping.ts'
import { type EchoSocket, openEchoSocket } from './icmp-socket.ts'
import type { Asked, Attempt, Settle } from './outcome.ts'
import { NOTHING_TO_STOP } from './outcome.ts'

/** Sockets at a time: one per family and source address; checks are few, sources fewer. */
const SOCKETS = 64

export class Icmp {
  readonly #sockets = new Map<string, EchoSocket>()
  readonly #program: PingProgram
  /** why sockets are not allowed, by family */
  readonly #forbidden = new Map<4 | 6, string>()

  constructor(program = new PingProgram()) {
    this.#program = program
  }

  begin(asked: Asked, settle: Settle): Attempt {
    if (this.#forbidden.has(asked.family)) return this.#program.begin(asked, settle)
    const key = `${asked.family} ${asked.source ?? ''}`
    let socket = this.#sockets.get(key)
    if (socket === undefined) {
      if (this.#sockets.size >= SOCKETS) {
        settle({ class: 'local', detail: `more than ${SOCKETS} source addresses for icmp checks` })
        return NOTHING_TO_STOP
      }
      const opened = openEchoSocket(asked.family, asked.source)
      if (opened.socket === undefined) {
        if (opened.forbidden) {
          this.#forbidden.set(asked.family, opened.why)
          return this.#program.begin(asked, settle)
        }
        settle({ class: 'local', detail: `no ICMP socket: ${opened.why}` })
        return NOTHING_TO_STOP
      }
      socket = opened.socket
      this.#sockets.set(key, socket)
    }
    return socket.begin(asked, settle)
  }

  /** One sentence for `status`. */
  describe(): string {
    if (!this.#sockets.has('4 ') && !this.#forbidden.has(4)) {
      const opened = openEchoSocket(4, undefined)
      if (opened.socket !== undefined) this.#sockets.set('4 ', opened.socket)
      else if (opened.forbidden) this.#forbidden.set(4, opened.why)
    }
    const why = this.#forbidden.get(4)
    return why === undefined
      ? 'unprivileged ICMP sockets, one for all nodes'
      : `the program ping, one process per probe, because ${why}`
  }

  close(): void {
    for (const socket of this.#sockets.values()) socket.close()
    this.#sockets.clear()
    this.#program.close()
  }
}
