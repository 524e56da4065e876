import t from 'tap'
import { createProber } from '../../src/probe/index.ts'
import type { HttpExpectation } from '../../src/steer/index.ts'
import { answering, closedPort, httpProbe, origin, target } from './origins.ts'

const NOW = Date.parse('2026-05-03T12:00:00Z')
const prober = createProber({ version: '0.0.0', nowMs: () => NOW })
t.teardown(() => prober.close())

t.test('what an origin answers decides the class of evidence', async (t) => {
  const rows: readonly [title: string, answer: string, expected: string, detail: RegExp][] = [
    ['a plain 200', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok', 'ok', /^status 200$/],
    ['HTTP/1.0 and a body to the end', 'HTTP/1.0 200 OK\r\n\r\nhello', 'ok', /200/],
    ['chunked', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n', 'ok', /200/],
    ['bare line feeds', 'HTTP/1.1 200 OK\nContent-Length: 2\n\nok', 'ok', /200/],
    ['no reason phrase', 'HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n', 'ok', /200/],
    ['interim responses first', 'HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n\r\n', 'ok', /200/],
    ['nothing but interim responses', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(20), 'protocol', /interim/],
    ['503', 'HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n', 'status', /^status 503, expected 200$/],
    [
      'a redirect is not followed',
      'HTTP/1.1 301 M\r\nLocation: https://x.example/\r\n\r\n',
      'status',
      /301 to "https:\/\/x/,
    ],
    ['garbage', 'SSH-2.0-OpenSSH_9.2\r\n', 'protocol', /not HTTP/],
    ['HTTP/2', '\x00\x00\x12\x04\x00\x00\x00\x00\x00', 'protocol', /not HTTP/],
    ['a status of four digits', 'HTTP/1.1 2000 OK\r\n\r\n', 'protocol', /status line/],
    ['a blank before the colon', 'HTTP/1.1 200 OK\r\nX : y\r\n\r\n', 'protocol', /header field/],
    [
      'two lengths that disagree',
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
      'protocol',
      /Content-Length/,
    ],
    ['a length that is none', 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n', 'protocol', /Content-Length/],
    [
      'a chunk size that is none',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\nzz\r\n',
      'protocol',
      /chunk size/,
    ],
    ['a header of 100 KB', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`, 'protocol', /header longer/],
    [
      'a body shorter than told',
      'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nok',
      'protocol',
      /within the body, after 2/,
    ],
    ['a header that breaks off', 'HTTP/1.1 200 OK\r\nX: y', 'protocol', /within the header/],
    ['nothing at all', '', 'reset', /before an answer/],
    [
      'a node that says it is stopped',
      'HTTP/1.1 200 OK\r\nMeridian-Agent: stopped#disk full\r\n\r\n',
      'status',
      /stopped: disk full/,
    ],
  ]
  for (const [title, answer, expected, detail] of rows) {
    const server = await origin(answering(answer))
    const result = await prober.probe(target(httpProbe(server.port)))
    t.equal(result.class, expected, title)
    t.match(result.detail, detail, title)
    t.equal(result.ok, expected === 'ok', title)
    await server.close()
  }
})
