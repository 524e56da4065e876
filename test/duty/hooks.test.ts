import { createHmac } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { startHooks } from '../../src/duty/hooks.ts'
import { ANA, type Bench, bench } from '../control/bench-control.ts'

interface Received {
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

interface Receiver {
  readonly url: string
  readonly received: Received[]
  /** the statuses that it answers with, in order; then 204 */
  readonly statuses: number[]
  until(count: number): Promise<void>
  readonly server: Server
}

async function receiver(): Promise<Receiver> {
  const received: Received[] = []
  const statuses: number[] = []
  let waiting: (() => void) | undefined
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => {
      received.push({ headers: request.headers, body })
      response.writeHead(statuses.shift() ?? 204).end()
      waiting?.()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    statuses,
    server,
    until: (count) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (received.length >= count) resolve()
          else waiting = look
        }
        look()
      }),
  }
}

const ports = (b: Bench, told: string[] = []) => ({
  control: b.control,
  now: () => b.nowMs(),
  log: (_: string, message: string) => void told.push(message),
  agent: 'Meridian/test',
  firstPauseMs: 5,
})
const weigh = (b: Bench, weight: number): void => void b.control.setWeight(ANA, { node: 'de-1' }, weight)
const settle = (ms = 20): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

t.test('events are posted in order, signed, and only those that are wanted', async (t) => {
  const b = bench()
  const r = await receiver()
  const url = { kind: 'url', url: r.url, secret: 'whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQ=' } as const
  const hooks = startHooks([{ to: url, events: ['write'] }], ports(b))
  b.pass(60_000, new Map([['de-2', 'timeout']]))
  weigh(b, 5)
  weigh(b, 6)
  await r.until(2)
  t.same(
    r.received.map((one) => JSON.parse(one.body)).map(({ action, after }) => ({ action, after })),
    [
      { action: 'weight', after: { weight: 5 } },
      { action: 'weight', after: { weight: 6 } },
    ],
  )
  const { headers, body } = r.received[0]!
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`
  const key = Buffer.from('secret-secret-secret')
  t.equal(headers['webhook-signature'], `v1,${createHmac('sha256', key).update(signed).digest('base64')}`)
  t.equal(headers['user-agent'], 'Meridian/test')
  hooks.stop()
  r.server.close()
})

t.test('who fails is asked again, with the same id; who refuses for good does not hold up the rest', async (t) => {
  const b = bench()
  const r = await receiver()
  r.statuses.push(500, 503, 429, 204, 400, 204)
  const told: string[] = []
  const hooks = startHooks([{ to: { kind: 'url', url: r.url, secret: undefined }, events: [] }], ports(b, told))
  weigh(b, 1)
  weigh(b, 2)
  weigh(b, 3)
  await r.until(6)
  const ids = r.received.map((one) => one.headers['webhook-id'])
  t.equal(new Set(ids.slice(0, 4)).size, 1)
  t.equal(new Set(ids).size, 3)
  t.match(told.join('\n'), /status 500; it is tried again(.|\n)*does not take event \d+: status 400/)
  await settle()
  t.match(hooks.view(), [{ delivered: 2, failed: 1, behind: 0, trouble: null }])
  hooks.stop()
  r.server.close()
})

t.test('what was written while nobody listened, or while the server was down, is delivered later', async (t) => {
  const b = bench()
  const r = await receiver()
  const setting = [{ to: { kind: 'url', url: r.url, secret: undefined }, events: [] }] as const
  const first = startHooks(setting, ports(b))
  weigh(b, 1)
  await r.until(1)
  await settle()
  first.stop()
  weigh(b, 2)
  weigh(b, 3)
  const again = bench({ db: b.db })
  const second = startHooks(setting, ports(again))
  await r.until(4)
  t.same(
    r.received.map((one) => JSON.parse(one.body).after?.weight),
    [1, 2, 3, undefined],
    'the last is the start itself',
  )
  second.stop()
  r.server.close()
})

t.test('a program gets the event on standard input; one that fails or does not exist is told of', async (t) => {
  const b = bench()
  const folder = mkdtempSync(join(tmpdir(), 'meridian-hook-'))
  const out = join(folder, 'out')
  writeFileSync(join(folder, 'note.sh'), `#!/bin/sh\ncat >> ${out}\n`, { mode: 0o755 })
  const told: string[] = []
  const program = (name: string, ...args: string[]) => ({
    to: { kind: 'program' as const, program: name, args },
    events: [],
  })
  const hooks = startHooks(
    [program(join(folder, 'note.sh')), program('/nonexistent/program'), program('/bin/sh', '-c', 'exit 3')],
    ports(b, told),
  )
  weigh(b, 1)
  for (let i = 0; i < 500 && hooks.view().some((view) => view.behind > 0); i++) await settle(10)
  t.match(JSON.parse(readFileSync(out, 'utf8')), { action: 'weight', author: 'ana' })
  t.match(told.join('\n'), /ENOENT/)
  t.match(told.join('\n'), /exit code 3/)
  hooks.stop()
  rmSync(folder, { recursive: true })
})
