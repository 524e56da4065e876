import t from 'tap'
import { parseTimestampMs } from '../../src/probe/expectation.ts'
import { equalJson, valueAtPath } from '../../src/probe/json-path.ts'
import { parseAgentJson, parseAgentWords } from '../../src/probe/node-word.ts'
import { clause, outcomeOfError, quote } from '../../src/probe/outcome.ts'

t.test('the agent vocabulary', async (t) => {
  const rows: readonly [said: string, word: object | undefined, down: string | undefined][] = [
    ['up', { state: 'ready' }, undefined],
    ['ready', { state: 'ready' }, undefined],
    ['DRAIN', { state: 'drain' }, undefined],
    ['maint', { state: 'maint' }, undefined],
    ['75%', { weightPercent: 75 }, undefined],
    ['up 12.5%', { state: 'ready', weightPercent: 12.5 }, undefined],
    ['ready, 50%; load=0.25', { state: 'ready', weightPercent: 50, load: 0.25 }, undefined],
    ['load=40%', { load: 0.4 }, undefined],
    ['load=7.5', { load: 1 }, undefined],
    ['load=-1 load=x load=', undefined, undefined],
    ['down', undefined, 'down'],
    ['failed#disk 1', undefined, 'failed: disk 1'],
    ['stopped # by ana', undefined, 'stopped: by ana'],
    ['maxconn:30', undefined, undefined],
    ['# drain', undefined, undefined],
    ['', undefined, undefined],
    ['123456%', undefined, undefined],
    [`${'x'.repeat(300)} drain`, undefined, undefined],
  ]
  for (const [said, word, down] of rows) {
    const told = parseAgentWords(said)
    t.same(told.word, word, said)
    t.equal(told.down, down, said)
  }
})

t.test('the same under "meridian" in a JSON body, and nowhere else', async (t) => {
  const rows: readonly [body: unknown, word: object | undefined][] = [
    [{ meridian: 'drain 20%' }, { state: 'drain', weightPercent: 20 }],
    [{ meridian: { state: 'maint' } }, { state: 'maint' }],
    [{ meridian: { weight: 50, load: 0.5 } }, { weightPercent: 50, load: 0.5 }],
    [{ meridian: { weight: '50%', load: '12%' } }, { weightPercent: 50, load: 0.12 }],
    [{ meridian: { weight: -1, load: -0.5 } }, undefined],
    [{ meridian: ['drain'] }, undefined],
    [{ status: 'drain', state: 'drain', load: 1 }, undefined],
    [['drain'], undefined],
    [null, undefined],
    ['drain', undefined],
  ]
  for (const [body, word] of rows) t.same(parseAgentJson(body).word, word, JSON.stringify(body))
})

t.test('moments as the world writes them', async (t) => {
  const noon = Date.parse('2026-05-03T12:00:00Z')
  for (const text of [
    'Sun, 03 May 2026 12:00:00 GMT',
    '2026-05-03T12:00:00Z',
    '2026-05-03T14:00:00+02:00',
    '2026-05-03T12:00:00',
    '2026-05-03 12:00:00.000',
    '2026-05-03 12:00',
    noon,
    noon / 1000,
    String(noon / 1000),
  ])
    t.equal(parseTimestampMs(text), noon, String(text))
  for (const text of ['', 'yesterday', -5, Number.NaN, null, {}, 'x'.repeat(100)])
    t.equal(parseTimestampMs(text), undefined, String(text))
})

t.test('paths and equality in JSON', async (t) => {
  const document = JSON.parse('{"a":{"b":[{"c":1}],"":2},"__proto__":{"x":1}}')
  t.equal(valueAtPath(document, 'a.b.0.c'), 1)
  t.equal(valueAtPath(document, '$.a.b[0].c'), 1)
  t.equal(valueAtPath(document, 'a.b.length'), 1)
  t.equal(valueAtPath(document, 'a.toString'), undefined)
  t.equal(valueAtPath('text', 'length'), undefined)
  t.ok(equalJson({ a: [1, { b: null }] }, { a: [1, { b: null }] }))
  t.notOk(equalJson([1], { 0: 1 }))
  t.notOk(equalJson({ a: 1 }, { b: 1 }))
  t.notOk(equalJson('1', 1))
})

t.test('a detail is one printable line, whatever a stranger wrote', async (t) => {
  t.equal(clause('a\r\n\u001b[31mb\u202e'), 'a [31mb')
  t.ok(clause('x'.repeat(10_000)).length <= 160)
  t.equal(quote('x'.repeat(50), 4), '"xxxx…"')
})

t.test('errors of sockets become classes', async (t) => {
  const rows = [
    ['ECONNREFUSED', 'refused'],
    ['ECONNRESET', 'reset'],
    ['EPIPE', 'reset'],
    ['ETIMEDOUT', 'timeout'],
    ['EHOSTUNREACH', 'unreachable'],
    ['ENETUNREACH', 'unreachable'],
    ['EMFILE', 'local'],
    ['EADDRNOTAVAIL', 'local'],
    ['CERT_HAS_EXPIRED', 'tls'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'tls'],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'tls'],
    ['EODD', 'protocol'],
  ] as const
  for (const [code, expected] of rows)
    t.equal(outcomeOfError(Object.assign(new Error(code), { code })).class, expected, code)
})
