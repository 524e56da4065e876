/** Requests that are hardly requests: each row was sent by the fuzzer once, or is one step from it. */
import { connect } from 'node:net'
import t from 'tap'
import { type ApiBench, apiBench } from './bench-api.ts'

/** Sends octets and reads until the server ends the connection. */
function send(b: ApiBench, octets: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(b.listening.url)
    const chunks: Buffer[] = []
    connect(Number(port), hostname, function (this: ReturnType<typeof connect>) {
      this.write(Buffer.from(octets, 'latin1'))
    })
      .on('data', (chunk) => chunks.push(chunk))
      .on('close', () => resolve(Buffer.concat(chunks).toString('latin1')))
      .on('error', reject)
  })
}

const HOST = 'host: localhost\r\n'

t.test('octets that are no request are answered with a problem, and the connection ends', async (t) => {
  const b = await apiBench()
  t.teardown(() => b.close())
  for (const [octets, status, word] of [
    ['nonsense\r\n\r\n', 400, 'bad-request'],
    ['\x16\x03\x01\x02\x00\x01\x00', 400, 'bad-request'],
    ['GET /livez HTTP/1.1\r\n\r\n', 400, 'bad-request'],
    [`GET /livez HTTP/9.9\r\n${HOST}\r\n`, 400, 'bad-request'],
    [`GET /livez HTTP/1.1\r\n${HOST}x: ${'y'.repeat(20_000)}\r\n\r\n`, 431, 'headers-too-large'],
    [`POST /v1/reload HTTP/1.1\r\n${HOST}content-length: 1\r\ncontent-length: 2\r\n\r\n`, 400, 'bad-request'],
    [`GET / HTTP/1.1\r\nhost: a b\r\nconnection: close\r\n\r\n`, 400, 'bad-request'],
    [`GET http://[ HTTP/1.1\r\n${HOST}connection: close\r\n\r\n`, 400, 'bad-request'],
    [`GET /a\\b HTTP/1.1\r\n${HOST}connection: close\r\n\r\n`, 400, 'bad-request'],
  ] as const) {
    const told = await send(b, octets)
    const what = JSON.stringify(octets.slice(0, 60))
    t.match(told, new RegExp(`^HTTP/1\\.1 ${status} `), what)
    t.match(told, /\r\ncontent-type: application\/problem\+json\r\n/, what)
    t.match(JSON.parse(told.slice(told.indexOf('\r\n\r\n'))), { status, type: `urn:meridian:problem:${word}` }, what)
  }
})

t.test('HTTP/1.0 names no host, and is served', async (t) => {
  const b = await apiBench()
  t.teardown(() => b.close())
  t.match(await send(b, 'GET /livez HTTP/1.0\r\n\r\n'), /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\nok\n$/)
})

t.test('a Host that is no name changes nothing about the request', async (t) => {
  const b = await apiBench()
  t.teardown(() => b.close())
  const token = `authorization: Bearer ${b.token('vera', 'viewer')}\r\n`
  const told = await send(b, `GET /v1/events?limit=1 HTTP/1.1\r\nhost: local.1\r\n${token}connection: close\r\n\r\n`)
  t.match(told, /^HTTP\/1\.1 200 OK\r\n/)
})

t.test('"100 Continue" does not get into the body of an answer that waits for another', async (t) => {
  const b = await apiBench()
  t.teardown(() => b.close())
  const plain = await send(b, `GET /livez HTTP/1.1\r\n${HOST}expect: 100-continue\r\nconnection: close\r\n\r\n`)
  t.match(plain, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/, 'it comes first where nothing waits')
  const behind = await send(
    b,
    `GET /v1/nodes HTTP/1.1\r\n${HOST}\r\nGET /livez HTTP/1.1\r\n${HOST}expect: 100-continue\r\nconnection: close\r\n\r\n`,
  )
  t.match(behind, /HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\nok\n$/)
})

t.test('octets that are no request do not get between the answers that are under way', async (t) => {
  const b = await apiBench()
  t.teardown(() => b.close())
  const told = await send(b, `GET /livez HTTP/1.1\r\n${HOST}\r\nGET /v1/nodes HTTP/1.1\r\n${HOST}\r\nnonsense\r\n\r\n`)
  t.notMatch(told, /no HTTP request/)
})

t.test('a time beyond what a date can hold is told, and changes nothing', async (t) => {
  const b = await apiBench()
  t.teardown(() => b.close())
  for (const [path, body] of [
    ['/v1/nodes/de-1/drain', { for: 2 ** 53 }],
    ['/v1/nodes/de-1/drain', { for: '99999999d' }],
    ['/v1/tokens', { name: 'grafana', role: 'viewer', expires: 1e300 }],
    ['/v1/reload', { confirm_within: 1e18 }],
  ] as const) {
    const told = await b.ask('POST', path, body)
    t.equal(told.status, 400, path)
    t.match(told.problem.issues?.[0]?.message, /is too long: at most 36500d/)
  }
  t.equal((await b.ask('POST', '/v1/nodes/de-1/drain', { for: '36500d' })).status, 200)
  t.equal((await b.ask('GET', '/v1/tokens')).json.length, 1)
})

t.test('what is wrong many times is told a hundred times, however long its names are', async (t) => {
  const b = await apiBench()
  t.teardown(() => b.close())
  const keys = Object.fromEntries(Array.from({ length: 12_000 }, (_, i) => [`${i}${'x'.repeat(9)}`, 1]))
  const many = await b.ask('POST', '/v1/nodes/de-1/drain', keys)
  t.equal(many.status, 400)
  t.equal(many.problem.issues?.length, 100)
  t.match(many.problem.detail, /^12000 things are wrong .* The first 100 of 12000 are told\.$/)
  const long = await b.ask('POST', '/v1/nodes/de-1/drain', { ['x'.repeat(200_000)]: 1 })
  t.ok(long.text.length < 1000)
})

t.test('a body that is no UTF-8 is no text of anybody', async (t) => {
  const b = await apiBench()
  t.teardown(() => b.close())
  const response = await fetch(`${b.listening.url}/v1/nodes/de-1/drain`, {
    method: 'POST',
    headers: { authorization: `Bearer ${b.token('ana', 'operator')}` },
    body: Buffer.from('{"reason":"disk \xff"}', 'latin1'),
  })
  t.equal(response.status, 400)
  t.match(await response.json(), { type: 'urn:meridian:problem:bad-request', detail: /no UTF-8/ })
  t.equal(b.control.node('de-1')?.intent.kind, 'auto')
})

t.test('"__proto__" is a key like any other: unknown', async (t) => {
  const b = await apiBench()
  t.teardown(() => b.close())
  t.equal((await b.ask('GET', '/v1/nodes?__proto__=1')).status, 400)
  t.equal((await b.ask('POST', '/v1/nodes/de-1/drain', '{"__proto__":{"force":true}}')).status, 400)
})
