/** NSD, Knot DNS and BIND as they are installed, each serving the same master files on a loopback port; and a way to ask them much. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, nsdServer } from '../transfer/peers.ts'
import type { RichZone } from './rich-zones.ts'

export const AUTHORITIES = ['nsd', 'knot', 'bind'] as const
export type AuthorityName = (typeof AUTHORITIES)[number]

export interface Authority {
  readonly name: AuthorityName
  readonly port: number
  /** Asks over TCP. @returns the response; undefined: silence */
  ask(query: Uint8Array): Promise<Uint8Array | undefined>
  stop(): Promise<void>
}

interface Program {
  readonly program: string
  readonly args: (folder: string) => readonly string[]
  readonly config: (port: number, folder: string, zones: readonly RichZone[]) => string
}

const file = (i: number): string => `zone${i}`

const PROGRAMS: Readonly<Record<AuthorityName, Program>> = {
  nsd: {
    program: 'nsd',
    args: (folder) => ['-d', '-c', join(folder, 'config')],
    config: (port, folder, zones) => `
server:
${nsdServer(port, folder)}
  minimal-responses: yes
  refuse-any: no
  ipv4-edns-size: 4096
  rrl-ratelimit: 0
remote-control:
  control-enable: no
${zones.map(({ name }, i) => `zone:\n  name: "${name}"\n  zonefile: "${file(i)}"\n`).join('')}`,
  },
  knot: {
    program: 'knotd',
    args: (folder) => ['-c', join(folder, 'config')],
    config: (port, folder, zones) => `
server:
  listen: 127.0.0.1@${port}
  rundir: "${folder}"
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
  udp-max-payload: 4096
database:
  storage: "${folder}/db"
log:
  - target: stderr
    any: info
template:
  - id: default
    storage: "${folder}"
    semantic-checks: off
zone:
${zones.map(({ name }, i) => `  - domain: "${name}"\n    file: "${file(i)}"\n`).join('')}`,
  },
  bind: {
    program: 'named',
    args: (folder) => ['-g', '-n', '1', '-c', join(folder, 'config')],
    config: (port, folder, zones) => `
options {
  directory "${folder}";
  pid-file "${folder}/pid";
  session-keyfile "${folder}/session.key";
  listen-on port ${port} { 127.0.0.1; };
  listen-on-v6 { none; };
  recursion no;
  dnssec-validation no;
  notify no;
  empty-zones-enable no;
  check-names primary ignore;
  check-integrity no;
  minimal-responses no-auth;
  minimal-any no;
  zero-no-soa-ttl no;
  max-udp-size 4096;
  edns-udp-size 4096;
};
controls {};
${zones.map(({ name }, i) => `zone "${name}" { type primary; file "${file(i)}"; };\n`).join('')}`,
  },
}

/** Why it cannot be asked here, as a reason to skip; false: it can. */
export function absent(name: AuthorityName): string | false {
  const { program } = PROGRAMS[name]
  return spawnSync(program, ['-V'], { stdio: 'ignore' }).error === undefined ? false : `${program} is not installed`
}

/** Starts one; it answers when this resolves. @param probe  a query that must bring NOERROR */
export async function startAuthority(
  name: AuthorityName,
  zones: readonly RichZone[],
  probe: Uint8Array,
): Promise<Authority> {
  const { program, args, config } = PROGRAMS[name]
  const folder = mkdtempSync(join(tmpdir(), `${name}-`))
  mkdirSync(join(folder, 'db'))
  zones.forEach(({ text }, i) => {
    writeFileSync(join(folder, file(i)), text)
  })
  const port = await freePort()
  writeFileSync(join(folder, 'config'), config(port, folder, zones))
  const child: ChildProcess = spawn(program, args(folder), { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  let running = true
  child.stdout!.on('data', (piece) => (output += piece))
  child.stderr!.on('data', (piece) => (output += piece))
  const gone = new Promise<void>((resolve) =>
    child.on('close', () => {
      running = false
      resolve()
    }),
  )
  const asker = new Asker(port)
  const stop = async (): Promise<void> => {
    asker.close()
    child.kill('SIGTERM')
    const hard = setTimeout(() => child.kill('SIGKILL'), 5000)
    await gone
    clearTimeout(hard)
    rmSync(folder, { recursive: true, force: true })
  }
  for (let tries = 0; ; tries++) {
    const reply = await asker.once(probe, 250)
    if (reply !== undefined && (reply[3]! & 15) === 0) break
    if (!running || tries > 100) {
      await stop()
      throw new Error(`${program} does not answer:\n${output}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return { name, port, ask: (query) => asker.ask(query), stop }
}

/**
 * One connection with many questions under way, each with an id of its own: over TCP answers are whole, whatever size a client offers.
 * It is opened again when it is closed or not there yet.
 */
class Asker {
  readonly #port: number
  readonly #waiting = new Map<number, (reply: Uint8Array | undefined) => void>()
  #socket: Socket | undefined
  #received: Buffer = Buffer.alloc(0)
  #id = 1

  constructor(port: number) {
    this.#port = port
  }

  close(): void {
    this.#socket?.destroy()
  }

  async ask(query: Uint8Array): Promise<Uint8Array | undefined> {
    for (let tries = 0; tries < 3; tries++) {
      const reply = await this.once(query, 5000)
      if (reply !== undefined) return reply
    }
    return undefined
  }

  /** The id of the query is replaced, and put back in the reply. @returns undefined: no answer in time, or the connection broke */
  once(query: Uint8Array, timeoutMs: number): Promise<Uint8Array | undefined> {
    const id = this.#id
    this.#id = (this.#id % 65535) + 1
    const framed = Buffer.concat([Uint8Array.of(query.length >> 8, query.length, id >> 8, id), query.subarray(2)])
    return new Promise((resolve) => {
      const done = (reply: Uint8Array | undefined): void => {
        clearTimeout(timer)
        this.#waiting.delete(id)
        if (reply !== undefined) reply.set(query.subarray(0, 2))
        resolve(reply)
      }
      const timer = setTimeout(() => done(undefined), timeoutMs)
      this.#waiting.set(id, done)
      this.#connection().write(framed)
    })
  }

  #connection(): Socket {
    if (this.#socket !== undefined) return this.#socket
    const socket = connect(this.#port, '127.0.0.1')
    this.#received = Buffer.alloc(0)
    const broken = (): void => {
      if (this.#socket !== socket) return
      this.#socket = undefined
      for (const done of this.#waiting.values()) done(undefined)
    }
    socket.on('error', broken)
    socket.on('close', broken)
    socket.on('data', (piece) => {
      this.#received = Buffer.concat([this.#received, piece])
      for (;;) {
        const length = this.#received.length < 2 ? 0 : this.#received.readUInt16BE(0)
        if (length < 12 || this.#received.length < 2 + length) return
        const reply = new Uint8Array(this.#received.subarray(2, 2 + length))
        this.#received = this.#received.subarray(2 + length)
        this.#waiting.get((reply[0]! << 8) | reply[1]!)?.(reply)
      }
    })
    this.#socket = socket
    return socket
  }
}
