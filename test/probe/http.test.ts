import type { Socket } from 'node:net'
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

t.test('expectations on body, JSON and freshness', async (t) => {
  const page = (body: string, more = '') =>
    `HTTP/1.1 200 OK\r\n${more}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  const json = (value: unknown) => page(JSON.stringify(value), 'Content-Type: application/json\r\n')
  const tenMinutes = 600_000
  const rows: readonly [
    title: string,
    expect: Partial<HttpExpectation>,
    answer: string,
    expected: string,
    detail: RegExp,
  ][] = [
    ['a text that is there', { body: 'alive' }, page('I am alive'), 'ok', /200/],
    ['a text that is not', { body: 'alive' }, page('I am not'), 'content', /body lacks "alive"/],
    [
      'a text in two chunks',
      { body: 'alive' },
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nal\r\n3;x=y\r\nive\r\n0\r\nT: r\r\n\r\n',
      'ok',
      /200/,
    ],
    ['a text behind the limit', { body: 'alive' }, page(`${'x'.repeat(70_000)}alive`), 'content', /within the part/],
    [
      'a body that comes packed',
      { body: 'alive' },
      page('packed', 'Content-Encoding: gzip\r\n'),
      'content',
      /body comes with Content-Encoding: gzip, which was not asked for/,
    ],
    ['a packed body that nothing reads', {}, page('x', 'Content-Encoding: gzip\r\n'), 'ok', /200/],
    ['a pattern that matches', { bodyPattern: '^lag: \\d{1,2}$' }, page('lag: 12'), 'ok', /200/],
    ['a pattern that does not', { bodyPattern: '^lag: \\d{1,2}$' }, page('lag: 120'), 'content', /does not match/],
    ['a pattern that is none', { bodyPattern: '(' }, page('x'), 'content', /given up/],
    [
      'status ranges',
      {
        status: [
          [200, 299],
          [404, 404],
        ],
      },
      'HTTP/1.1 404 N\r\nContent-Length: 0\r\n\r\n',
      'ok',
      /404/,
    ],
    [
      'outside of status ranges',
      {
        status: [
          [200, 299],
          [404, 404],
        ],
      },
      'HTTP/1.1 302 N\r\nContent-Length: 0\r\n\r\n',
      'status',
      /expected 200-299, 404/,
    ],
    ['a JSON value', { json: { path: 'db.0.ok', equals: true } }, json({ db: [{ ok: true }] }), 'ok', /200/],
    [
      'another JSON value',
      { json: { path: '$.db[0].ok', equals: true } },
      json({ db: [{ ok: false }] }),
      'content',
      /is false, expected true/,
    ],
    [
      'a JSON object, keys in another order',
      { json: { path: '', equals: { a: 1, b: [2] } } },
      json({ b: [2], a: 1 }),
      'ok',
      /200/,
    ],
    ['no such path', { json: { path: 'a.b', equals: 1 } }, json({ a: 'b' }), 'content', /a\.b is missing/],
    [
      'a path through the prototype',
      { json: { path: 'constructor.name', equals: 'Object' } },
      json({}),
      'content',
      /missing/,
    ],
    [
      'JSON nested deeper than the stack',
      { json: { path: 'a', equals: 1 } },
      page(`{"a":${'['.repeat(30_000)}${']'.repeat(30_000)}}`),
      'content',
      /a is/,
    ],
    ['no JSON', { json: { path: 'a', equals: 1 } }, page('<html>'), 'content', /not JSON/],
    [
      'JSON longer than is read',
      { json: { path: 'a', equals: 1 } },
      json({ a: 1, x: 'x'.repeat(70_000) }),
      'content',
      /longer/,
    ],
    [
      'a fresh header',
      { fresh: { from: { header: 'Last-Modified' }, maxAgeMs: tenMinutes } },
      'HTTP/1.1 200 OK\r\nLast-Modified: Sun, 03 May 2026 11:51:00 GMT\r\nContent-Length: 0\r\n\r\n',
      'ok',
      /200/,
    ],
    [
      'a stale header',
      { fresh: { from: { header: 'Last-Modified' }, maxAgeMs: tenMinutes } },
      'HTTP/1.1 200 OK\r\nLast-Modified: Sun, 03 May 2026 11:49:00 GMT\r\nContent-Length: 0\r\n\r\n',
      'stale',
      /11m old, at most 10m allowed/,
    ],
    [
      'no header',
      { fresh: { from: { header: 'X-Synced' }, maxAgeMs: tenMinutes } },
      page('x'),
      'content',
      /no header X-Synced/,
    ],
    [
      'fresh JSON in seconds',
      { fresh: { from: { json: 'synced' }, maxAgeMs: tenMinutes } },
      json({ synced: NOW / 1000 - 599 }),
      'ok',
      /200/,
    ],
    [
      'stale JSON in milliseconds',
      { fresh: { from: { json: 'synced' }, maxAgeMs: tenMinutes } },
      json({ synced: NOW - 601_000 }),
      'stale',
      /old/,
    ],
    [
      'RFC 3339 without an offset is UTC',
      { fresh: { from: { json: 'synced' }, maxAgeMs: tenMinutes } },
      json({ synced: '2026-05-03 11:55:00' }),
      'ok',
      /200/,
    ],
    [
      'a clock that runs ahead is young',
      { fresh: { from: { json: 'synced' }, maxAgeMs: tenMinutes } },
      json({ synced: '2026-05-03T13:00:00Z' }),
      'ok',
      /200/,
    ],
    [
      'what is no timestamp',
      { fresh: { from: { json: 'synced' }, maxAgeMs: tenMinutes } },
      json({ synced: 'yesterday' }),
      'content',
      /no timestamp: "yesterday"/,
    ],
  ]
  for (const [title, expect, answer, expected, detail] of rows) {
    const server = await origin(answering(answer))
    // Generous: the thread that matches patterns may have to start on a busy machine.
    const result = await prober.probe(target(httpProbe(server.port, {}, expect), { timeoutMs: 60_000 }))
    t.equal(result.class, expected, `${title} (${result.detail})`)
    t.match(result.detail, detail, title)
    await server.close()
  }
})

t.test('a pattern that would backtrack for ever is given up, and the next probe is not kept waiting', async (t) => {
  const server = await origin(answering(`HTTP/1.0 200 OK\r\n\r\n${'a'.repeat(60)}!`))
  const bad = await prober.probe(target(httpProbe(server.port, {}, { bodyPattern: '^(a+)+$' })))
  t.equal(bad.class, 'content')
  t.match(bad.detail, /took too long/)
  t.ok(bad.durationMs < 4000)
  const good = await prober.probe(target(httpProbe(server.port, {}, { bodyPattern: 'a!$' })))
  t.equal(good.class, 'ok')
  await server.close()
})

t.test('what never ends is ended at the timeout, and says what it waited for', async (t) => {
  const forever = (head: string, more: string) => (socket: Socket) => {
    socket.write(head, 'latin1')
    const timer = setInterval(() => socket.write(more, 'latin1'), 5)
    socket.on('close', () => clearInterval(timer))
  }
  const rows: readonly [string, (socket: Socket) => void, Partial<HttpExpectation>, string, RegExp][] = [
    ['silence', () => {}, {}, 'timeout', /waited 150ms for the answer/],
    ['a header that trickles', forever('HTTP/1.1 200 OK\r\n', 'X: y\r\n'), {}, 'timeout', /the answer/],
    [
      'a body that is announced and stalls',
      answeringAndStaying('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok'),
      {},
      'timeout',
      /rest of the body/,
    ],
    ['a body without end that nobody asked for', forever('HTTP/1.1 200 OK\r\n\r\n', 'x'), {}, 'ok', /200/],
    [
      'a body without end in which something is sought',
      forever('HTTP/1.1 200 OK\r\n\r\n', 'x'),
      { body: 'y' },
      'timeout',
      /rest of the body/,
    ],
    [
      'a flood is cut at the limit',
      forever(`HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(200_000)}`, 'x'),
      { body: 'y' },
      'content',
      /lacks/,
    ],
  ]
  for (const [title, serve, expect, expected, detail] of rows) {
    const server = await origin(serve)
    const result = await prober.probe(target(httpProbe(server.port, {}, expect), { timeoutMs: 150 }))
    t.equal(result.class, expected, `${title} (${result.detail})`)
    t.match(result.detail, detail, title)
    await until(() => server.open() === 0)
    t.equal(server.open(), 0, `${title}: no connection is left`)
    await server.close()
  }
})

t.test('connections that fail: refused, reset, dropped half-way', async (t) => {
  const refused = await prober.probe(target(httpProbe(await closedPort())))
  t.equal(refused.class, 'refused')
  t.match(refused.detail, /ECONNREFUSED 127\.0\.0\.1/)
  const reset = await origin((socket) => socket.once('data', () => socket.resetAndDestroy()))
  const result = await prober.probe(target(httpProbe(reset.port)))
  t.equal(result.class, 'reset')
  await reset.close()
})

t.test('the request: who asks, which host, what the check adds', async (t) => {
  const server = await origin(answering('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'))
  await prober.probe(target(httpProbe(server.port)))
  t.match(server.heard[0], /^GET \/health HTTP\/1\.1\r\n/)
  t.match(server.heard[0], /\r\nUser-Agent: Meridian\/0\.0\.0 health check \(\+web\)\r\n/)
  t.match(server.heard[0], new RegExp(`\r\nHost: 127\\.0\\.0\\.1:${server.port}\r\n`), 'without a name: the address')
  t.match(server.heard[0], /\r\nConnection: close\r\n/)
  await prober.probe(target(httpProbe(server.port), { host: 'www.portal.example.' }))
  t.match(
    server.heard[1],
    new RegExp(`\r\nHost: www\\.portal\\.example:${server.port}\r\n`),
    'the name that the node serves',
  )
  await prober.probe(target(httpProbe(server.port, { host: 'x.example' }), { host: 'www.portal.example.' }))
  t.match(server.heard[2], /\r\nHost: x\.example\r\n/, 'what the check names is sent as written')
  await prober.probe(
    target(
      httpProbe(server.port, { method: 'POST', path: '/ä b?x=ü', headers: { 'user-agent': 'mine', 'X-Token': 'abc' } }),
    ),
  )
  t.match(server.heard[3], /^POST \/%C3%A4%20b\?x=%C3%BC HTTP\/1\.1\r\n/)
  t.match(server.heard[3], /\r\nuser-agent: mine\r\n/)
  t.notMatch(server.heard[3], /Meridian/)
  t.match(server.heard[3], /\r\nX-Token: abc\r\n/)
  t.match(server.heard[3], /\r\nContent-Length: 0\r\n/)
  const head = await origin(answering('HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n'))
  t.equal((await prober.probe(target(httpProbe(head.port, { method: 'HEAD' })))).class, 'ok', 'HEAD has no body')
  const split = await prober.probe(target(httpProbe(server.port, { headers: { X: 'a\r\nY: b' } })))
  t.equal(split.class, 'local', 'a header that would split the request is our own fault')
  await head.close()
  await server.close()
})

t.test('the node’s own word comes with the answer, good or bad', async (t) => {
  const rows: readonly [answer: string, expected: string, word: object | undefined][] = [
    ['HTTP/1.1 200 OK\r\nMeridian-Agent: drain\r\n\r\n', 'ok', { state: 'drain' }],
    ['HTTP/1.1 503 No\r\nMeridian-Agent: maint # disk swap\r\n\r\n', 'status', { state: 'maint' }],
    [
      'HTTP/1.1 200 OK\r\nMeridian-Agent: ready 75% load=0.4\r\n\r\n',
      'ok',
      { state: 'ready', weightPercent: 75, load: 0.4 },
    ],
    [
      'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 41\r\n\r\n{"meridian":{"state":"drain","load":0.9}}',
      'ok',
      { state: 'drain', load: 0.9 },
    ],
    [
      'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 17\r\n\r\n{"state":"drain"}',
      'ok',
      undefined,
    ],
    ['HTTP/1.1 200 OK\r\n\r\n', 'ok', undefined],
  ]
  for (const [answer, expected, word] of rows) {
    const server = await origin(answering(answer))
    const result = await prober.probe(target(httpProbe(server.port)))
    t.equal(result.class, expected, result.detail)
    t.same(result.word, word)
    await server.close()
  }
})

/** Answers and keeps the connection open. */
function answeringAndStaying(text: string): (socket: Socket) => void {
  return (socket) => socket.once('data', () => socket.write(text, 'latin1'))
}

/** Waits for something to become true; the test's own deadline ends it otherwise. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 2))
}
