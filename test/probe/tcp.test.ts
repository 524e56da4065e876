import type { Socket } from 'node:net'
import t from 'tap'
import { createProber } from '../../src/probe/index.ts'
import type { Probe } from '../../src/steer/index.ts'
import { answering, closedPort, origin, target } from './origins.ts'

const prober = createProber({ version: '0.0.0' })
t.teardown(() => prober.close())

function tcp(port: number, send?: string, expect?: string): Probe {
  return { kind: 'tcp', port, send, expect }
}

t.test('what a port says decides', async (t) => {
  const greeting = (text: string) => (socket: Socket) => socket.write(text)
  const rows: readonly [string, (socket: Socket) => void, string | undefined, string | undefined, string, RegExp][] = [
    ['it opens', () => {}, undefined, undefined, 'ok', /connected/],
    ['it closes at once, and nothing was expected', (socket) => socket.end(), undefined, undefined, 'ok', /connected/],
    ['a greeting', greeting('220 mail.example ESMTP\r\n'), undefined, '220 ', 'ok', /answered/],
    ['another greeting', (socket) => socket.end('554 no\r\n'), undefined, '220 ', 'content', /closed after "554 no"/],
    ['an answer to what is sent', answering('+PONG\r\n'), 'PING\r\n', '+PONG', 'ok', /answered/],
    ['nothing', () => {}, 'PING\r\n', '+PONG', 'timeout', /waited 150ms for the answer "\+PONG"/],
    ['something else, and silence', greeting('-LOADING\r\n'), undefined, '+PONG', 'timeout', /after "-LOADING"/],
    ['it closes without a word', (socket) => socket.end(), undefined, '220', 'reset', /without a word/],
    ['a flood without the text', greeting('x'.repeat(200_000)), undefined, '220', 'content', /first 65536/],
    [
      'it takes nothing',
      (socket) => socket.pause(),
      'x'.repeat(2e7),
      undefined,
      'timeout',
      /for the node to take what/,
    ],
    ['a reset', answeringReset(), 'PING', 'x', 'reset', /ECONNRESET/],
  ]
  for (const [title, serve, send, expect, expected, detail] of rows) {
    const server = await origin(serve)
    const result = await prober.probe(target(tcp(server.port, send, expect), { timeoutMs: 150 }))
    t.equal(result.class, expected, `${title} (${result.detail})`)
    t.match(result.detail, detail, title)
    await server.close()
  }
  const refused = await prober.probe(target(tcp(await closedPort())))
  t.equal(refused.class, 'refused', 'nobody listens')
})

t.test('what is sent arrives even where no answer is expected', async (t) => {
  const server = await origin(() => {})
  t.equal((await prober.probe(target(tcp(server.port, 'hello')))).class, 'ok')
  while (server.heard[0] !== 'hello') await new Promise((resolve) => setTimeout(resolve, 2))
  t.equal(server.heard[0], 'hello')
  await server.close()
})

t.test('an agent that listens on a port is heard', async (t) => {
  const rows: readonly [said: string, expected: string, word: object | undefined][] = [
    ['drain\n', 'ok', { state: 'drain' }],
    ['ready 75%\r\n', 'ok', { state: 'ready', weightPercent: 75 }],
    ['down#maintenance of disks\n', 'status', undefined],
    ['drain the swamp\nup\n', 'ok', undefined],
  ]
  for (const [said, expected, word] of rows) {
    const server = await origin((socket) => socket.end(said))
    const result = await prober.probe(target(tcp(server.port, undefined, 'up')))
    t.equal(result.class, expected, `${JSON.stringify(said)} (${result.detail})`)
    t.same(result.word, word)
    await server.close()
  }
})

function answeringReset(): (socket: Socket) => void {
  return (socket) => socket.once('data', () => socket.resetAndDestroy())
}
