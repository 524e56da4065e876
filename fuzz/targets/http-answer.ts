/**
 * What a node answers to an HTTP check. Nothing throws; the reader ends in `done` or `broken` once the connection has; the response is the
 * same however the octets are cut; what is kept stays within the limits; every judgement is one printable line and never our own fault.
 */
import { judge } from '../../src/probe/expectation.ts'
import { HttpReader } from '../../src/probe/http-reader.ts'
import type { HttpExpectation } from '../../src/steer/index.ts'
import { must, type Target, textInput } from '../target.ts'

const LIMITS = { headOctets: 1024, bodyOctets: 512 }
const EXPECT: HttpExpectation = {
  status: [[200, 299]],
  body: undefined,
  bodyPattern: undefined,
  json: { path: 'a.b', equals: [1] },
  fresh: { from: { header: 'Last-Modified' }, maxAgeMs: 60_000 },
}

function read(octets: Buffer, cuts: readonly number[]): HttpReader {
  const reader = new HttpReader(LIMITS, false)
  let from = 0
  for (const cut of [...cuts, octets.length]) {
    reader.push(octets.subarray(from, cut))
    from = cut
  }
  reader.end()
  return reader
}

export const target: Target = {
  name: 'http-answer',
  corpus: [
    'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\nMeridian-Agent: drain 50% load=0.2\r\n\r\n{"a":{"b":[1]}}',
    'HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.0 301 Moved\r\nLocation: /x\r\nLast-Modified: Sun, 03 May 2026 12:00:00 GMT\r\n\r\nbody',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nTrailer: x\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{"meridian":{"state":"maint","weight":"75%","load":"40%"}}',
  ].map(textInput),
  dictionary: ['\r\n', '\r\n\r\n', 'HTTP/1.1 ', 'Content-Length: ', 'chunked', '0\r\n', 'meridian', '[[[[', '#'].map(
    textInput,
  ),
  check: async (input, random) => {
    const octets = Buffer.from(input)
    const whole = read(octets, [])
    must(whole.state === 'done' || whole.state === 'broken', `ends as ${whole.state}`)
    const cuts = Array.from({ length: random.below(5) }, () => random.below(octets.length + 1)).sort((a, b) => a - b)
    const cut = read(octets, cuts)
    must(cut.state === whole.state && cut.problem === whole.problem, `cut at ${cuts}: ${cut.state}, ${cut.problem}`)
    if (whole.state === 'broken') return
    const response = whole.response()
    must(response.body.length <= LIMITS.bodyOctets, 'body within its limit')
    must(response.body.equals(cut.response().body), `cut at ${cuts}: another body`)
    const outcome = await judge(EXPECT, response, 0, async () => 'no-match')
    must(outcome.class !== 'local', 'a node cannot make its answer our fault')
    must(!/[\u0000-\u001f]/.test(outcome.detail) && outcome.detail.length <= 160, 'one printable line')
  },
}
