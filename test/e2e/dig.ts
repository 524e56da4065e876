/**
 * Real clients: dig and kdig, their output read into one shape.
 */
import { spawnSync } from 'node:child_process'
import { run, type TestServer } from './server.ts'

export interface Reply {
  readonly status: string
  /** lower case: qr aa rd tc ad cd ra */
  readonly flags: readonly string[]
  /** each record's fields joined by single blanks */
  readonly answer: readonly string[]
  readonly authority: readonly string[]
  readonly additional: readonly string[]
  /** ADDRESS/SOURCE/SCOPE; undefined: none in the reply */
  readonly subnet: string | undefined
  readonly text: string
}

export const CLIENTS = ['dig', 'kdig'] as const
export type Client = (typeof CLIENTS)[number]

/** Why a program cannot be used here, as a reason to skip; false: it can. */
export function missing(program: string): string | false {
  const { error } = spawnSync(program, [program === 'curl' ? '--version' : '-v'], { stdio: 'ignore' })
  return error === undefined ? false : `${program} is not installed`
}

/** Asks the server, without retries that would hide a lost answer. */
export async function dig(
  server: Pick<TestServer, 'port'> & { readonly host?: string },
  query: string,
  client: Client = 'dig',
): Promise<Reply> {
  const words = query.split(' ').filter((word) => word !== '')
  const steady =
    client === 'dig' ? ['+tries=1', '+timeout=5', '+norec'] : ['+retry=0', '+timeout=5', '+norec', '+header', '+edns']
  const { exit, stdout, stderr } = await run(client, [
    `@${server.host ?? '127.0.0.1'}`,
    '-p',
    String(server.port),
    ...steady,
    ...words,
  ])
  const reply = parseReply(stdout)
  if (reply === undefined) throw new Error(`${client} ${query}: exit ${exit}\n${stdout}${stderr}`)
  return reply
}

function parseReply(text: string): Reply | undefined {
  const status = /->>HEADER<<-.*status: (\w+)/i.exec(text)?.[1]
  if (status === undefined) return undefined
  const section = (name: string): string[] => {
    const lines = text.split('\n')
    const start = lines.findIndex((line) => new RegExp(`^;; ${name} SECTION`, 'i').test(line))
    if (start < 0) return []
    const rest = lines.slice(start + 1)
    const end = rest.findIndex((line) => line.trim() === '' || line.startsWith(';;'))
    return rest
      .slice(0, end < 0 ? undefined : end)
      .filter((line) => !line.startsWith(';'))
      .map((line) => line.trim().split(/\s+/).join(' '))
  }
  return {
    status,
    flags: (/;; flags: ([^;]*);/i.exec(text)?.[1] ?? '').trim().toLowerCase().split(/\s+/),
    answer: section('ANSWER'),
    authority: section('AUTHORITY'),
    additional: section('ADDITIONAL'),
    subnet: /CLIENT[- ]SUBNET: (\S+)/i.exec(text)?.[1],
    text,
  }
}

/** The addresses of an answer, sorted. */
export function addresses(reply: Reply): string[] {
  return reply.answer
    .filter((line) => / (A|AAAA) /.test(line))
    .map((line) => line.split(' ').at(-1)!)
    .sort()
}
