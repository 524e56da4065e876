/**
 * An API that says what the test wants and remembers what it was asked; and a command line that runs in this process.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type CommandPorts, runCommandLine } from '../../src/cli/index.ts'
import type { Terminal } from '../../src/cli/terminal.ts'

export interface Asked {
  /** `POST /v1/nodes/de-1/drain?x=y` */
  readonly what: string
  readonly body: unknown
  readonly authorization: string | undefined
}

export interface Ran {
  readonly exit: number
  readonly out: string
  readonly err: string
  readonly asked: readonly Asked[]
}

/** An answer: a value is sent as JSON with 200; a problem with its status. */
export type Answers = Readonly<Record<string, unknown>>

class Refusal {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
  constructor(status: number, body: Readonly<Record<string, unknown>>) {
    this.status = status
    this.body = body
  }
}

export const problem = (status: number, body: Readonly<Record<string, unknown>>): Refusal =>
  new Refusal(status, { status, ...body })

/** @returns runs a command against an API that answers `METHOD /path` (query left out) from the table */
export async function startFakeApi(t: Pick<typeof import('tap').t, 'teardown'>, ports: Partial<CommandPorts> = {}) {
  let answers: Answers = {}
  let asked: Asked[] = []
  const server = createServer((request, response) => {
    let text = ''
    request.setEncoding('utf8').on('data', (part: string) => {
      text += part
    })
    request.on('end', () => {
      const path = (request.url ?? '').split('?')[0]
      asked.push({
        what: `${request.method} ${request.url}`,
        body: text === '' ? undefined : (JSON.parse(text) as unknown),
        authorization: request.headers.authorization,
      })
      const given = answers[`${request.method} ${path}`]
      // A function tells another answer each time.
      const answer = typeof given === 'function' ? (given as (n: number) => unknown)(asked.length) : given
      if (typeof answer === 'string') {
        response.setHeader('content-type', answer.startsWith('id:') ? 'text/event-stream' : 'text/plain')
        response.end(answer)
        return
      }
      const found = answer ?? problem(404, { title: 'There is no such thing', detail: `nothing at ${path}` })
      const refused = found instanceof Refusal
      response.statusCode = refused ? found.status : 200
      response.setHeader('content-type', refused ? 'application/problem+json' : 'application/json')
      response.end(JSON.stringify(refused ? found.body : found))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    async run(args: string, table: Answers = {}, environment: NodeJS.ProcessEnv = {}): Promise<Ran> {
      answers = table
      asked = []
      let out = ''
      let err = ''
      const terminal: Terminal = {
        out: (line) => {
          out += `${line}\n`
        },
        note: (line) => {
          err += `${line}\n`
        },
        redraw: (line) => {
          out += `${line}\n`
        },
        progress: () => {},
        paint: (_, line) => line,
        width: Number.POSITIVE_INFINITY,
        interactive: false,
      }
      const words = [...args.matchAll(/"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? match[2]!)
      const exit = await runCommandLine(
        words,
        {
          serve: ports.serve ?? (async () => 0),
          check: ports.check ?? (async () => ({ issues: [], zones: [], steeredRecords: 0, pools: 0, nodes: 0 })),
        },
        terminal,
        { MERIDIAN_API: url, MERIDIAN_TOKEN: 'secret', ...environment },
      )
      return { exit, out, err, asked }
    },
  }
}
