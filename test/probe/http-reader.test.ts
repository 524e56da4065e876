import t from 'tap'
import { seededRandom } from '../../src/base/index.ts'
import { HttpReader, type HttpResponse } from '../../src/probe/http-reader.ts'

const LIMITS = { headOctets: 2048, bodyOctets: 1024 }

function read(octets: Buffer, cuts: readonly number[]): { state: string; problem: string; response: HttpResponse } {
  const reader = new HttpReader(LIMITS, false)
  let from = 0
  for (const cut of [...cuts, octets.length]) {
    reader.push(octets.subarray(from, cut))
    from = cut
  }
  reader.end()
  return { state: reader.state, problem: reader.problem, response: reader.response() }
}

const SAMPLES = [
  'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello',
  'HTTP/1.0 200 OK\r\nX: a\r\nX: b\r\n\r\nto the end',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n5;a=b\r\nhello\r\n1\r\n!\r\n0\r\nTrailer: x\r\n\r\n',
  'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\nX: y\r\n\r\n',
  'HTTP/1.1 200 OK\n\nbare',
  `HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n${'x'.repeat(3000)}`,
  `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7D0\r\n${'x'.repeat(2000)}\r\n0\r\n\r\n`,
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloX\r\n0\r\n\r\n',
  'HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\nhello and more',
]

t.test('however the octets are cut, the response is the same', async (t) => {
  const seed = Date.now() & 0xffff
  const random = seededRandom(seed)
  for (const [i, sample] of SAMPLES.entries()) {
    const octets = Buffer.from(sample, 'latin1')
    const whole = read(octets, [])
    for (let round = 0; round < 40; round++) {
      const cuts = Array.from({ length: random.below(12) }, () => random.below(octets.length + 1)).sort((a, b) => a - b)
      t.same(read(octets, cuts), whole, `sample ${i}, seed ${seed}, cuts ${cuts}`)
    }
    const single = octets.length < 200 ? Array.from({ length: octets.length }, (_, at) => at) : []
    t.same(read(octets, single), whole, `sample ${i}, octet by octet`)
  }
})

t.test('RFC 9112: fields, chunks, trailers, ends', async (t) => {
  const text = (sample: number): string => read(Buffer.from(SAMPLES[sample]!, 'latin1'), []).response.body.toString()
  t.equal(text(0), 'hello')
  t.equal(text(1), 'to the end')
  t.equal(text(2), 'hello!')
  t.equal(text(4), 'bare')
  t.equal(text(8), 'hello', 'octets after the end are ignored')
  t.equal(read(Buffer.from(SAMPLES[1]!), []).response.fields.get('x'), 'a, b')
  t.equal(read(Buffer.from(SAMPLES[3]!), []).response.status, 204)
  t.equal(read(Buffer.from(SAMPLES[7]!), []).problem, 'malformed chunk')
  for (const cut of [5, 6]) {
    const { response, state } = read(Buffer.from(SAMPLES[cut]!), [])
    t.same(
      [state, response.cut, response.body.length],
      ['done', true, LIMITS.bodyOctets],
      'a long body is cut at the limit',
    )
  }
})

t.test('nothing that a stranger sends throws or grows past the limits', async (t) => {
  const seed = Date.now() & 0xffff
  const random = seededRandom(seed)
  for (let round = 0; round < 3000; round++) {
    const octets = Buffer.from(SAMPLES[random.below(SAMPLES.length)]!, 'latin1')
    for (let i = random.below(6); i > 0; i--) octets[random.below(octets.length)] = random.below(256)
    const from = random.below(octets.length)
    const mixed = random.below(3) === 0 ? Buffer.concat([octets, octets.subarray(from)]) : octets
    const result = read(mixed, [random.below(mixed.length)].sort())
    if (result.state !== 'done' && result.state !== 'broken') t.fail(`seed ${seed}, round ${round}: ${result.state}`)
    if (result.response.body.length > LIMITS.bodyOctets) t.fail(`seed ${seed}, round ${round}: body too long`)
  }
  t.pass(`3000 damaged responses, seed ${seed}`)
})
